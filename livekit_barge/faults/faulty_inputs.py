"""Faulty inputs: one with the agent's echo, a VAD that hears nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import numpy.typing as npt
from livekit import rtc
from livekit.agents import utils, vad
from livekit.agents.voice import io

from livekit_barge.frameworks.livekit.presets import vad_knobs
from livekit_barge.stage.spoken_output import SpeakingOutput
from livekit_barge.stage.track import to_pcm

# The ways of a sound through a small room: the direct one, a table and two walls.
_WAYS = ((0.0, 1.0), (0.004, 0.6), (0.011, -0.5), (0.023, 0.3))
_ECHO_AFTER_S, _ECHO_DB = 0.12, -10.0

_BEHIND_S = 1.0


class EchoingInput(io.AudioInput):
    """The caller's audio with what they hear of the agent in it, later and softer."""

    def __init__(self, source: io.AudioInput, output: SpeakingOutput) -> None:
        super().__init__(label="echoing", source=source)
        self._output = output
        self._sample = 0

    async def __anext__(self) -> rtc.AudioFrame:
        frame = await super().__anext__()
        count = frame.samples_per_channel
        echo = np.zeros(count)
        for later_s, gain in _WAYS:
            delay = round((_ECHO_AFTER_S + later_s) * frame.sample_rate)
            echo += gain * self._heard(self._sample - delay, count)
        self._sample += count
        mixed = np.frombuffer(bytes(frame.data), np.int16) + echo * 10 ** (_ECHO_DB / 20)
        echoing = rtc.AudioFrame(to_pcm(mixed).tobytes(), frame.sample_rate, 1, count)
        echoing.userdata.update(frame.userdata)
        return echoing

    def _heard(self, first: int, count: int) -> npt.NDArray[np.float64]:
        """Return what left the line from sample ``first`` of the call on."""
        heard = np.zeros(count)
        for _, stretch in self._output.heard_since(first):
            begin = max(stretch.at, first)
            end = min(stretch.at + len(stretch.samples), first + count)
            if begin < end:
                piece = stretch.samples[begin - stretch.at : end - stretch.at]
                heard[begin - first : end - first] = piece
        return heard


class DeafVAD(vad.VAD):
    """Takes all audio and never says a word: as one that listens to the wrong track."""

    def __init__(self) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=0.032))

    def stream(self) -> vad.VADStream:
        return _Deaf(self)


class _Deaf(vad.VADStream):
    async def _main_task(self) -> None:
        async for _ in self._input_ch:
            pass


class BehindVAD(vad.VAD):
    """LiveKit's own VAD, a second late, as on an overloaded machine."""

    def __init__(self) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=0.032))

    def stream(self) -> vad.VADStream:
        return _Behind(self)


class _Behind(vad.VADStream):
    async def _main_task(self) -> None:
        self._real = vad_knobs.load({}).stream()
        telling = asyncio.create_task(self._tell())
        later = asyncio.get_running_loop().call_later
        try:
            async for frame in self._input_ch:
                if isinstance(frame, rtc.AudioFrame):
                    later(_BEHIND_S, self._push, frame)
        finally:
            await utils.aio.cancel_and_wait(telling)
            await self._real.aclose()

    def _push(self, frame: rtc.AudioFrame) -> None:
        if not self._input_ch.closed:
            self._real.push_frame(frame)

    async def _tell(self) -> None:
        async for event in self._real:
            self._event_ch.send_nowait(event)


def without(models: dict[str, Any], *names: str) -> dict[str, Any]:
    """A session's models but for some: one without an STT."""
    return {name: model for name, model in models.items() if name not in names}
