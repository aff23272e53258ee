"""A finished run on disk: what was run, beside the results.

``run.json`` holds what varies between equal runs, such as how long it took; ``results.jsonl``
(:mod:`.kept`) what does not. Of its lines the first ``calls`` are the run's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

from livekit_barge.bench.kept import RESULTS_FILE
from livekit_barge.bench.results import CaseResult
from livekit_barge.errors import SettingsError

RUN_FILE = "run.json"
SCHEMA = "livekit-barge/bench/1"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One command's."""

    suite: str
    presets: tuple[str, ...]
    seed: int
    split: str | None
    how: str
    """``virtual``, ``real time`` or ``room``."""
    jobs: int
    calls: int
    call_s: float
    """How long the calls last together, in their own time."""
    elapsed_s: float
    """How long playing those took that were not kept from before."""
    played: int
    """How many those are."""

    def to_json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self)}

    def keep(self, folder: Path) -> None:
        """Write it beside the results. Raises :class:`SettingsError`."""
        path = folder / RUN_FILE
        text = json.dumps(self.to_json(), indent=2, ensure_ascii=False)
        try:
            path.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"cannot be written ({error.strerror})",
                where=path,
                remedy="make room, and run it again: the results are kept",
            ) from error

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The run in a folder. Raises :class:`SettingsError`."""
        path = folder / RUN_FILE
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            fields = {name: document[name] for name in cls.__dataclass_fields__}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"no finished run ({type(error).__name__})", where=path, remedy="run bench again"
            ) from error
        return cls(**fields | {"presets": tuple(fields["presets"])})

    def results(self, folder: Path) -> Iterator[CaseResult]:
        """Its results, in the order of its cases. Raises :class:`SettingsError`."""
        path = folder / RESULTS_FILE
        try:
            with path.open(encoding="utf-8") as lines:
                for line in islice(lines, self.calls):
                    yield CaseResult.from_json(json.loads(line))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"not a run's results ({type(error).__name__})", where=path, remedy="run it again"
            ) from error
