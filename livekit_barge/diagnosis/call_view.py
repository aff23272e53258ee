"""A call as the rules see it: events by kind, overlaps, and the levels of its channels."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from livekit_barge.call.audio import CALLER, Float32
from livekit_barge.call.cause_table import CAUSES, CauseFacts
from livekit_barge.call.events import (
    AgentState,
    ContextSeen,
    Event,
    OptionsInForce,
    ProtectedEnded,
    ProtectedStarted,
    SegmentFlushed,
    SegmentStarted,
    SpeechDone,
    Transcript,
    UserState,
)
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import AUDIO_FILE
from livekit_barge.diagnosis.framework import Framework, framework_of
from livekit_barge.diagnosis.rule_limits import RuleLimits
from livekit_barge.hearing.edges import runs
from livekit_barge.hearing.levels import Powers, to_db
from livekit_barge.hearing.span import Span
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn

LEVEL_S = 0.01
"""A level a hundredth: finer than any rule's limit."""
TOLD_WITHIN_S = 1.0
"""A report on a moment may come this much later: an STT's transcript, a VAD's change of state, the
event that calls a stop a false one."""
AS_LOUD_DB = 15.0
"""Words of one talker differ by less; a room's noise lies lower."""

E = TypeVar("E", bound=Event)
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Story:
    """An overlap, and the agent's turn that it fell on."""

    index: int
    overlap: Overlap
    turn: Turn

    @property
    def cause(self) -> CauseFacts | None:
        """The facts about what made the decision; ``None``: nothing is known to have."""
        return None if self.overlap.cause is None else CAUSES[self.overlap.cause]

    @property
    def decided_by(self) -> str:
        """Name what made the decision, for a reader of the finding."""
        return "an unknown cause" if self.cause is None else self.cause.text

    @property
    def by_vad(self) -> bool:
        """Return whether the agent's own VAD made the decision."""
        return self.cause is not None and self.cause.by_vad

    @property
    def begin_s(self) -> float:
        """The place to listen to."""
        at_s = self.overlap.begin_s
        return self.turn.started_s if at_s is None else at_s

    @property
    def caller_end_s(self) -> float:
        """The caller is quiet from here on."""
        end_s = self.overlap.caller_end_s
        return self.begin_s if end_s is None else end_s


@dataclass(frozen=True)
class SpeechSegment:
    """A stretch of a speech's audio between two flushes."""

    begin_s: float
    last_frame_at_s: float | None
    """``None``: frames came to the end of the call."""
    pushed_s: float | None
    segment_id: int
    complete: bool | None = None
    """This was all of the speech; ``None``: not known."""
    flushed_at_s: float | None = None


@dataclass(frozen=True)
class CallView:
    """A call, for the rules."""

    call: Call
    turns: Sequence[Turn]
    limits: RuleLimits

    @cached_property
    def stories(self) -> list[Story]:
        """The call's overlaps, in the order of its turns."""
        pairs = [(overlap, turn) for turn in self.turns for overlap in turn.overlaps]
        return [Story(index, overlap, turn) for index, (overlap, turn) in enumerate(pairs)]

    @property
    def stamped(self) -> bool:
        """Return whether the agent's end was stamped, and its decisions with it."""
        return self.call.meta.capture_point == "agent" and bool(self.of(SegmentStarted))

    @property
    def framework(self) -> Framework:
        return framework_of(self.call.meta.source)

    @cached_property
    def _by_kind(self) -> Mapping[type[Event], list[Event]]:
        kinds: dict[type[Event], list[Event]] = {}
        for event in self.call.events:
            kinds.setdefault(type(event), []).append(event)
        return kinds

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind, in order."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]

    def grouped(self, kind: type[E], field: str, value: object) -> list[E]:
        """Those of a kind whose field has the value, in order."""
        if (kind, field) not in self._groups:
            groups = self._groups.setdefault((kind, field), {})
            for event in self.of(kind):
                groups.setdefault(getattr(event, field), []).append(event)
        return self._groups[kind, field].get(value, [])  # type: ignore[return-value]

    @cached_property
    def _groups(self) -> dict[tuple[type[Event], str], dict[object, list[Event]]]:
        return {}

    def between(self, kind: type[E], begin_s: float, end_s: float) -> list[E]:
        """Those in ``[begin_s, end_s]``."""
        return list(within(self.of(kind), begin_s, end_s, lambda event: event.at_s))

    def options_at(self, at_s: float) -> Mapping[str, Any]:
        """The options in force then."""
        options: Mapping[str, Any] = {}
        for event in self.of(OptionsInForce):
            if event.at_s <= at_s or not options:
                options = event.options
        return options

    def speaking(self, events: Iterable[AgentState] | Iterable[UserState]) -> list[Span]:
        """Return the spans in which the state was ``speaking``."""
        spans: list[Span] = []
        begun_s: float | None = None
        for event in events:
            if event.new == "speaking" and begun_s is None:
                begun_s = event.at_s
            elif event.new != "speaking" and begun_s is not None:
                spans.append(Span(begun_s, event.at_s))
                begun_s = None
        if begun_s is not None:
            spans.append(Span(begun_s, self.call.duration_s))
        return spans

    @cached_property
    def vad_heard(self) -> list[Span]:
        """The spans in which LiveKit took the caller to speak, from its back-dated onset on."""
        begun = {event.at_s: event.livekit_at_s for event in self.of(UserState)}
        return [
            Span(min(begun.get(span.begin_s) or span.begin_s, span.begin_s), span.end_s)
            for span in self.speaking(self.of(UserState))
        ]

    def vad_onset_s(self, story: Story) -> float | None:
        """Return when LiveKit took the caller's speech in the overlap to begin; ``None``: never."""
        around = Span(story.begin_s - self.limits.off_min_s, story.caller_end_s + TOLD_WITHIN_S)
        heard = self.heard_around(around)
        return None if not heard else max(heard[0].begin_s, story.begin_s)

    def heard_in(self, story: Story) -> list[Span]:
        """Return the spans of the overlap in which LiveKit took the caller to speak.

        A pause begins the count anew."""
        reach = Span(story.begin_s, max(story.caller_end_s, story.begin_s + LEVEL_S))
        return self.heard_around(reach)

    def heard_around(self, around: Span) -> list[Span]:
        """Return the spans around then in which LiveKit took the caller to speak."""
        # Spans end in their order; an onset that is back-dated lies before the end before it.
        near = within(self.vad_heard, around.begin_s, math.inf, lambda span: span.end_s)
        found = []
        for span in near:
            if span.begin_s >= around.end_s:
                break
            if span.meets(around):
                found.append(span)
        return found

    def longest_heard_s(self, story: Story) -> float:
        """The longest of them."""
        return max((span.length_s for span in self.heard_in(story)), default=0.0)

    def caller_turn_ends_s(self, story: Story) -> float:
        """The end of the turn in which the caller spoke over the agent; they may pause in it."""
        ends = [turn.ended_s for turn in self.caller_turns_at(story.caller_end_s)]
        return max([story.caller_end_s, *ends])

    @cached_property
    def _turns_of(self) -> Mapping[str, list[Turn]]:
        sides: dict[str, list[Turn]] = {"caller": [], "agent": []}
        for turn in sorted(self.turns, key=lambda turn: turn.started_s):
            sides[turn.speaker].append(turn)
        return sides

    def caller_turns_at(self, at_s: float) -> list[Turn]:
        """The caller's turn that is under way then, if there is one."""
        turns = self._turns_of["caller"]  # a side's turns do not overlap each other
        began = bisect_right(turns, at_s, key=lambda turn: turn.started_s)
        return [turn for turn in turns[max(began - 1, 0) : began] if at_s <= turn.ended_s]

    def agent_begins(self, after_s: float, by_s: float) -> bool:
        """Return whether a turn of the agent's begins in ``(after_s, by_s]``."""
        turns = self._turns_of["agent"]
        first, last = (bisect_right(turns, at_s, key=_started_s) for at_s in (after_s, by_s))
        return first < last

    def transcripts(self, begin_s: float, end_s: float) -> list[Transcript]:
        """Transcripts, interim ones too, that came in ``[begin_s, end_s]``."""
        return self.between(Transcript, begin_s, end_s)

    def protections(self, reason: str) -> list[tuple[Span, str | None]]:
        """Return the spans protected for ``reason``, each with the speech that was meant."""
        return self._protections.get(reason, [])

    @cached_property
    def _protections(self) -> Mapping[str, list[tuple[Span, str | None]]]:
        ends: dict[tuple[str, str | None], list[float]] = {}
        for event in self.of(ProtectedEnded):
            ends.setdefault((event.reason, event.speech_id), []).append(event.at_s)
        found: dict[str, list[tuple[Span, str | None]]] = {}
        for begun in self.of(ProtectedStarted):
            own = ends.get((begun.reason, begun.speech_id), [])
            later = bisect_left(own, begun.at_s)
            end_s = own[later] if later < len(own) else self.call.duration_s
            found.setdefault(begun.reason, []).append((Span(begun.at_s, end_s), begun.speech_id))
        return found

    def turn_of(self, speech_id: str | None) -> Turn | None:
        """The first turn of a speech."""
        return self._of_speech.get(speech_id)

    @cached_property
    def _of_speech(self) -> Mapping[str | None, Turn]:
        return {turn.speech_id: turn for turn in reversed(self.turns)}

    def stories_of(self, speech_id: str | None) -> list[Story]:
        """The overlaps on a speech, in order."""
        return self._stories_of.get(speech_id, [])

    @cached_property
    def _stories_of(self) -> Mapping[str | None, list[Story]]:
        stories: dict[str | None, list[Story]] = {}
        for story in self.stories:
            stories.setdefault(story.turn.speech_id, []).append(story)
        return stories

    @cached_property
    def spoken_items(self) -> frozenset[str]:
        """The items of the chat context that some speech said."""
        return frozenset(item for event in self.of(SpeechDone) for item in event.item_ids)

    @cached_property
    def first_in_context_s(self) -> Mapping[str, float]:
        """The first time that each item was seen in the chat context."""
        first: dict[str, float] = {}
        for event in self.of(ContextSeen):
            for item in event.items:
                first.setdefault(item["item_id"], event.at_s)
        return first

    def segments(self, speech_id: str | None) -> list[SpeechSegment]:
        """A speech's segments, in order."""
        return self._segments.get(speech_id, [])

    @cached_property
    def _segments(self) -> Mapping[str | None, list[SpeechSegment]]:
        flushed = {event.segment_id: event for event in self.of(SegmentFlushed)}
        segments: dict[str | None, list[SpeechSegment]] = {}
        for begun in self.of(SegmentStarted):
            end = flushed.get(begun.segment_id)
            segment = (
                SpeechSegment(begun.at_s, None, None, begun.segment_id)
                if end is None
                else SpeechSegment(
                    begun.at_s,
                    end.last_frame_at_s,
                    end.pushed_s,
                    begun.segment_id,
                    end.complete,
                    end.at_s,
                )
            )
            segments.setdefault(begun.speech_id, []).append(segment)
        return segments

    @property
    def has_audio(self) -> bool:
        return (self.call.path / AUDIO_FILE).exists()

    @cached_property
    def levels(self) -> Powers:
        """Both channels' levels in dBFS, one each :data:`LEVEL_S`: shape ``(2, n)``."""
        size = round(self.call.sample_rate * LEVEL_S)
        parts = []
        for block in self.call.blocks():
            whole = np.pad(block, ((0, 0), (0, -block.shape[1] % size)))
            frames = whole.reshape(2, -1, size).astype(np.float64)
            parts.append(to_db((frames**2).mean(axis=2)))
        return np.concatenate(parts, axis=1) if parts else np.zeros((2, 0))

    def caller_speaks_in(self, span: Span, story: Story) -> bool:
        """Return whether the caller is about as loud in the span as in the overlap."""
        if not self.has_audio:
            return False
        then, now = (
            self._caller_levels(s) for s in (Span(story.begin_s, story.caller_end_s), span)
        )
        return bool(len(then) and len(now) and now.max() > then.max() - AS_LOUD_DB)

    def _caller_levels(self, span: Span) -> Powers:
        return self.levels[CALLER, round(span.begin_s / LEVEL_S) : round(span.end_s / LEVEL_S)]

    def quiet_runs(self, channel: int, span: Span, least_s: float) -> list[Span]:
        """Stretches of the span at the noise floor, of at least ``least_s``."""
        begin = max(round(span.begin_s / LEVEL_S), 0)
        levels = self.levels[channel, begin : round(span.end_s / LEVEL_S)]
        quiet = (
            Span((begin + first) * LEVEL_S, (begin + last) * LEVEL_S)
            for first, last in runs(levels < self.limits.floor_dbfs)
        )
        return [run for run in quiet if run.length_s >= least_s]

    def clips(self, spans: Sequence[Span]) -> list[Float32]:
        """Both channels in each span, as far as the call goes; read in one go."""
        rate, at = self.call.sample_rate, 0
        ends = [(max(round(s.begin_s * rate), 0), round(s.end_s * rate)) for s in spans]
        parts: list[list[Float32]] = [[] for _ in spans]
        waiting = sorted(range(len(spans)), key=lambda number: ends[number], reverse=True)
        going: list[int] = []
        for block in self.call.blocks() if spans else ():
            while waiting and ends[waiting[-1]][0] < at + block.shape[1]:
                going.append(waiting.pop())
            for number in going:
                first, last = ends[number]
                if last > at:  # a copy: a view would keep the whole block
                    parts[number].append(block[:, max(first - at, 0) : last - at].copy())
            at += block.shape[1]
            going = [number for number in going if ends[number][1] > at]
        nothing = np.zeros((2, 0), np.float32)
        return [np.concatenate([nothing, *kept], axis=1) for kept in parts]


def _started_s(turn: Turn) -> float:
    return turn.started_s


def within(
    items: Sequence[_Item], begin_s: float, end_s: float, at_s: Callable[[_Item], float]
) -> Sequence[_Item]:
    """Those in ``[begin_s, end_s]`` of items that are in order of ``at_s``."""
    first = bisect_left(items, begin_s, key=at_s)
    return items[first : bisect_right(items, end_s, key=at_s)]


def ms(seconds: float) -> str:
    """``412 ms``."""
    return f"{seconds * 1000:.0f} ms"


def at(seconds: float) -> str:
    """``4.31 s``: a moment of the call, or a length too long for milliseconds."""
    return f"{seconds:.2f} s"
