"""The limits by which overlaps and scorecards are judged: each with its reason in their file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.files.resources import configs_dir
from livekit_barge.files.toml import read_toml

THRESHOLDS_FILE = "thresholds.toml"

# A minute: no limit on a conversation's seconds is meant to be longer.
_LONGEST_S = 60.0
# The same in milliseconds; what is over it has no unit that could be guessed.
_MS = _LONGEST_S * 1000


@dataclass(frozen=True, kw_only=True)
class ScoreLimits:
    """What a scorecard must reach to pass: the table ``[scorecard]``."""

    yield_rate_min: float
    hold_rate_min: float
    p90_time_to_yield_max_s: float


@dataclass(frozen=True, kw_only=True)
class GateLimits:
    """What a bench run or a folder of calls must reach besides: the table ``[gate]``."""

    missed_rate_max: float
    false_stop_rate_max: float
    broken_rate_max: float
    p90_cancellation_max_s: float
    p90_dead_air_max_s: float


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The values of ``configs/thresholds.toml``, where each has its reason."""

    yield_within_s: float
    missed_after_s: float
    talked_on_s: float
    agent_over_caller_s: float
    episode_quiet_s: float
    decision_reach_s: float
    backchannel_max_s: float
    stop_min_s: float
    reaction_min_s: float
    turn_gap_s: float
    backchannels: frozenset[str]
    scorecard: ScoreLimits
    gate: GateLimits

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """The shipped thresholds, or those with a file's values in their place.

        Raises :class:`SettingsError`, naming the file and the key.
        """
        shipped = configs_dir() / THRESHOLDS_FILE
        values = read_toml(shipped)
        if path is not None:
            own = read_toml(path)
            for name in _TABLES:
                if isinstance(table := own.get(name, {}), dict):
                    own[name] = values[name] | table
            values |= own
        return cls(**_checked(values, path or shipped))


_TABLES: dict[str, type[Any]] = {"scorecard": ScoreLimits, "gate": GateLimits}


def _checked(values: dict[str, Any], where: Path) -> dict[str, Any]:
    _check_names(values, Thresholds, where)
    for name, value in values.items():
        if name in _TABLES:
            continue
        if name == "backchannels":
            if not (isinstance(value, list) and all(isinstance(word, str) for word in value)):
                raise SettingsError(
                    f"{name} is not a list of words", where=where, remedy='write ["mm-hm", "yeah"]'
                )
        else:
            _check_seconds(name, value, where)
    return values | {
        "backchannels": frozenset(map(str.casefold, values["backchannels"])),
        **{
            name: kind(**_checked_table(values[name], name, kind, where))
            for name, kind in _TABLES.items()
        },
    }


def _checked_table(table: object, name: str, kind: type, where: Path) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise SettingsError(f"{name} is not a table", where=where, remedy=f"write [{name}]")
    _check_names(table, kind, where)
    for key, value in table.items():
        if key.endswith("_s"):
            _check_seconds(key, value, where)
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise SettingsError(
                f"{key} is {value!r}", where=where, remedy="give a share, such as 0.9"
            )
    return table


def _check_names(values: dict[str, Any], kind: type, where: Path) -> None:
    known = [field.name for field in dataclasses.fields(kind)]
    for name in values:
        if name not in known:
            raise SettingsError(
                f"no threshold is called {name}", where=where, remedy=nearest(name, known)
            )


def _check_seconds(name: str, value: object, where: Path) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MS:
        raise SettingsError(f"{name} is {value!r}", where=where, remedy="give seconds, such as 0.2")
    if value > _LONGEST_S:
        raise SettingsError(
            f"{name} is {value:g}, over {_LONGEST_S:g} s",
            where=where,
            remedy=f"did you mean {value / 1000:g}?",
        )
