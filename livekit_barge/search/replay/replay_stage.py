"""Plays a recorded call again: the same caller, words and speeches, each when it came.

Real are ``AgentSession`` and its VAD. No model is asked anything: the caller's audio and words are
those of the call, and each speech is handed over frame by frame when it was, what was generated and
never played among it. So all is the same until the first decision that differs; after it the
agent would have said other things, and the caller, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import Agent, LanguageCode, stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, APIConnectOptions

from livekit_barge.call.folder import Call
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.script.scripted_call import MEMORY
from livekit_barge.search.replay.recorded_call import Recorded, RecordedSpeech
from livekit_barge.stage.line import INPUT_FRAME_S, Line
from livekit_barge.stage.offline_recorder import RecorderAtTheEnd, keep_folder
from livekit_barge.stage.playout import Timeline
from livekit_barge.stage.time.deterministic_ids import repeatable_ids
from livekit_barge.stage.time.deterministic_resampler import undithered
from livekit_barge.stage.time.model_cache import remembering
from livekit_barge.stage.time.virtual import run_virtual
from livekit_barge.stage.voices import SAMPLE_RATE
from livekit_barge.suites.play_cases import NoEnvironment
from livekit_barge.work.log_silencer import turn_log_off

_CHUNK = SAMPLE_RATE // 20
# What the session may still have to say of the call's last sound.
_AFTER_S = 1.0


def replay_call(
    recorded: Recorded,
    preset: Preset,
    *,
    calls_dir: Path,
    call_id: str,
    limits: Path | None = None,
) -> Call:
    """Play a call under ``preset`` in virtual time, and return its Call folder."""
    with turn_log_off():
        path = run_virtual(partial(_play, recorded, preset, calls_dir, call_id, limits))
    return Call.open(path)


async def _play(
    recorded: Recorded, preset: Preset, calls_dir: Path, call_id: str, limits: Path | None
) -> Path:
    with repeatable_ids(), undithered(), remembering(MEMORY):
        frame_s = preset.knobs.get("input_frame_s", INPUT_FRAME_S)
        line = Line(frame_s=float(frame_s))
        line.caller.mix(recorded.caller, 0)
        models: dict[str, Any] = {}
        if recorded.has_words:
            models["stt"] = _Words(recorded, line.timeline)
        settings = NoEnvironment(limits=limits, retention_days=None)
        session: BargeSession[None] = BargeSession(preset=preset, settings=settings, **models)
        instruments = session.instruments
        instruments.calls.keep(
            call_id=call_id,
            calls_dir=calls_dir,
            source="replay",
            recorder=RecorderAtTheEnd,
            keeper=keep_folder,
        )
        line.connect(session)
        speaking: list[asyncio.Task[None]] = []
        try:
            await session.start(Agent(instructions=""))
            speaking = [
                asyncio.create_task(_say(session, said, line.timeline))
                for said in recorded.speeches
            ]
            await _until(line.timeline, recorded.duration_s + _AFTER_S)
        finally:
            for task in speaking:
                task.cancel()
            await session.aclose()
            await line.aclose()
            instruments.end()
            await instruments.calls.finished()
        assert instruments.calls.call_dir is not None  # the session has started
        return instruments.calls.call_dir


async def _say(session: BargeSession[None], said: RecordedSpeech, timeline: Timeline) -> None:
    await _until(timeline, said.begins_s)
    allowed = NOT_GIVEN if said.allow_interruptions is None else said.allow_interruptions
    session.say("…", audio=_frames(said, timeline), allow_interruptions=allowed)


async def _frames(said: RecordedSpeech, timeline: Timeline) -> AsyncIterator[rtc.AudioFrame]:
    """Yield each frame at the time it was handed over in the call."""
    for segment in said.segments:
        count = max(-(-len(segment.samples) // _CHUNK), 1)
        step_s = (segment.last_s - segment.first_s) / max(count - 1, 1)
        for number, begin in enumerate(range(0, len(segment.samples), _CHUNK)):
            await _until(timeline, segment.first_s + number * step_s)
            piece = segment.samples[begin : begin + _CHUNK]
            yield rtc.AudioFrame(piece.tobytes(), SAMPLE_RATE, 1, len(piece))


async def _until(timeline: Timeline, at_s: float) -> None:
    if (ahead_s := at_s - timeline.now_s()) > 0:
        await asyncio.sleep(ahead_s)


class _Words(stt.STT[Any]):
    """A recogniser that reports the call's transcripts at their times."""

    def __init__(self, recorded: Recorded, timeline: Timeline) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, offline_recognize=False
            )
        )
        self.recorded = recorded
        self.timeline = timeline

    def stream(
        self,
        *,
        language: Any = None,  # noqa: ARG002
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return _Hearing(self, conn_options)

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        raise NotImplementedError("only streaming is supported")


class _Hearing(stt.RecognizeStream):
    def __init__(self, owner: _Words, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=owner, conn_options=conn_options)
        self._owner = owner

    async def _run(self) -> None:
        telling = asyncio.create_task(self._tell())
        try:
            async for _ in self._input_ch:
                pass  # what it says, the recogniser has said before
        finally:
            telling.cancel()

    async def _tell(self) -> None:
        timeline = self._owner.timeline
        fresh = True
        for at_s, text, is_final in self._owner.recorded.transcripts:
            if at_s < timeline.now_s():
                continue  # of a stream before this one
            await _until(timeline, at_s)
            if fresh:
                self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.START_OF_SPEECH))
            kind = stt.SpeechEventType.INTERIM_TRANSCRIPT
            if is_final:
                kind = stt.SpeechEventType.FINAL_TRANSCRIPT
            data = stt.SpeechData(language=LanguageCode("en"), text=text, confidence=1.0)
            self._event_ch.send_nowait(stt.SpeechEvent(kind, alternatives=[data]))
            if is_final:
                self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.END_OF_SPEECH))
            fresh = is_final
