"""The limits by which overlaps and scorecards are judged: each with its reason in their file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from livekit_barge.files.limits_file import read_limits


@dataclass(frozen=True, kw_only=True)
class ScoreLimits:
    """The limits that a scorecard must meet: the table ``[scorecard]``."""

    yield_rate_min: float
    hold_rate_min: float
    p90_time_to_yield_max_s: float


@dataclass(frozen=True, kw_only=True)
class GateLimits:
    """The further limits of a bench run or a folder of calls: the table ``[gate]``."""

    missed_rate_max: float
    false_stop_rate_max: float
    broken_rate_max: float
    p90_cancellation_max_s: float
    p90_dead_air_max_s: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of judging an overlap, the table ``[judging]``, and those to be met."""

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
        """Load the shipped limits, with a file's values in place of theirs.

        Raises :class:`SettingsError`, naming the file and the key.
        """
        tables = read_limits(path)
        judging = tables["judging"]
        return cls(
            **judging | {"backchannels": frozenset(map(str.casefold, judging["backchannels"]))},
            scorecard=ScoreLimits(**tables["scorecard"]),
            gate=GateLimits(**tables["gate"]),
        )
