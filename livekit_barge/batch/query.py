"""Queries a batch's results with DuckDB, directly in their folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from livekit_barge.call.formats import CARD_FILE
from livekit_barge.errors import IntakeError
from livekit_barge.measure.overlap import TO_HOLD_THROUGH, WANTED_THE_FLOOR
from livekit_barge.measure.statistics import Measured, Percentiles, Rate

_KEYS = {
    "source": "source",
    "preset": "coalesce(preset, '–')",
    "week": "coalesce(strftime(CAST(started_at AS TIMESTAMPTZ) AT TIME ZONE 'UTC', '%G-W%V'), '–')",
    "folder": "coalesce(regexp_extract(file, '([^/]+)/[^/]+$', 1), '')",
}

# As SQL writes a list: ('held', 'false_stop').
_OUTCOMES = {
    "wanted": f"outcome IN {WANTED_THE_FLOOR}",
    "to_hold": f"outcome IN {TO_HOLD_THROUGH}",
}

# Named columns keep one call's document from deciding how another's is read. Without a column that
# every scorecard has, a document is not a scorecard.
_CARDS = """
CREATE TEMP VIEW cards AS
SELECT {needed}, preset, started_at
FROM read_json({files}, maximum_object_size = 268435456, format = 'unstructured',
               filename = true, columns = {
    file: 'VARCHAR', source: 'VARCHAR', preset: 'VARCHAR',
    started_at: 'VARCHAR', duration_s: 'DOUBLE',
    "overlaps": 'STRUCT(outcome VARCHAR, time_to_yield_s DOUBLE, lower_bound BOOLEAN,
                      agent_over_caller BOOLEAN, dead_air_s DOUBLE)[]'
})
"""

_NEEDED = ("file", "source", "duration_s", '"overlaps"')

_GROUPS = """
WITH calls AS (SELECT {keys}, duration_s, "overlaps" FROM cards),
     totals AS (SELECT {names}, count(*) AS calls, sum(duration_s) AS duration_s
                FROM calls GROUP BY ALL),
     fair AS (SELECT {names}, unnest("overlaps", recursive := true) FROM calls),
     counted AS (
        SELECT {names},
            count(*) FILTER (outcome = 'yielded') AS yielded,
            count(*) FILTER ({wanted}) AS wanted,
            count(*) FILTER (outcome = 'held') AS held,
            count(*) FILTER ({to_hold}) AS to_hold,
            coalesce(sum(dead_air_s), 0) AS dead_air_s,
            count(*) FILTER (outcome = 'false_stop' AND dead_air_s IS NULL) AS dead_air_unknown,
            list({{'s': time_to_yield_s, 'b': lower_bound}}) FILTER (
                {wanted} AND time_to_yield_s IS NOT NULL) AS times
        FROM fair WHERE NOT agent_over_caller GROUP BY ALL)
SELECT {totals}, calls, duration_s, coalesce(yielded, 0), coalesce(wanted, 0),
       coalesce(held, 0), coalesce(to_hold, 0), coalesce(dead_air_s, 0),
       coalesce(dead_air_unknown, 0), coalesce(times, [])
FROM totals LEFT JOIN counted USING ({names}) ORDER BY ALL
"""

_WORST = """
WITH each AS (SELECT file, unnest("overlaps", recursive := true) FROM cards)
SELECT file,
       count(*) FILTER (outcome IN ('late', 'missed')) AS short,
       count(*) FILTER (outcome = 'false_stop') AS false_stops,
       max(time_to_yield_s) FILTER ({wanted}) AS slowest_s,
       coalesce(sum(dead_air_s), 0) AS dead_air_s,
       count(*) FILTER (outcome = 'false_stop' AND dead_air_s IS NULL) AS dead_air_unknown
FROM each WHERE NOT agent_over_caller GROUP BY file HAVING short + false_stops > 0
ORDER BY short DESC, slowest_s DESC NULLS LAST, dead_air_s DESC, file LIMIT ?
"""


@dataclass(frozen=True)
class Group:
    """Calls that share the values of the keys."""

    values: tuple[str, ...]
    calls: int
    duration_s: float
    yield_rate: Rate
    hold_rate: Rate
    dead_air_s: float
    """The sum over the false stops after which it is known."""
    dead_air_unknown: int
    """False stops after which it is unknown: the agent never resumed what it was saying."""
    time_to_yield: Percentiles


@dataclass(frozen=True)
class Worst:
    """A call that is worth listening to."""

    file: str
    short: int
    """Overlaps in which the agent was late, or missed the caller."""
    false_stops: int
    slowest_s: float | None
    dead_air_s: float
    dead_air_unknown: int
    """As in :class:`Group`."""


class Query:
    """The results in a directory. Raises :class:`IntakeError` if there are none."""

    def __init__(self, directory: Path) -> None:
        try:
            import duckdb
        except ModuleNotFoundError as error:
            raise IntakeError(
                "summary needs DuckDB", remedy="install livekit-barge with the extra batch"
            ) from error
        files = sorted(str(file) for file in directory.glob(f"*/{CARD_FILE}"))
        if not files:
            raise IntakeError("no scorecards in it", where=directory, remedy="run score first")
        if not _is_text(str(directory)):
            raise IntakeError("its name is not UTF-8", where=directory, remedy="rename it")
        for file in files:
            if not os.path.isfile(file) or not os.path.getsize(file):
                raise IntakeError("not a scorecard", where=file, remedy="remove it, or score again")
        self._database = duckdb.connect()
        self._error = duckdb.Error
        # The text of a view takes no parameters, and a file's name in it is a pattern.
        listed = ", ".join("'" + escape(file).replace("'", "''") + "'" for file in files)
        needed = ", ".join(
            f"coalesce({name}, error(filename || ' is not a scorecard')) AS {name}"
            for name in _NEEDED
        )
        self._rows(_CARDS.replace("{files}", f"[{listed}]").replace("{needed}", needed))

    def groups(self, keys: Sequence[str]) -> list[Group]:
        """Return one group for each combination of the keys' values, in their order."""
        for key in keys:
            if key not in _KEYS:
                raise IntakeError(
                    f"no key is called {key}", where="--by", remedy=f"one of {', '.join(_KEYS)}"
                )
        if not keys:
            raise IntakeError("no key is given", where="--by", remedy=f"one of {', '.join(_KEYS)}")
        text = _GROUPS.format(
            keys=", ".join(f"{_KEYS[key]} AS key_{key}" for key in keys),
            names=", ".join(f"key_{key}" for key in keys),
            totals=", ".join(f"totals.key_{key}" for key in keys),
            **_OUTCOMES,
        )
        return [_group(row, len(keys)) for row in self._rows(text)]

    def worst(self, count: int) -> list[Worst]:
        """Return the calls that fell short, worst first."""
        return [Worst(*row) for row in self._rows(_WORST.format(**_OUTCOMES), [count])]

    def _rows(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._database.execute(text, values).fetchall()
        except self._error as error:
            first = str(error).splitlines()[0]
            raise IntakeError(f"the results cannot be read ({first})", remedy="score again") from (
                error
            )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _group(row: Sequence[Any], keys: int) -> Group:
    calls, duration_s, yielded, wanted, held, to_hold, dead_air_s, unknown, times = row[keys:]
    return Group(
        values=tuple(row[:keys]),
        calls=calls,
        duration_s=duration_s,
        yield_rate=Rate(yielded, wanted),
        hold_rate=Rate(held, to_hold),
        dead_air_s=dead_air_s,
        dead_air_unknown=unknown,
        time_to_yield=Percentiles.of(Measured(time["s"], time["b"]) for time in times),
    )
