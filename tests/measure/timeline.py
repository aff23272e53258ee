"""Calls drawn as text, a tenth of a second a character, and measured.

::

    caller   .....####.....     # audible
    agent    ..#####--###..     # audible, - played and not audible, . not played
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from livekit_barge.call.events import (
    Decision,
    Event,
    OutputPaused,
    OutputResumed,
    PlaybackFinished,
    PlaybackProgressed,
    SegmentFlushed,
    SegmentStarted,
    SpeechCreated,
    SpeechDone,
    SpeechInterrupted,
    Transcript,
)
from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.offline_turns import measure_turns
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn

STEP_S = 0.1
LIMITS = Limits.load()


def bursts(line: str) -> list[Burst]:
    """Each run of ``#``; as the finder does, gaps under 0.2 s are bridged."""
    found = re.finditer(r"#+(?:[^#]#+)*", line)
    return [Burst(_s(run.start()), _s(run.end()), -20.0, 0.001, 0.002) for run in found]


@dataclass
class Said:
    """A speech of the agent's."""

    line: str
    speech_id: str = "s1"
    decisions: list[tuple[float, str, str]] = field(default_factory=list)
    """When, by which path, and the cause."""
    held: list[tuple[float, float]] = field(default_factory=list)
    """The output was paused from, to."""
    lost_s: float = 0.0
    """Dropped from the queue at each hold."""
    unplayed_s: float = 0.0
    """Pushed and cut at the end."""
    interrupted_s: float | None = None
    interrupted_by: str | None = None
    done: bool = True
    flushed_s: float | None = None
    """The time at which the last of it was pushed; by default that of its first audio."""

    def events(self, segment_id: int) -> list[Event]:
        """All that would have been stamped."""
        stretches = [(_s(run.start()), _s(run.end())) for run in re.finditer(r"[#-]+", self.line)]
        first_s, last_s = stretches[0][0], stretches[-1][1]
        events: list[Event] = [
            SpeechCreated(
                at_s=max(first_s - 1.0, 0.0),
                speech_id=self.speech_id,
                source="say",
                user_initiated=True,
                allow_interruptions=True,
            ),
            SegmentStarted(
                at_s=first_s, segment_id=segment_id, speech_id=self.speech_id, pushed_offset_s=0.0
            ),
        ]
        offset_s = 0.0
        for begin_s, end_s in stretches:
            events.append(
                PlaybackProgressed(
                    at_s=end_s,
                    segment_id=segment_id,
                    started_at_s=begin_s,
                    offset_s=round(offset_s, 6),
                    duration_s=round(end_s - begin_s, 6),
                )
            )
            offset_s += end_s - begin_s + self.lost_s
        flushed_s = first_s if self.flushed_s is None else self.flushed_s
        pushed_s = round(offset_s - self.lost_s + self.unplayed_s, 6)
        events.append(
            SegmentFlushed(
                at_s=flushed_s,
                segment_id=segment_id,
                speech_id=self.speech_id,
                last_frame_at_s=flushed_s,
                pushed_s=pushed_s,
            )
        )
        for at_s, path, cause in self.decisions:
            events.append(
                Decision(at_s=at_s, speech_id=self.speech_id, path=path, cause=cause, queued_s=0.2)
            )
        for from_s, to_s in self.held:
            events += [
                OutputPaused(at_s=from_s, speech_id=self.speech_id, agent_state="speaking"),
                OutputResumed(at_s=to_s, speech_id=self.speech_id),
            ]
        if self.interrupted_s is not None:
            events.append(
                SpeechInterrupted(
                    at_s=self.interrupted_s, speech_id=self.speech_id, source=self.interrupted_by
                )
            )
        if self.done:
            done_s = max(last_s, self.interrupted_s or 0.0)
            events += [
                PlaybackFinished(
                    at_s=last_s, segment_id=segment_id, position_s=0.0, interrupted=False
                ),
                SpeechDone(
                    at_s=done_s,
                    speech_id=self.speech_id,
                    interrupted=self.interrupted_s is not None,
                ),
            ]
        return events


def turns(
    caller: str,
    *said: Said,
    words: Iterable[tuple[float, str]] = (),
    also: Iterable[Event] = (),
    ended_s: float | None = None,
) -> list[Turn]:
    """The measured turns of a drawn call; ``ended_s``: by default long after all of it."""
    events = [event for index, speech in enumerate(said) for event in speech.events(index)]
    events += [Transcript(at_s=at_s, text=text, is_final=True) for at_s, text in words]
    events += also
    return measure_turns(
        bursts(caller),
        sorted((b for speech in said for b in bursts(speech.line)), key=lambda b: b.onset_s),
        sorted(events, key=lambda event: event.at_s),
        LIMITS,
        ended_s=60.0 if ended_s is None else ended_s,
    )


def overlaps(caller: str, *said: Said, **more: Any) -> list[Overlap]:
    """The overlaps of a drawn call."""
    return [overlap for turn in turns(caller, *said, **more) for overlap in turn.overlaps]


def _s(column: int) -> float:
    return round(column * STEP_S, 6)
