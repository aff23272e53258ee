"""Describes the caller's surroundings: noise around them, the agent's echo, a phone between.

::

    conditions:
      noise: {kind: traffic, snr_db: 10}
      echo: {level_db: -26, delay_s: 0.12, for_s: 3}
      phone: {loss_percent: 2}

| key | is |
|---|---|
| ``noise`` | a bed under the whole call: ``white``, ``traffic``, ``babble``, ``keyboard`` or \
``music``, ``snr_db`` below the level of a voice while it speaks (``voices.ACTIVE_DBFS``) |
| ``echo`` | the agent comes back into the caller's microphone, ``level_db`` against what it sent, \
after ``delay_s``; ``for_s`` counts from its first sample: an echo canceller has converged by then |
| ``phone`` | 300 to 3,400 Hz, 8 kHz, µ-law (G.711), with packets of 20 ms lost in bursts; what is \
lost is concealed by the last packet again, fading |

Stand-ins for the recogniser hear the caller's words all the same, whatever the line does to them:
what a line does to a real recogniser is no part of a suite.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from livekit_barge.files.yaml_schema import Keys, number, one_of, read_keys, whole

NoiseKind = Literal["white", "traffic", "babble", "keyboard", "music"]


@dataclass(frozen=True, kw_only=True)
class Noise:
    """A bed of noise."""

    kind: NoiseKind = "white"
    snr_db: float
    """Decibels that the noise lies below a voice."""


@dataclass(frozen=True, kw_only=True)
class Echo:
    """The agent in the caller's microphone."""

    level_db: float
    delay_s: float = 0.12
    """A loudspeaker's buffer, the room, and the way back: 0.1 s and more on phones."""
    for_s: float | None = None
    """The time it lasts, from the agent's first sample; ``None``: the whole call."""


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A phone line."""

    loss: float = 0.0
    """The share of packets lost."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The surroundings of a call; ``None`` means absent."""

    noise: Noise | None = None
    echo: Echo | None = None
    phone: Phone | None = None
    seed: int = 0
    """The seed of the noise and of the lost packets."""


def surroundings_from(content: Any, *, where: object) -> Surroundings:
    """Read the ``conditions`` of a file. Raises :class:`~.ScriptError`."""
    values = read_keys(content, _KEYS, where=where)
    made: dict[str, Any] = {}
    for key, value in values.items():
        if key == "seed":
            made[key] = value
            continue
        fields = read_keys(value, _PARTS[key][0], where=f"{where}: {key}")
        if key == "phone":
            fields = {"loss": fields.get("loss_percent", 0.0) / 100}
        made[key] = _PARTS[key][1](**fields)
    return Surroundings(**made)


def _mapping(value: Any) -> Any:
    return {} if value is None else value


_KEYS = Keys({"noise": _mapping, "echo": _mapping, "phone": _mapping, "seed": whole})
_PARTS: dict[str, tuple[Keys, Any]] = {
    "noise": (
        Keys(
            {
                "kind": partial(one_of, get_args(NoiseKind)),
                "snr_db": partial(number, -20.0, 80.0, "decibels, such as 15"),
            },
            required=("snr_db",),
        ),
        Noise,
    ),
    "echo": (
        Keys(
            {
                "level_db": partial(number, -80.0, 0.0, "decibels of 0 or less, such as -26"),
                "delay_s": partial(number, 0.06, 2.0, "seconds from 0.06, such as 0.12"),
                "for_s": partial(number, 0.0, 600.0, "seconds, such as 3"),
            },
            required=("level_db",),
        ),
        Echo,
    ),
    "phone": (
        Keys({"loss_percent": partial(number, 0.0, 60.0, "percent, such as 2")}),
        Phone,
    ),
}
