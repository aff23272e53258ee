"""A line about a link that was impaired on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livekit_barge.call.events import ImpairedLink
from livekit_barge.report.terminal.turn_table import as_ms


def link_note(link: ImpairedLink) -> str:
    """Describe the link, the packets that crossed it, and whether all media did."""
    jitter = f" ± {as_ms(link.jitter_s)}" if link.jitter_s else ""
    late_s = max(float(way["late_s"]) for way in (link.to_server, link.to_caller))
    parts = (
        f"link: {link.loss * 100:g} % loss, {as_ms(link.delay_s)}{jitter} each way, "
        f"seed {link.seed}",
        f"{_way(link.to_server)} to the server, {_way(link.to_caller)} to the caller",
        f"forwarded at most {as_ms(late_s)} late",
        _paths(link),
    )
    return "; ".join(parts)


def _way(counts: Mapping[str, Any]) -> str:
    return f"{counts['lost']}/{counts['packets']} packets lost"


def _paths(link: ImpairedLink) -> str:
    if link.crossed:
        return "all media crossed it, by UDP"
    if not link.paths:
        return "the route of the media is unknown"
    return f"NOT all media crossed it: {', '.join(link.paths.values())}"
