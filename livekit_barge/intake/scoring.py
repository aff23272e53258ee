"""Scores one recording: a file, two mono files, or a Call folder, by the same code.

One pass: each channel's bursts are found as the audio streams by, and only then does it matter who
is on which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from livekit_barge.call.audio import AGENT, CALLER, Float32
from livekit_barge.call.events import Event
from livekit_barge.call.folder import Call
from livekit_barge.call.meta import META_FILE
from livekit_barge.errors import IntakeError
from livekit_barge.intake.call_json import VendorCall, beside, read_call_json
from livekit_barge.intake.guess import SURE, guess_caller
from livekit_barge.intake.pair import Pair
from livekit_barge.intake.recording import Recording
from livekit_barge.intake.sources import Source, source_named
from livekit_barge.intake.swapped import contradicted
from livekit_barge.measure.burst import Burst
from livekit_barge.measure.leakage import Leakage, withheld
from livekit_barge.measure.leakage_warnings import caveats as leakage_caveats
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.scorecard import Caveat, Channels, Scorecard, without_overlaps
from livekit_barge.measure.sounds.sound import Sound
from livekit_barge.measure.sounds.warnings import caveats as of_sounds
from livekit_barge.measure.thresholds import Thresholds
from livekit_barge.measure.two_channels import TwoChannels
from livekit_barge.measure.whole import measure_turns

_Bursts = tuple[list[Burst], list[Burst]]
_Sounds = tuple[list[Sound], list[Sound]]
_SIDES = ("caller", "agent")

# Nobody waits for a recording's first burst. A minute holds a dozen stretches to be heard at once.
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Order:
    """How recordings are to be scored: the command's options."""

    source: Source | None = None
    caller_channel: int | None = None
    agent_file: Path | None = None
    agent_start_s: float = 0.0
    call_json: Path | None = None
    """The vendor's JSON; ``None``: the one that lies beside the audio, if any."""
    long: bool = False
    thresholds: Thresholds = field(default_factory=Thresholds.load)

    @classmethod
    def of(
        cls,
        *,
        source: str | None = None,
        caller_channel: int | None = None,
        agent_file: Path | None = None,
        agent_start_s: float = 0.0,
        call_json: Path | None = None,
        long: bool = False,
        thresholds: Path | None = None,
    ) -> Order:
        """Raises a :class:`~livekit_barge.errors.BargeError` for an option that cannot be."""
        if caller_channel not in (None, 0, 1):
            raise IntakeError(
                f"no channel {caller_channel}", where="--caller-channel", remedy="give 0 or 1"
            )
        return cls(
            source=None if source is None else source_named(source),
            caller_channel=caller_channel,
            agent_file=agent_file,
            agent_start_s=agent_start_s,
            call_json=call_json,
            long=long,
            thresholds=Thresholds.load(thresholds),
        )

    def plain(self) -> tuple[object, ...]:
        """As plain values, by which two orders are told apart in any process."""
        limits = self.thresholds
        return (
            None if self.source is None else self.source.name,
            self.caller_channel,
            None if self.agent_file is None else str(self.agent_file),
            self.agent_start_s,
            None if self.call_json is None else str(self.call_json),
            self.long,
            sorted(limits.backchannels),
            *(getattr(limits, name.name) for name in fields(limits) if name.name != "backchannels"),
        )


class _Audio(Protocol):
    @property
    def sample_rate(self) -> int: ...

    def blocks(self) -> Iterator[Float32]: ...


def score(path: Path, order: Order) -> Scorecard:
    """Raises a :class:`~livekit_barge.errors.BargeError` for what cannot be scored."""
    if path.is_dir():
        return _score_call(path, order)
    return _score_recording(path, order)


def is_call(path: Path) -> bool:
    """Whether it is a Call folder."""
    return (path / META_FILE).is_file()


def _score_call(path: Path, order: Order) -> Scorecard:
    if order.agent_file is not None:
        raise IntakeError(
            "a Call folder holds both sides", where=path, remedy="leave out --agent-file"
        )
    call = Call.open(path)
    heard = _hear(call, clean=False)
    meta = call.meta
    caveats = [Caveat("note", note) for note in call.notes]
    if not call.events:
        caveats.append(_ONE_CLOCK)
    channels, doubts = _call_channels(path, order, call, heard)
    bursts, sounds = heard.of(channels)
    overlaps, turns, _ = _measured(bursts, call.duration_s, call.events, order)
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
        limits=order.thresholds.scorecard,
        warnings=(
            *caveats,
            *doubts,
            *leaks,
            *_of_bursts(bursts),
            *of_sounds(zip(_SIDES, sounds, strict=True)),
        ),
        overlaps=overlaps,
        turns=turns,
    )


def _score_recording(path: Path, order: Order) -> Scorecard:
    vendor, caveats = _vendor_call(path, order)
    if order.source is None and vendor is not None:
        order = replace(order, source=source_named(vendor.source))
    _refuse_source(path, order.source)
    audio: Recording | Pair
    if order.agent_file is None:
        audio = Recording.open(path, long=order.long)
    else:
        start_s = order.agent_start_s
        audio = Pair.open(path, order.agent_file, agent_start_s=start_s, long=order.long)
    heard = _hear(audio)
    channels, doubts = _channels(path, order, audio, heard, vendor)
    caveats += doubts
    bursts, sounds = heard.of(channels)
    source = order.source
    if source is None or source.alignment_s is None:
        caveats.append(_ALIGNMENT)
    of_audio = (*_of_bursts(bursts), *of_sounds(zip(_SIDES, sounds, strict=True)))
    words = () if vendor is None else vendor.transcripts(bursts[0])
    overlaps, turns, covered = _measured(bursts, heard.duration_s, words, order)
    caveats += leakage_caveats(heard.leakages, channels.caller, withheld=covered)
    began_s = None if vendor is None else vendor.started_wall_s
    return Scorecard(
        call_id=path.stem if vendor is None else vendor.call_id,
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
        limits=order.thresholds.scorecard,
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


@dataclass(frozen=True)
class _Heard:
    """What is on two channels, before it is known who is on which."""

    bursts: _Bursts
    sounds: _Sounds
    leakages: tuple[Leakage, ...]
    duration_s: float

    def of(self, channels: Channels) -> tuple[_Bursts, _Sounds]:
        """The caller's, then the agent's."""
        first, second = channels.caller, channels.agent
        return (self.bursts[first], self.bursts[second]), (self.sounds[first], self.sounds[second])


def _hear(audio: _Audio, *, clean: bool = True) -> _Heard:
    """Each channel's bursts, its sounds that are no speech, and what leaks into the other.

    A Call folder is heard as its live measurement heard it: that looks ahead by less than it takes
    to learn what leaks.
    """
    finder = TwoChannels(audio.sample_rate, patience_s=_PATIENCE_S, clean=clean)
    bursts: _Bursts = ([], [])
    samples = 0
    for block in audio.blocks():
        samples += block.shape[1]
        for found, more in zip(bursts, finder.push(block), strict=True):
            found += more
    for found, more in zip(bursts, finder.finish(), strict=True):
        found += more
    sounds = finder.finders[0].sounds, finder.finders[1].sounds
    return _Heard(bursts, sounds, finder.leakages, samples / audio.sample_rate)


def _measured(
    bursts: _Bursts, duration_s: float, events: Sequence[Event], order: Order
) -> tuple[tuple[Overlap, ...], tuple[dict[str, Any], ...], int]:
    """Overlaps and turns, and how many overlaps leakage made unmeasurable."""
    turns = measure_turns(*bursts, events, order.thresholds, ended_s=duration_s)
    turns, covered = withheld(turns, *bursts)
    overlaps = tuple(overlap for turn in turns for overlap in turn.overlaps)
    return overlaps, without_overlaps(turns), covered


def _call_channels(
    path: Path, order: Order, call: Call, heard: _Heard
) -> tuple[Channels, list[Caveat]]:
    """As the folder says. Raises :class:`IntakeError` where its events contradict that."""
    why = contradicted(call.events, heard.bursts, call.duration_s)
    told = order.caller_channel
    if why and told is None:
        raise IntakeError(
            f"the channels look swapped: {why}",
            where=path,
            remedy="confirm with --caller-channel",
        )
    if told is None or (told == CALLER and not why):
        return Channels(CALLER, AGENT, "call"), []
    looks = why if told == CALLER else "" if why else "the folder says otherwise"
    doubts = [_swapped(looks)] if looks else []
    return Channels(told, 1 - told, "--caller-channel"), doubts


def _swapped(why: str) -> Caveat:
    return Caveat("looks_swapped", f"the channels look swapped: {why}", "check the order")


def _vendor_call(path: Path, order: Order) -> tuple[VendorCall | None, list[Caveat]]:
    """What the vendor's JSON says, if there is one: one that was not asked for may be damaged."""
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


def _refuse_source(path: Path, source: Source | None) -> None:
    if source is not None and source.mono_by_nature:
        raise IntakeError(
            f"{source.name} records {source.note}: who speaks when cannot be told",
            where=path,
            remedy="record the call through a system with a party a channel",
        )


def _channels(
    path: Path,
    order: Order,
    audio: Recording | Pair,
    sounding: _Heard,
    vendor: VendorCall | None,
) -> tuple[Channels, list[Caveat]]:
    """Who is on which channel. Raises :class:`IntakeError` where that would be a guess."""
    by_words = None if vendor is None else vendor.guess(sounding.bursts)
    guess = by_words or guess_caller(
        sounding.bursts, audio.likeness.digital_silence, sounding.leakages
    )
    heard = "" if guess is None else f"{guess.because}; {guess.confidence:.0%} sure"
    told = order.caller_channel
    documented = None if order.source is None else order.source.caller_channel
    known_by = "source"
    if isinstance(audio, Pair):
        documented, known_by = 0, "files"
    caller = told if told is not None else documented
    sure = by_words is not None or (guess is not None and guess.confidence >= SURE)
    doubted = sure and guess is not None and guess.caller_channel != caller
    if told is not None:
        doubts = [_swapped(heard)] if doubted else []
        return Channels(told, 1 - told, "--caller-channel"), doubts
    if caller is None and by_words is not None:
        caller = by_words.caller_channel
        return Channels(caller, 1 - caller, "call-json", by_words.confidence), []
    if caller is None:
        likely = "" if guess is None else f" – probably {guess.caller_channel} ({heard})"
        raise IntakeError(
            f"which channel is the caller's is not known{likely}",
            where=path,
            remedy="confirm with --caller-channel, or name the --source",
        )
    if doubted:
        raise IntakeError(
            f"the channels look swapped for this {'pair' if known_by == 'files' else 'source'} "
            f"({heard})",
            where=path,
            remedy="confirm with --caller-channel",
        )
    return Channels(caller, 1 - caller, known_by), []


def _of_bursts(bursts: _Bursts) -> Iterator[Caveat]:
    """What the bursts of each side make doubtful."""
    for side, found in zip(_SIDES, bursts, strict=True):
        quiet = sum("quiet" in burst.flags for burst in found)
        if quiet:
            yield Caveat(
                "quiet",
                f"{quiet} of the {side}'s {len(found)} bursts are far below their level: "
                "an echo, or someone else",
                "listen to them",
            )
        if not found:
            yield Caveat("no_speech", f"no speech of the {side}'s", "check the channel")


def _utc(wall_s: float) -> str:
    return datetime.fromtimestamp(wall_s, UTC).isoformat(timespec="seconds")
