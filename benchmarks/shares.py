"""Where a program's time goes, part by part, by Python's profiler.

A function's own time belongs to the part whose file it stands in; that of a library, and of files
that several parts share, to the parts that called it, in the proportion of those calls.
"""

from __future__ import annotations

import cProfile
import pstats
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

REST = "all else"

_Function = tuple[str, int, str]


def shares(work: Callable[[], object], parts: Mapping[str, str]) -> dict[str, float]:
    """Of ``work``, each part's share of the time, the largest first.

    ``parts``: the beginning of a file's path below the package, and what part it belongs to.
    """
    profile = cProfile.Profile()
    profile.runcall(work)
    stats: dict[_Function, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    known: dict[_Function, Counter[str]] = {}

    def owners(function: _Function, above: frozenset[_Function]) -> Counter[str]:
        """To which parts the time of a function belongs; the shares add up to 1."""
        if (part := _part_of(function[0], parts)) is not None:
            return Counter({part: 1.0})
        if function in known:
            return known[function]
        callers = {c: own[2] for c, own in stats[function][4].items() if c not in above}
        whole = sum(callers.values())
        found: Counter[str] = Counter()
        for caller, own_s in callers.items():
            weight = own_s / whole if whole else 1 / len(callers)
            for part, share in owners(caller, above | {function}).items():
                found[part] += weight * share
        known[function] = found or Counter({REST: 1.0})
        return known[function]

    times: Counter[str] = Counter()
    for function, (_, _, own_s, _, _) in stats.items():
        for part, share in owners(function, frozenset()).items():
            times[part] += own_s * share
    whole_s = sum(times.values())
    return {part: own_s / whole_s for part, own_s in times.most_common()}


def _part_of(file: str, parts: Mapping[str, str]) -> str | None:
    _, inside, path = file.rpartition("livekit_barge/")
    return next((part for begin, part in parts.items() if inside and path.startswith(begin)), None)
