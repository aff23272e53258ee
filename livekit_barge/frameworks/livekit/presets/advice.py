"""Advice: options that, taken together, do not do what they seem to, each with its reason.

The reasons are facts of livekit-agents 1.8, read in its source (``AgentActivity`` and the VADs).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from livekit_barge.frameworks.livekit.presets.knobs import OFF

if TYPE_CHECKING:
    from livekit.agents import AgentSession

# LiveKit's defaults, where advice depends on whether somebody moved a knob.
_MIN_DURATION_S = 0.5
_MIN_SPEECH_S = 0.05
_BOUNDARY_S = [1.0, 1.0]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts that advice depends on besides the options; ``None``: unknown, so no advice."""

    stt: bool | None = None
    vad: bool | None = None
    can_pause: bool | None = None
    """The audio output can pause."""
    realtime: Literal["decides", "yields"] | None = None
    """A realtime model with a turn detection of its own: in use, or turned off by LiveKit because
    ``interruption_mode`` is set."""
    runs: Literal["cloud", "development", "elsewhere"] | None = None
    own_service: bool = False
    """``LIVEKIT_INFERENCE_URL`` names a service that LiveKit asks in place of its cloud."""


def advise(options: Mapping[str, Any], facts: Facts | None = None) -> list[str]:
    """Return advice on the options in force, as :func:`.options_in_force` reads them."""
    facts = facts or Facts()
    if options.get("allow_interruptions") is False:
        return list(_uninterruptible(options, facts))
    if facts.realtime == "decides":
        return [
            "the realtime model decides itself when the caller stops the agent: "
            "min_interruption_duration, min_interruption_words and false_interruption_timeout do "
            "nothing"
        ]
    return [
        *_gates(options, facts),
        *_false_interruptions(options, facts),
        *_modes(options, facts),
    ]


def facts_of(session: AgentSession[Any]) -> Facts:
    """The facts of a session, best asked once it runs."""
    from livekit.agents import llm, utils

    from livekit_barge.frameworks.livekit.presets.options import options_in_force

    options = options_in_force(session)
    model, output = session.llm, session.output.audio
    runs: Literal["cloud", "development", "elsewhere"] = "elsewhere"
    if utils.is_hosted():
        runs = "cloud"
    elif utils.is_dev_mode():
        runs = "development"
    return Facts(
        stt=session.stt is not None,
        vad=session.vad is not None,
        can_pause=None if output is None else output.can_pause,
        realtime=_realtime(model.capabilities, options, vad=session.vad is not None)
        if isinstance(model, llm.RealtimeModel)
        else None,
        runs=runs,
        own_service=bool(os.environ.get("LIVEKIT_INFERENCE_URL")),
    )


def _realtime(
    capabilities: Any, options: Mapping[str, Any], *, vad: bool
) -> Literal["decides", "yields"] | None:
    """LiveKit's rule, as far as it can be told from outside."""
    if not capabilities.turn_detection:
        return None
    if not capabilities.can_disable_turn_detection:
        return "decides"
    turn_detection = options["turn_detection"]
    if turn_detection == "realtime_llm":
        return "decides"
    if turn_detection == "manual" or not vad:
        return None
    # "model" may have been set, which turns the model's own off, or be LiveKit's default.
    return "yields" if options["interruption_mode"] is not None else None


def _uninterruptible(options: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    if options.get("discard_audio_if_uninterruptible") is True and facts.stt is not False:
        yield (
            "allow_interruptions is false and discard_audio_if_uninterruptible is true: the STT "
            "hears silence while the agent speaks, so a caller who starts before the agent has "
            "ended loses those words"
        )


def _gates(options: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    words = options.get("min_interruption_words") or 0
    duration_s, silence_s = (
        options.get("min_interruption_duration"),
        options.get("min_silence_duration"),
    )
    if facts.vad is False:
        yield (
            "there is no VAD: transcripts decide, and min_interruption_duration and the VAD's "
            "options do nothing"
        )
        return
    if words and facts.stt is False:
        yield f"min_interruption_words is {words}, but without an STT it is ignored"
    elif words:
        yield (
            f"min_interruption_words is {words}: nothing stops the agent before that many words "
            "are transcribed, so min_interruption_duration hardly matters and the STT's delay "
            f"does; words add up until a turn ends: {words} times 'yeah' stops it"
        )
        return
    if duration_s is None:
        return
    if duration_s > _MIN_DURATION_S and facts.stt:
        yield (
            f"min_interruption_duration is {duration_s:g}, but it holds back voice activity only: "
            "a final transcript or a turn that ends stops the agent at any length; to hold those "
            "back, too, set min_interruption_words"
        )
    speech_s = options.get("min_speech_duration")
    if (
        silence_s is not None
        and duration_s <= silence_s
        and (speech_s is None or speech_s <= _MIN_SPEECH_S)
    ):
        yield (
            f"min_interruption_duration {duration_s:g} is not over min_silence_duration "
            f"{silence_s:g}: the silence after a sound counts as speech until the VAD ends it, so "
            "a short 'uh' stops the agent as well; to tell them apart raise min_speech_duration, "
            "which costs no time"
        )


def _false_interruptions(options: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    resume = options.get("resume_false_interruption")
    timeout_off = options.get("false_interruption_timeout") == OFF
    if resume is True and timeout_off:
        yield (
            "false_interruption_timeout is off, so resume_false_interruption does nothing: every "
            "stop cuts the agent for good"
        )
    elif resume is True and facts.can_pause is False:
        yield (
            "the audio output cannot pause, so resume_false_interruption does nothing: every stop "
            "cuts the agent for good"
        )
    elif resume is False and not timeout_off and options.get("false_interruption_timeout"):
        yield (
            "resume_false_interruption is false, so false_interruption_timeout does nothing: "
            "every stop cuts the agent for good"
        )


def _modes(options: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    mode = options.get("interruption_mode")
    boundary = options.get("backchannel_boundary")
    if facts.realtime == "yields":
        yield (
            "interruption_mode is set, so LiveKit turns the realtime model's own turn detection "
            "off and decides by the VAD; leave interruption_mode out to keep the model's"
        )
    blind_s = boundary[0] if isinstance(boundary, list) else boundary
    if mode == "adaptive" and facts.runs == "elsewhere" and not facts.own_service:
        yield (
            "interruption_mode is adaptive, a service of LiveKit Cloud: without it LiveKit falls "
            "back to plain voice activity and only logs it in passing; BARGE_ADAPTIVE=local has "
            "it ask a detector inside this process"
        )
    elif mode == "adaptive" and isinstance(blind_s, int | float) and blind_s > 0:
        yield (
            f"backchannel_boundary is {blind_s:g}: a caller who begins in the first {blind_s:g} s "
            "of the agent's speech, or after it resumes, is left to voice activity for the rest of "
            "that speech; [0, 1] asks the adaptive model from the first sample"
        )
    if mode is None and facts.stt and facts.runs == "development":
        yield (
            "interruption_mode is left to LiveKit: adaptive here, in development mode, but plain "
            "voice activity on a production server of your own; set it, and both behave alike"
        )
    if mode == "vad" and boundary not in (None, OFF, _BOUNDARY_S):
        yield "backchannel_boundary does nothing: it is the adaptive model's, and the mode is vad"
