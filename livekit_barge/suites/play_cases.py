"""Plays cases, here or in several processes or on a Dask cluster, and keeps their results.

A case's result depends on nothing but the case, its limits and whether time was real: not on other
``BARGE_*`` variables, the cases before it or the process it is played in. So equal runs give equal
bytes, whatever the number of workers, and a run that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from livekit.agents import Agent
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from livekit_barge.errors import BargeError
from livekit_barge.frameworks.livekit.session import BargeSession
from livekit_barge.measure.limits import Limits
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.scripted_call import SessionMaker, play_call
from livekit_barge.settings import Settings
from livekit_barge.stage.voices import need_voices
from livekit_barge.suites.agent import SuiteAgent
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import CaseResult
from livekit_barge.suites.label_judge import judge_events
from livekit_barge.suites.results_store import ResultsStore
from livekit_barge.work.log_silencer import turn_log_off
from livekit_barge.work.pool import run_jobs

OnResult = Callable[[CaseResult], None]


@dataclass(frozen=True, kw_only=True)
class Playing:
    """The options for playing and judging cases, apart from their content."""

    real_time: bool = False
    calls_dir: Path | None = None
    """The folder that keeps their calls, each under its case's id; ``None``: they are not kept."""
    limits: Path | None = None
    """A file with limits in place of the shipped ones."""
    agent: Callable[[], Agent] | None = None
    """Makes the agent of each call; ``None``: one that speaks the script's lines."""
    session: SessionMaker | None = None
    """Makes the sessions; ``None``: with the case's preset and knobs."""


def run_cases(
    cases: Iterable[Case],
    *,
    out: Path,
    jobs: int = 1,
    scheduler: str | None = None,
    real_time: bool = False,
    on_result: OnResult | None = None,
    calls_dir: Path | None = None,
    limits: Path | None = None,
    on_played: OnResult | None = None,
) -> Iterator[CaseResult]:
    """Play the cases, and yield their results in their order.

    Args:
        cases: Each with an id of its own.
        out: The folder of ``suites.results_store.Kept``: results that are there already
            are not made again, unless their calls are to be kept and are not.
        jobs: How many processes; with 1 the cases are played in this one.
        scheduler: A Dask cluster's address, to play them there instead.
        real_time: Let the calls take as long as they do.
        on_result: Called with each result as it comes, in any order, those kept before as well.
        calls_dir: Where to keep the calls that are played; default: nowhere.
        limits: A file with limits in place of the shipped ones.
        on_played: Called with the result of each call that was played.

    Raises:
        BargeError: for a preset or limits that cannot be used, before a call is played. A case that
            cannot be played has a result that says so.
    """
    playing = Playing(real_time=real_time, calls_dir=calls_dir, limits=limits)
    Limits.load(limits)
    wanted = list(cases)
    digests = [_digest(case, playing) for case in wanted]
    if scheduler is None:
        need_voices()
    with ResultsStore(out) as kept:
        ready: dict[int, CaseResult] = {}
        missing = [
            _Job(n, case)
            for n, case in enumerate(wanted)
            if kept.get(digests[n]) is None or not _is_call_kept(case, calls_dir)
        ]
        due = 0
        made = _run(missing, partial(_play_job, playing=playing), jobs, scheduler)
        todo = {job.number for job in missing}
        while due < len(wanted):
            if due not in todo:
                result = kept.get(digests[due])
                assert result is not None  # it was there when the run began
                _tell(on_result, result)
            elif due in ready:
                result = ready.pop(due)
            else:
                job, done = next(made)
                result = _died(job.case) if isinstance(done, Exception) else done
                kept.put(digests[job.number], result)
                _tell(on_played, result)
                _tell(on_result, result)
                ready[job.number] = result
                continue
            due += 1
            yield result
        kept.order(digests)


def play_case(case: Case, playing: Playing | None = None) -> CaseResult:
    """Play one case, and judge its events."""
    playing = playing or Playing()
    try:
        return _played(case, playing)
    except BargeError as error:
        return CaseResult(case_id=case.case_id, preset=case.preset, error=str(error))


def result_of(case: Case, played: PlayedCall, limits: Limits) -> CaseResult:
    """Judge a call that was played for a case, on the stage or in a room."""
    return CaseResult(
        case_id=case.case_id,
        preset=case.preset,
        events=judge_events(case.case_id, case.script, played, limits),
        call_s=round(played.duration_s, 6),
        unplaced=tuple(str(line) for line in played.unplaced),
    )


def _played(case: Case, playing: Playing) -> CaseResult:
    limits = Limits.load(playing.limits)
    session = partial(
        BargeSession,
        preset=case.chosen(),
        settings=NoEnvironment(limits=playing.limits, retention_days=None),
    )
    with turn_log_off():
        played = play_call(
            case.script,
            calls_dir=playing.calls_dir,
            call_id=_call_id(case),
            agent=playing.agent or partial(SuiteAgent, case.script),
            session=playing.session or session,
            timing=case.timing,
            conditions=case.conditions,
            real_time=playing.real_time,
        )
    return result_of(case, played, limits)


def _call_id(case: Case) -> str:
    return f"{case.case_id}-{Path(case.preset).stem}"


def _is_call_kept(case: Case, calls_dir: Path | None) -> bool:
    """Tell if the call's folder is there, or not needed."""
    return calls_dir is None or (calls_dir / _call_id(case)).is_dir()


class NoEnvironment(Settings):
    """The settings without the environment: a case's own knobs are all."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclass(frozen=True)
class _Job:
    """A case by its number, which alone makes it equal to another."""

    number: int
    case: Case = field(compare=False)


def _play_job(job: _Job, playing: Playing) -> CaseResult:
    return play_case(job.case, playing)


def _run(
    jobs: list[_Job], work: Callable[[_Job], CaseResult], workers: int, scheduler: str | None
) -> Iterator[tuple[_Job, CaseResult | Exception]]:
    if scheduler is not None:
        from livekit_barge.work.cluster import run_on_cluster

        return run_on_cluster(jobs, work, scheduler)
    if workers == 1:
        return ((job, work(job)) for job in jobs)
    return run_jobs(jobs, work, min(workers, len(jobs)), kin=_call_of)


def _call_of(job: _Job) -> str:
    """Return the call's name without its settings: a worker caches the models' answers for it."""
    return job.case.script.name


def _died(case: Case) -> CaseResult:
    return CaseResult(
        case_id=case.case_id, preset=case.preset, error=f"workers died over {case.case_id}"
    )


def _digest(case: Case, playing: Playing) -> str:
    """Return the digest of what a result depends on: the case, real or virtual time, the limits."""
    if not playing.real_time and playing.limits is None:
        return case.digest()
    limits = vars(Limits.load(playing.limits))
    limits = {**limits, "backchannels": sorted(limits["backchannels"])}
    how = f"{case.digest()} {playing.real_time} {limits}"
    return hashlib.sha256(how.encode()).hexdigest()


def _tell(on_result: OnResult | None, result: CaseResult) -> None:
    if on_result is not None:
        on_result(result)
