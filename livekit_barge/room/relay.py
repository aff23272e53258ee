"""A relay for UDP packets that stands between a caller and the server, and is a bad link.

For each address of the server there is a port here. Who sends to it gets a socket of its own
towards the server, so that the server's answers find their way back.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from livekit_barge.room.link import DIRECTIONS, Direction, Fates, Link

Address = tuple[str, int]

_PACKET_MOST = 65_536
# A caller has a connection each way, and some more while it looks for a way.
_CLIENTS_MOST = 64


@dataclass
class Counts:
    """The packets that reached the relay in one direction."""

    packets: int = 0
    octets: int = 0
    lost: int = 0
    """The packets of them that the link itself lost."""
    late_s: float = 0.0
    """The longest delay by which the relay sent a packet later than it was due."""


class Way:
    """One direction of the link: packets wait in order until they are due."""

    def __init__(self, fates: Fates, loop: asyncio.AbstractEventLoop) -> None:
        self.counts = Counts()
        self._fates = fates
        self._loop = loop
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._latest_s = 0.0
        """The time at which the last waiting packet is due."""

    def take(self, octets: int, send: Callable[[], None]) -> None:
        """The next packet, so long; ``send`` sends it on."""
        self.counts.packets += 1
        self.counts.octets += octets
        if (delay_s := self._fates.next()) is None:
            self.counts.lost += 1
            return
        self._latest_s = max(self._latest_s, self._loop.time() + delay_s)
        self._waiting.append((self._latest_s, send))
        if len(self._waiting) == 1:
            self._send_due()

    def _send_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= (now_s := self._loop.time()):
            due_s, send = self._waiting.popleft()
            self.counts.late_s = max(self.counts.late_s, round(now_s - due_s, 6))
            send()
        if self._waiting:
            self._loop.call_at(self._waiting[0][0], self._send_due)


class Relay:
    """Listens on loopback. Made, used and closed inside one event loop."""

    def __init__(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        self.ways = {each: Way(link.fates(each), loop) for each in DIRECTIONS}
        self._ports: dict[Address, _Port] = {}

    @property
    def counts(self) -> dict[Direction, Counts]:
        """The counts of all addresses together."""
        return {direction: way.counts for direction, way in self.ways.items()}

    @property
    def addresses(self) -> set[Address]:
        """The address it listens on."""
        return {port.address for port in self._ports.values()}

    def stand_for(self, server: Address) -> Address:
        """The address that leads to ``server`` by way of the link."""
        if server not in self._ports:
            self._ports[server] = _Port(server, self.ways)
        return self._ports[server].address

    def close(self) -> None:
        """Close all ports."""
        for port in self._ports.values():
            port.close()


class _Port:
    """Relays one address of the server."""

    def __init__(self, server: Address, ways: dict[Direction, Way]) -> None:
        self._server = server
        self.ways = ways
        self._outward: dict[Address, socket.socket] = {}
        """Each client's socket towards the server."""
        self._socket = _open(self._from_client)
        self._socket.bind(("127.0.0.1", 0))
        host, port = self._socket.getsockname()
        self.address: Address = (host, port)

    def _from_client(self, data: bytes, client: Address) -> None:
        if (outward := self._outward.get(client)) is None:
            if len(self._outward) >= _CLIENTS_MOST:
                return
            outward = _open(lambda data, _: self._from_server(data, client))
            outward.connect(self._server)
            self._outward[client] = outward
        self.ways["to_server"].take(len(data), partial(_send, outward, data, self._server))

    def _from_server(self, data: bytes, client: Address) -> None:
        self.ways["to_caller"].take(len(data), partial(_send, self._socket, data, client))

    def close(self) -> None:
        """Stop passing packets, both ways."""
        for each in (self._socket, *self._outward.values()):
            asyncio.get_running_loop().remove_reader(each)
            each.close()


def _open(on_packet: Callable[[bytes, Address], None]) -> socket.socket:
    """A socket whose packets are told of."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)

    def receive() -> None:
        # Refused: nobody listens any more, which the kernel tells at the next call.
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                on_packet(*opened.recvfrom(_PACKET_MOST))

    asyncio.get_running_loop().add_reader(opened, receive)
    return opened


def _send(by: socket.socket, data: bytes, to: Address) -> None:
    """Send a packet; if the kernel does not take it, it is lost, as on any link."""
    if by.fileno() >= 0:  # closed while the packet waited
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            by.sendto(data, to)
