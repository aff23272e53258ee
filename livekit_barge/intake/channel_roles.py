"""Find the caller's channel; refuse a mere guess, or a map that the audio contradicts."""

from __future__ import annotations

from pathlib import Path

from livekit_barge.call.audio import AGENT, CALLER
from livekit_barge.call.folder import Call
from livekit_barge.errors import IntakeError
from livekit_barge.intake.channel_swap import contradicted
from livekit_barge.intake.guess import SURE, guess_caller
from livekit_barge.intake.hear_recording import Heard
from livekit_barge.intake.pair import Pair
from livekit_barge.intake.recording import Recording
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.vendor_call import VendorCall
from livekit_barge.measure.scorecard import Caveat, Channels


def call_channels(
    path: Path, order: ScoreOptions, call: Call, heard: Heard
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


def recording_channels(
    path: Path,
    order: ScoreOptions,
    audio: Recording | Pair,
    sounding: Heard,
    vendor: VendorCall | None,
) -> tuple[Channels, list[Caveat]]:
    """Find the caller's channel. Raises :class:`IntakeError` where that would be a guess."""
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


def _swapped(why: str) -> Caveat:
    return Caveat("looks_swapped", f"the channels look swapped: {why}", "check the order")
