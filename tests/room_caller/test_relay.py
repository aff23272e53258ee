"""Packets over the relay. The clock of a way is set by hand; sockets are only asked for order."""

import asyncio
import contextlib
import socket

import pytest

from livekit_barge.room.link import Link
from livekit_barge.room.relay import Counts, Relay, Way


class Loop:
    """An event loop's clock, and what it is to do then."""

    def __init__(self):
        self.now_s = 0.0
        self.due = []

    def time(self):
        return self.now_s

    def call_at(self, at_s, act):
        self.due.append((at_s, act))

    def run_until(self, at_s, late_s=0.0):
        while self.due and min(self.due)[0] <= at_s:
            due_s, act = self.due.pop(self.due.index(min(self.due)))
            self.now_s = due_s + late_s
            act()
        self.now_s = at_s


class Drawn:
    """Fates that are stated."""

    def __init__(self, *fates):
        self._fates = iter(fates)

    def next(self):
        return next(self._fates)


@pytest.fixture
def loop():
    return Loop()


def play(loop, *fates, every_s=0.02, late_s=0.0):
    """A packet each ``every_s``; which came on, and when."""
    way, came = Way(Drawn(*fates), loop), []
    for number in range(len(fates)):
        loop.run_until(number * every_s, late_s)
        way.take(100, lambda number=number: came.append((number, round(loop.now_s, 6))))
    loop.run_until(10.0, late_s)
    return way.counts, came


def test_a_packet_comes_on_when_it_is_due(loop):
    assert play(loop, 0.05, 0.05)[1] == [(0, 0.05), (1, 0.07)]


def test_without_delay_it_comes_on_at_once(loop):
    assert play(loop, 0.0, 0.0)[1] == [(0, 0.0), (1, 0.02)]


def test_what_is_delayed_more_holds_up_what_comes_after_it(loop):
    counts, came = play(loop, 0.1, 0.0, 0.0)
    assert came == [(0, 0.1), (1, 0.1), (2, 0.1)]
    assert counts.late_s == 0.0  # that is the link's doing, not the relay's


def test_lost_packets_are_counted_and_do_not_come(loop):
    counts, came = play(loop, 0.0, None, 0.0)
    assert [number for number, _ in came] == [0, 2]
    assert counts == Counts(packets=3, octets=300, lost=1)


def test_it_says_how_late_it_was_itself(loop):
    counts, _ = play(loop, 0.05, 0.05, late_s=0.004)
    assert counts.late_s == 0.004


async def test_answers_find_their_way_to_who_asked():
    loop = asyncio.get_running_loop()
    with udp() as server, udp() as one, udp() as other, contextlib.ExitStack() as relays:
        relay = relays.enter_context(contextlib.closing(Relay(Link())))
        there = relay.stand_for(server.getsockname())
        for client in (one, other):
            await loop.sock_sendto(client, f"{client.getsockname()[1]}".encode(), there)
        for _ in range(2):
            asked, by = await loop.sock_recvfrom(server, 100)
            await loop.sock_sendto(server, b"to " + asked, by)
        for client in (one, other):
            assert await loop.sock_recv(client, 100) == f"to {client.getsockname()[1]}".encode()
        assert [way.packets for way in relay.counts.values()] == [2, 2]


def udp():
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.setblocking(False)
    return opened
