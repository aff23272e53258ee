"""The speeches of an agent without stamps, as in another system's recording, found by ear.

A silence longer than ``stop_min_s`` separates two speeches: the agent stopped, or had ended. But if
the agent resumes within ``episode_quiet_s`` while the same burst of the caller's lasts, it let
nobody in: the episode continues, and so does the speech.
"""

from __future__ import annotations

from collections.abc import Sequence

from livekit_barge.hearing.burst import Burst
from livekit_barge.measure.agent_speech import Speech
from livekit_barge.measure.limits import Limits


class UnstampedAgent:
    """The speeches heard from such an agent, as long as they are still of use."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.speeches: list[Speech] = []

    def hear(self, burst: Burst) -> None:
        """Take the agent's next burst."""
        last = self.speeches[-1] if self.speeches else None
        if last is None or burst.onset_s - last.runs[-1].end_s > self._limits.stop_min_s:
            last = Speech(None)
            self.speeches.append(last)
        last.runs.append(burst)
        last.done_at_s = burst.end_s + self._limits.stop_min_s

    def join(self, caller: Sequence[Burst]) -> None:
        """Join speeches between which the agent only paused, going by the caller's bursts."""
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
