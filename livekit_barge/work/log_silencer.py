"""Keeps the logs, which go to the same terminal as a command's figures, to their errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_LIVEKIT = logging.getLogger("livekit.agents")


def client_log_off() -> None:
    """From here on LiveKit's client logs nothing: it tells of every socket, and what matters to a
    call is in its notes."""
    logging.getLogger("livekit").setLevel(logging.CRITICAL)


@contextmanager
def turn_log_off() -> Iterator[None]:
    """Within, only errors are logged: by structlog, and by LiveKit."""
    before, level = structlog.get_config(), _LIVEKIT.level
    was_configured = structlog.is_configured()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    _LIVEKIT.setLevel(logging.ERROR)
    try:
        yield
    finally:
        _LIVEKIT.setLevel(level)
        structlog.configure(**before) if was_configured else structlog.reset_defaults()
