"""The terminal: all output of a command passes here, and nothing in it can control the terminal.

Transcripts, ids, notes and folder names come from callers and from other people's files. Control
characters in them would move the cursor, set the window's title or reverse letters, so they are
removed from every text. Rich adds its own colours afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from livekit_barge.errors import shortened

# All control characters except the tab and the line feed, and those that change the direction of
# writing. They take no space on a line, so tables stay aligned without them.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# Half a pair cannot be written in UTF-8; its replacement is as wide.
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
# Room for a path and an error about it; anything longer would fill the terminal and the log.
MOST_CHARACTERS = 6_000


def harmless(text: str) -> str:
    """Return the text without characters that control a terminal."""
    return _HALF_A_PAIR.sub("\ufffd", _STEERING.sub("", text))


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return the text on one harmless line of at most about ``most`` characters."""
    return harmless(" ".join(shortened(text, most).split()))


class Screen(Console):
    """Rich's console for untrusted texts: they are not markup, and cannot control the terminal."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as Rich does, without characters that control the terminal."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(harmless(segment.text), segment.style)
