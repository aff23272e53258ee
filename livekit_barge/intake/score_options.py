"""The options of scoring recordings, checked."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

from livekit_barge.errors import IntakeError
from livekit_barge.intake.sources import source_named
from livekit_barge.intake.vendors.vendor import Source
from livekit_barge.measure.limits import Limits


@dataclass(frozen=True)
class ScoreOptions:
    """The options of scoring recordings."""

    source: Source | None = None
    caller_channel: int | None = None
    agent_file: Path | None = None
    agent_start_s: float = 0.0
    call_json: Path | None = None
    """The vendor's JSON; ``None``: the one that lies beside the audio, if any."""
    long: bool = False
    limits: Limits = field(default_factory=Limits.load)

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
        limits: Path | None = None,
    ) -> ScoreOptions:
        """Raises a :class:`~livekit_barge.errors.BargeError` for an option that cannot be."""
        if caller_channel not in (None, 0, 1):
            raise IntakeError(
                f"there is no channel {caller_channel}",
                where="--caller-channel",
                remedy="give 0 or 1",
            )
        if agent_file is None and agent_start_s != 0:
            raise IntakeError(
                "there is no agent file to shift", where="--agent-start", remedy="add --agent-file"
            )
        return cls(
            source=None if source is None else source_named(source),
            caller_channel=caller_channel,
            agent_file=agent_file,
            agent_start_s=agent_start_s,
            call_json=call_json,
            long=long,
            limits=Limits.load(limits),
        )

    def plain(self) -> tuple[object, ...]:
        """As plain values, by which two orders are told apart in any process."""
        limits = self.limits
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
