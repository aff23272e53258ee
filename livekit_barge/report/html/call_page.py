"""Writes one call's page and the data that its scripts draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit_barge.files import private
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Scorecard
from livekit_barge.report.html.audio_files import Codec, Tracks
from livekit_barge.report.html.call_data import Subject
from livekit_barge.report.html.envelope import COARSE_S, FINE_S, TILE_S, Outline
from livekit_barge.report.html.texts import Texts, cut
from livekit_barge.report.html.writer import PAGES, render, script
from livekit_barge.report.lanes import Lane, Mark, lanes, marks
from livekit_barge.report.terminal.turn_table import as_ms, clocks

_DATA = "call.js"


@dataclass(frozen=True)
class Wave:
    """The audio as the page needs it."""

    coarse: str
    tiles: int
    """The number of fine tiles beside the page; 0 if the audio is left out."""
    sound: tuple[str, ...]
    """The files to play: caller, agent; empty if the audio is left out."""

    def to_json(self, folder: str) -> dict[str, Any]:
        return {
            "coarse": self.coarse,
            "coarse_s": COARSE_S,
            "fine_s": FINE_S,
            "tile_s": TILE_S,
            "tiles": [f"{folder}/{_tile(number)}" for number in range(self.tiles)],
            "sound": [f"{folder}/{name}" for name in self.sound],
        }


def write_call(subject: Subject, out: Path, name: str, *, codec: Codec, redact: bool) -> None:
    """Write the page ``name`` and the folder beside it. Raises ``OSError`` and reading's errors.

    ``redact`` leaves out the audio and the fine bins of its outline, which reveal speech.
    """
    folder = out / PAGES / name
    folder.mkdir(mode=0o700)
    wave = None if subject.audio is None else _write_wave(subject, folder, codec, redact=redact)
    card = subject.card
    found = marks(subject.events)
    shown = lanes(subject.events, subject.turns, ended_s=card.duration_s)
    data = _data(card, shown, found, None if wave is None else wave.to_json(name))
    private.write(folder / _DATA, script("bargeCall", data))
    page = render(
        "call.html",
        card=card,
        turns=subject.turns,
        overlaps=card.overlaps,
        findings=subject.findings,
        of_overlap=_of_overlap(subject),
        marks=found,
        lanes=shown,
        wave=wave,
        redact=redact,
        data=f"{name}/{_DATA}",
        texts=None if redact else Texts(folder),
        root="../",
    )
    private.write(out / PAGES / f"{name}.html", page)


def _write_wave(subject: Subject, folder: Path, codec: Codec, *, redact: bool) -> Wave:
    """Write outline, tiles and sound in one pass over the audio."""
    assert subject.audio is not None
    rate = subject.audio.sample_rate

    def keep(number: int, text: str) -> None:
        if not redact:
            file = folder / _tile(number)
            private.write(file, script("bargeTile", number, text))

    outline = Outline(rate, keep)
    if redact:
        for block in subject.blocks():
            outline.add(block)
        coarse, _ = outline.finish()
        return Wave(coarse, 0, ())
    with Tracks(folder, rate, codec) as tracks:
        for block in subject.blocks():
            outline.add(block)
            tracks.add(block)
    return Wave(*outline.finish(), tracks.names)


def _tile(number: int) -> str:
    return f"tile-{number:03}.js"


def _data(
    card: Scorecard, shown: Sequence[Lane], found: Sequence[Mark], wave: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "duration_s": card.duration_s,
        "wave": wave,
        "overlaps": [_overlap(number, each) for number, each in enumerate(card.overlaps)],
        "lanes": [
            {
                "name": lane.name,
                "stretches": [
                    [round(s.begin_s, 6), round(s.end_s, 6), s.kind, cut(s.label)]
                    for s in lane.stretches
                ],
            }
            for lane in shown
        ],
        "marks": [[mark.at_s, mark.kind, cut(mark.label)] for mark in found],
    }


def _overlap(number: int, overlap: Overlap) -> dict[str, Any]:
    """Return an overlap's shading on the timeline, and its text."""
    return {
        "number": number + 1,
        "onset_s": overlap.begin_s,
        "decision_s": overlap.decision_s,
        "end_s": _end_s(overlap),
        "detection": as_ms(overlap.detection_s),
        "cancellation": as_ms(overlap.cancellation_s),
        "total": as_ms(overlap.time_to_yield_s, lower_bound=overlap.lower_bound),
        "clocks": clocks(overlap),
        "outcome": overlap.outcome,
        "words": overlap.words and cut(overlap.words),
    }


def _end_s(overlap: Overlap) -> float | None:
    """Return the moment up to which the agent is known to have talked."""
    if overlap.silent_s is None and overlap.onset_s is not None and overlap.time_to_yield_s:
        return round(overlap.onset_s + overlap.time_to_yield_s, 6)
    return overlap.silent_s


def _of_overlap(subject: Subject) -> dict[int, list[Any]]:
    """Return the findings of each overlap; those of the whole call are under −1."""
    found: dict[int, list[Any]] = {}
    for finding in subject.findings or ():
        found.setdefault(-1 if finding.overlap is None else finding.overlap, []).append(finding)
    return found
