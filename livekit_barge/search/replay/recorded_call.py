"""Reads from a call's folder what a replay needs: the caller's audio, the words, the speeches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from livekit_barge.call.audio import CALLER
from livekit_barge.call.events import (
    CallerAnchored,
    Event,
    ProtectedStarted,
    SegmentFlushed,
    SegmentStarted,
    SpeechCreated,
    Transcript,
)
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import PUSHED_FILE
from livekit_barge.errors import CallError
from livekit_barge.frameworks.livekit.presets.knobs import BY_NAME
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.stage.line import INPUT_FRAME_S
from livekit_barge.stage.track import FULL_SCALE, Pcm, to_pcm
from livekit_barge.stage.voices import SAMPLE_RATE

# What only a model elsewhere decides, or is an object in the program that was running.
_CLOUD = ("adaptive",)
_TURN_DETECTION = ("vad", "stt", "manual")


@dataclass(frozen=True)
class RecordedSegment:
    """Audio of a speech as it was handed to the output, in replay's time."""

    first_s: float
    """The time at which its first frame was handed over."""
    last_s: float
    """The time at which its last frame was; those between came evenly, as far as is known."""
    samples: Pcm


@dataclass(frozen=True)
class RecordedSpeech:
    """One speech of the agent's."""

    speech_id: str
    allow_interruptions: bool | None
    """``None``: whatever the session's option says, as in the call."""
    segments: tuple[RecordedSegment, ...]

    @property
    def begins_s(self) -> float:
        return self.segments[0].first_s


@dataclass(frozen=True)
class Recorded:
    """A call, ready to be played again. Its times are replay's: the call's less ``shift_s``."""

    call: Call
    shift_s: float
    """The offset that lets the caller's frames begin where they began in the call."""
    caller: Pcm
    transcripts: tuple[tuple[float, str, bool], ...]
    """Each transcript: its time, its text, and ``True`` if it was final."""
    speeches: tuple[RecordedSpeech, ...]
    notes: tuple[str, ...]
    """The facts that this replay cannot know."""

    @property
    def duration_s(self) -> float:
        return self.call.duration_s - self.shift_s

    @classmethod
    def read(cls, path: Path) -> Recorded:
        """Read a call. Raises :class:`CallError` if it cannot be replayed."""
        call = Call.open(path)
        if call.meta.capture_point != "agent" or not call.events:
            raise CallError(
                "only a call that an agent kept can be replayed",
                where=path,
                remedy="point at a folder that BargeSession wrote",
            )
        frame_s = preset_in_force(call).knobs.get("input_frame_s", INPUT_FRAME_S)
        anchors = [event for event in call.events if isinstance(event, CallerAnchored)]
        shift_s = anchors[0].at_s % frame_s if anchors else 0.0
        return cls(
            call=call,
            shift_s=shift_s,
            caller=_caller(call)[round(shift_s * SAMPLE_RATE) :],
            transcripts=tuple(_transcripts(call.events, shift_s)),
            speeches=tuple(_speeches(call, shift_s)),
            notes=tuple(_notes(call)),
        )

    @property
    def has_words(self) -> bool:
        """The call had a recogniser, whose words may not have been kept."""
        return any(isinstance(event, Transcript) for event in self.call.events)


def preset_in_force(call: Call) -> Preset:
    """Return the options that LiveKit resolved in the call, as far as they can be set again."""
    knobs: dict[str, Any] = {}
    # What LiveKit does not show of itself, it was asked for all the same.
    asked = {name: each["value"] for name, each in call.meta.asked.items()}
    unseen = {name: asked[name] for name in ("input_frame_s",) if name in asked}
    for name, value in {**call.meta.options, **unseen}.items():
        knob = BY_NAME.get(name)
        if knob is None or (value is None and not knob.can_be_off):
            continue
        if name == "turn_detection" and value not in _TURN_DETECTION:
            continue
        knobs[name] = "vad" if name == "interruption_mode" else value
    return Preset("as it was", **knobs)


def _notes(call: Call) -> Iterator[str]:
    if call.meta.options.get("interruption_mode") in _CLOUD:
        yield "it was interrupted by LiveKit Cloud's adaptive model: voice activity decides here"
    transcripts = [event for event in call.events if isinstance(event, Transcript)]
    if any(event.text is None for event in transcripts):
        yield "its transcripts were not kept: a gate that waits for words opens never"
    started = {event.segment_id for event in call.events if isinstance(event, SegmentStarted)}
    if started - {event.segment_id for event in call.events if isinstance(event, SegmentFlushed)}:
        yield "it broke off in mid-speech: that speech ends with what had been pushed"


def _caller(call: Call) -> Pcm:
    blocks = [block[CALLER] for block in call.blocks()]
    audio = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    if call.sample_rate != SAMPLE_RATE:
        audio = soxr.resample(audio, call.sample_rate, SAMPLE_RATE)
    return to_pcm(audio * FULL_SCALE)


def _transcripts(events: Sequence[Event], shift_s: float) -> Iterator[tuple[float, str, bool]]:
    for event in events:
        if isinstance(event, Transcript) and event.text:
            yield event.at_s - shift_s, event.text, event.is_final


def _speeches(call: Call, shift_s: float) -> Iterator[RecordedSpeech]:
    free = {e.speech_id: e.allow_interruptions for e in call.events if isinstance(e, SpeechCreated)}
    guarded = {
        event.speech_id
        for event in call.events
        if isinstance(event, ProtectedStarted) and event.reason == "uninterruptible"
    }
    of_speech: dict[str, list[RecordedSegment]] = {}
    for speech_id, segment in _segments(call, shift_s):
        of_speech.setdefault(speech_id, []).append(segment)
    by_option = call.meta.options.get("allow_interruptions", True)
    for speech_id, segments in of_speech.items():
        allowed = free.get(speech_id, True) and speech_id not in guarded
        yield RecordedSpeech(speech_id, None if allowed == by_option else allowed, tuple(segments))


def _segments(call: Call, shift_s: float) -> Iterator[tuple[str, RecordedSegment]]:
    """Yield each segment with its speech's id."""
    started = [event for event in call.events if isinstance(event, SegmentStarted)]
    flushed = {e.segment_id: e for e in call.events if isinstance(e, SegmentFlushed)}
    pushed = _pushed(call, started, flushed)
    for start in started:
        if start.speech_id is None:
            continue
        samples = pushed[round(start.pushed_offset_s * SAMPLE_RATE) :]
        if end := flushed.get(start.segment_id):
            samples = samples[: round(end.pushed_s * SAMPLE_RATE)]
            last_s = end.last_frame_at_s
        else:  # the call broke off; spread over a guessed time, some might come too late to play
            last_s = start.at_s
        if len(samples):
            yield start.speech_id, RecordedSegment(start.at_s - shift_s, last_s - shift_s, samples)


def _pushed(
    call: Call, started: Sequence[SegmentStarted], flushed: Mapping[int, SegmentFlushed]
) -> Pcm:
    """Read the agent's audio. Raises :class:`CallError` if part of it is missing."""
    if not started:
        return np.zeros(0, np.int16)
    file = call.path / PUSHED_FILE
    remedy = "restore it from a copy"
    if not file.exists():
        raise CallError("missing, though the agent spoke", where=file, remedy=remedy)
    try:
        samples, rate = soundfile.read(file, dtype="float32")
    except soundfile.LibsndfileError as error:
        raise CallError(f"damaged ({error.error_string})", where=file, remedy=remedy) from error
    ends_s = [
        start.pushed_offset_s + (end.pushed_s if (end := flushed.get(start.segment_id)) else 0.0)
        for start in started
    ]
    if len(samples) + 1 < max(ends_s) * rate:  # stamps are rounded
        raise CallError(
            f"{len(samples) / rate:g} s long, where {max(ends_s):g} s were pushed",
            where=file,
            remedy=remedy,
        )
    if rate != SAMPLE_RATE:
        samples = soxr.resample(samples, rate, SAMPLE_RATE)
    return to_pcm(samples * FULL_SCALE)
