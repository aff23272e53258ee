"""A real livekit-server on loopback, on ports and with a key of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from time import sleep
from typing import Any

import yaml  # type: ignore[import-untyped]
from livekit import api

from livekit_barge.clock import SystemClock
from livekit_barge.errors import RoomError
from livekit_barge.files.resources import configs_dir
from livekit_barge.room.processes import child

BINARY = configs_dir().parent / ".cache" / "livekit-server"
"""The folder in which ``make livekit-server`` puts it, in a checkout."""
UP_WITHIN_S = 20.0
_ATTEMPTS = 3


@dataclass(frozen=True)
class LivekitServer:
    """A running server."""

    url: str
    api_key: str
    api_secret: str
    log: Path
    process: Popen[bytes]

    def token(self, room: str, identity: str, *, kind: api.AccessToken.ParticipantKind) -> str:
        """Return a token that lets ``identity`` into ``room``."""
        agent = kind == "agent"
        grants = api.VideoGrants(
            room_join=True, room=room, agent=agent, can_update_own_metadata=agent
        )
        token = api.AccessToken(self.api_key, self.api_secret).with_identity(identity)
        return token.with_kind(kind).with_grants(grants).to_jwt()

    def environment(self) -> dict[str, str]:
        """The variables that a worker reads to find it."""
        return {
            "LIVEKIT_URL": self.url,
            "LIVEKIT_API_KEY": self.api_key,
            "LIVEKIT_API_SECRET": self.api_secret,
        }


@contextlib.contextmanager
def running_server(log: Path) -> Iterator[LivekitServer]:
    """Start a server, and wait until it answers.

    Raises :class:`~livekit_barge.errors.RoomError`.

    Free ports are found by asking for them and letting go, so another process can come first:
    then again with others.
    """
    api_key, api_secret = "key" + secrets.token_hex(4), secrets.token_hex(24)
    for attempt in range(1, _ATTEMPTS + 1):
        tcp, udp = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
        body = yaml.safe_dump(_config(tcp, udp, {api_key: api_secret}))
        environment = dict(os.environ) | {"LIVEKIT_CONFIG": body}
        with child([str(BINARY)], log=log, env=environment, grace_s=0.5) as process:
            if not _answers(process, f"http://127.0.0.1:{tcp}"):
                if attempt < _ATTEMPTS and process.poll() is not None:
                    continue
                raise RoomError(f"livekit-server did not start:\n{tail(log)}", where=log)
            yield LivekitServer(f"ws://127.0.0.1:{tcp}", api_key, api_secret, log, process)
            return


def tail(log: Path) -> str:
    """The end of a log, each line cut where the server begins to print whole session offers."""
    return "\n".join(line[:400] for line in log.read_text(errors="replace").splitlines()[-60:])


def _config(tcp: int, udp: int, keys: dict[str, str]) -> dict[str, Any]:
    path = configs_dir() / "livekit-server" / "loopback.yaml"
    config: dict[str, Any] = yaml.safe_load(path.read_text())
    config |= {"port": tcp, "keys": keys}
    config["rtc"] |= {"udp_port": udp, "stun_servers": [f"127.0.0.1:{udp}"]}
    return config


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(process: Popen[bytes], url: str) -> bool:
    clock = SystemClock()
    deadline_s = clock.now_s() + UP_WITHIN_S
    while process.poll() is None and clock.now_s() < deadline_s:
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError),
            urllib.request.urlopen(url, timeout=1) as answer,
        ):
            return bool(answer.read() == b"OK")
        sleep(0.05)
    return False
