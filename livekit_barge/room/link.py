"""Models a bad link: it loses some packets, and brings the rest late.

Each direction draws from a generator of its own, so what becomes of the *n*-th packet in one
direction follows from the seed and *n* alone. Packets are lost independently of each other, and
keep their order: what is delayed more holds up what comes after it, as in a router's queue.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Literal, Self

from livekit_barge.errors import SettingsError

Direction = Literal["to_server", "to_caller"]
DIRECTIONS: tuple[Direction, Direction] = ("to_server", "to_caller")

_LONGEST_S = 10.0
_UNITS = {"ms": 0.001, "s": 1.0}


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link's faults, each way."""

    loss: float = 0.0
    """The share of the packets that are lost."""
    delay_s: float = 0.0
    jitter_s: float = 0.0
    """A packet's delay is drawn evenly from ``delay_s`` less this to ``delay_s`` plus this."""
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0.0 <= self.loss < 1.0:
            raise SettingsError(f"loss is {self.loss:g}", remedy="give a share from 0 to under 1")
        if not 0.0 <= self.jitter_s <= self.delay_s <= _LONGEST_S:
            raise SettingsError(
                f"delay {self.delay_s:g} s, jitter {self.jitter_s:g} s",
                remedy=f"the jitter may not exceed the delay, nor the delay {_LONGEST_S:g} s: "
                "a packet cannot arrive before it was sent",
            )

    @classmethod
    def of(cls, *, loss: float, delay: str, jitter: str, seed: int) -> Self | None:
        """Read a link as users write it: percent, ``50ms``, ``0.05s``; ``None``: without faults.

        Raises :class:`SettingsError`.
        """
        if not 0.0 <= loss < 100.0:
            raise SettingsError(
                f"{loss:g} % of the packets lost", where="--loss", remedy="give 0 to 99"
            )
        link = cls(
            loss=loss / 100,
            delay_s=seconds(delay, where="--delay"),
            jitter_s=seconds(jitter, where="--jitter"),
            seed=seed,
        )
        return link if link.loss or link.delay_s else None

    def fates(self, direction: Direction) -> Fates:
        """The fate of the packets in one direction."""
        return Fates(self, direction)

    def __str__(self) -> str:
        jitter = f" ± {self.jitter_s * 1000:g}" if self.jitter_s else ""
        return f"{self.loss * 100:g} % loss, {self.delay_s * 1000:g}{jitter} ms each way"


class Fates:
    """Decides the fate of one packet after another."""

    def __init__(self, link: Link, direction: Direction) -> None:
        self._link = link
        self._chance = random.Random(f"{link.seed} {direction}")

    def next(self) -> float | None:
        """Return how late the next packet is, in seconds; ``None``: it is lost."""
        # Both are drawn for every packet: another loss leaves the others' delays as they were.
        lost = self._chance.random() < self._link.loss
        spread = self._chance.uniform(-1.0, 1.0) * self._link.jitter_s
        return None if lost else self._link.delay_s + spread


def seconds(text: str, *, where: str) -> float:
    """Read ``50ms`` or ``0.05s``, in seconds. Raises :class:`SettingsError`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s)?", text.strip())
    if not found or (found[2] is None and float(found[1])):
        raise SettingsError(
            f"{text!r} is not a time", where=where, remedy="write it as 50ms or 0.05s"
        )
    return float(found[1]) * _UNITS[found[2] or "s"]
