"""The limits of the diagnosis' rules: each with its reason in ``configs/diagnosis.toml``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.files.resources import configs_dir
from livekit_barge.files.toml import read_toml

DIAGNOSIS_FILE = "diagnosis.toml"

# No limit on a conversation's seconds is meant to be longer; what is over it was given in ms.
_LONGEST_S = 60.0


@dataclass(frozen=True, kw_only=True)
class DiagnosisLimits:
    """The values of ``configs/diagnosis.toml``."""

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
        """The shipped limits, or those with a file's values in their place.

        Raises :class:`SettingsError`, naming the file and the key.
        """
        shipped = configs_dir() / DIAGNOSIS_FILE
        values = read_toml(shipped)
        if path is not None:
            values |= read_toml(path)
        for name, value in values.items():
            _check(name, value, path or shipped)
        return cls(**values)


def _check(name: str, value: Any, where: Path) -> None:
    known = [field.name for field in dataclasses.fields(DiagnosisLimits)]
    if name not in known:
        raise SettingsError(
            f"the diagnosis has no limit called {name}",
            where=where,
            remedy=nearest(name, known),
        )
    low, high, example = _range(name)
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if not number or not low <= value <= high:
        raise SettingsError(f"{name} is {value!r}", where=where, remedy=f"give {example}")


def _range(name: str) -> tuple[float, float, str]:
    if name.endswith("_dbfs"):
        return -100.0, 0.0, "dBFS between -100 and 0, such as -65"
    if name.endswith("_s"):
        return 0.0, _LONGEST_S, f"seconds between 0 and {_LONGEST_S:g}, such as 0.3"
    return 0.0, 1.0, "a share, such as 0.5"
