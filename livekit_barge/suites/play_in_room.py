"""Plays a suite's calls into a real room, one after the other, and judges them by their labels.

The agent there says what it says: of a case's script only the caller's side is played. A place that
a room does not show (:mod:`.room.places`) makes its call unplayable, and that is told.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from livekit_barge.errors import BargeError, ScriptError
from livekit_barge.measure.limits import Limits
from livekit_barge.room.caller import call_room
from livekit_barge.room.destination import Dial
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import CaseResult
from livekit_barge.suites.play_cases import OnResult, result_of
from livekit_barge.suites.results_store import ResultsStore
from livekit_barge.work.log_silencer import client_log_off


def run_in_room(
    cases: Sequence[Case],
    *,
    called: str,
    out: Path,
    url: str,
    agent_name: str | None = None,
    agent_identity: str | None = None,
    calls_dir: Path | None = None,
    limits: Path | None = None,
    on_result: OnResult | None = None,
    on_played: OnResult | None = None,
) -> Iterator[CaseResult]:
    """Play the cases, each in its own room, and yield results under the preset name ``called``.

    The server's key is in the environment.

    They are kept in ``out`` as a stage's are, but a room's call is always made anew: it never goes
    twice the same. So ``on_played`` is told of all, as ``on_result`` is.

    Raises :class:`~livekit_barge.errors.BargeError` where the first cannot be made; what keeps a
    later one from being made is told in its result.
    """
    client_log_off()
    judging = Limits.load(limits)
    name = f"barge-{secrets.token_hex(3)}"
    kept_as: list[str] = []
    with tempfile.TemporaryDirectory() as scratch, ResultsStore(out) as kept:
        for number, case in enumerate(cases, start=1):
            dial = Dial.from_environment(
                os.environ,
                url=url,
                room=f"{name}-{number}",
                agent_name=agent_name,
                agent_identity=agent_identity,
            )
            try:
                result = _call(case, dial, calls_dir or Path(scratch), judging)
            except BargeError as error:
                if number == 1:
                    raise
                result = _unplayed(case, error)
            result = dataclasses.replace(result, preset=called)
            kept_as.append(hashlib.sha256(f"{name} {case.digest()}".encode()).hexdigest())
            kept.put(kept_as[-1], result)
            for tell in (on_played, on_result):
                if tell is not None:
                    tell(result)
            yield result
        kept.order(kept_as)


def _call(case: Case, dial: Dial, calls_dir: Path, limits: Limits) -> CaseResult:
    call = call_room(case.script, dial, calls_dir=calls_dir, call_id=case.case_id, limits=limits)
    try:
        return result_of(case, asyncio.run(call), limits)
    except ScriptError as error:
        return _unplayed(case, error)


def _unplayed(case: Case, error: BargeError) -> CaseResult:
    return CaseResult(case_id=case.case_id, preset=case.preset, error=str(error))
