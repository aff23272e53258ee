"""The last step of a recording: both sides' raw samples become the call's audio files."""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import soxr

from livekit_barge.call import audio
from livekit_barge.call.audio import Int16
from livekit_barge.call.events import AgentAnchored, Anchored, CallerAnchored, Event
from livekit_barge.call.fields import encode
from livekit_barge.call.formats import (
    AUDIO_FILE,
    CALLER_SPOOL,
    META_FILE,
    PUSHED_FILE,
    PUSHED_SPOOL,
)
from livekit_barge.call.meta import CallMeta
from livekit_barge.call.placement import place_agent
from livekit_barge.errors import CallError
from livekit_barge.files import private

# A call that broke off and in which nothing happened for longer has a damaged stamp: to lay its
# silence out would take minutes and fill the disk. Two hours of silence take some seconds.
_LONGEST_LEAP_S = 2 * 3600.0
# Nor does a call last longer than a week.
_LONGEST_S = 7 * 86_400


@contextmanager
def replacing(path: Path) -> Iterator[io.FileIO]:
    """A new file that takes the place of ``path`` when it is whole; else nothing changes."""
    part = path.with_suffix(".part")
    try:
        with open(part, "wb", buffering=0, opener=private.opener) as out:
            yield out
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_meta(path: Path, meta: CallMeta) -> None:
    """Write ``call.json``, whole or not at all."""
    with replacing(path / META_FILE) as out:
        text = memoryview(encode(meta.to_json()))
        while text:
            text = text[out.write(text) :]


def finish_call(
    path: Path, meta: CallMeta, events: Sequence[Event], *, ended_s: float | None
) -> CallMeta:
    """Make a call whole, and return what its ``call.json`` says now.

    ``ended_s`` is ``None`` where the call broke off: it ended with the last that is known of it.
    Killed at any moment, the next to come here does the same again: the raw samples go last.

    Raises :class:`CallError` where the stamps of a call that broke off cannot be right.
    """
    if ended_s is not None and not _any_audio(path):
        meta = dataclasses.replace(meta, audio_recorded=False)
    known_s = max((event.at_s for event in events), default=0.0) if ended_s is None else ended_s
    if meta.audio_recorded:
        known_s = _lay_out(path, meta, events, known_s, broke_off=ended_s is None)
    meta = dataclasses.replace(meta, duration_s=known_s)
    write_meta(path, meta)
    remove_spools(path)
    return meta


def _any_audio(path: Path) -> bool:
    """Return whether a frame passed on either side; in a session of text alone none does."""
    spools = (path / CALLER_SPOOL, path / PUSHED_SPOOL)
    return any(spool.exists() and spool.stat().st_size for spool in spools)


def remove_spools(path: Path) -> None:
    """Remove the raw samples of a call that is whole."""
    for spool in (CALLER_SPOOL, PUSHED_SPOOL):
        (path / spool).unlink(missing_ok=True)


def _lay_out(
    path: Path, meta: CallMeta, events: Sequence[Event], ended_s: float, *, broke_off: bool
) -> float:
    """Write ``audio.flac`` and, if the agent spoke, ``pushed.flac``; return the duration."""
    rate = meta.sample_rate
    pushed_rate = meta.sample_rates.get("agent", rate)
    pushed = audio.read_spool(path / PUSHED_SPOOL)
    caller = _at_rate(
        audio.read_spool(path / CALLER_SPOOL), meta.sample_rates.get("caller", rate), rate
    )
    agent = _at_rate(pushed, pushed_rate, rate)
    pieces = _caller_pieces(meta, events, len(caller))
    if broke_off:  # the caller's audio goes on where no event was left to write
        ended_s = max([ended_s, *(piece.stop / rate for piece in pieces)])
    heard = meta.capture_point == "caller"
    if heard:
        played = _heard_pieces(meta, events, len(agent))
    else:
        played = [audio.agent_piece(at, rate) for at in place_agent(events, ended_s=ended_s)]
    samples = max([round(ended_s * rate), *(piece.stop for piece in pieces + played)])
    leap_s = _longest_leap_s(events, pieces + played, rate) if broke_off else 0.0
    if leap_s > _LONGEST_LEAP_S or (broke_off and samples > _LONGEST_S * rate):
        raise CallError(
            f"nothing happened in it for {leap_s / 3600:.1f} h, and it is over "
            f"{samples / rate / 3600:.1f} h long",
            where=path,
            remedy="mend the stamp in events.jsonl that is far off",
        )
    channels = [partial(audio.lay_out, caller, pieces), partial(audio.lay_out, agent, played)]
    with replacing(path / AUDIO_FILE) as out:
        audio.write_audio(out, sample_rate=rate, samples=samples, channels=channels)
    if len(pushed) and not heard:
        with replacing(path / PUSHED_FILE) as out:
            audio.write_audio(
                out,
                sample_rate=pushed_rate,
                samples=len(pushed),
                channels=[lambda begin, end: pushed[begin:end]],
            )
    return round(samples / rate, 6)


def _longest_leap_s(
    events: Sequence[Event], pieces: Sequence[audio.TimelinePiece], rate: int
) -> float:
    """For how long, at most, nothing was stamped and no audio came."""
    seen = [(event.at_s, event.at_s) for event in events]
    seen += [(piece.at / rate, piece.stop / rate) for piece in pieces]
    longest_s = until_s = 0.0
    for begin_s, end_s in sorted(seen):
        longest_s = max(longest_s, begin_s - until_s)
        until_s = max(until_s, end_s)
    return longest_s


def _caller_pieces(
    meta: CallMeta, events: Sequence[Event], samples: int
) -> list[audio.TimelinePiece]:
    anchors = [event for event in events if isinstance(event, CallerAnchored)]
    # Broke off before the first anchor was certain: count from the start.
    anchors = anchors or [CallerAnchored(at_s=0.0, sample=0, reason="first")]
    return _pieces(meta, "caller", anchors, samples)


def _heard_pieces(
    meta: CallMeta, events: Sequence[Event], samples: int
) -> list[audio.TimelinePiece]:
    """The agent's, as a caller heard them."""
    anchors = [event for event in events if isinstance(event, AgentAnchored)]
    return _pieces(meta, "agent", anchors, samples) if anchors else []


def _pieces(
    meta: CallMeta, side: str, anchors: Sequence[Anchored], samples: int
) -> list[audio.TimelinePiece]:
    """Counted at the rate of ``audio.flac``."""
    ratio = meta.sample_rate / meta.sample_rates.get(side, meta.sample_rate)
    counted = [
        dataclasses.replace(anchor, sample=round(anchor.sample * ratio)) for anchor in anchors
    ]
    return audio.anchored_pieces(counted, samples, meta.sample_rate)


def _at_rate(samples: Int16, rate: int, wanted: int) -> Int16:
    if rate == wanted or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate, wanted), dtype=np.int16)
