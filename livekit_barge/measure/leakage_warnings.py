"""Warnings about leakage, to read before trusting a scorecard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livekit_barge.hearing.leakage.amount import Leakage
from livekit_barge.measure.scorecard import Caveat

# What cannot be taken away further than this hides a caller who speaks 20 dB more softly.
_LOUD_DB = -15.0
# Clocks that differ by 1 in 10⁵ drift so far in a call of a few minutes.
_DRIFT_S = 0.002
_REMEDIES = {
    ("echo", "caller"): "turn on echo cancellation at the caller's end",
    ("echo", "agent"): "record the agent's own audio, before it is mixed or played",
    ("crosstalk", "caller"): "record each party before they are mixed",
    ("crosstalk", "agent"): "record each party before they are mixed",
}
_SIDES = "caller", "agent"


def caveats(
    leakages: Iterable[Leakage], caller: int, *, withheld: int = 0, scored: bool = False
) -> Iterator[Caveat]:
    """Yield a warning per leakage path, and one for the overlaps that it made unmeasurable.

    ``caller`` is the caller's channel; ``scored``: the leakage was heard as the speech it is.
    """
    for leakage in leakages:
        side = _SIDES[leakage.channel != caller]
        other = _SIDES[leakage.channel == caller]
        remedy = _REMEDIES[leakage.kind, side]
        yield Caveat(leakage.kind, _told(leakage, side, other, scored), remedy)
        if not scored and leakage.left_db > _LOUD_DB:
            yield Caveat(
                "leakage_loud",
                f"what is left of the {other} on the {side}'s channel is {_db(leakage.left_db)} "
                f"at times: who speaks more quietly over the {other} goes unheard",
                remedy,
            )
    if withheld:
        yield Caveat(
            "covered",
            f"{withheld} overlaps do not clear what leaks, and are unmeasurable",
            "listen to them",
        )


def _told(leakage: Leakage, side: str, other: str, scored: bool) -> str:
    late = f", {leakage.delay_s * 1000:.0f} ms late" if leakage.kind == "echo" else ""
    drift = ""
    if abs(leakage.drift_s) > _DRIFT_S:
        drift = f", drifting by {leakage.drift_s * 1000:+.0f} ms"
    what = (
        "it is scored as it was heard: a stop that it caused was one"
        if scored
        else "it is taken away, and not scored as speech"
    )
    return (
        f"{leakage.kind} of the {other} on the {side}'s channel at {_db(leakage.level_db)}{late}"
        f"{drift}, from {leakage.began_s:.0f} to {leakage.ended_s:.0f} s: {what}"
    )


def _db(level: float) -> str:
    return f"{level:.0f} dB".replace("-", "−")
