"""Makes the scorecard of a call without audio, from the figures measured while it ran."""

from __future__ import annotations

from datetime import UTC, datetime

from livekit_barge.call.audio import AGENT, CALLER
from livekit_barge.call.fields import parse
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import TURNS_FILE
from livekit_barge.errors import CallError
from livekit_barge.files.read_file import read_regular
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.measure.scorecard import Caveat, Channels, Scorecard

_UNHEARD = Caveat(
    "no_audio",
    "recorded without audio: the figures were measured while the call ran",
    "record with BARGE_RECORD_AUDIO=1 to be able to measure it again",
)


def card_of_kept_turns(call: Call, order: ScoreOptions) -> Scorecard:
    """Return the scorecard. Raises :class:`CallError` if ``turns.jsonl`` is missing or damaged."""
    file = call.path / TURNS_FILE
    meta = call.meta
    card = Scorecard(
        call_id=meta.call_id,
        source=meta.source,
        capture_point=meta.capture_point,
        file=str(call.path),
        codec="none",
        sample_rate=call.sample_rate,
        started_at=datetime.fromtimestamp(meta.started_wall_s, UTC).isoformat(timespec="seconds"),
        dated_by="call",
        preset=meta.preset,
        duration_s=call.duration_s,
        channels=Channels(CALLER, AGENT, "call"),
        alignment_s=meta.alignment_uncertainty_s,
        edge_blur_s=0.0,
        limits=order.limits.scorecard,
        warnings=(*(Caveat("note", note) for note in call.notes), _UNHEARD),
    )
    try:
        turns = [parse(line) for line in read_regular(file).splitlines() if line.strip()]
        overlaps = [overlap for turn in turns for overlap in turn.pop("overlaps")]
        document = card.to_json() | {"turns": turns, "overlaps": overlaps}
        return Scorecard.from_json(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CallError(
            f"no turns to report ({type(error).__name__}: {error})",
            where=file,
            remedy="a call without audio cannot be measured again",
        ) from error
