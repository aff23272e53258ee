"""An agent whose output nobody stamped, as in another system's recording: its speeches by ear.

A silence longer than ``stop_min_s`` parts two speeches: there the agent stopped, or had ended. But
one that it comes back from within ``episode_quiet_s`` over the same burst of the caller's did not
let anybody in: the story goes on, and so does the speech.
"""

from __future__ import annotations

from collections.abc import Sequence

from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.agent_speech import Speech
from livekit_barge.measure.thresholds import Thresholds


class UnstampedAgent:
    """The speeches heard from such an agent, as long as they are still of use."""

    def __init__(self, limits: Thresholds) -> None:
        self._limits = limits
        self.speeches: list[Speech] = []

    def hear(self, burst: Burst) -> None:
        """The agent's next burst."""
        last = self.speeches[-1] if self.speeches else None
        if last is None or burst.onset_s - last.runs[-1].end_s > self._limits.stop_min_s:
            last = Speech(None)
            self.speeches.append(last)
        last.runs.append(burst)
        last.done_at_s = burst.end_s + self._limits.stop_min_s

    def join(self, caller: Sequence[Burst]) -> None:
        """Make one of speeches between which the agent only paused, by what the caller said."""
        joined: list[Speech] = []
        for speech in self.speeches:
            if joined and self._talked_through(joined[-1].runs[-1], speech.runs[0], caller):
                joined[-1].runs += speech.runs
                joined[-1].done_at_s = speech.done_at_s
            else:
                joined.append(speech)
        self.speeches = joined

    def _talked_through(self, run: Burst, following: Burst, caller: Sequence[Burst]) -> bool:
        if following.onset_s - run.end_s > self._limits.episode_quiet_s:
            return False
        return any(
            burst.onset_s < run.end_s and burst.end_s > following.onset_s for burst in caller
        )
