"""Finds the presets, scripts and limits that ship with the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def configs_dir() -> Path:
    """Return the shipped ``configs/``: in an installed wheel, or beside a checkout's package."""
    installed = _PACKAGE / "configs"
    return installed if installed.is_dir() else _PACKAGE.parent / "configs"
