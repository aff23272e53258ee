"""Puts the caller's lines into a call, each where its script places it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import soundfile
import soxr

from livekit_barge.errors import ScriptError
from livekit_barge.intake.header import claim
from livekit_barge.script.script import CallerLine, Script
from livekit_barge.stage.acoustics import Air, PhoneLine
from livekit_barge.stage.line_triggers import Moment
from livekit_barge.stage.models import HeardWord, Utterance
from livekit_barge.stage.noises import make_sound
from livekit_barge.stage.playout import HeardAudio
from livekit_barge.stage.spoken_output import AgentSpeech
from livekit_barge.stage.track import FULL_SCALE, CallerTrack, Pcm, to_pcm
from livekit_barge.stage.voices import SAMPLE_RATE, Speech, Word, voice_named

# Shorter is no sound, but a stray sample and what resampling makes of it.
_SHORTEST_S = 0.005
# An MP3's header counts what its codec pads, too.
_HEADER_SLACK_S = 0.1


class Mouth(Protocol):
    """A sink for the caller's track, frame by frame."""

    frame_samples: int
    before_frame: Callable[[int], None] | None
    """Called with the number of the first sample of the frame that is about to leave."""


class Hearing(Protocol):
    """The agent as the caller hears it."""

    @property
    def speeches(self) -> Sequence[AgentSpeech]: ...

    def heard_since(self, sample: int) -> Sequence[tuple[AgentSpeech, HeardAudio]]: ...

    def done_at(self) -> int | None: ...


@runtime_checkable
class ShowsThinking(Protocol):
    """A line that shows when the agent thinks; a room does not."""

    @property
    def agent_thinks(self) -> bool: ...


class CallersEnd(Protocol):
    """The caller's end of a line: the stage's, or a room's."""

    @property
    def caller(self) -> CallerTrack: ...

    @property
    def input(self) -> Mouth: ...

    @property
    def output(self) -> Hearing: ...


@dataclass(frozen=True)
class PlacedLine:
    """A caller's line, and its place in the call."""

    line: CallerLine
    start: int
    """Its first audible sample, in samples from the call's start."""
    speech: Speech

    @property
    def start_s(self) -> float:
        return self.start / SAMPLE_RATE

    @property
    def end(self) -> int:
        return self.start + len(self.speech.samples)


class Director:
    """Mixes each line into the caller's track at its place, and its words into the recogniser."""

    def __init__(self, script: Script) -> None:
        self._waiting = [(line, speech_of(line, script.voice)) for line in script.caller]
        self._first_speech = 0
        """The number of the first of the agent's speeches that the next line may fall on."""
        self._air = Air(script.surroundings)
        self._phone = script.surroundings.phone
        self._seed = script.surroundings.seed
        self._yielded: int | None = None
        self._thinking: int | None = None
        self._utterances: list[Utterance] = []
        self.placed: list[PlacedLine] = []

    def direct(self, line: CallersEnd) -> None:
        """Take the caller's side of a line."""
        self._track = line.caller
        self._output = line.output
        self._frame = line.input.frame_samples
        self._thinks = line if isinstance(line, ShowsThinking) else None
        if self._phone is not None:
            line.caller.line = PhoneLine(self._phone, self._seed)
        line.input.before_frame = self._before_frame

    @property
    def waiting(self) -> tuple[CallerLine, ...]:
        """The lines that have found no place yet."""
        return tuple(line for line, _ in self._waiting)

    @property
    def caller_done(self) -> int:
        """The sample after the caller's last word so far."""
        return self.placed[-1].end if self.placed else 0

    def utterances(self) -> Sequence[Utterance]:
        return self._utterances

    def _before_frame(self, first: int) -> None:
        """Mix what belongs into the caller's frame that begins with sample ``first``."""
        heard = self._output.heard_since(first)
        self._mix_surroundings(first)
        self._watch(first)
        while self._waiting:
            line, speech = self._waiting[0]
            done = self._output.done_at() if self._may_fall_on_latest() else None
            moment = Moment(
                SAMPLE_RATE,
                max(first, self.caller_done),
                first + self._frame,
                [(said, piece) for said, piece in heard if said.number >= self._first_speech],
                agent_done=done,
                caller_done=self.caller_done if self.placed else None,
                yielded=self._yielded,
                thinking=self._thinking,
            )
            at = line.at.finder.find(moment) if moment.start < moment.stop else None
            if at is None:
                break
            self._put(line, speech, at)
        for said, piece in heard:
            assert piece.place is not None
            said.heard_to = max(said.heard_to, piece.place.offset + len(piece.samples))

    def _mix_surroundings(self, first: int) -> None:
        back = round(self._air.hears_back_s * SAMPLE_RATE)
        heard = [piece for _, piece in self._output.heard_since(first - back)] if back else []
        for samples in self._air.between(first, first + self._frame, heard):
            self._track.mix(samples, first)

    def _watch(self, first: int) -> None:
        """Note when the agent yields to the latest line that asks for it, and when it thinks."""
        asks = bool(self.placed) and self.placed[-1].line.expect == "yield"
        if asks and self._yielded is None and not self._may_fall_on_latest():
            self._yielded = self._output.done_at()
        thinks = self._thinks is not None and self._thinks.agent_thinks
        if not thinks:
            self._thinking = None
        elif self._thinking is None:
            self._thinking = first

    def _may_fall_on_latest(self) -> bool:
        return len(self._output.speeches) > self._first_speech

    def _put(self, line: CallerLine, speech: Speech, at: int) -> None:
        del self._waiting[0]
        if line.expect == "yield":
            self._yielded = None  # it has not, to this one
        self._track.mix(speech.samples, at)
        self.placed.append(PlacedLine(line, at, speech))
        if line.heard and (words := speech.words):
            self._utterances.append(
                Utterance(
                    tuple(
                        HeardWord(word.text, at + _samples(word.start_s), at + _samples(word.end_s))
                        for word in words
                    )
                )
            )
        if not line.frees_the_speech:
            self._first_speech = len(self._output.speeches)


def speech_of(line: CallerLine, voice: str) -> Speech:
    """Return a line's speech, from its first audible sample to its last.

    Raises :class:`ScriptError`.
    """
    if line.wav is not None:
        speech = _from_wav(line.wav, line.text)
    elif line.sound is not None:
        speech = Speech(make_sound(line.sound, line.seed), ()).trimmed()
    else:
        assert line.text is not None  # a line has one of the two
        speech = voice_named(line.voice or voice).speak(line.text).trimmed()
    if not line.gain_db:
        return speech
    louder = speech.samples * 10 ** (line.gain_db / 20)
    return Speech(to_pcm(louder), speech.words)


def _from_wav(path: Path, text: str | None) -> Speech:
    """Read a file's audio; words, if given, share its time in proportion to their letters."""
    speech = Speech(_read_wav(path), ()).trimmed()
    if not speech.samples.any() or speech.duration_s < _SHORTEST_S:
        raise ScriptError("nothing audible in it", where=path, remedy="give another clip")
    words = (text or "").split()
    ends = np.cumsum([0, *map(len, words)]) / max(sum(map(len, words)), 1) * speech.duration_s
    timed = zip(words, ends[:-1], ends[1:], strict=True)
    return Speech(speech.samples, tuple(Word(w, float(a), float(b)) for w, a, b in timed))


def _read_wav(path: Path) -> Pcm:
    try:
        claimed_s = claim(path).seconds  # libsndfile would cut it down to what the file holds
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except OSError as error:
        raise ScriptError(
            f"cannot be read ({error.strerror})", where=path, remedy="check the path"
        ) from error
    except soundfile.LibsndfileError as error:
        raise ScriptError(
            f"not audio ({error.error_string})", where=path, remedy="give a WAV file"
        ) from error
    if not np.isfinite(samples).all():
        raise ScriptError("a sample is not a number", where=path, remedy="export it again")
    if claimed_s is not None and len(samples) / rate < claimed_s - _HEADER_SLACK_S:
        raise ScriptError(
            f"truncated: its header says {claimed_s:g} s, it holds {len(samples) / rate:g} s",
            where=path,
            remedy="get the whole file again",
        )
    return to_pcm(soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE) * FULL_SCALE)


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
