"""LiveKit's VAD treats its knobs as the presets assume.

Its model is replaced by one that hears speech where a window is not silent: 0.032 s a window.
"""

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import inference, vad

WINDOW = 512


class Hears:
    """Stands in for Silero's network."""

    def predict(self, window):
        return 0.9 if np.any(window) else 0.0

    def reset(self):
        pass


async def speech_s(burst, silence, **options):
    """The seconds of speech that the VAD tells after each window of a burst and a silence."""
    stream = inference.VAD(**options).stream()
    for loud in [1] * burst + [0] * silence:
        samples = np.full(WINDOW, 1000 * loud, dtype=np.int16)
        stream.push_frame(rtc.AudioFrame(samples.tobytes(), 16_000, 1, WINDOW))
    stream.end_input()
    said = [event.speech_duration async for event in stream
            if event.type == vad.VADEventType.INFERENCE_DONE]  # fmt: skip
    await stream.aclose()
    return said


@pytest.fixture(autouse=True)
def no_model(monkeypatch):
    monkeypatch.setattr("livekit.agents.inference.vad._NativeVAD", Hears)


def first_at_least(said, limit_s):
    return next((index for index, value in enumerate(said) if value >= limit_s - 1e-9), None)


async def test_a_longer_min_speech_duration_does_not_delay_a_duration_above_it():
    short = await speech_s(20, 0, min_speech_duration=0.05)
    longer = await speech_s(20, 0, min_speech_duration=0.1)
    assert first_at_least(short, 0.2) == first_at_least(longer, 0.2) == 6


async def test_a_sound_under_min_speech_duration_never_counts():
    assert max(await speech_s(3, 30, min_speech_duration=0.1)) == 0


async def test_silence_after_a_sound_counts_as_speech_until_it_ends_it():
    said = await speech_s(5, 30, min_silence_duration=0.55)
    assert first_at_least(said, 0.5) is not None
    said = await speech_s(5, 30, min_silence_duration=0.25)
    assert first_at_least(said, 0.5) is None
