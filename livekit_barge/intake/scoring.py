"""Scores one recording: a file, two mono files, or a Call folder, by the same code.

One pass: each channel's bursts are found as the audio streams by, and only then does it matter who
is on which.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livekit_barge.call.events import Event
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import META_FILE
from livekit_barge.errors import IntakeError
from livekit_barge.intake.channel_roles import call_channels, recording_channels
from livekit_barge.intake.duplicate_channels import refuse_alike
from livekit_barge.intake.hear_recording import SIDES, Bursts, Heard, hear, of_bursts
from livekit_barge.intake.pair import Pair
from livekit_barge.intake.recording import Recording
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.sources import source_named
from livekit_barge.intake.vendor_call import VendorCall
from livekit_barge.intake.vendor_json import beside, read_call_json
from livekit_barge.intake.vendors.vendor import Source
from livekit_barge.measure.dead_channel import caveat as dead_caveat
from livekit_barge.measure.dead_channel import dead_from_s
from livekit_barge.measure.dead_channel import withheld as alive
from livekit_barge.measure.leakage_warnings import caveats as leakage_caveats
from livekit_barge.measure.leakage_withheld import withheld
from livekit_barge.measure.measure_call import trusted
from livekit_barge.measure.offline_turns import measure_turns
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Caveat, Channels, Scorecard, without_overlaps
from livekit_barge.measure.sound_warnings import caveats as of_sounds


def score(path: Path, order: ScoreOptions) -> Scorecard:
    """Raises a :class:`~livekit_barge.errors.BargeError` for what cannot be scored."""
    if os.path.isdir(path):  # unlike Path's, False also of what cannot be looked at
        _refuse_closed(path)
        return _score_call(path, order)
    return _score_recording(path, order)


def is_call(path: Path) -> bool:
    """Return whether it is a Call folder."""
    return os.path.isfile(path / META_FILE)


def _refuse_closed(directory: Path) -> None:
    try:
        os.scandir(directory).close()
    except OSError as error:
        raise IntakeError(
            f"cannot be read ({error.strerror})",
            where=directory,
            remedy="check that it is readable",
        ) from error


def _score_call(path: Path, order: ScoreOptions) -> Scorecard:
    if order.agent_file is not None:
        raise IntakeError(
            "a Call folder holds both sides", where=path, remedy="leave out --agent-file"
        )
    call = Call.open(path)
    heard = hear(call, clean=False)
    meta = call.meta
    caveats = [Caveat("note", note) for note in call.notes]
    if not call.events:
        caveats.append(_ONE_CLOCK)
    channels, doubts = call_channels(path, order, call, heard)
    bursts, sounds = heard.of(channels)
    dead_s = None if call.events else _dead_from_s(heard, channels, order)
    overlaps, turns, _ = _measured(bursts, call.duration_s, call.events, order, call, dead_s)
    leaks = leakage_caveats(heard.leakages, channels.caller, scored=True)
    return Scorecard(
        call_id=meta.call_id,
        source=meta.source,
        capture_point=meta.capture_point,
        file=str(path),
        codec="flac/pcm_16",
        sample_rate=call.sample_rate,
        started_at=_utc(meta.started_wall_s),
        dated_by="call",
        preset=meta.preset,
        duration_s=call.duration_s,
        channels=channels,
        alignment_s=meta.alignment_uncertainty_s,
        edge_blur_s=0.0,
        limits=order.limits.scorecard,
        warnings=(
            *caveats,
            *doubts,
            *dead_caveat(dead_s, call.duration_s),
            *leaks,
            *of_bursts(bursts),
            *of_sounds(zip(SIDES, sounds, strict=True)),
        ),
        overlaps=overlaps,
        turns=turns,
    )


def _score_recording(path: Path, order: ScoreOptions) -> Scorecard:
    vendor, caveats = _vendor_call(path, order)
    if vendor is not None:
        caveats += vendor.caveats
        if order.source is None:
            order = replace(order, source=source_named(vendor.source))
        elif _system(order.source.name) != _system(vendor.source):
            caveats.append(_of_another(vendor, order.source))
    _refuse_source(path, order.source)
    audio: Recording | Pair
    if order.agent_file is None:
        audio = Recording.open(path, long=order.long)
    else:
        start_s = order.agent_start_s
        audio = Pair.open(path, order.agent_file, agent_start_s=start_s, long=order.long)
    heard = hear(audio)
    refuse_alike(path, heard, audio.mix_remedy)
    caveats += audio.notes
    channels, doubts = recording_channels(path, order, audio, heard, vendor)
    caveats += doubts
    bursts, sounds = heard.of(channels)
    if vendor is not None and heard.duration_s <= vendor.said_from_s < math.inf:
        caveats.append(_after_the_end(vendor))
    source = order.source
    if source is None or source.alignment_s is None:
        caveats.append(_ALIGNMENT)
    of_audio = (*of_bursts(bursts), *of_sounds(zip(SIDES, sounds, strict=True)))
    words = () if vendor is None else vendor.transcripts(bursts[0])
    dead_s = _dead_from_s(heard, channels, order)
    caveats += dead_caveat(dead_s, heard.duration_s)
    overlaps, turns, covered = _measured(bursts, heard.duration_s, words, order, dead_s=dead_s)
    overlaps = tuple(_placed(overlap, audio.doubts) for overlap in overlaps)
    caveats += leakage_caveats(heard.leakages, channels.caller, withheld=covered)
    began_s = None if vendor is None else vendor.started_wall_s
    return Scorecard(
        call_id=(vendor and vendor.call_id) or path.stem,
        source="unknown" if source is None else source.name,
        capture_point="import",
        file=str(path),
        codec=audio.codec,
        sample_rate=audio.sample_rate,
        started_at=_utc(path.stat().st_mtime if began_s is None else began_s),
        dated_by="file" if began_s is None else "call-json",
        preset=None,
        duration_s=round(heard.duration_s, 6),
        channels=channels,
        alignment_s=None if source is None else source.alignment_s,
        edge_blur_s=audio.edge_blur_s,
        end_blur_s=audio.end_blur_s,
        limits=order.limits.scorecard,
        warnings=(*caveats, _ONE_CLOCK, *of_audio),
        overlaps=overlaps,
        turns=turns,
    )


_ONE_CLOCK = Caveat(
    "one_clock",
    "no events: slow detection and a buffered tail cannot be told apart",
    "record the call with livekit_barge for both clocks",
)
_ALIGNMENT = Caveat(
    "alignment_unknown",
    "how far the recorder may put the channels apart is not documented, and no figure includes it",
    "compare with calls whose alignment_s is known",
)


def _measured(
    bursts: Bursts,
    duration_s: float,
    events: Sequence[Event],
    order: ScoreOptions,
    call: Call | None = None,
    dead_s: float | None = None,
) -> tuple[tuple[Overlap, ...], tuple[dict[str, Any], ...], int]:
    """Overlaps and turns, and how many overlaps leakage made unmeasurable.

    ``dead_s``: when the agent's channel went dead.
    """
    turns = measure_turns(*bursts, events, order.limits, ended_s=duration_s)
    if call is not None:
        turns = trusted(call, turns, order.limits)
    turns, covered = withheld(alive(turns, dead_s), *bursts)
    overlaps = tuple(overlap for turn in turns for overlap in turn.overlaps)
    return overlaps, without_overlaps(turns), covered


def _dead_from_s(heard: Heard, channels: Channels, order: ScoreOptions) -> float | None:
    caller = heard.bursts[channels.caller]
    last_s = heard.last_sound_s[channels.agent]
    return dead_from_s(last_s, caller, heard.duration_s, order.limits)


def _placed(overlap: Overlap, doubts: Sequence[tuple[float, float]]) -> Overlap:
    """The overlap, without figures if one of its edges may lie elsewhere."""
    edges_s = [at_s for at_s in (overlap.onset_s, overlap.silent_s) if at_s is not None]
    if any(begin_s <= at_s <= end_s for begin_s, end_s in doubts for at_s in edges_s):
        return overlap.unmeasured("packets are missing beside it, and the file does not say where")
    return overlap


def _vendor_call(path: Path, order: ScoreOptions) -> tuple[VendorCall | None, list[Caveat]]:
    """Read the vendor's JSON, if there is one; one that was not asked for may be damaged."""
    if order.call_json is not None:
        return read_call_json(order.call_json), []
    found = beside(path)
    if found is None:
        return None, []
    try:
        return read_call_json(found), []
    except IntakeError as error:
        remedy = "name the right one by --call-json"
        return None, [Caveat("call_json_unread", f"{found.name}: {error.what}", remedy)]


def _system(source: str) -> str:
    """The system of which the source is one way to record."""
    return source.partition("-")[0]


def _of_another(vendor: VendorCall, source: Source) -> Caveat:
    text = f"the call's JSON is {vendor.source}'s, but --source is {source.name}"
    return Caveat("call_json_of_another", text, "check --source, or name the JSON by --call-json")


def _after_the_end(vendor: VendorCall) -> Caveat:
    text = (
        f"the transcript of the call's JSON begins at {vendor.said_from_s:.1f} s, "
        "when the recording is over"
    )
    return Caveat("call_json_of_another", text, "name the right one by --call-json")


def _refuse_source(path: Path, source: Source | None) -> None:
    if source is not None and source.mono_by_nature:
        raise IntakeError(
            f"{source.name} records {source.note}: who speaks when cannot be told",
            where=path,
            remedy="record the call through a system with a party a channel",
        )


def _utc(wall_s: float) -> str:
    return datetime.fromtimestamp(wall_s, UTC).isoformat(timespec="seconds")
