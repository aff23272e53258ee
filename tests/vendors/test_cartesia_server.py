"""The real livekit-plugins-cartesia against the stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
from livekit.agents import APIConnectOptions, APIError, APIStatusError
from livekit.agents.tts import SynthesizedAudio
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT
from livekit.plugins import cartesia

from tests.vendors.cartesia_server import CartesiaBehaviour, CartesiaServer, hum
from tests.vendors.loopback import KEY

RATE = 24_000
TEXT = "The first of two sentences is this one. The second one is this."
FIRST, SECOND = "The first of two sentences is this one.", "The second one is this."


@asynccontextmanager
async def plugin(server: CartesiaServer, *, key: str = KEY) -> AsyncIterator[cartesia.TTS]:
    async with aiohttp.ClientSession() as session:
        tts = cartesia.TTS(api_key=key, base_url=server.url, http_session=session)
        try:
            yield tts
        finally:
            await tts.aclose()


async def speak(
    tts: cartesia.TTS, text: str = TEXT, *, max_retry: int = 3
) -> list[SynthesizedAudio]:
    """All that the plugin gives for ``text``."""
    options = APIConnectOptions(max_retry=max_retry, retry_interval=0.05, timeout=2)
    async with asyncio.timeout(10), tts.stream(conn_options=options) as stream:
        stream.push_text(text)
        stream.end_input()
        return [audio async for audio in stream]


def samples(audio: list[SynthesizedAudio]) -> np.ndarray:
    return np.concatenate([np.frombuffer(piece.frame.data, np.int16) for piece in audio])


async def test_the_audio_is_the_voices_to_the_sample():
    async with CartesiaServer() as server, plugin(server) as tts:
        spoken = samples(await speak(tts))
    expected = np.concatenate([hum(FIRST, RATE), hum(SECOND, RATE)])
    assert np.array_equal(spoken, expected)


async def test_sentences_arrive_one_by_one():
    async with CartesiaServer() as server, plugin(server) as tts:
        await speak(tts)
        assert server.said == [FIRST, SECOND]


async def test_words_come_with_the_times_at_which_they_are_spoken():
    async with CartesiaServer() as server, plugin(server) as tts:
        audio = await speak(tts)
    timed = [
        word for piece in audio for word in piece.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, [])
    ]
    assert [str(word).strip() for word in timed] == TEXT.split()
    assert timed[0].start_time == 0.0
    assert timed[-1].end_time == pytest.approx(len(FIRST + SECOND) * 0.05)


async def test_a_second_speech_uses_the_same_connection():
    async with CartesiaServer() as server, plugin(server) as tts:
        await speak(tts)
        await speak(tts)
        assert server.connections == 1


async def test_an_interrupted_speechs_connection_is_dropped_when_the_next_one_begins():
    behaviour = CartesiaBehaviour(pace=0.1)
    async with CartesiaServer(behaviour=behaviour) as server, plugin(server) as tts:
        async with asyncio.timeout(10), tts.stream() as stream:
            stream.push_text(TEXT)
            stream.end_input()
            await anext(stream)
        assert server.abandoned == 0
        await speak(tts)
        assert (server.abandoned, server.connections) == (1, 2)


async def test_after_an_error_before_any_audio_it_is_tried_again():
    behaviour = CartesiaBehaviour(error_first=True)
    async with CartesiaServer(behaviour=behaviour) as server, plugin(server) as tts:
        spoken = samples(await speak(tts))
    assert len(spoken) == len(hum(FIRST, RATE)) + len(hum(SECOND, RATE))


async def test_a_connection_dropped_after_some_audio_is_an_error():
    behaviour = CartesiaBehaviour(drop_after_chunks=5, pace=0.2)
    async with CartesiaServer(behaviour=behaviour) as server, plugin(server) as tts:
        with pytest.raises(APIError):
            await speak(tts)
        assert server.connections == 1


async def test_after_a_malformed_message_it_is_tried_again():
    behaviour = CartesiaBehaviour(malformed_first=True)
    async with CartesiaServer(behaviour=behaviour) as server, plugin(server) as tts:
        await speak(tts)
        assert server.connections == 2


async def test_a_wrong_key_is_refused():
    async with CartesiaServer() as server, plugin(server, key="another") as tts:
        with pytest.raises(APIStatusError):
            await speak(tts, max_retry=0)
        assert (server.refused, server.connections) == (1, 0)
