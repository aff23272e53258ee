"""The figures of ``benchmarks.room`` as tables for docs/evidence/room.md."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from livekit_barge.measure.join import JoinedOverlap
from livekit_barge.measure.statistics import nearest_rank
from livekit_barge.room.link import Link
from livekit_barge.room.microphone import LEAD_S

_STEPS = (
    "barge-ins | yielded | way in | detection | stopping | way out | time to yield, at the caller"
)


class Edge(NamedTuple):
    """One known cut."""

    transit_s: float
    error_s: float
    """``silent_s`` less the truth."""
    ringing_s: float
    """How long the codec rang on audibly, in what was heard: in ``error_s``, and no error."""
    codecs_s: float
    """How long it rings after this cut by itself, with no room in between."""


class OverLink(NamedTuple):
    """One call over a link."""

    link: Link
    overlaps: list[JoinedOverlap]
    packets: str
    """Lost of all, to the server and to the caller."""


def preset_table(joined: Mapping[str, list[JoinedOverlap]]) -> list[str]:
    """Both ends of a preset's barge-ins."""
    lines = [f"| preset | {_STEPS} | at the agent |", "|---|---|---|---|---|---|---|---|---|"]
    for preset, overlaps in joined.items():
        agents = [overlap.agent.time_to_yield_s if overlap.agent else None for overlap in overlaps]
        lines.append(f"| `{preset}` | {_steps(overlaps)} | {spread(agents)} |")
    return lines


def stamps_table(joined: Mapping[str, list[JoinedOverlap]]) -> list[str]:
    """What a barge-in takes, counted from two stamps of its first sample."""
    lines = [
        "| preset | sent to decision | sent to silent | pushed to decision | pushed to silent |",
        "|---|---|---|---|---|",
    ]
    for preset, overlaps in joined.items():
        decided_s = [each.decision_s for each in overlaps]
        silent_s = [each.silent_s for each in overlaps]
        cells = [
            spread([_since(each, at_s, ahead_s) for each, at_s in zip(overlaps, ends, strict=True)])
            for ahead_s in (0.0, LEAD_S)
            for ends in (decided_s, silent_s)
        ]
        lines.append(f"| `{preset}` | {' | '.join(cells)} |")
    return lines


def _since(overlap: JoinedOverlap, at_s: float | None, ahead_s: float) -> float | None:
    """Seconds from so long before the onset."""
    return None if at_s is None or overlap.onset_s is None else at_s - overlap.onset_s + ahead_s


def _steps(overlaps: Sequence[JoinedOverlap]) -> str:
    yielded = sum(overlap.caller.outcome == "yielded" for overlap in overlaps)
    columns = (
        [overlap.way_in_s for overlap in overlaps],
        [overlap.detection_s for overlap in overlaps],
        [overlap.stopping_s for overlap in overlaps],
        [overlap.way_out_s for overlap in overlaps],
        [overlap.time_to_yield_s for overlap in overlaps],
    )
    return " | ".join([str(len(overlaps)), str(yielded), *map(spread, columns)])


def truth_table(edges: Mapping[int, list[Edge]]) -> list[str]:
    """How far the caller's figure is from the truth."""
    lines = [
        "| known cuts, coded with | measured | transit | `silent_s` less the cut "
        "| 95 of 100 within | the codec's ringing alone | less the cut and the ringing heard "
        "| 95 of 100 within |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for bitrate, found in edges.items():
        gross_s, net_s = [e.error_s for e in found], [e.error_s - e.ringing_s for e in found]
        cells = (
            f"{bitrate // 1000} kbit/s",
            str(len(found)),
            spread([e.transit_s for e in found]),
            spread(gross_s),
            _p95(gross_s),
            spread([e.codecs_s for e in found]),
            spread(net_s),
            _p95(net_s),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def linked_table(calls: Sequence[OverLink], preset: str) -> list[str]:
    """Both ends of the barge-ins over each link."""
    lines = [
        f"| link, each way, `{preset}` | packets lost to the server, to the caller | {_STEPS} |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {call.link} | {call.packets} | {_steps(call.overlaps)} |" for call in calls]
    return lines


def _p95(errors_s: Sequence[float]) -> str:
    p95_s = nearest_rank([abs(each) for each in errors_s], 95)
    return "–" if p95_s is None else f"{p95_s * 1000:.0f} ms"


def spread(seconds: Sequence[float | None]) -> str:
    """``541 (530 to 561) ms``: the median, and from the least to the most."""
    known = [each for each in seconds if each is not None]
    if not known:
        return "–"
    least, most = min(known) * 1000, max(known) * 1000
    spread = f"{statistics.median(known) * 1000:.0f} ({least:.0f} to {most:.0f}) ms"
    return spread if len(known) == len(seconds) else f"{spread}, of {len(known)}"
