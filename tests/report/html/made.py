"""Calls to report: one measured for real, one of an hour, and a thousand that were scored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.call.events import Decision, OutputPaused, Transcript, to_line
from livekit_barge.diagnosis import Finding
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Channels, Scorecard, without_overlaps
from livekit_barge.measure.turns import Turn
from livekit_barge.report.html.batch_page import write_batch
from livekit_barge.report.html.call_data import Subject, open_subject, redacted
from livekit_barge.report.html.call_page import write_call
from livekit_barge.report.html.row import CallRow, Label
from livekit_barge.report.html.writer import prepare
from tests.measure import known

WORDS = '<img src=x onerror="window.hacked=1"></script><b>Wait</b> & “no”'
"""What a caller said who knows HTML."""


def call_folder(path: Path) -> Path:
    """A call with one barge-in, whose caller's words are :data:`WORDS`."""
    known.write_call(path)
    heard = Transcript(at_s=5.9, text=WORDS, is_final=True)
    with (path / "events.jsonl").open("a") as events:
        events.write(to_line(heard) + "\n")
    return path


def finding(**more: object) -> Finding:
    fields = {
        "code": "tail",
        "title": "stops, but a syllable leaks",
        "symptom": 3,
        "layer": "output",
        "overlap": 0,
        "at_s": 3.75,
        "evidence": (f"80 ms after the decision, over {WORDS}",),
        "ruled_out": ("a late decision: 550 ms",),
        "turn": "hand less audio ahead to the output",
        "sure": "likely",
    }
    return Finding(**fields | more)


def write_report(out: Path, call: Path, *, redact: bool = False) -> Path:
    """The call's page and that of all calls; gives the call's page."""
    subject = replace(open_subject(call, ScoreOptions()), findings=(finding(),))
    if redact:
        subject = redacted(subject)
    prepare(out)
    write_call(subject, out, "made", codec="flac", redact=redact)
    labels = tuple(Label(f.code, f.title, f.symptom) for f in subject.findings)
    write_batch(out, [CallRow("made", subject.card, labels)], [], [], ScoreOptions(), redact=redact)
    return out / "pages" / "made.html"


# An hour.

HOUR_S = 3600.0
HOUR_RATE = 8_000


@dataclass(frozen=True)
class HourOfAudio:
    """Each side speaks every other ten seconds; a click a minute tells where one is."""

    sample_rate: int = HOUR_RATE

    def blocks(self) -> Iterator[Float32]:
        noise = np.random.default_rng(7).uniform(-0.3, 0.3, 10 * HOUR_RATE).astype(np.float32)
        quiet = np.zeros_like(noise)
        for ten in range(round(HOUR_S / 10)):
            block = np.stack([noise, quiet] if ten % 2 else [quiet, noise])
            if ten % 6 == 0:
                block[0, 0] = 0.9
            yield block


def hour() -> Subject:
    """A call of an hour with 180 barge-ins."""
    overlaps = [
        Overlap(
            onset_s=20.0 * n + 10.0,
            decision_s=20.0 * n + 10.2,
            silent_s=20.0 * n + 10.25,
            detection_s=0.2,
            cancellation_s=0.05,
            time_to_yield_s=0.25,
            talk_over_s=0.25,
            cause="vad",
            outcome="yielded",
            words=f"words {n}",
        )
        for n in range(180)
    ]
    turns = tuple(
        turn
        for n, overlap in enumerate(overlaps)
        for turn in (
            Turn(
                speaker="agent",
                started_s=20.0 * n,
                ended_s=20.0 * n + 10.25,
                words="a long answer",
                overlaps=(overlap,),
            ),
            Turn(speaker="caller", started_s=20.0 * n + 10.0, ended_s=20.0 * n + 20.0),
        )
    )
    events = tuple(
        event
        for overlap in overlaps
        for event in (
            Decision(at_s=overlap.decision_s or 0.0, speech_id="s", path="pause", cause="vad"),
            OutputPaused(at_s=overlap.decision_s or 0.0, speech_id="s", agent_state="speaking"),
        )
    )
    made = card("hour", *overlaps, duration_s=HOUR_S, turns=without_overlaps(turns))
    return Subject(made, turns, events, (), HourOfAudio())


def card(call_id: str, *overlaps: Overlap, **more: object) -> Scorecard:
    fields = {
        "call_id": call_id,
        "source": "vapi",
        "capture_point": "import",
        "file": f"/nowhere/{call_id}.wav",
        "codec": "wav/pcm_16",
        "sample_rate": HOUR_RATE,
        "started_at": "2026-01-01T00:00:00+00:00",
        "dated_by": "file",
        "preset": None,
        "duration_s": 60.0,
        "channels": Channels(0, 1, "source"),
        "alignment_s": None,
        "edge_blur_s": 0.0,
        "limits": ScoreOptions().limits.scorecard,
        "overlaps": overlaps,
    }
    return Scorecard(**fields | more)


# A thousand that were scored.

_PRESETS = ("snappy", "patient", "telephony")


def results(directory: Path, count: int) -> Path:
    """As ``livekit-barge score`` keeps them; every tenth call missed its caller, every third call
    stopped for a backchannel."""
    for number in range(count):
        missed = number % 10 == 0
        wait_s = 3.0 if missed else 0.2 + 0.001 * (number % 700)
        overlaps = [
            Overlap(
                onset_s=5.0,
                time_to_yield_s=wait_s,
                lower_bound=missed,
                talk_over_s=wait_s,
                cause="unknown" if missed else "vad",
                outcome="missed" if missed else "yielded",
                words=f"caller {number}",
            )
        ]
        if number % 3 == 0:
            overlaps.append(
                Overlap(onset_s=20.0, talk_over_s=0.2, cause="stt_final", outcome="false_stop")
            )
        agent = Turn(speaker="agent", started_s=4.0, ended_s=30.0)
        made = card(
            f"call-{number:04}",
            *overlaps,
            preset=_PRESETS[number % 3],
            turns=without_overlaps([agent]),
        )
        folder = directory / f"call-{number:04}.wav-0123456789ab"
        folder.mkdir(parents=True)
        (folder / "scorecard.json").write_text(json.dumps(made.to_json()))
    return directory
