"""Reads from the client's own statistics which way a connection's media goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from livekit import rtc

_WITHIN_S = 2.0


async def media_paths(room: rtc.Room) -> dict[str, str]:
    """``{"publisher": "udp 127.0.0.1:40123", …}``: the chosen pair's protocol and far address.

    Empty where the client no longer tells.
    """
    try:
        async with asyncio.timeout(_WITHIN_S):
            stats = await room.get_rtc_stats()
    except (RuntimeError, TimeoutError):  # not connected any more, which the call's events tell
        return {}
    sides = {"publisher": stats.publisher_stats, "subscriber": stats.subscriber_stats}
    found = {side: _chosen(each) for side, each in sides.items()}
    return {side: path for side, path in found.items() if path is not None}


def _chosen(stats: Iterable[Any]) -> str | None:
    """The path of one connection."""
    by_id = {getattr(stat, stat.WhichOneof("stats")).rtc.id: stat for stat in stats}
    for stat in by_id.values():
        pair = by_id.get(stat.transport.transport.selected_candidate_pair_id)
        if stat.WhichOneof("stats") == "transport" and pair is not None:
            far = by_id[pair.candidate_pair.candidate_pair.remote_candidate_id]
            candidate = far.remote_candidate.candidate
            return f"{candidate.protocol} {candidate.address}:{candidate.port}"
    return None
