"""When is a sample sent? When it is pushed to LiveKit's audio source, or when it leaves the queue?

    python -m benchmarks.room_sent      # a minute; needs livekit-server

A caller sounds clicks through queues of several lengths. When a click is on the wire is seen at a
relay between the caller and the server: the first large packet after a silence, in which packets
are small. The right stamp lies as far before that whatever the queue's length; the wrong one moves
with it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from livekit import rtc

from benchmarks.room_tables import spread
from livekit_barge.clock import CallClock
from livekit_barge.room.link import Link
from livekit_barge.room.microphone import Microphone
from livekit_barge.room.server import LivekitServer, running_server
from livekit_barge.room.signalling import ImpairedLink, impaired
from livekit_barge.stage.track import CallerTrack, Pcm, to_pcm
from livekit_barge.stage.voices import SAMPLE_RATE
from livekit_barge.work.log_silencer import client_log_off

QUEUES_S = (0.04, 0.08, 0.2)
CLICKS = 12
FIRST_S = 1.5
# 7 ms off the packets' 20 ms, so that clicks fall everywhere in them.
EVERY_S = 1.007
CLICK_S = 0.1
# Silence makes packets of 40 to 90 octets, noise at this rate of 150 and more.
LARGE = 130
BITRATE = 64_000


def main() -> None:
    """Measure and print."""
    client_log_off()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "server.log") as server,
    ):
        print("\n".join(sent_table(server)))


def sent_table(server: LivekitServer) -> list[str]:
    """A row for each length of the queue."""
    lines = ["| queue | from pushed to the wire | from sent to the wire |", "|---|---|---|"]
    for queue_s in QUEUES_S:
        with impaired(server.url, Link()) as over:
            pushed, sent = asyncio.run(clicks(server, over, queue_s))
        lines.append(f"| {queue_s * 1000:.0f} ms | {spread(pushed)} | {spread(sent)} |")
    return lines


async def clicks(
    server: LivekitServer, over: ImpairedLink, queue_s: float
) -> tuple[list[float], list[float]]:
    """For each click: seconds from its being pushed, and from its being sent, to the wire."""
    clock, track = CallClock.start(), CallerTrack(SAMPLE_RATE)
    rng = np.random.default_rng(1)
    begins = [round((FIRST_S + EVERY_S * number) * SAMPLE_RATE) for number in range(CLICKS)]
    for begin in begins:
        track.mix(to_pcm(rng.normal(0, 6_000, round(CLICK_S * SAMPLE_RATE))), begin)
    wire = _watch(over, clock)
    pushed_s: list[tuple[float, float]] = []

    def on_sent(_: Pcm, begins_s: float, __: bool) -> None:
        pushed_s.append((clock.at_s(), begins_s))

    room = rtc.Room()
    await room.connect(over.url, server.token(f"sent-{queue_s}", "caller", kind="standard"))
    microphone = Microphone(track, clock, on_sent, queue_s=queue_s)
    await microphone.publish(room, bitrate=BITRATE)
    microphone.open()
    opened = track.sent
    speaking = asyncio.create_task(microphone.run())
    await asyncio.sleep(FIRST_S + EVERY_S * CLICKS)
    speaking.cancel()
    await room.disconnect()

    from_pushed, from_sent = [], []
    for begin in begins:
        frame, inside = divmod(begin - opened, microphone.frame_samples)
        if frame < 0:
            continue  # the room took longer to enter
        push_s, begins_s = pushed_s[frame]
        sent_s = begins_s + inside / SAMPLE_RATE
        on_wire_s = next(at_s for at_s, octets in wire if octets > LARGE and at_s > push_s)
        from_pushed.append(on_wire_s - push_s)
        from_sent.append(on_wire_s - sent_s)
    return from_pushed, from_sent


def _watch(over: ImpairedLink, clock: CallClock) -> list[tuple[float, int]]:
    """When each packet of the caller's came by, and how long it was."""
    seen: list[tuple[float, int]] = []
    way = over.relay.ways["to_server"]
    take = way.take

    def watched(octets: int, send: Callable[[], None]) -> None:
        seen.append((clock.at_s(), octets))
        take(octets, send)

    way.take = watched  # type: ignore[method-assign]
    return seen


if __name__ == "__main__":
    main()
