"""A finished run on disk: its options, beside the results.

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

from livekit_barge.call.fields import fault, parse
from livekit_barge.call.formats import BENCH_SCHEMA, RESULTS_FILE, RUN_FILE
from livekit_barge.errors import SettingsError
from livekit_barge.files import private
from livekit_barge.files.read_file import read_regular
from livekit_barge.suites.event_results import CaseResult


@dataclass(frozen=True, kw_only=True)
class Run:
    """The options and totals of one bench command."""

    suite: str
    presets: tuple[str, ...]
    seed: int
    split: str | None
    how: str
    """``virtual``, ``real time`` or ``room``."""
    jobs: int
    calls: int
    call_s: float
    """The length of all calls together, in their own time."""
    elapsed_s: float
    """The time it took to play the calls that were not kept from before."""
    played: int
    """The number of those calls."""

    def to_json(self) -> dict[str, Any]:
        return {"schema": BENCH_SCHEMA, **asdict(self)}

    def keep(self, folder: Path) -> None:
        """Write the run beside its results. Raises :class:`SettingsError`."""
        path = folder / RUN_FILE
        text = json.dumps(self.to_json(), indent=2, ensure_ascii=False)
        try:
            private.write(path, text + "\n")
        except OSError as error:
            raise SettingsError(
                f"cannot be written ({error.strerror})",
                where=path,
                remedy="free some space and run it again: the results are kept",
            ) from error

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the run in a folder. Raises :class:`SettingsError`."""
        path = folder / RUN_FILE
        try:
            document = parse(read_regular(path))
            named = {name: document[name] for name in ("schema", *cls.__dataclass_fields__)}
            fields = named | {"presets": tuple(named["presets"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"no finished run ({type(error).__name__})", where=path, remedy="run bench again"
            ) from error
        if (schema := fields.pop("schema")) != BENCH_SCHEMA:
            wrong: str | None = f"its schema is {schema!r:.60}, not {BENCH_SCHEMA}"
        else:
            wrong = fault(cls, fields) or (None if fields["presets"] else "it names no preset")
        if wrong is not None:
            raise SettingsError(f"no finished run: {wrong}", where=path, remedy="run bench again")
        return cls(**fields)

    def results(self, folder: Path) -> Iterator[CaseResult]:
        """Yield the results, in the order of the cases. Raises :class:`SettingsError`."""
        path = folder / RESULTS_FILE
        found = 0
        try:
            with path.open("rb") as lines:
                for found, line in enumerate(islice(lines, self.calls), start=1):
                    result = CaseResult.from_line(line)
                    if result.preset not in self.presets:
                        raise ValueError(f"line {found} is of the preset {result.preset}")
                    yield result
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"not this run's results ({error})", where=path, remedy="run bench again"
            ) from error
        if found < self.calls:
            raise SettingsError(
                f"{found} of the run's {self.calls} results are there",
                where=path,
                remedy="run bench again: it plays what is missing",
            )
