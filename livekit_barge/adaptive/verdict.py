"""Turns a detector's probabilities into a verdict on the overlap that is under way.

A request holds more than the overlap: the second before it, and within one speech of the agent's
the overlaps before it as well. The client does not say where the overlap begins, but it asks every
0.1 s while one lasts and never in between, so a pause between requests separates overlaps, and the
first request of each comes right after its onset.

An overlap is an interruption as soon as

- ``min_frames`` frames in a row are at or above the threshold, or
- one burst of the caller's has lasted ``long_s`` and still sounds, whatever it sounds like, or
- the caller has fallen silent, and ``min_frames`` frames in a row had reached the detector's lower
  ``end_threshold``, if it has one: there is nothing more to wait for.

The last two are there because a miss costs more than a false stop: LiveKit withholds the words of
an overlap without a verdict and then drops them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from livekit_barge.adaptive.protocol import FRAME_SAMPLES, SAMPLE_RATE, Pcm16

FRAME_S = FRAME_SAMPLES / SAMPLE_RATE
# A client asks every 0.1 s, when a frame of up to 0.1 s has arrived; between overlaps there is at
# least the silence that ends one for the VAD (0.25 s) and the start of the next (0.15 s).
_SEPARATE_S = 0.35
# The audio of an overlap at its first request: what the VAD needed (0.1 s), the client's 0.1 s,
# and a margin that stays under the silence between two overlaps.
_FIRST_S = 0.45
# The burst's edges: as wide as the vocabulary's (gaps under 0.2 s are bridged).
_GAP_FRAMES = round(0.2 / FRAME_S)
_STILL_FRAMES = round(0.1 / FRAME_S)
# A frame sounds if it is this near to the loudest one, and clear of the floor by this share of the
# distance between them: 25 dB in a quiet room, 6 of 10 dB over noise.
_NEAR_DB = 25.0
_FLOOR_SHARE = 0.4
_SILENCE_DB = -60.0

Reason = Literal["probable", "long", "ended"]


class Detector(Protocol):
    """Hears the caller and says for each 25 ms how probable an interruption is."""

    @property
    def threshold(self) -> float:
        """The probability from which on it is one, unless the client names another."""
        ...

    @property
    def long_s(self) -> float:
        """A burst that lasts this long is an interruption whatever it sounds like, in seconds."""
        ...

    def probabilities(self, audio: Pcm16) -> npt.NDArray[np.float32]:
        """Return a probability a frame, shape ``(ceil(n / 400),)``, for 16 kHz audio ``(n,)``."""
        ...


@dataclass(frozen=True)
class Verdict:
    """The answer to one request."""

    interruption: bool
    reason: Reason | None
    """Which rule decided; ``None``: no interruption so far."""
    probability: float
    """The highest that ``min_frames`` frames of the overlap in a row reached."""
    probabilities: npt.NDArray[np.float32]
    """For each 25 ms of the request; 0 before the overlap, which cannot be one."""
    sounding_s: float
    """How long the burst has lasted that still sounds; 0: none does."""


class Overlaps:
    """The overlaps of one session, one after the other."""

    def __init__(
        self,
        *,
        threshold: float,
        min_frames: int,
        long_s: float,
        end_threshold: float | None = None,
    ) -> None:
        self._threshold = threshold
        self._end_threshold = threshold if end_threshold is None else end_threshold
        self._min_frames = min_frames
        self._long_s = long_s
        self._began_s = 0.0
        self._asked_s: float | None = None

    @classmethod
    def heard_by(cls, detector: Detector, *, threshold: float | None, min_frames: int) -> Overlaps:
        """Judge by a detector's own limits; ``threshold``: the client's, in place of its own."""
        return cls(
            threshold=detector.threshold if threshold is None else threshold,
            min_frames=min_frames,
            long_s=detector.long_s,
            end_threshold=None
            if threshold is not None
            else getattr(detector, "end_threshold", None),
        )

    def asked(self, at_s: float) -> float:
        """Note a request at its arrival; return the age of its overlap, in seconds.

        ``at_s``: monotonic seconds. Every request counts, one that is never judged, too.
        """
        if self._asked_s is None or at_s - self._asked_s > _SEPARATE_S:
            self._began_s = at_s - _FIRST_S
        self._asked_s = at_s
        return at_s - self._began_s

    def judge(self, audio: Pcm16, probabilities: npt.NDArray[np.float32], age_s: float) -> Verdict:
        """Judge the overlap that began ``age_s`` before the end of ``audio``.

        ``audio``: 16 kHz, shape ``(n,)``; ``probabilities``: shape ``(ceil(n / 400),)``.
        """
        frames = len(probabilities)
        first = max(0, frames - round(age_s / FRAME_S))
        own = np.where(np.arange(frames) < first, 0.0, probabilities).astype(np.float32)
        probability = _held(own[first:], self._min_frames)
        sounding_s, ended = _burst(audio, frames, first)
        reason: Reason | None = None
        if probability >= self._threshold:
            reason = "probable"
        elif sounding_s >= self._long_s:
            reason = "long"
        elif ended and probability >= self._end_threshold:
            reason = "ended"
        return Verdict(reason is not None, reason, probability, own, sounding_s)


def _held(probabilities: npt.NDArray[np.float32], min_frames: int) -> float:
    """Return the highest probability that ``min_frames`` frames in a row reach, else 0."""
    if len(probabilities) < min_frames:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(probabilities, min_frames)
    return float(windows.min(axis=1).max())


def _burst(audio: Pcm16, frames: int, first: int) -> tuple[float, bool]:
    """Return how long the burst at the end of ``audio`` has lasted since frame ``first``, and
    whether there was one that has ended."""
    levels = _levels_db(audio, frames)
    loudest = float(levels[first:].max(initial=_SILENCE_DB))
    floor = float(np.percentile(levels, 20))
    over = max(_SILENCE_DB, loudest - _NEAR_DB, floor + _FLOOR_SHARE * (loudest - floor))
    sounds = np.flatnonzero(levels[first:] > over) + first
    if len(sounds) == 0 or frames - 1 - sounds[-1] >= _STILL_FRAMES:
        return 0.0, len(sounds) > 0
    breaks = np.flatnonzero(np.diff(sounds) > _GAP_FRAMES)
    begins = sounds[breaks[-1] + 1] if len(breaks) else sounds[0]
    return float(frames - begins) * FRAME_S, False


def _levels_db(audio: Pcm16, frames: int) -> npt.NDArray[np.float64]:
    """Return the level of each 25 ms in dBFS, shape ``(frames,)``; the last may be shorter."""
    padded = np.zeros(frames * FRAME_SAMPLES, np.float64)
    padded[: len(audio)] = audio
    power = np.square(padded.reshape(frames, FRAME_SAMPLES) / 32_768).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-10)))
