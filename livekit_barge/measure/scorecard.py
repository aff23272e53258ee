"""The scorecard of a call: its overlaps, what they add up to, and which limits that meets."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from livekit_barge.call.formats import SCORECARD_SCHEMA
from livekit_barge.measure.checks import Check, check, passed
from livekit_barge.measure.limits import ScoreLimits
from livekit_barge.measure.overlap import DecisionMade, Overlap, Verdict
from livekit_barge.measure.totals import Tally
from livekit_barge.measure.turns import Turn


@dataclass(frozen=True)
class Caveat:
    """Something to know before trusting a figure."""

    code: str
    text: str
    remedy: str | None = None


@dataclass(frozen=True)
class Channels:
    """The channel of each side."""

    caller: int
    agent: int
    known_by: str
    """``call``, ``source``, ``files``, ``call-json`` or ``--caller-channel``."""
    confidence: float = 1.0


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
    """The recorder's largest shift between the channels; ``None``: not documented."""
    edge_blur_s: float
    """The codec's largest spread of an onset."""
    end_blur_s: float = 0.0
    """The codec's largest spread of an end."""
    limits: ScoreLimits
    warnings: tuple[Caveat, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    turns: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """As in ``turns.jsonl``, without the overlaps."""

    @property
    def tally(self) -> Tally:
        """The sums and rates of its overlaps."""
        return Tally.of(self.overlaps)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The limits, and what was reached."""
        return check(self.tally, self.limits)

    @property
    def passed(self) -> bool | None:
        """No limit was missed; ``None``: none was, and a lower bound leaves one undecided."""
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
        """The document that ``docs/reference/scorecard.md`` describes."""
        return {
            "schema": SCORECARD_SCHEMA,
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
            "summary": self.tally.to_json(),
            "limits": [each.to_json() for each in self.checks],
            "passed": self.passed,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The scorecard that a document of this schema tells of."""
        fields = {f.name: document[f.name] for f in dataclasses.fields(cls) if f.name in document}
        limits = {each["name"]: each["limit"] for each in document["limits"]}
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
    verdicts = tuple(Verdict(**verdict) for verdict in fields["verdicts"])
    lists = {"decisions": decisions, "verdicts": verdicts, "protected": tuple(fields["protected"])}
    return Overlap(**known | lists)
