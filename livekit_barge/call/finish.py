"""The last step of a recording: both sides' raw samples become the call's audio files."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import soxr

from livekit_barge.call import audio
from livekit_barge.call.audio import Int16
from livekit_barge.call.events import CallerAnchored, Event
from livekit_barge.call.meta import CallMeta
from livekit_barge.call.placement import place_agent


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's content whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as out:
        out.write(text)
    os.replace(out.name, path)


def finish_audio(path: Path, meta: CallMeta, events: Sequence[Event], *, ended_s: float) -> float:
    """Lay both spools out as ``audio.flac`` and keep what was pushed; return the duration.

    The spools go only when both files stand.
    """
    rate = meta.sample_rate
    pushed_rate = meta.sample_rates.get("agent", rate)
    pushed = audio.read_spool(path / audio.PUSHED_SPOOL)
    caller = _at_rate(
        audio.read_spool(path / audio.CALLER_SPOOL), meta.sample_rates.get("caller", rate), rate
    )
    agent = _at_rate(pushed, pushed_rate, rate)
    pieces = [
        audio.caller_pieces(_caller_anchors(meta, events), len(caller), rate),
        [audio.agent_piece(placed, rate) for placed in place_agent(events, ended_s=ended_s)],
    ]
    ends = [piece.at + piece.end - piece.begin for side in pieces for piece in side]
    samples = max([round(ended_s * rate), *ends])
    channels = [
        partial(audio.lay_out, side, laid)
        for side, laid in zip((caller, agent), pieces, strict=True)
    ]
    _replace_audio(path / audio.AUDIO_FILE, rate, samples, channels)
    _replace_audio(
        path / audio.PUSHED_FILE, pushed_rate, len(pushed), [lambda begin, end: pushed[begin:end]]
    )
    for spool in (audio.CALLER_SPOOL, audio.PUSHED_SPOOL):
        (path / spool).unlink(missing_ok=True)
    return round(samples / rate, 6)


def _caller_anchors(meta: CallMeta, events: Sequence[Event]) -> list[CallerAnchored]:
    """The caller's anchors, counted at the rate of ``audio.flac``."""
    anchors = [event for event in events if isinstance(event, CallerAnchored)]
    if not anchors:
        # Broke off before the first anchor was certain: count from the start.
        anchors = [CallerAnchored(at_s=0.0, sample=0, reason="first")]
    ratio = meta.sample_rate / meta.sample_rates.get("caller", meta.sample_rate)
    return [dataclasses.replace(anchor, sample=round(anchor.sample * ratio)) for anchor in anchors]


def _at_rate(samples: Int16, rate: int, wanted: int) -> Int16:
    if rate == wanted or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate, wanted), dtype=np.int16)


def _replace_audio(
    path: Path, sample_rate: int, samples: int, channels: Sequence[Callable[[int, int], Int16]]
) -> None:
    part = path.with_suffix(".part")
    audio.write_audio(part, sample_rate=sample_rate, samples=samples, channels=channels)
    os.replace(part, path)
