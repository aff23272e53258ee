"""The file of a detector: arrays and a few facts about them, one ``.npz`` without pickles.

It holds weights, a threshold and words about their making; no audio and no transcript.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from livekit_barge.adaptive.causal_network import Weights, shapes_fit
from livekit_barge.errors import SettingsError

SHIPPED = Path(__file__).parent / "weights" / "detector.npz"
FORMAT = "livekit-barge detector 1"
_LARGEST_BYTES = 32_000_000
_REMEDY = "name a file that livekit-barge adaptive learn wrote, or leave the setting out"


@dataclass(frozen=True)
class Facts:
    """The facts in a detector's file beside its weights."""

    threshold: float
    """A probability at or above it, for two steps in a row, is an interruption."""
    long_s: float
    """Whatever sounds for that long is an interruption."""
    made_from: str = ""
    """The examples and the recipe, in a line."""


def read_weights(path: Path) -> tuple[Weights, Facts]:
    """Read and check a detector's file. Raises :class:`SettingsError`."""
    try:
        size = path.stat().st_size
        if size > _LARGEST_BYTES:
            raise SettingsError(
                f"{size} bytes are too many for a detector", where=path, remedy=_REMEDY
            )
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise SettingsError("there is no such file", where=path, remedy=_REMEDY) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SettingsError(
            "not a detector's file, or damaged", where=path, remedy=_REMEDY
        ) from error
    facts = _facts(arrays.pop("facts", None), path)
    if any(array.dtype.kind != "f" for array in arrays.values()):
        raise SettingsError("a weight is not a number", where=path, remedy=_REMEDY)
    weights = {name: array.astype(np.float32) for name, array in arrays.items()}
    if not shapes_fit(weights):
        raise SettingsError("its weights do not fit together", where=path, remedy=_REMEDY)
    return weights, facts


def write_weights(path: Path, weights: Weights, facts: Facts) -> None:
    """Write a detector's file: half precision, which changes no probability by more than 0.01."""
    told = json.dumps({"format": FORMAT, **asdict(facts)}).encode()
    halves = {name: array.astype(np.float16) for name, array in weights.items()}
    arrays: dict[str, Any] = {"facts": np.frombuffer(told, np.uint8), **halves}
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _facts(found: np.ndarray[Any, Any] | None, path: Path) -> Facts:
    try:
        told = json.loads(found.tobytes()) if found is not None else {}
    except ValueError as error:
        raise SettingsError(
            "not a detector's file, or damaged", where=path, remedy=_REMEDY
        ) from error
    if not isinstance(told, Mapping) or told.get("format") != FORMAT:
        raise SettingsError("not a detector's file of this version", where=path, remedy=_REMEDY)
    known = {field.name: told[field.name] for field in fields(Facts) if field.name in told}
    try:
        facts = replace(Facts(0.5, 1.0), **known)
        if not (0 < facts.threshold < 1 and 0.2 <= facts.long_s <= 10):
            raise ValueError(facts)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            "its threshold or its length is out of range", where=path, remedy=_REMEDY
        ) from error
    return facts
