"""The scorecard of a call: its overlaps, what they add up to, and which limits that meets.

*Yield rate*: of the overlaps in which the caller wanted the floor that the agent had (``yielded``,
``late``, ``missed``), the share that is ``yielded``. *Hold rate*: of the sounds to hold through
(``held``, ``false_stop``), the share that is ``held``. *Time to yield* is of the overlaps in the
yield rate; a ``missed`` one counts as a lower bound, so that misses do not flatter a percentile.
Overlaps in which the agent came in on the caller (``agent_over_caller``) are counted, and are in
none of these.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from livekit_barge.measure.overlap import (
    TO_HOLD_THROUGH,
    WANTED_THE_FLOOR,
    DecisionMade,
    Overlap,
)
from livekit_barge.measure.statistics import Measured, Percentiles, Rate
from livekit_barge.measure.thresholds import ScoreLimits
from livekit_barge.measure.turns import Turn

SCHEMA = "livekit-barge/scorecard/1"
SCHEMA_OF_ALL = "livekit-barge/scorecard-of-all/1"


@dataclass(frozen=True)
class Caveat:
    """Something to know before trusting a figure."""

    code: str
    text: str
    remedy: str | None = None


@dataclass(frozen=True)
class Channels:
    """Who was where."""

    caller: int
    agent: int
    known_by: str
    """``call``, ``source``, ``files``, ``call-json`` or ``--caller-channel``."""
    confidence: float = 1.0


@dataclass(frozen=True)
class Summary:
    """What overlaps add up to. Counts and times are kept, so that summaries add up as well."""

    outcomes: Mapping[str, int]
    agent_over_caller: int
    time_to_yield: Percentiles
    detection: Percentiles
    cancellation: Percentiles
    quiet_at_decision: int
    """Overlaps in no ``cancellation``, since the agent was between two words at the decision."""
    talk_over_s: float
    dead_air_s: float
    """After the false stops of which it is known."""
    dead_air_unknown: int
    """The false stops of which it is not."""

    @classmethod
    def of(cls, overlaps: Iterable[Overlap]) -> Summary:
        overlaps = list(overlaps)
        fair = [overlap for overlap in overlaps if not overlap.agent_over_caller]
        wanted = [overlap for overlap in fair if overlap.counts]
        return cls(
            outcomes=Counter(overlap.outcome for overlap in fair),
            agent_over_caller=len(overlaps) - len(fair),
            time_to_yield=_percentiles((o.time_to_yield_s, o.lower_bound) for o in wanted),
            detection=_percentiles((o.detection_s, False) for o in wanted),
            cancellation=_percentiles(
                (o.cancellation_s, False) for o in wanted if not o.quiet_at_decision
            ),
            quiet_at_decision=sum(overlap.quiet_at_decision for overlap in wanted),
            talk_over_s=sum(overlap.talk_over_s for overlap in overlaps),
            dead_air_s=sum(overlap.dead_air_s or 0.0 for overlap in fair),
            dead_air_unknown=sum(
                overlap.outcome == "false_stop" and overlap.dead_air_s is None for overlap in fair
            ),
        )

    @classmethod
    def total(cls, summaries: Iterable[Summary]) -> Summary:
        """Of several calls' overlaps together."""
        every = list(summaries)
        outcomes: Counter[str] = Counter()
        for each in every:
            outcomes.update(each.outcomes)
        return cls(
            outcomes=outcomes,
            agent_over_caller=sum(each.agent_over_caller for each in every),
            time_to_yield=Percentiles.of(t for each in every for t in each.time_to_yield.values),
            detection=Percentiles.of(t for each in every for t in each.detection.values),
            cancellation=Percentiles.of(t for each in every for t in each.cancellation.values),
            quiet_at_decision=sum(each.quiet_at_decision for each in every),
            talk_over_s=sum(each.talk_over_s for each in every),
            dead_air_s=sum(each.dead_air_s for each in every),
            dead_air_unknown=sum(each.dead_air_unknown for each in every),
        )

    @property
    def yield_rate(self) -> Rate:
        """How reliably the agent lets a caller in."""
        return self._rate("yielded", WANTED_THE_FLOOR)

    @property
    def hold_rate(self) -> Rate:
        """How reliably it goes on when the caller only listens."""
        return self._rate("held", TO_HOLD_THROUGH)

    def _rate(self, outcome: str, among: Sequence[str]) -> Rate:
        return Rate(self.outcomes.get(outcome, 0), sum(self.outcomes.get(o, 0) for o in among))

    def to_json(self) -> dict[str, Any]:
        return {
            "overlaps": sum(self.outcomes.values()) + self.agent_over_caller,
            "outcomes": dict(sorted(self.outcomes.items())),
            "agent_over_caller": self.agent_over_caller,
            "yield_rate": self.yield_rate.to_json(),
            "hold_rate": self.hold_rate.to_json(),
            "time_to_yield_s": self.time_to_yield.to_json(),
            "detection_s": self.detection.to_json(),
            "cancellation_s": self.cancellation.to_json(),
            "quiet_at_decision": self.quiet_at_decision,
            "talk_over_s": round(self.talk_over_s, 6),
            "dead_air_s": round(self.dead_air_s, 6),
            "dead_air_unknown": self.dead_air_unknown,
        }


@dataclass(frozen=True)
class Check:
    """One limit, and what was reached."""

    name: str
    limit: float
    value: float | None
    passed: bool | None
    """``None``: there was nothing to judge."""


def checks(summary: Summary, limits: ScoreLimits) -> tuple[Check, ...]:
    """Each limit of ``[scorecard]``, in its order."""
    slowest = summary.time_to_yield.at(90)
    reached = {
        "yield_rate_min": summary.yield_rate.value,
        "hold_rate_min": summary.hold_rate.value,
        "p90_time_to_yield_max_s": None if slowest is None else slowest.seconds,
    }
    return tuple(
        Check(name, limit, reached[name], _meets(name, reached[name], limit))
        for name, limit in dataclasses.asdict(limits).items()
    )


def passed(made: Iterable[Check]) -> bool:
    """Whether none fell short."""
    return all(check.passed is not False for check in made)


def _meets(name: str, value: float | None, limit: float) -> bool | None:
    if value is None:
        return None
    return value >= limit if "_min" in name else value <= limit


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """One call's."""

    call_id: str
    source: str
    capture_point: str
    file: str
    """The recording or the Call folder, as it was named."""
    codec: str
    sample_rate: int
    started_at: str | None
    """The call's start in ISO 8601, UTC."""
    dated_by: str | None
    """``call``: its recorder's clock; ``call-json``: the vendor's word; ``file``: when the file was
    last written."""
    preset: str | None
    duration_s: float
    channels: Channels
    alignment_s: float | None
    """How far the recorder may have put the channels apart; ``None``: not documented."""
    edge_blur_s: float
    """How far the codec may spread an onset."""
    end_blur_s: float = 0.0
    """How far the codec may spread an end."""
    limits: ScoreLimits
    warnings: tuple[Caveat, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    turns: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """As in ``turns.jsonl``, without the overlaps."""

    @property
    def summary(self) -> Summary:
        """What its overlaps add up to."""
        return Summary.of(self.overlaps)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The limits, and what was reached."""
        return checks(self.summary, self.limits)

    @property
    def passed(self) -> bool:
        """Whether none of the limits was missed."""
        return passed(self.checks)

    def uncertainty_s(self, overlap: Overlap) -> float | None:
        """The true time to yield lies within this of the figure, 95 times in 100.

        Both edges, each blurred by the codec as well, and the alignment of the two channels, as
        far as it is known; independent of one another.
        """
        edges = (overlap.onset_uncertainty_s, overlap.silent_uncertainty_s)
        if overlap.time_to_yield_s is None or overlap.lower_bound or None in edges:
            return None
        blurs = self.edge_blur_s, max(self.edge_blur_s, self.end_blur_s)
        parts = (*edges, *blurs, self.alignment_s or 0.0)
        return round(math.hypot(*(part for part in parts if part is not None)), 6)

    def to_json(self) -> dict[str, Any]:
        """The document that ``docs/scorecard.md`` describes."""
        return {
            "schema": SCHEMA,
            "call_id": self.call_id,
            "source": self.source,
            "capture_point": self.capture_point,
            "file": self.file,
            "codec": self.codec,
            "sample_rate": self.sample_rate,
            "started_at": self.started_at,
            "dated_by": self.dated_by,
            "preset": self.preset,
            "duration_s": self.duration_s,
            "channels": dataclasses.asdict(self.channels),
            "alignment_s": self.alignment_s,
            "edge_blur_s": round(self.edge_blur_s, 6),
            "end_blur_s": round(self.end_blur_s, 6),
            "warnings": [dataclasses.asdict(warning) for warning in self.warnings],
            "overlaps": [
                overlap.to_json() | {"uncertainty_s": self.uncertainty_s(overlap)}
                for overlap in self.overlaps
            ],
            "turns": list(self.turns),
            "summary": self.summary.to_json(),
            "thresholds": [dataclasses.asdict(check) for check in self.checks],
            "passed": self.passed,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The scorecard that a document of this schema tells of."""
        fields = {f.name: document[f.name] for f in dataclasses.fields(cls) if f.name in document}
        limits = {check["name"]: check["limit"] for check in document["thresholds"]}
        return cls(
            **fields
            | {
                "channels": Channels(**document["channels"]),
                "limits": ScoreLimits(**limits),
                "warnings": tuple(Caveat(**warning) for warning in document["warnings"]),
                "overlaps": tuple(map(_overlap, document["overlaps"])),
                "turns": tuple(document["turns"]),
            }
        )


def without_overlaps(turns: Iterable[Turn]) -> tuple[dict[str, Any], ...]:
    """The turns as a scorecard holds them."""
    # All but its overlaps are plain values: `to_json` would copy each.
    return tuple(
        {name: value for name, value in vars(turn).items() if name != "overlaps"} for turn in turns
    )


def _overlap(fields: Mapping[str, Any]) -> Overlap:
    known = {name: value for name, value in fields.items() if name != "uncertainty_s"}
    decisions = tuple(DecisionMade(**decision) for decision in fields["decisions"])
    return Overlap(**known | {"decisions": decisions, "protected": tuple(fields["protected"])})


def _percentiles(figures: Iterable[tuple[float | None, bool]]) -> Percentiles:
    return Percentiles.of(
        Measured(seconds, bound) for seconds, bound in figures if seconds is not None
    )
