"""A budget: what a search may spend, such as ``false_stop<=5%, missed<=1%``.

| name | of |
|---|---|
| ``false_stop`` | events to hold through that stopped the agent |
| ``missed`` | events to yield to that never did, in time to count |
| ``broken`` | events in protected speech that stopped it |
| ``time_to_yield_p50`` (``p90``, ``p95``) | seconds, a miss at least its lower bound |
| ``dead_air_p50`` (``p90``, ``p95``) | seconds after a false stop |
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from livekit_barge.bench.results import Tally
from livekit_barge.errors import SettingsError
from livekit_barge.measure.statistics import Rate
from livekit_barge.spelling import nearest

DEFAULT = "false_stop<=5%, missed<=1%"
_RATES = ("false_stop", "missed", "broken")
_CLOCKS = tuple(f"{clock}_p{p}" for clock in ("time_to_yield", "dead_air") for p in (50, 90, 95))
NAMES = (*_RATES, *_CLOCKS)


@dataclass(frozen=True)
class Limit:
    """One thing that must not be more than so much: a share, or seconds."""

    name: str
    most: float

    def value(self, tally: Tally) -> float | None:
        """What it is; ``None`` of nothing."""
        if self.name in _RATES:
            return self.rate(tally).value
        clock, _, percent = self.name.rpartition("_p")
        found = getattr(tally, clock).at(int(percent))
        return None if found is None else float(found.seconds)

    def rate(self, tally: Tally) -> Rate:
        """Of a rate's limit, the rate."""
        rate: Rate = getattr(tally, f"{self.name}_rate")
        return rate

    def excess(self, tally: Tally) -> float:
        """By how much it is over, in its own unit; 0 or less: it holds. Of nothing it holds."""
        value = self.value(tally)
        return 0.0 if value is None else value - self.most

    def spell(self, value: float) -> str:
        """A value of its kind as a person reads it."""
        return f"{value * 100:.1f} %" if self.name in _RATES else f"{value:.2f} s"

    def __str__(self) -> str:
        return f"{self.name} ≤ {self.spell(self.most)}"


@dataclass(frozen=True)
class Budget:
    """Limits that all must hold."""

    limits: tuple[Limit, ...]

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Raises :class:`SettingsError`, naming ``--budget``."""
        return cls(tuple(_limit(part) for part in text.split(",") if part.strip()))

    def holds(self, tally: Tally) -> bool:
        """Whether a setting keeps to it."""
        return all(limit.excess(tally) <= 0 for limit in self.limits)

    def excesses(self, tally: Tally) -> tuple[float, ...]:
        """By how much each limit is over, in its own unit."""
        return tuple(limit.excess(tally) for limit in self.limits)

    def __str__(self) -> str:
        return ", ".join(map(str, self.limits)) or "none"


def _limit(text: str) -> Limit:
    match = re.fullmatch(r"\s*(\w+)\s*(?:<=|≤|<)\s*([0-9.]+)\s*(%|ms|s)?\s*", text)
    if match is None:
        raise SettingsError(
            f"{text.strip()!r} is no limit", where="--budget", remedy=f"such as {DEFAULT!r}"
        )
    name, number, unit = match.groups()
    if name not in NAMES:
        raise SettingsError(
            f"nothing is called {name}", where="--budget", remedy=nearest(name, NAMES)
        )
    try:
        most = float(number) / {"%": 100, "ms": 1000}.get(unit or "", 1)
    except ValueError as error:
        raise SettingsError(
            f"{number} is no number", where="--budget", remedy=f"such as {DEFAULT!r}"
        ) from error
    is_rate = name in _RATES
    if (unit == "%") != is_rate and unit is not None:
        wanted = "a share, such as 5%" if is_rate else "seconds, such as 0.8s"
        raise SettingsError(f"{name} is in {unit}", where="--budget", remedy=f"give {wanted}")
    if is_rate and most > 1:
        raise SettingsError(
            f"{name} is {number}", where="--budget", remedy=f"did you mean {number}%?"
        )
    return Limit(name, most)
