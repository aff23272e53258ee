"""The service over real sockets: who is answered, who is refused, and what it counts."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from livekit_barge.adaptive.connection import ServiceBounds
from livekit_barge.adaptive.service import Credentials, Service, running
from livekit_barge.errors import ServiceError
from tests.adaptive.made import (
    CREDENTIALS,
    LOUD,
    SETTINGS,
    SOFT,
    LoudnessDetector,
    bearer,
    lines,
    serving,
    sound,
    token,
)

INTERRUPTS = sound((1.0, 0.0), (0.2, LOUD))
NODS = sound((1.0, 0.0), (0.2, SOFT))


class HandClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.s = 100.0

    def now_s(self) -> float:
        return self.s

    def wall_s(self) -> float:
        return self.s


async def test_an_interruption_is_told_from_a_backchannel():
    async with serving() as service, service.client() as client:
        await client.open()
        await client.ask(INTERRUPTS, 11)
        yes = await client.hear()
        assert (yes["type"], yes["created_at"]) == ("bargein_detected", 11)
        assert len(yes["probabilities"]) == 48
    async with serving() as service, service.client() as client:
        await client.open()
        await client.ask(NODS, 12)
        no = await client.hear()
        assert (no["type"], no["created_at"]) == ("inference_done", 12)


async def test_the_clients_threshold_is_used_and_the_services_is_announced():
    async with serving() as service, service.client() as client:
        await client.tell("session.create", settings=SETTINGS | {"threshold": 0.95})
        assert (await client.hear())["default_threshold"] == 0.6
        await client.ask(INTERRUPTS)
        assert (await client.hear())["type"] == "inference_done"


@pytest.mark.parametrize("key", [0, 123_456, 2**53 + 1, 2**64 - 1])
async def test_created_at_is_handed_back_as_it_came(key):
    async with serving() as service, service.client() as client:
        await client.open()
        await client.ask(NODS, key)
        assert (await client.hear())["created_at"] == key


async def test_a_session_that_is_closed_is_confirmed():
    async with serving() as service, service.client() as client:
        await client.open()
        await client.tell("session.close")
        assert await client.hear() == {"type": "session.closed"}
        assert await client.closed() == 1000
        assert lines(await service.page("/metrics"), "livekit_barge_adaptive_sessions_total") == [
            'livekit_barge_adaptive_sessions_total{end="closed"} 1.0'
        ]


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer no-token",
        f"Basic {token()}",
        f"Bearer {token(Credentials('a-key', 'another-secret-of-thirty-two-bytes'))}",
        f"Bearer {token(Credentials('b-key', CREDENTIALS.secret))}",
        f"Bearer {token(perform=False)}",
        f"Bearer {token()[:-2]}",
    ],
)
async def test_a_client_without_a_valid_token_is_refused(authorization):
    async with serving() as service:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await service.http.ws_connect(
                f"{service.url}/bargein", headers={"Authorization": authorization}
            )
        assert refused.value.status == 401
        assert lines(await service.page("/metrics"), "livekit_barge_adaptive_refused_total") == [
            'livekit_barge_adaptive_refused_total{why="token"} 1.0'
        ]


async def refusal(client):
    """The error that a client hears before it is closed."""
    heard = await client.hear()
    assert heard["type"] == "error"
    assert await client.closed() == 1008
    return heard["code"], heard["message"]


async def test_a_request_before_the_session_is_refused():
    async with serving() as service, service.client() as client:
        await client.ask(NODS)
        assert await refusal(client) == (400, "the first message is not session.create")


async def test_a_second_session_is_refused():
    async with serving() as service, service.client() as client:
        await client.open()
        await client.tell("session.create", settings=SETTINGS)
        assert await refusal(client) == (400, "a second session.create")


async def test_a_client_that_opens_nothing_is_closed():
    async with (
        serving(limits=ServiceBounds(create_within_s=0.01)) as service,
        service.client() as client,
    ):
        assert await refusal(client) == (408, "no session.create came")


async def test_a_request_that_is_too_long_is_refused_and_never_judged():
    async with serving() as service, service.client() as client:
        await client.open()
        await client.ask(sound((3.2, LOUD)))
        assert (await refusal(client))[0] == 413
        assert service.detector.asked == []


async def test_a_message_beyond_all_measure_closes_the_connection():
    async with serving() as service, service.client() as client:
        await client.open()
        await client.ws.send_bytes(bytes(2_000_000))
        assert await client.closed() == 1009


async def test_more_requests_than_the_rate_allows_are_refused():
    limits = ServiceBounds(requests_per_s=10, burst=3)
    async with serving(limits=limits, clock=HandClock()) as service, service.client() as client:
        await client.open()
        for _ in range(3):
            await client.ask(NODS)
            assert (await client.hear())["type"] == "inference_done"
        await client.ask(NODS)
        assert await refusal(client) == (429, "over 10 requests a second")


async def test_the_rate_allows_what_livekit_sends():
    clock = HandClock()
    limits = ServiceBounds(requests_per_s=10, burst=3)
    async with serving(limits=limits, clock=clock) as service, service.client() as client:
        await client.open()
        for _ in range(20):
            clock.s += 0.1
            await client.ask(NODS)
            assert (await client.hear())["type"] in ("inference_done", "bargein_detected")


async def test_one_session_more_than_allowed_is_refused_until_one_ends():
    async with serving(limits=ServiceBounds(sessions=1)) as service:
        async with service.client() as client:
            await client.open()
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await service.http.ws_connect(f"{service.url}/bargein", headers=bearer())
            assert refused.value.status == 503
            await client.tell("session.close")
            await client.hear()
            await client.closed()
        await service.until_no_session_is_open()
        async with service.client() as client:
            await client.open()


async def test_an_answer_that_would_be_late_is_an_error_instead():
    clock = HandClock()
    async with serving(clock=clock) as service, service.client() as client:
        await client.open()
        service.detector.free.clear()
        await client.ask(INTERRUPTS)
        await service.hold()
        clock.s += 0.66
        service.detector.free.set()
        assert await refusal(client) == (503, "too busy to answer in time")


async def test_while_the_detector_is_busy_only_the_newest_request_waits():
    async with serving(clock=HandClock()) as service, service.client() as client:
        await client.open()
        service.detector.free.clear()
        await client.ask(NODS, 1)
        await service.hold()
        await client.ask(NODS, 2)
        await client.ask(INTERRUPTS, 3)
        overtaken = await client.hear()
        assert (overtaken["created_at"], overtaken["probabilities"]) == (2, [])
        service.detector.free.set()
        rest = [await client.hear(), await client.hear()]
        assert [(each["created_at"], each["type"]) for each in rest] == [
            (1, "inference_done"),
            (3, "bargein_detected"),
        ]
        assert len(service.detector.asked) == 2


async def test_a_detector_that_fails_ends_the_session_so_that_livekit_uses_its_vad():
    async with serving() as service, service.client() as client:
        await client.open()
        service.detector.fails = True
        await client.ask(NODS)
        assert await refusal(client) == (500, "the detector failed")


async def test_a_client_that_vanishes_leaves_nothing_behind():
    async with serving() as service:
        async with service.client() as client:
            await client.open()
            assert json.loads(await service.page("/healthz"))["sessions"] == 1
            client.ws._response.connection.transport.abort()
        await service.until_no_session_is_open()
        assert lines(await service.page("/metrics"), "livekit_barge_adaptive_sessions_total") == [
            'livekit_barge_adaptive_sessions_total{end="gone"} 1.0'
        ]


async def test_fifty_clients_are_answered_each_with_its_own_verdict():
    async with serving() as service:

        async def talk(number: int) -> bool:
            async with service.client() as client:
                await client.open()
                for key in range(number, number + 300, 100):
                    await client.ask(INTERRUPTS if number % 2 else NODS, key)
                    heard = await client.hear()
                    assert heard["created_at"] == key
                return heard["type"] == "bargein_detected"

        said = await asyncio.gather(*(talk(number) for number in range(50)))
        assert said == [bool(number % 2) for number in range(50)]
        page = await service.page("/metrics")
        assert sorted(lines(page, "livekit_barge_adaptive_requests_total")) == [
            'livekit_barge_adaptive_requests_total{verdict="interruption"} 75.0',
            'livekit_barge_adaptive_requests_total{verdict="none"} 75.0',
        ]


async def test_a_service_that_stops_closes_its_sessions():
    service = Service(LoudnessDetector(), CREDENTIALS)
    async with aiohttp.ClientSession() as http:
        async with running(service) as url:
            ws = await http.ws_connect(f"{url}/bargein", headers=bearer())
            closing = asyncio.create_task(ws.receive())
            await asyncio.sleep(0)
        await closing
        assert ws.close_code == 1001
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.get(url)


async def test_a_port_that_is_taken_is_told_in_one_line():
    async with serving() as first:
        port = int(first.root.rsplit(":", 1)[1])
        service = Service(LoudnessDetector(), CREDENTIALS)
        with pytest.raises(ServiceError, match=rf"127\.0\.0\.1:{port}: cannot listen there"):
            async with running(service, port=port):
                pass
