"""The limits of the diagnosis' rules: each with its reason in ``configs/limits.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from livekit_barge.files.limits_file import read_limits


@dataclass(frozen=True, kw_only=True)
class RuleLimits:
    """The amounts that each rule takes as evidence: the table ``[diagnosis]``."""

    off_min_s: float
    talked_over_min_s: float
    leak_min_s: float
    order_within_s: float
    frames_after_s: float
    transcript_before_s: float
    short_of_duration_s: float
    tail_slack_s: float
    silent_speaking_s: float
    stall_min_s: float
    floor_dbfs: float
    said_min_s: float
    echo_alike_min: float
    echo_window_s: float
    echo_delay_max_s: float
    dead_air_min_s: float
    sound_max_s: float
    lost_min_s: float
    deaf_min_s: float
    reply_within_s: float

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Load the shipped limits, with a file's values in place of theirs.

        Raises :class:`SettingsError`, naming the file and the key.
        """
        return cls(**read_limits(path)["diagnosis"])
