"""Cuts texts that are too long for a page, and keeps the whole text beside it.

A page with a megabyte in a cell takes a browser seconds to lay out, and nobody reads it there.
"""

from __future__ import annotations

from pathlib import Path

from livekit_barge.files import private

MOST_CHARACTERS = 2_000
"""The length of a text on a page: about two minutes of speech."""


def cut(text: str) -> str:
    """Return the text, cut to the length that a page shows."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} …"


class Texts:
    """Saves the whole of each text that a page cuts, in the folder beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, str] = {}

    def address(self, text: str) -> str:
        """Save the whole text, and return its address relative to the page. Raises ``OSError``."""
        if text not in self._kept:
            name = f"text-{len(self._kept) + 1}.txt"
            # The byte order mark tells a browser that a file on disk is UTF-8.
            private.write(self._folder / name, f"\ufeff{text}")
            self._kept[text] = f"{self._folder.name}/{name}"
        return self._kept[text]
