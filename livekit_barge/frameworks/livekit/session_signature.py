"""The constructor of ``BargeSession`` as type checkers see it: ``AgentSession``'s plus three.

``BargeSession`` hands every argument of ``AgentSession`` on, whichever the installed version has;
an editor or mypy needs them spelled out. A test compares them with the installed version's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livekit.agents import NOT_GIVEN, AgentSession
from livekit.agents.voice.agent_session import Userdata_T

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence
    from pathlib import Path

    from livekit.agents import NotGivenOr, llm, stt, tts, vad
    from livekit.agents.inference import LLMModels, RealtimeModels, STTModels, TTSModels
    from livekit.agents.llm import mcp
    from livekit.agents.voice.agent_session import (
        ExpressiveOptions,
        SessionConnectOptions,
        _VideoSampler,
    )
    from livekit.agents.voice.keyterm_detection import KeytermsOptions, STTContextOptions
    from livekit.agents.voice.tool_executor import ToolHandlingOptions
    from livekit.agents.voice.transcription.text_transforms import TextTransforms
    from livekit.agents.voice.turn import (
        PreemptiveGenerationOptions,
        TurnDetectionMode,
        TurnHandlingOptions,
    )

    from livekit_barge.frameworks.livekit.presets.preset import Preset
    from livekit_barge.settings import Settings


class SignedSession(AgentSession[Userdata_T]):
    """The base of ``BargeSession`` for type checkers; it is never made."""

    def __init__(
        self,
        *,
        preset: Preset | str | Path | None = None,
        settings: Settings | None = None,
        call_id: str | None = None,
        stt: NotGivenOr[stt.STT | STTModels | str] = NOT_GIVEN,  # type: ignore[type-arg]
        vad: NotGivenOr[vad.VAD | None] = NOT_GIVEN,
        llm: NotGivenOr[
            llm.LLM | llm.RealtimeModel | llm.DuplexModel | LLMModels | RealtimeModels | str  # type: ignore[type-arg]
        ] = NOT_GIVEN,
        tts: NotGivenOr[tts.TTS | TTSModels | str] = NOT_GIVEN,  # type: ignore[type-arg]
        turn_handling: NotGivenOr[TurnHandlingOptions] = NOT_GIVEN,
        stt_context_options: NotGivenOr[STTContextOptions] = NOT_GIVEN,
        tools: NotGivenOr[list[llm.Tool | llm.Toolset]] = NOT_GIVEN,
        tool_handling: NotGivenOr[ToolHandlingOptions] = NOT_GIVEN,
        max_tool_steps: int = 3,
        use_tts_aligned_transcript: NotGivenOr[bool] = NOT_GIVEN,
        tts_text_transforms: NotGivenOr[Sequence[TextTransforms] | None] = NOT_GIVEN,
        min_consecutive_speech_delay: float = 0.0,
        expressive: bool | ExpressiveOptions = False,
        userdata: NotGivenOr[Userdata_T] = NOT_GIVEN,
        video_sampler: NotGivenOr[_VideoSampler | None] = NOT_GIVEN,
        aec_warmup_duration: NotGivenOr[float | None] = NOT_GIVEN,
        ivr_detection: bool = False,
        user_away_timeout: float | None = 15.0,
        transcription_timeout: float | None = None,
        session_close_transcript_timeout: float = 2.0,
        conn_options: NotGivenOr[SessionConnectOptions] = NOT_GIVEN,
        loop: asyncio.AbstractEventLoop | None = None,
        preemptive_generation: NotGivenOr[bool | PreemptiveGenerationOptions] = NOT_GIVEN,
        min_endpointing_delay: NotGivenOr[float] = NOT_GIVEN,
        max_endpointing_delay: NotGivenOr[float] = NOT_GIVEN,
        false_interruption_timeout: NotGivenOr[float | None] = NOT_GIVEN,
        turn_detection: NotGivenOr[TurnDetectionMode] = NOT_GIVEN,
        discard_audio_if_uninterruptible: NotGivenOr[bool] = NOT_GIVEN,
        min_interruption_duration: NotGivenOr[float] = NOT_GIVEN,
        min_interruption_words: NotGivenOr[int] = NOT_GIVEN,
        allow_interruptions: NotGivenOr[bool] = NOT_GIVEN,
        resume_false_interruption: NotGivenOr[bool] = NOT_GIVEN,
        agent_false_interruption_timeout: NotGivenOr[float | None] = NOT_GIVEN,
        mcp_servers: NotGivenOr[list[mcp.MCPServer]] = NOT_GIVEN,
        keyterms_options: NotGivenOr[KeytermsOptions] = NOT_GIVEN,
    ) -> None: ...
