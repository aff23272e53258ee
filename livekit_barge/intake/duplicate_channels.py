"""Two channels that hold the same talkers, which shows only when both have been heard.

A mix that is the same in both to the sample is known by its correlation
(:class:`~livekit_barge.intake.recording.Likeness`). One that came later on one channel is known by
its speech, and if it is softer as well, by a leak so loud that nothing else is on that channel; two
parties of which each is on the other's channel, too, by what leaks both ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livekit_barge.errors import IntakeError
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.leakage.amount import Leakage
from livekit_barge.intake.hear_recording import Heard
from livekit_barge.intake.recording import RECORD_TWO

# Two talkers' bursts are of one length and as far apart as the last ones by chance, never for long.
_SAME_S, _LATE_MOST_S, _SPOKEN_LEAST_S, _SHARE = 0.03, 0.6, 5.0, 0.9
# Both ways, what leaks so loudly can no longer be taken away: turns go with it.
_MIXED_DB = -8.0
# Of what the other channel says, at most this share is left where all of it came from there.
_LEFT_MOST = 0.1


def refuse_alike(path: Path, heard: Heard, remedy: str = RECORD_TWO) -> None:
    """Raise :class:`IntakeError` where who speaks cannot be told by the channel."""
    first, second = heard.bursts
    late_s = later_copy_s(first, second)
    if late_s is not None:
        raise IntakeError(
            f"the same speech in both channels, {abs(late_s) * 1000:.0f} ms apart: a mono mix",
            where=path,
            remedy=remedy,
        )
    for leak in heard.leakages:
        if _is_all(leak, heard):
            told = f"{abs(leak.delay_s) * 1000:.0f} ms apart and {-leak.level_db:.0f} dB softer"
            raise IntakeError(
                f"the same speech in both channels, {told} on channel {leak.channel}: a mono mix",
                where=path,
                remedy=RECORD_TWO,
            )
    levels = [leak.level_db for leak in heard.leakages if leak.kind == "crosstalk"]
    if len(levels) == 2 and min(levels) > _MIXED_DB:
        told = " and ".join(f"{level:.0f} dB".replace("-", "−") for level in levels)
        raise IntakeError(
            f"each party is on the other's channel, too, at {told}", where=path, remedy=remedy
        )


def _is_all(leak: Leakage, heard: Heard) -> bool:
    """Return whether a channel holds only what the other one holds, nearly as loudly."""
    own, said = heard.bursts[leak.channel], heard.bursts[1 - leak.channel]
    # What came before the leak was learnt was not taken away.
    left = [burst for burst in own if not _is_copy(burst, said, leak.delay_s)]
    return (
        leak.level_db > _MIXED_DB
        and spoken_s(said) >= _SPOKEN_LEAST_S
        and spoken_s(left) <= _LEFT_MOST * spoken_s(said)
    )


def _is_copy(burst: Burst, said: Sequence[Burst], late_s: float) -> bool:
    """Return whether it is one of ``said``, that much later."""
    return any(
        abs(burst.onset_s - one.onset_s - late_s) <= _SAME_S
        and abs(burst.end_s - one.end_s - late_s) <= _SAME_S
        for one in said
    )


def spoken_s(bursts: Sequence[Burst]) -> float:
    """Return how long the bursts are in all."""
    return sum(burst.end_s - burst.onset_s for burst in bursts)


def later_copy_s(first: Sequence[Burst], second: Sequence[Burst]) -> float | None:
    """Return by how much the second channel repeats the first; ``None`` if it does not."""
    said_s = spoken_s(first), spoken_s(second)
    if min(said_s) < _SPOKEN_LEAST_S:
        return None
    late_s: float | None = None
    same_s, at = 0.0, 0
    for burst in first:
        while at < len(second) and second[at].onset_s < burst.onset_s - _LATE_MOST_S:
            at += 1
        for other in second[at : at + 3]:
            shifts_s = other.onset_s - burst.onset_s, other.end_s - burst.end_s
            expected_s = shifts_s[0] if late_s is None else late_s
            if abs(shifts_s[0]) <= _LATE_MOST_S and all(
                abs(shift_s - expected_s) <= _SAME_S for shift_s in shifts_s
            ):
                late_s = shifts_s[0]
                same_s += burst.end_s - burst.onset_s
                break
    return late_s if same_s >= _SHARE * max(said_s) else None
