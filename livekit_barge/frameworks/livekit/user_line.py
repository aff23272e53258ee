"""Makes LiveKit's warnings about a session's arguments name the user's line, not ours.

LiveKit logs a deprecated argument with the line that called ``AgentSession``. Through a subclass
that line is the subclass's own, where nobody can mend anything.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_LIVEKIT = logging.getLogger("livekit.agents")


@contextmanager
def warnings_name(user: FrameType, *, instead_of: str) -> Iterator[None]:
    """Have what LiveKit logs from the file ``instead_of`` name the line at which ``user`` stands.

    ``user`` is the frame that called the constructor.
    """
    file, line, function = user.f_code.co_filename, user.f_lineno, user.f_code.co_name

    def rename(record: logging.LogRecord) -> bool:
        if record.pathname == instead_of:
            record.pathname, record.lineno, record.funcName = file, line, function
            record.filename, record.module = Path(file).name, Path(file).stem
        return True

    _LIVEKIT.addFilter(rename)
    try:
        yield
    finally:
        _LIVEKIT.removeFilter(rename)
