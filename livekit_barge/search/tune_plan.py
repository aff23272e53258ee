"""Tells the user of ``tune`` its phase, what remains at most, how long it takes, the best so far.

No phase's calls are known before it ends, since settings are dropped early; their bounds are.
"""

from __future__ import annotations

from livekit_barge.clock import SystemClock
from livekit_barge.search.explain import explain_most
from livekit_barge.search.front import lost_s
from livekit_barge.search.polish import polish_most
from livekit_barge.search.search import proposals_most
from livekit_barge.search.setting_judge import rungs
from livekit_barge.search.space import SPACE
from livekit_barge.search.sweep import Point
from livekit_barge.work.progress import Bar


class TunePlan:
    """The phases of one run, with the calls that each plays at most."""

    def __init__(self, bar: Bar, heard: int, unheard: int, *, presets: int, trials: int) -> None:
        self.bar = bar
        self._clock = SystemClock()
        self._began_s = self._clock.now_s()
        self._played = 0
        self._later = {
            "checking the suite": unheard,
            "proposing settings": heard + proposals_most(trials, heard),
            "moving one knob at a time": polish_most(rungs(heard)),
            "taking changes back": explain_most(len(SPACE), heard),
            "checking on unheard calls": unheard * (1 + presets),
        }

    def begin(self, phase: str, most: int) -> None:
        """Begin a phase, or its next round, which plays ``most`` calls at most."""
        names = list(self._later)
        later = names[names.index(phase) + 1 :]
        self.bar.begin(phase, most + sum(self._later[name] for name in later))

    def count_played(self, _: object) -> None:
        """Count a call that was played now, not taken from an earlier run."""
        self._played += 1

    def say_how_long(self) -> None:
        """Print how long the search takes at most, from the calls played so far."""
        most = sum(self._later.values()) - self._later["checking the suite"]
        line = f"at most {most} calls to come"
        if self._played:
            call_s = (self._clock.now_s() - self._began_s) / self._played
            minutes = -(-most * call_s // 60)
            line += f", {minutes:.0f} min at this machine's {call_s:.1f} s a call"
        self.bar.say(f"{line}; most settings are dropped early. Ctrl-C keeps the best so far.")

    def best(self, point: Point) -> None:
        """Show the best setting so far."""
        self.bar.note(f"best so far costs {lost_s(point.tally):.2f} s: {point.setting.name}")
