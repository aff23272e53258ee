"""Measures a call while it runs: the same finder and the same measures that read a folder.

Audio is looked at once its place on the timeline is final, so a turn that was logged reads the same
when the folder is measured again. (Where the two sides were recorded at different rates the folder
holds one of them resampled, and an edge may move by a sample.)
"""

from __future__ import annotations

import time
from asyncio import _get_running_loop
from collections.abc import Callable, Iterable

import numpy as np

from livekit_barge.call.audio import Int16, agent_piece, to_float
from livekit_barge.call.events import Event, PlaybackFinished, SegmentStarted
from livekit_barge.call.placement import AgentTimeline, Placement
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.speech_finder import SpeechFinder
from livekit_barge.measure.conversation import Conversation
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.timeline_buffer import TimelineBuffer

# A caller whose frames stop (muted, gone) counts as silent from then on.
CALLER_SILENT_AFTER_S = 2.0
# Speech is looked for in whole seconds of audio: fewer, larger steps cost the event loop least.
STEP_S = 1.0
# … of which so much is looked at without a rest: a millisecond's work.
LOOK_S = 0.5
# A thread that works holds the interpreter for up to 5 ms (sys.getswitchinterval) while the event
# loop waits for it. Asleep it lets go at once; this is longer than another thread takes to wake.
REST_S = 0.0001


def rest() -> None:
    """Yield the interpreter to the event loop; in the loop's own thread there is no need."""
    if _get_running_loop() is None:
        time.sleep(REST_S)


class LiveMeasure:
    """Measure placed audio and events; report each turn when it can no longer change."""

    def __init__(
        self, limits: Limits, on_turn: Callable[[Turn], None], *, patience_s: float = 0.0
    ) -> None:
        """``patience_s``: how long audio may wait to be heard, as in ``SpeechFinder``."""
        self._conversation = Conversation(limits)
        self._on_turn = on_turn
        self._caller = _Side(patience_s)
        self._agent = _Side(patience_s)
        self._timeline = AgentTimeline()
        self._pushed: dict[int, _Pushed] = {}
        self._segment: _Pushed | None = None
        self._now_s = 0.0
        self._caller_known_s = 0.0

    def event(self, event: Event) -> None:
        """Take an event; events come in the order in which they were stamped."""
        self._conversation.event(event)
        self._now_s = max(self._now_s, event.at_s)
        if isinstance(event, SegmentStarted):
            self._segment = self._pushed[event.segment_id] = _Pushed(event.pushed_offset_s)
        self._place(self._timeline.feed(event))
        if isinstance(event, PlaybackFinished):
            self._pushed.pop(event.segment_id, None)

    def caller(self, at: int, samples: Int16, rate: int) -> None:
        """Take a stretch of the caller's audio whose place is final."""
        self._caller.start(rate)
        self._caller.track.place(at, samples)
        self._caller_known_s = max(self._caller_known_s, (at + len(samples)) / rate)
        self._now_s = max(self._now_s, self._caller_known_s)

    def agent(self, samples: Int16, rate: int) -> None:
        """Take the next frame that was pushed; it belongs to the segment that started last."""
        self._agent.start(rate)
        if self._segment is not None:
            self._segment.frames.append(samples)

    def advance(self) -> None:
        """Look at what has become final, and report the turns that are settled by it."""
        caller_s = max(self._caller_known_s, self._now_s - CALLER_SILENT_AFTER_S)
        looked = self._caller.look(caller_s)
        looked |= self._agent.look(self._timeline.settled_s(self._now_s))
        if looked:
            until_s = min(self._caller.settled_s, self._agent.settled_s)
            self._hear()
            self._report(self._conversation.settled(until_s))

    def close(self, ended_s: float) -> None:
        """Look at all that is left, and report the turns that are."""
        self._place(self._timeline.close(ended_s))
        self._caller.finish(ended_s)
        self._agent.finish(ended_s)
        self._hear()
        self._report(self._conversation.settled(ended_s, closed=True))

    def _place(self, placements: Iterable[Placement]) -> None:
        placements = list(placements)
        self._conversation.place(placements)
        for placement in placements:
            if (pushed := self._pushed.get(placement.segment_id)) and self._agent.rate:
                at, samples = pushed.cut(placement, self._agent.rate)
                self._agent.track.place(at, samples)

    def _hear(self) -> None:
        self._conversation.caller(self._caller.found())
        self._conversation.agent(self._agent.found())

    def _report(self, turns: Iterable[Turn]) -> None:
        for turn in turns:
            self._on_turn(turn)


class _Side:
    """One channel: its track, and the bursts found on it so far."""

    def __init__(self, patience_s: float) -> None:
        self.rate: int | None = None
        self._patience_s = patience_s
        self.track = TimelineBuffer()
        self._bursts: list[Burst] = []
        self._finder: SpeechFinder | None = None
        self._looked_s = 0.0
        self._silent_until_s = 0.0

    def start(self, rate: int) -> None:
        if self._finder is None:
            self.rate = rate
            self._finder = SpeechFinder(rate, patience_s=self._patience_s)

    @property
    def settled_s(self) -> float:
        """The time before which no burst can begin or change any more."""
        return self._silent_until_s if self._finder is None else self._finder.settled_s

    def found(self) -> list[Burst]:
        """Return the bursts found since the last call."""
        bursts, self._bursts = self._bursts, []
        return bursts

    def look(self, known_s: float) -> bool:
        """Look for speech up to ``known_s``, if that is a step further on."""
        if known_s - self._looked_s < STEP_S:
            return False
        self._push(known_s)
        return True

    def finish(self, ended_s: float) -> None:
        self._push(ended_s)
        if self._finder is not None:
            self._bursts += self._finder.finish()

    def _push(self, known_s: float) -> None:
        self._looked_s = self._silent_until_s = known_s
        if self._finder is not None and self.rate is not None:
            block = self.track.advance(round(known_s * self.rate))
            step = round(max(LOOK_S, self._patience_s) * self.rate)
            for begin in range(0, len(block), step):
                self._bursts += self._finder.push(to_float(block[begin : begin + step]))
                rest()


class _Pushed:
    """A segment's frames, kept until the sink is done with it."""

    def __init__(self, offset_s: float) -> None:
        self.offset_s = offset_s
        self.frames: list[Int16] = []

    def cut(self, placement: Placement, rate: int) -> tuple[int, Int16]:
        """Return the placement's first sample on the timeline, and its audio."""
        audio = np.concatenate([np.zeros(0, dtype=np.int16), *self.frames])
        piece = agent_piece(placement, rate)
        before = round(self.offset_s * rate)
        return piece.at, audio[piece.begin - before : piece.end - before]
