"""A call to report: its measured turns, its events and its audio, where they exist."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from livekit_barge.call.audio import Float32
from livekit_barge.call.events import (
    ConversationItem,
    Event,
    PlaybackFinished,
    SessionError,
    Transcript,
)
from livekit_barge.call.fields import parse
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import CARD_FILE, REFUSED_FILE
from livekit_barge.errors import CallError
from livekit_barge.files.read_file import read_regular
from livekit_barge.intake.recording import Recording
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import is_call, score
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Scorecard
from livekit_barge.measure.turns import Turn
from livekit_barge.report.html.no_audio import card_of_kept_turns

if TYPE_CHECKING:
    from livekit_barge.diagnosis import Finding, RuleLimits


class Audio(Protocol):
    """Audio of two channels, read block by block."""

    @property
    def sample_rate(self) -> int: ...

    def blocks(self) -> Iterator[Float32]: ...


@dataclass(frozen=True)
class Subject:
    """One measured call."""

    card: Scorecard
    turns: tuple[Turn, ...]
    events: tuple[Event, ...] = ()
    findings: tuple[Finding, ...] | None = None
    """``None``: a recording without events is not diagnosed."""
    audio: Audio | None = None
    swapped: bool = False
    """The audio's channel 0 is the agent's."""

    def blocks(self) -> Iterator[Float32]:
        """Yield the audio, the caller's channel first."""
        assert self.audio is not None
        for block in self.audio.blocks():
            yield block[::-1] if self.swapped else block


def open_subject(path: Path, order: ScoreOptions, rules: RuleLimits | None = None) -> Subject:
    """Measure a Call folder again, or read a result of ``score``, and diagnose it by ``rules``.

    Raises a :class:`~livekit_barge.errors.BargeError` if it cannot be read, or was refused.
    """
    return _of_call(path, order, rules) if is_call(path) else _of_result(path, rules)


def _of_call(path: Path, order: ScoreOptions, rules: RuleLimits | None) -> Subject:
    call = Call.open(path)
    heard = call.meta.audio_recorded
    card = score(path, order) if heard else card_of_kept_turns(call, order)
    return _with_call(card, call, rules)


def _with_call(card: Scorecard, call: Call, rules: RuleLimits | None) -> Subject:
    from livekit_barge.diagnosis import diagnose

    turns = turns_of(card)
    audio = call if call.meta.audio_recorded else None
    findings = diagnose(call, turns, limits=rules)
    return Subject(card, turns, call.events, tuple(findings), audio)


def _of_result(path: Path, rules: RuleLimits | None) -> Subject:
    card = _read_card(path)
    recorded = Path(card.file)
    if is_call(recorded):
        return _with_call(card, Call.open(recorded), rules)
    turns = turns_of(card)
    if not recorded.is_file() or card.channels.known_by == "files":
        return Subject(card, turns)  # the recording is elsewhere, or consists of two files
    audio = Recording.open(recorded, long=True)
    return Subject(card, turns, audio=audio, swapped=card.channels.caller == 1)


def _read_card(path: Path) -> Scorecard:
    file = path / CARD_FILE
    try:
        if not file.exists():
            refused = parse(read_regular(path / REFUSED_FILE))
            raise CallError(str(refused["error"]))
        return Scorecard.from_json(parse(read_regular(file)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CallError(
            f"not a scorecard of this version ({type(error).__name__}: {error})",
            where=file,
            remedy="score the recording again",
        ) from error


def turns_of(card: Scorecard) -> tuple[Turn, ...]:
    """Return the card's turns with their overlaps, which a card lists apart in the same order.

    An overlap belongs to the agent's turn that was under way; of two, to the later one.
    """
    turns = [Turn(**fields) for fields in card.turns]
    overlaps: dict[int, list[Overlap]] = {}
    for overlap in card.overlaps:
        overlaps.setdefault(_turn_of(overlap, turns), []).append(overlap)
    return tuple(
        dataclasses.replace(turn, overlaps=tuple(overlaps.get(number, ())))
        for number, turn in enumerate(turns)
    )


def _turn_of(overlap: Overlap, turns: Sequence[Turn]) -> int:
    at_s = overlap.begin_s
    agent = [number for number, turn in enumerate(turns) if turn.speaker == "agent"]
    begun = [number for number in agent if at_s is not None and turns[number].started_s <= at_s]
    return begun[-1] if begun else next(iter(agent), -1)


def redacted(subject: Subject) -> Subject:
    """Return the call without what was said."""
    said = _said(subject)
    card = dataclasses.replace(
        subject.card, overlaps=tuple(map(_wordless, subject.card.overlaps)), file=""
    )
    turns = tuple(
        dataclasses.replace(turn, words=None, overlaps=tuple(map(_wordless, turn.overlaps)))
        for turn in subject.turns
    )
    findings = subject.findings and tuple(
        dataclasses.replace(
            finding,
            evidence=tuple(_without(line, said) for line in finding.evidence),
            ruled_out=tuple(_without(line, said) for line in finding.ruled_out),
        )
        for finding in subject.findings
    )
    return dataclasses.replace(
        subject,
        card=card,
        turns=turns,
        events=tuple(map(_silent, subject.events)),
        findings=findings,
    )


def _wordless(overlap: Overlap) -> Overlap:
    return dataclasses.replace(overlap, words=None)


def _silent(event: Event) -> Event:
    match event:
        case Transcript():
            return dataclasses.replace(event, text=None, speaker_id=None)
        case ConversationItem():
            return dataclasses.replace(event, text=None)
        case PlaybackFinished():
            return dataclasses.replace(event, transcript=None)
        case SessionError():
            return dataclasses.replace(event, message="left out")
        case _:
            return event


def _said(subject: Subject) -> list[str]:
    """Return all texts of the call, the longest first."""
    texts = {turn.words for turn in subject.turns}
    texts |= {overlap.words for overlap in subject.card.overlaps}
    for event in subject.events:
        if isinstance(event, Transcript | ConversationItem):
            texts.add(event.text)
        elif isinstance(event, PlaybackFinished):
            texts.add(event.transcript)
    return sorted(filter(None, texts), key=len, reverse=True)


def _without(line: str, said: Sequence[str]) -> str:
    """Return the line without its quotations and everything known to have been said."""
    for text in said:
        line = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", line)
    return re.sub(r"“[^”]*”|\"[^\"]*\"", "“…”", line)
