"""Read a preset file: the shipped ones by name, or any TOML file; the same for every framework.

A file holds words about the preset (``summary``, ``cost``) and knobs. Only the framework knows
which knobs there are, so it checks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.files.resources import configs_dir
from livekit_barge.files.toml import read_toml


@dataclass(frozen=True)
class PresetShelf:
    """One framework's shipped presets."""

    folder: str
    """The folder below ``configs/``."""
    defaults: str
    """The preset that spells the framework's own defaults out; it is listed first."""
    words: tuple[str, ...] = ("summary", "cost")
    """The keys of a file that are not knobs."""
    kind: str = "preset"
    """The word for one of them in an error."""

    def names(self) -> list[str]:
        """Return the shipped presets' names, the framework's defaults first."""
        names = sorted(path.stem for path in (configs_dir() / self.folder).glob("*.toml"))
        return sorted(names, key=lambda name: name != self.defaults)

    def find(self, preset: str | Path, *, where: object, key: str = "") -> Path:
        """Return the file of a preset, given by name or path; a ``.toml`` ending means a path.

        Raises :class:`SettingsError`, naming ``where`` and the ``key`` that asked for it, if no
        shipped preset has that name.
        """
        path = Path(preset)
        if path.suffix == ".toml" or len(path.parts) > 1:
            return path
        self.check(str(preset), where=where, key=key)
        return configs_dir() / self.folder / f"{preset}.toml"

    def check(self, name: str, *, where: object, key: str = "") -> None:
        """Raise :class:`SettingsError` with the nearest name if no shipped preset is called so."""
        if name not in self.names():
            raise SettingsError(
                f"{key}no {self.kind} is called {name}",
                where=where,
                remedy=nearest(name, self.names()),
            )

    def read(self, path: Path) -> tuple[dict[str, str], dict[str, Any]]:
        """Return a file's words and its knobs, unchecked. Raises :class:`SettingsError`."""
        values = read_toml(path)
        words = {word: _word(values.pop(word, ""), word, path) for word in self.words}
        return words, values


def _word(value: object, word: str, path: Path) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{word} is {value!r}", where=path, remedy="give a text")
    return value
