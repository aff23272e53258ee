"""BARGE_ADAPTIVE: what a session sets for LiveKit, what it says, and what it leaves behind."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator

import aiohttp
import pytest
from livekit.agents.utils import http_context

from livekit_barge.adaptive.local import stop_local_service
from livekit_barge.adaptive.service import Credentials
from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit import adaptive_session
from livekit_barge.frameworks.livekit.adaptive_session import AdaptiveService
from livekit_barge.settings import Settings
from tests.adaptive.made import (
    CREDENTIALS,
    Client,
    LoudnessDetector,
    bearer,
    serving,
    sound,
)

ADAPTIVE = {"interruption_mode": "adaptive"}


@pytest.fixture(autouse=True)
def _no_livekit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """LiveKit's variables and this process's service, as if nothing had happened before."""
    for name in list(os.environ):
        if name.startswith(("LIVEKIT_", "BARGE_")):
            monkeypatch.delenv(name)
    for name in ("URL", "API_KEY", "API_SECRET"):  # what a session sets is undone after the test
        monkeypatch.setenv(f"LIVEKIT_INFERENCE_{name}", "")
    yield
    stop_local_service()


def local(**options):
    return AdaptiveService("local", load=lambda _: LoudnessDetector(), **options)


async def health(url):
    async with aiohttp.ClientSession() as http, http.get(url.removesuffix("/v1") + "/healthz") as a:
        return json.loads(await a.text())["status"]


async def test_a_local_service_runs_at_the_address_that_livekit_reads():
    adaptive = local()
    await adaptive.begin()
    url = os.environ["LIVEKIT_INFERENCE_URL"]
    assert url.startswith("http://127.0.0.1:")
    assert await health(url) == "ok"
    assert len(os.environ["LIVEKIT_INFERENCE_API_SECRET"]) >= 32
    adaptive.end()


async def test_the_shipped_detector_answers_for_it():
    adaptive = AdaptiveService("local")
    await adaptive.begin()
    credentials = Credentials(
        os.environ["LIVEKIT_INFERENCE_API_KEY"], os.environ["LIVEKIT_INFERENCE_API_SECRET"]
    )
    url = os.environ["LIVEKIT_INFERENCE_URL"] + "/bargein"
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(url, headers=bearer(credentials)) as ws,
    ):
        client = Client(ws)
        await client.open()
        await client.ask(sound((1.0, 0.0), (0.2, 0.0)), 7)
        heard = await client.hear()
    assert (heard["type"], heard["created_at"]) == ("inference_done", 7)
    assert len(heard["probabilities"]) == 48
    adaptive.end()


async def test_a_model_that_cannot_be_used_is_said_before_the_call(tmp_path):
    with pytest.raises(SettingsError, match=r"mine\.npz"):
        await AdaptiveService("local", tmp_path / "mine.npz").begin()


async def test_sessions_of_a_process_share_one_service_and_it_is_announced_once():
    first, second = local(), local()
    await first.begin()
    url = os.environ["LIVEKIT_INFERENCE_URL"]
    await second.begin()
    assert os.environ["LIVEKIT_INFERENCE_URL"] == url
    [said] = first.notes(ADAPTIVE)
    assert said == (
        "BARGE_ADAPTIVE=local: LIVEKIT_INFERENCE_URL, LIVEKIT_INFERENCE_API_KEY, "
        "LIVEKIT_INFERENCE_API_SECRET set for this process, so every inference.* call that is "
        f"made from now on goes to {url}"
    )
    assert second.notes(ADAPTIVE) == []
    first.end()
    second.end()


async def test_the_users_own_credentials_stay_those_of_every_call(monkeypatch):
    monkeypatch.setenv("LIVEKIT_API_KEY", CREDENTIALS.key)
    monkeypatch.setenv("LIVEKIT_API_SECRET", CREDENTIALS.secret)
    adaptive = local()
    await adaptive.begin()
    assert os.environ["LIVEKIT_INFERENCE_API_KEY"] == ""
    url = os.environ["LIVEKIT_INFERENCE_URL"]
    async with aiohttp.ClientSession() as http:
        ws = await http.ws_connect(f"{url}/bargein", headers=bearer())
        await ws.close()
    adaptive.end()


@pytest.mark.parametrize(
    ("environment", "gateway"),
    [
        ({}, "https://agent-gateway.livekit.cloud/v1"),
        (
            {"LIVEKIT_URL": "wss://x.staging.livekit.cloud"},
            "https://agent-gateway.staging.livekit.cloud/v1",
        ),
        ({"LIVEKIT_INFERENCE_URL": "http://127.0.0.1:9/v1"}, "http://127.0.0.1:9/v1"),
    ],
)
def test_other_calls_are_forwarded_where_livekit_would_have_sent_them(
    monkeypatch, environment, gateway
):
    from livekit.agents.inference._utils import get_default_inference_url

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert adaptive_session._default_gateway() == get_default_inference_url() == gateway


async def test_a_service_elsewhere_is_checked_before_the_call():
    async with serving() as service:
        os.environ["LIVEKIT_INFERENCE_API_KEY"] = CREDENTIALS.key
        os.environ["LIVEKIT_INFERENCE_API_SECRET"] = CREDENTIALS.secret
        adaptive = AdaptiveService(service.url)
        await adaptive.begin()
        assert os.environ["LIVEKIT_INFERENCE_URL"] == service.url
        assert adaptive.fault is None
        adaptive.end()


async def test_a_wrong_key_is_said_before_the_call():
    async with serving() as service:
        os.environ["LIVEKIT_INFERENCE_API_KEY"] = CREDENTIALS.key
        os.environ["LIVEKIT_INFERENCE_API_SECRET"] = "another-secret-of-thirty-two-bytes"
        adaptive = AdaptiveService(service.url)
        await adaptive.begin()
        assert adaptive.notes(ADAPTIVE)[-1] == (
            f"BARGE_ADAPTIVE={service.url}: the service does not take this key and secret "
            "(LIVEKIT_INFERENCE_API_KEY, LIVEKIT_INFERENCE_API_SECRET); the VAD will decide"
        )
        adaptive.end()


async def test_a_service_that_does_not_answer_is_said_before_the_call(monkeypatch):
    monkeypatch.setenv("LIVEKIT_API_KEY", CREDENTIALS.key)
    monkeypatch.setenv("LIVEKIT_API_SECRET", CREDENTIALS.secret)
    adaptive = AdaptiveService("http://127.0.0.1:9/v1")
    await adaptive.begin()
    assert adaptive.fault is not None
    assert adaptive.fault.startswith("nothing answers there (")
    adaptive.end()


async def test_a_service_elsewhere_needs_credentials():
    with pytest.raises(SettingsError, match=r"BARGE_ADAPTIVE: no key and secret are set for http"):
        await AdaptiveService("http://127.0.0.1:9/v1").begin()


@pytest.mark.parametrize("setting", [None, "off"])
async def test_off_changes_nothing(setting):
    before = dict(os.environ)
    adaptive = AdaptiveService(setting)
    await adaptive.begin()
    assert dict(os.environ) == before
    assert adaptive.notes({"interruption_mode": "vad"}) == []
    adaptive.end()


async def test_a_service_that_the_mode_does_not_ask_is_said_to_be_unused():
    adaptive = local()
    await adaptive.begin()
    assert adaptive.notes({"interruption_mode": "vad"})[-1] == (
        "BARGE_ADAPTIVE=local is not used: interruption_mode is vad; choose the preset adaptive, "
        "or set it to adaptive"
    )
    adaptive.end()


def test_outside_a_job_livekits_http_session_is_opened_and_closed_with_the_last_session():
    async def calls() -> list[bool]:
        first, second = local(), local()
        await first.begin()
        session = http_context.http_session()
        await second.begin()
        assert http_context.http_session() is session
        first.end()
        await asyncio.sleep(0)
        after_first = session.closed
        second.end()
        await asyncio.gather(*adaptive_session._closing)
        return [after_first, session.closed]

    assert asyncio.run(calls()) == [False, True]


def test_a_second_call_in_the_same_task_gets_a_session_that_is_closed_too():
    async def calls() -> list[bool]:
        closed = []
        for _ in range(2):
            adaptive = local()
            await adaptive.begin()
            session = http_context.http_session()
            adaptive.end()
            await asyncio.gather(*adaptive_session._closing)
            closed.append(session.closed)
        return closed

    assert asyncio.run(calls()) == [True, True]


async def test_a_session_of_somebody_elses_is_left_alone():
    async with http_context.open() as session:
        adaptive = local()
        await adaptive.begin()
        assert http_context.http_session() is session
        adaptive.end()
        await asyncio.sleep(0)
        assert not session.closed


@pytest.mark.parametrize("value", ["locl", "127.0.0.1:8089", "ftp://x", "http://"])
def test_a_setting_that_is_no_service_is_refused(monkeypatch, value):
    monkeypatch.setenv("BARGE_ADAPTIVE", value)
    with pytest.raises(SettingsError, match=rf"BARGE_ADAPTIVE: adaptive is '{value}'"):
        Settings()
