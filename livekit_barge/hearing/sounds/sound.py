"""A sound that is not speech: its kind and place, and the joining of sounds close together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "dtmf",
    "ringback",
    "tone",
    "music",
    "hum",
    "cough",
    "comfort_noise",
    "clipping",
    "agc",
    "packet_loss",
]


@dataclass(frozen=True)
class Sound:
    """One stretch of it, in seconds since the call's start."""

    kind: Kind
    start_s: float
    end_s: float
    detail: str = ""
    """Such as the digit, or the frequencies."""


def joined(sounds: Iterable[Sound], gap_s: float) -> list[Sound]:
    """Sounds in order of their begin; those of a kind at most ``gap_s`` apart made one.

    Their details are put side by side, each once.
    """
    done: list[Sound] = []
    for sound in sorted(sounds, key=lambda one: (one.kind, one.start_s)):
        before = done[-1] if done else None
        if before and before.kind == sound.kind and sound.start_s - before.end_s <= gap_s:
            known = before.detail.split(", ")
            more = [part for part in sound.detail.split(", ") if part not in known]
            detail = ", ".join(filter(None, [before.detail, *more]))
            done[-1] = replace(before, end_s=max(before.end_s, sound.end_s), detail=detail)
        else:
            done.append(sound)
    return sorted(done, key=lambda one: one.start_s)


def covered_s(sounds: Sequence[Sound], begin_s: float, end_s: float) -> float:
    """Return how many seconds of a stretch the sounds fill; they do not overlap each other."""
    return sum(max(0.0, min(sound.end_s, end_s) - max(sound.start_s, begin_s)) for sound in sounds)
