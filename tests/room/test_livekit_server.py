"""The server that the other room tests rely on."""

from __future__ import annotations

import psutil
from livekit import rtc

from tests.room import conftest


async def test_a_participant_gets_into_a_room(livekit_server):
    room = rtc.Room()
    await room.connect(livekit_server.url, livekit_server.token("hall", "someone", kind="standard"))
    assert room.connection_state == rtc.ConnectionState.CONN_CONNECTED
    await room.disconnect()


def test_two_servers_run_side_by_side(livekit_server, start_livekit_server):
    other = start_livekit_server()
    assert other.process.poll() is None
    assert other.url != livekit_server.url


def test_rooms_are_entered_over_loopback_only(livekit_server):
    sockets = psutil.Process(livekit_server.process.pid).net_connections("tcp")
    assert {socket.laddr.ip for socket in sockets if socket.laddr} == {"127.0.0.1"}


def test_without_the_build_the_reason_names_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(conftest, "BINARY", tmp_path / "missing")
    monkeypatch.setattr(conftest.shutil, "which", lambda _: "go")
    assert "make livekit-server" in (conftest.why_not() or "")


def test_without_go_the_reason_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(conftest, "BINARY", tmp_path / "missing")
    monkeypatch.setattr(conftest.shutil, "which", lambda _: None)
    assert "Go" in (conftest.why_not() or "")
