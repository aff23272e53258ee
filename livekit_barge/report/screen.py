"""The terminal: everything a command shows passes here, and nothing in it can steer the terminal.

Transcripts, ids, notes and folder names come from callers and from other people's files. Control
characters in them would move the cursor, set the window's title or swap the order of letters, so
they are taken out of every text. Rich's own colours are made after that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from livekit_barge.errors import shortened

# All control characters but the tab and the end of a line, and those that turn the direction of
# writing. They take no room on a line, so tables stay aligned without them.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# Half a pair cannot be written in UTF-8; what stands for it is as wide.
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
# A path and all that an error says of it; what is longer would fill the terminal and a log.
MOST_CHARACTERS = 6_000


def harmless(text: str) -> str:
    """The text without what would steer a terminal."""
    return _HALF_A_PAIR.sub("\ufffd", _STEERING.sub("", text))


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text on one harmless line, shortened where it is longer than ``most`` characters."""
    return harmless(" ".join(shortened(text, most).split()))


class Screen(Console):
    """Rich's console for texts that may be anybody's: they hold no markup, and steer nothing."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as Rich does, without what in a text would steer the terminal."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(harmless(segment.text), segment.style)
