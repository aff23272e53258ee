r"""Two folders of one call, the caller's and the agent's, on one timeline: the caller's.

::

    caller   onset ......................................... silent
                \                                            /
                 way in                              way out
                    \                                /
    agent          heard ........ decision ... stopped

The two clocks. On one host both folders were stamped by the same monotonic clock, so what they say
of their start is enough. On two hosts the audio tells: with *d* for the agent's clock ahead of the
caller's, what the caller sent arrives *d* + way in later by the two stamps, and what the agent
played is heard way out − *d* later. Half their difference is *d*, if both ways take equally long;
if not, it is off by half the difference of the ways, which is at most half their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import soxr

from livekit_barge.call.audio import AGENT, CALLER, Float32
from livekit_barge.call.folder import Call
from livekit_barge.call.meta import CallMeta
from livekit_barge.errors import CallError
from livekit_barge.measure.figures import minus
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn

# Wall less monotonic time is when a host was started. Two readings of it on one host differ by what
# the wall clock was adjusted in between; two hosts do not start within a twentieth of a second.
_SAME_START_S = 0.05
# 8 kHz dates to 0.13 ms, and what is heard of speech is below 4 kHz.
_RATE = 8_000
# Enough speech for one clear peak; and the transform of an hour would take gigabytes.
_LONGEST_S = 600.0
# The least correlation of a sound with itself, coded, carried, and moved about by a jitter buffer:
# 0.2 was the lowest seen in a room. Between different sentences of one voice it is at most 0.1.
_LEAST = 0.15
# An overlap that both ends saw has its two onsets nearer than this: a second is a very slow way.
_SAME_ONSET_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """The conversion of the agent's seconds to the caller's."""

    offset_s: float
    """Add it to a time of the agent's."""
    uncertainty_s: float
    by: Literal["clocks", "audio"]
    way_in_s: float | None
    """From leaving the caller to arriving at the agent; ``None``: nothing was recognised again."""
    way_out_s: float | None
    """From the agent's output to the caller's ear."""


@dataclass(frozen=True, kw_only=True)
class JoinedOverlap:
    """One barge-in from both ends, in the caller's seconds; ``None``: that end did not see it."""

    caller: Overlap
    agent: Overlap | None = None
    onset_s: float | None = None
    """At the caller."""
    heard_s: float | None = None
    """The same onset as it arrived at the agent. ``None`` too where it is the agent that came in on
    the caller: its first sample goes the other way."""
    decision_s: float | None = None
    stopped_s: float | None = None
    """The agent's last audible sample left its output."""
    silent_s: float | None = None
    """It was heard. ``None`` too where the agent was between sentences at the decision: what the
    caller heard end was then no cut."""

    @property
    def way_in_s(self) -> float | None:
        return minus(self.heard_s, self.onset_s)

    @property
    def detection_s(self) -> float | None:
        return minus(self.decision_s, self.heard_s)

    @property
    def stopping_s(self) -> float | None:
        return minus(self.stopped_s, self.decision_s)

    @property
    def way_out_s(self) -> float | None:
        return minus(self.silent_s, self.stopped_s)

    @property
    def time_to_yield_s(self) -> float | None:
        """At the caller."""
        return minus(self.silent_s, self.onset_s)


@dataclass(frozen=True)
class JoinedCall:
    """A call from both ends."""

    alignment: Alignment
    caller_kind: str | None
    """As what the caller came into the room, by the agent's end if it knows, else by their own."""
    overlaps: tuple[JoinedOverlap, ...]


def join(
    caller: Call, agent: Call, caller_turns: Sequence[Turn], agent_turns: Sequence[Turn]
) -> JoinedCall:
    """Both ends of a call, each with its measured turns.

    Raises :class:`CallError` where the two are not the two ends of one call.
    """
    for call, end in ((caller, "caller"), (agent, "agent")):
        if call.meta.capture_point != end:
            raise CallError(
                f"recorded at the {call.meta.capture_point}",
                where=call.path,
                remedy="give the caller's folder first, then the agent's",
            )
    alignment = align(caller, agent)
    seen = [overlap for turn in agent_turns for overlap in turn.overlaps]
    return JoinedCall(
        alignment,
        agent.caller_kind or caller.caller_kind,
        tuple(
            _joined(overlap, _same(overlap, seen, alignment.offset_s), alignment.offset_s)
            for turn in caller_turns
            for overlap in turn.overlaps
        ),
    )


def align(caller: Call, agent: Call) -> Alignment:
    """Find where the agent's clock stands. Raises :class:`CallError` where nothing tells."""
    ends = _channels(caller), _channels(agent)
    arrived_s = delay_s(ends[0][CALLER], ends[1][CALLER])
    heard_s = delay_s(ends[1][AGENT], ends[0][AGENT])
    recorded_s = sum(call.meta.alignment_uncertainty_s or 0.0 for call in (caller, agent))
    if same_host(caller.meta, agent.meta):
        offset_s = agent.meta.started_now_s - caller.meta.started_now_s
        spread_s = 0.0
    elif arrived_s is not None and heard_s is not None:
        offset_s = (heard_s - arrived_s) / 2
        spread_s = abs(heard_s + arrived_s) / 2
    else:
        raise CallError(
            "shares no audio with the other folder, and was not recorded on the same host",
            where=agent.path,
            remedy="give the two folders of one call, with audio",
        )
    ways_s = (_plus(arrived_s, offset_s), _plus(heard_s, -offset_s))
    return Alignment(
        offset_s=round(offset_s, 6),
        uncertainty_s=round(spread_s + recorded_s, 6),
        by="clocks" if spread_s == 0.0 else "audio",
        way_in_s=ways_s[0],
        way_out_s=ways_s[1],
    )


def same_host(one: CallMeta, other: CallMeta) -> bool:
    """Return whether one monotonic clock stamped both."""
    starts_s = [meta.started_wall_s - meta.started_now_s for meta in (one, other)]
    return abs(starts_s[0] - starts_s[1]) < _SAME_START_S


def delay_s(signal: Float32, again: Float32) -> float | None:
    """Return how much later the same sound lies in ``again``; ``None``: it is not in there.

    Both at 8 kHz. Found to a sample.
    """
    if not (signal.any() and again.any()):
        return None
    size = 1 << (len(signal) + len(again)).bit_length()
    likeness = np.fft.irfft(np.conj(np.fft.rfft(signal, size)) * np.fft.rfft(again, size), size)
    best = int(np.argmax(likeness))
    if likeness[best] < _LEAST * float(np.linalg.norm(signal) * np.linalg.norm(again)):
        return None
    return (best if best < len(again) else best - size) / _RATE


def _channels(call: Call) -> list[Float32]:
    """Both channels at 8 kHz, of the call's first ten minutes."""
    blocks: list[Float32] = []
    for block in call.blocks():
        blocks.append(block)
        if sum(each.shape[1] for each in blocks) >= _LONGEST_S * call.sample_rate:
            break
    audio = np.concatenate(blocks, axis=1) if blocks else np.zeros((2, 0), dtype=np.float32)
    return [soxr.resample(channel, call.sample_rate, _RATE) for channel in audio]


def _same(overlap: Overlap, seen: Sequence[Overlap], offset_s: float) -> Overlap | None:
    """The agent's view of the overlap."""
    if (onset_s := overlap.onset_s) is None:
        return None
    apart = [
        (abs(other.onset_s + offset_s - onset_s), other)
        for other in seen
        if other.onset_s is not None
    ]
    away_s, nearest = min(apart, key=lambda pair: pair[0], default=(_SAME_ONSET_S, None))
    return nearest if away_s < _SAME_ONSET_S else None


def _joined(caller: Overlap, agent: Overlap | None, offset_s: float) -> JoinedOverlap:
    if agent is None:
        return JoinedOverlap(caller=caller, onset_s=caller.onset_s, silent_s=caller.silent_s)
    if caller.agent_over_caller or agent.agent_over_caller:
        return JoinedOverlap(caller=caller, agent=agent, onset_s=caller.onset_s)
    return JoinedOverlap(
        caller=caller,
        agent=agent,
        onset_s=caller.onset_s,
        heard_s=_plus(agent.onset_s, offset_s),
        decision_s=_plus(agent.decision_s, offset_s),
        stopped_s=_plus(agent.silent_s, offset_s),
        silent_s=None if agent.quiet_at_decision else caller.silent_s,
    )


def _plus(at_s: float | None, offset_s: float) -> float | None:
    return None if at_s is None else round(at_s + offset_s, 6)
