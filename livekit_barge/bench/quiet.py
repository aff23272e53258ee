"""Keeps the turn log, which goes to the same terminal as a command's figures, to its errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def turn_log_off() -> Iterator[None]:
    """Within, only errors are logged by structlog."""
    before = structlog.get_config()
    was_configured = structlog.is_configured()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.configure(**before) if was_configured else structlog.reset_defaults()
