"""Finds the presets, scripts and limits that ship with the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def configs_dir() -> Path:
    """The shipped ``configs/``: inside an installed wheel, or beside the package in a checkout."""
    installed = _PACKAGE / "configs"
    return installed if installed.is_dir() else _PACKAGE.parent / "configs"
