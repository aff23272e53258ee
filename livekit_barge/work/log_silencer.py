"""Limits the logs, which share the terminal with a command's figures, to errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_LIVEKIT = logging.getLogger("livekit.agents")


def client_log_off() -> None:
    """Silence LiveKit's client from here on: it reports every socket, and what matters to a
    call is in its notes."""
    logging.getLogger("livekit").setLevel(logging.CRITICAL)


@contextmanager
def turn_log_off() -> Iterator[None]:
    """Log only errors while the block runs, by structlog and by LiveKit."""
    before, level = structlog.get_config(), _LIVEKIT.level
    was_configured = structlog.is_configured()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    _LIVEKIT.setLevel(logging.ERROR)
    try:
        yield
    finally:
        _LIVEKIT.setLevel(level)
        structlog.configure(**before) if was_configured else structlog.reset_defaults()
