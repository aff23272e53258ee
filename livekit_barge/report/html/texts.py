"""Long texts on a page: what is too long to be read there is cut, and kept whole beside the page.

A page with a megabyte in a cell takes a browser seconds to lay out, and nobody reads it there.
"""

from __future__ import annotations

from pathlib import Path

from livekit_barge.files import private

MOST_CHARACTERS = 2_000
"""What a page shows of a text: about as many words as are said in two minutes."""


def cut(text: str) -> str:
    """Return the text as a page shows it."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} …"


class Texts:
    """Keeps the texts that a page cuts, whole, in the folder beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, str] = {}

    def address(self, text: str) -> str:
        """Return where the whole text can be read, as seen from the page. Raises ``OSError``."""
        if text not in self._kept:
            name = f"text-{len(self._kept) + 1}.txt"
            # By the mark in front a browser knows that a file on disk is UTF-8.
            private.write(self._folder / name, f"\ufeff{text}")
            self._kept[text] = f"{self._folder.name}/{name}"
        return self._kept[text]
