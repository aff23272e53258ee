"""The buffer behind a transport is read where it can be, and the call says so."""

from __future__ import annotations

import pytest
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.livekit.transport import LiveKitTransport

from livekit_barge.frameworks.pipecat.far_buffer import EXACT, FarBuffer


class Websocket(BaseOutputTransport):
    """Has a client, as Pipecat's transports over websockets do, and no account of its queue."""

    def __init__(self) -> None:
        super().__init__(TransportParams())
        self._client = object()


class Tells(Websocket):
    @property
    def queued_s(self) -> float:
        return 0.3


def test_livekits_transport_is_exact_before_it_has_joined() -> None:
    transport = LiveKitTransport("ws://127.0.0.1:1", "token", "a-room")
    assert FarBuffer(transport.output()).note() == EXACT


def test_a_transport_with_a_client_and_no_account_is_estimated_and_named() -> None:
    far = FarBuffer(Websocket())
    assert far.queued_s() is None
    assert "behind Websocket cannot be told" in far.note()


def test_a_transport_that_tells_its_queue_is_exact() -> None:
    far = FarBuffer(Tells())
    assert far.queued_s() == pytest.approx(0.3)
    assert far.note() == EXACT
