"""Measures a Call folder: the same finder and the same measures as while the call ran."""

from __future__ import annotations

from livekit_barge.call.audio import AGENT, CALLER
from livekit_barge.call.folder import Call
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.speech_finder import SpeechFinder
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.offline_turns import measure_turns
from livekit_barge.measure.recorder_lag import lags, withheld
from livekit_barge.measure.turns import Turn


def find_bursts(call: Call) -> tuple[list[Burst], list[Burst]]:
    """Return the caller's bursts and the agent's, from the call's two channels."""
    finders = SpeechFinder(call.sample_rate), SpeechFinder(call.sample_rate)
    bursts: tuple[list[Burst], list[Burst]] = ([], [])
    for block in call.blocks():
        for channel in (CALLER, AGENT):
            bursts[channel].extend(finders[channel].push(block[channel]))
    for channel in (CALLER, AGENT):
        bursts[channel].extend(finders[channel].finish())
    return bursts


def measure_call(call: Call, limits: Limits | None = None) -> list[Turn]:
    """Return the call's turns. Raises :class:`~livekit_barge.errors.CallError` without audio."""
    caller, agent = find_bursts(call)
    limits = Limits.load() if limits is None else limits
    turns = measure_turns(caller, agent, call.events, limits, ended_s=call.duration_s)
    return trusted(call, turns, limits)


def trusted(call: Call, turns: list[Turn], limits: Limits) -> list[Turn]:
    """Return a call's turns, without the figures that its recorder's own lag spoiled."""
    if call.meta.capture_point != "caller":
        return turns
    return withheld(turns, lags(call.events, call.meta.sample_rates), limits.missed_after_s)
