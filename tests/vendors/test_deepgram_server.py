"""The real livekit-plugins-deepgram against the stand-in."""

from __future__ import annotations

import asyncio

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectOptions, APIStatusError
from livekit.agents.stt import SpeechEvent, SpeechEventType
from livekit.plugins import deepgram

from tests.vendors.deepgram_server import DeepgramBehaviour, DeepgramServer
from tests.vendors.loopback import KEY

RATE = 16_000
START = SpeechEventType.START_OF_SPEECH
INTERIM = SpeechEventType.INTERIM_TRANSCRIPT
FINAL = SpeechEventType.FINAL_TRANSCRIPT
END = SpeechEventType.END_OF_SPEECH


def audio(*parts: tuple[str, float]) -> np.ndarray:
    """``("voice", 1.0), ("quiet", 0.5)``: noise and digital silence."""
    noise = np.random.default_rng(0)
    pieces = [
        noise.normal(0, 3_000 if kind == "voice" else 0, round(seconds * RATE))
        for kind, seconds in parts
    ]
    return np.concatenate(pieces).astype(np.int16)


async def listen(
    server: DeepgramServer,
    samples: np.ndarray,
    *,
    utterances: int = 1,
    key: str = KEY,
    max_retry: int = 3,
) -> list[SpeechEvent]:
    """What the plugin reports until the last utterance ends; sent ten times faster than speech.

    Not until the stream ends: the plugin sleeps up to 5 s before it does.
    """
    async with aiohttp.ClientSession() as session:
        stt = deepgram.STT(api_key=key, base_url=server.listen_url, http_session=session)
        options = APIConnectOptions(max_retry=max_retry, retry_interval=0.05, timeout=2)
        stream = stt.stream(conn_options=options)

        async def send() -> None:
            for begin in range(0, len(samples), RATE // 20):
                piece = samples[begin : begin + RATE // 20]
                stream.push_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece)))
                await asyncio.sleep(0.005)
            stream.end_input()

        sender = asyncio.create_task(send())
        try:
            async with asyncio.timeout(10):
                events: list[SpeechEvent] = []
                while len([event for event in events if event.type is END]) < utterances:
                    events.append(await anext(stream))
                return events
        finally:
            sender.cancel()
            await stream.aclose()
            await stt.aclose()


def kinds(events: list[SpeechEvent]) -> list[SpeechEventType]:
    return [event.type for event in events if event.type is not SpeechEventType.RECOGNITION_USAGE]


def texts(events: list[SpeechEvent], kind: SpeechEventType) -> list[str]:
    return [event.alternatives[0].text for event in events if event.type is kind]


UTTERANCE = audio(("quiet", 0.2), ("voice", 1.0), ("quiet", 0.5))


async def test_an_utterance_starts_grows_and_ends_with_its_final():
    async with DeepgramServer(["I need a room"]) as server:
        events = await listen(server, UTTERANCE)
    found = kinds(events)
    assert found[0] is START
    assert found[-2:] == [FINAL, END]
    assert set(found[1:-2]) == {INTERIM}


async def test_interims_hold_as_many_words_as_were_said_by_then():
    async with DeepgramServer(["I need a room"]) as server:
        events = await listen(server, UTTERANCE)
    assert texts(events, INTERIM) == ["I", "I need", "I need a"]
    assert texts(events, FINAL) == ["I need a room"]


async def test_the_words_times_span_the_speech():
    async with DeepgramServer(["I need a room"]) as server:
        events = await listen(server, UTTERANCE)
    (final,) = [event.alternatives[0] for event in events if event.type is FINAL]
    assert (final.start_time, final.end_time) == pytest.approx((0.2, 1.2), abs=1e-3)


async def test_each_utterance_takes_the_next_transcript():
    twice = np.concatenate([UTTERANCE, UTTERANCE])
    async with DeepgramServer(["yes", "and no"]) as server:
        assert texts(await listen(server, twice, utterances=2), FINAL) == ["yes", "and no"]


async def test_speech_that_goes_on_at_the_end_is_finalised():
    async with DeepgramServer(["wait"]) as server:
        events = await listen(server, audio(("voice", 0.5)))
    assert texts(events, FINAL) == ["wait"]


async def test_the_plugin_reconnects_after_a_dropped_connection():
    behaviour = DeepgramBehaviour(drop_after_s=0.1)
    late = np.concatenate([audio(("quiet", 1.0)), UTTERANCE])
    async with DeepgramServer(["still here"], behaviour) as server:
        events = await listen(server, late)
        assert server.connections == 2
    assert texts(events, FINAL) == ["still here"]


async def test_a_malformed_message_costs_nothing_but_itself():
    async with DeepgramServer(["hello"], DeepgramBehaviour(malformed_first=True)) as server:
        events = await listen(server, UTTERANCE)
        assert server.connections == 1
    assert texts(events, FINAL) == ["hello"]


async def test_a_wrong_key_is_refused():
    async with DeepgramServer(["hello"]) as server:
        with pytest.raises(APIStatusError):
            await listen(server, UTTERANCE, key="another", max_retry=0)
        assert (server.refused, server.connections) == (1, 0)
