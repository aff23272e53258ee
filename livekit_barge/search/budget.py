"""A budget: the limits of a search, such as ``false_stop<=5%, missed<=1%``.

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

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.measure.statistics import Rate
from livekit_barge.measure.totals import Tally

DEFAULT = "false_stop<=5%, missed<=1%"
_RATES = ("false_stop", "missed", "broken")
_CLOCKS = tuple(f"{clock}_p{p}" for clock in ("time_to_yield", "dead_air") for p in (50, 90, 95))
NAMES = (*_RATES, *_CLOCKS)
# Which rate has the events that a clock's figures are of.
_RATE_OF = {"time_to_yield": "missed", "dead_air": "false_stop"}
_UNITS = {"%": 100, "ms": 1000, "s": 1, None: 1}
_LONGEST_S = 60.0  # more is milliseconds without their unit
# 7 of 125 are 5.6 %, and as floating-point numbers a little more.
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Limit:
    """An upper limit on one figure: a share, or seconds."""

    name: str
    most: float

    @property
    def is_rate(self) -> bool:
        """A share of events, not seconds."""
        return self.name in _RATES

    def value(self, tally: Tally) -> float | None:
        """Return the tally's figure, or ``None`` without events."""
        if self.is_rate:
            return self.rate(tally).value
        clock, _, percent = self.name.rpartition("_p")
        found = getattr(tally, clock).at(int(percent))
        return None if found is None else float(found.seconds)

    def rate(self, tally: Tally) -> Rate:
        """Return the rate of a rate's limit."""
        rate: Rate = getattr(tally, f"{self.name}_rate")
        return rate

    def judges(self, tally: Tally) -> bool:
        """Tell if there was any event of its kind. Dead air is judged without a false stop too:
        then there is none."""
        kind = self.name.partition("_p")[0]
        rate: Rate = getattr(tally, f"{_RATE_OF.get(kind, kind)}_rate")
        return rate.of > 0

    def excess(self, tally: Tally) -> float:
        """Return the excess over the limit, in its own unit; 0 or less, or no event: it holds."""
        value = self.value(tally)
        over = 0.0 if value is None else value - self.most
        return 0.0 if abs(over) < _TOLERANCE else over

    def spell(self, value: float) -> str:
        """Format a value of its kind."""
        if self.name in _RATES:
            return f"{value * 100:g} %"
        return f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"

    def __str__(self) -> str:
        return f"{self.name} ≤ {self.spell(self.most)}"


@dataclass(frozen=True)
class Budget:
    """Limits that all must hold."""

    limits: tuple[Limit, ...]

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read a budget. Raises :class:`SettingsError`, naming ``--budget``."""
        limits = tuple(_limit(part) for part in text.split(",") if part.strip())
        if not limits:
            raise SettingsError("no limit", where="--budget", remedy=f"such as {DEFAULT!r}")
        return cls(limits)

    def holds(self, tally: Tally) -> bool:
        """Tell if a setting keeps to the budget."""
        return all(limit.excess(tally) <= 0 for limit in self.limits)

    def excesses(self, tally: Tally) -> tuple[float, ...]:
        """Return each limit's excess, in its own unit."""
        return tuple(limit.excess(tally) for limit in self.limits)

    def unjudged(self, tally: Tally) -> list[str]:
        """Describe the limits that had nothing to judge."""
        return [
            f"{limit.name}: nothing to judge" for limit in self.limits if not limit.judges(tally)
        ]

    def __str__(self) -> str:
        return ", ".join(map(str, self.limits))


def _limit(text: str) -> Limit:
    match = re.fullmatch(r"\s*(\w+)\s*(?:<=|≤|<)\s*([0-9.]+)\s*(%|ms|s)?\s*", text)
    if match is None:
        raise SettingsError(
            f"{text.strip()!r} is not a limit", where="--budget", remedy=f"such as {DEFAULT!r}"
        )
    name, number, unit = match.groups()
    if name not in NAMES:
        raise SettingsError(
            f"there is no limit {name}", where="--budget", remedy=nearest(name, NAMES)
        )
    try:
        figure = float(number)
    except ValueError as error:
        raise SettingsError(
            f"{number} is not a number", where="--budget", remedy=f"such as {DEFAULT!r}"
        ) from error
    is_rate = name in _RATES
    if (unit == "%") != is_rate and unit is not None:
        wanted = "a share, such as 5%" if is_rate else "seconds, such as 0.8s"
        raise SettingsError(f"{name} is in {unit}", where="--budget", remedy=f"give {wanted}")
    most, highest = figure / _UNITS[unit], 1.0 if is_rate else _LONGEST_S
    # A bare 1 would allow all of them, which is no limit.
    if most > highest or (is_rate and unit is None and most == 1):
        meant = "%" if is_rate else "ms"
        slipped = unit != meant and figure / _UNITS[meant] <= highest
        raise SettingsError(
            f"{name} is {number}{unit or ''}",
            where="--budget",
            remedy=f"did you mean {number}{meant}?"
            if slipped
            else f"give at most {Limit(name, highest).spell(highest)}",
        )
    return Limit(name, most)
