"""Applies every rule to a call, and puts the findings in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from livekit_barge.call.folder import Call
from livekit_barge.diagnosis.after_decision import tails
from livekit_barge.diagnosis.call_view import CallView
from livekit_barge.diagnosis.caller_unheard import deaf, replies
from livekit_barge.diagnosis.chat_context import contexts
from livekit_barge.diagnosis.echo_stop import echoes
from livekit_barge.diagnosis.false_stops import false_stops
from livekit_barge.diagnosis.finding import Finding
from livekit_barge.diagnosis.framework import PIPECAT
from livekit_barge.diagnosis.kinds import DEAD_AIR, ECHO, KINDS, LOST_PIECE, NO_REPLY
from livekit_barge.diagnosis.open_questions import open_questions
from livekit_barge.diagnosis.program import adaptive, options, protected
from livekit_barge.diagnosis.rule_limits import RuleLimits
from livekit_barge.diagnosis.stuck_state import states
from livekit_barge.diagnosis.talks_on import gates
from livekit_barge.diagnosis.transcript_decides import bypasses
from livekit_barge.measure.turns import Turn

_RULES: tuple[Callable[[CallView], Iterable[Finding]], ...] = (
    gates,
    bypasses,
    tails,
    contexts,
    states,
    echoes,
    adaptive,
    false_stops,
    protected,
    deaf,
    replies,
    options,
)
# An echo is not an interruption: its costs are its own, and go away with it.
_FOLLOWS_FROM = {ECHO.code: (DEAD_AIR.code, LOST_PIECE.code, NO_REPLY.code)}
# The changes that kinds propose by default; a rule that knows better names the knobs itself.
_PIPECAT = {kind.turn: kind.pipecat for kind in KINDS if kind.pipecat is not None}


def diagnose(
    call: Call, turns: Sequence[Turn], *, limits: RuleLimits | None = None
) -> list[Finding]:
    """Return a call's findings, in the order of its overlaps; those on the whole call come last.

    ``turns`` are the call's (:func:`~livekit_barge.measure.measure_call.measure_call`).
    Rules that need audio find nothing in a call that was recorded without it.
    """
    view = CallView(call, turns, RuleLimits.load() if limits is None else limits)
    found = [finding for rule in _RULES for finding in rule(view)]
    causes = {
        (code, cause.overlap) for cause in found for code in _FOLLOWS_FROM.get(cause.code, ())
    }
    found = [finding for finding in found if (finding.code, finding.overlap) not in causes]
    explained = {finding.overlap for finding in found if finding.overlap is not None}
    found += open_questions(view, explained)
    if view.framework is PIPECAT:
        found = [replace(each, turn=_PIPECAT.get(each.turn, each.turn)) for each in found]
    places = {kind.code: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda finding: (_order(finding), places[finding.code]))


def _order(finding: Finding) -> tuple[bool, float]:
    return finding.at_s is None, finding.at_s or 0.0
