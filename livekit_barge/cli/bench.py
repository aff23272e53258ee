"""``livekit-barge bench`` and ``livekit-barge gate``: parse, call, print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from livekit_barge.cli.output import opened
from livekit_barge.cli.score import LimitsFile
from livekit_barge.errors import SettingsError
from livekit_barge.report.screen import Screen

if TYPE_CHECKING:
    from livekit_barge.suites.bench_run import Bench

_BASE = "livekit-defaults"
_SplitOption = Literal["tuning", "held-out"]


def bench(
    suite: Annotated[str, typer.Option(help="A suite's name, or its file.")] = "everyday",
    preset: Annotated[
        list[str] | None,
        typer.Option(
            help="A preset's name, or its file; several are put side by side.",
            show_default=_BASE,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the calls.")] = 0,
    split: Annotated[_SplitOption | None, typer.Option(help="One part of the calls.")] = None,
    times: Annotated[int, typer.Option(min=1, help="Draw so many times as many calls.")] = 1,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes.", show_default="cores")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Play on this Dask cluster: tcp://…")
    ] = None,
    real_time: Annotated[bool, typer.Option(help="Let the calls take as long as they do.")] = False,
    room: Annotated[
        str | None, typer.Option(help="Call the agent in rooms of this LiveKit server instead.")
    ] = None,
    agent_name: Annotated[str | None, typer.Option(help="Send this agent to the rooms.")] = None,
    agent_identity: Annotated[str | None, typer.Option(help="Who in a room it is.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where results are kept.", show_default="bench/SUITE")
    ] = None,
    calls_dir: Annotated[Path | None, typer.Option(help="Keep the calls that are played.")] = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write all as JSON; - is standard output.")
    ] = None,
    thresholds: LimitsFile = None,
) -> None:
    """Play a suite of scripted calls, and say how the agent yields, holds and how soon.

    What was played is kept: a run that is stopped goes on where it was. Exits with 2 if a call
    could not be played.
    """
    from livekit_barge.suites.bench_run import ROOMS_AGENT, Order, run_bench

    if room is not None and preset:
        raise SettingsError(
            "the agent in a room has settings of its own", where="--preset", remedy="leave it out"
        )
    for option, value in (("--agent-name", agent_name), ("--agent-identity", agent_identity)):
        if room is None and value is not None:
            raise SettingsError("no agent is in a room", where=option, remedy="give --room")
    order = Order(
        suite=suite,
        presets=tuple(dict.fromkeys(preset or [_BASE])) if room is None else (ROOMS_AGENT,),
        seed=seed,
        split=split,
        times=times,
        jobs=jobs or os.cpu_count() or 1,
        scheduler=scheduler,
        real_time=real_time,
        room=room,
        agent_name=agent_name,
        agent_identity=agent_identity,
        out=out,
        calls_dir=calls_dir,
        thresholds=thresholds,
    )
    console = Screen(stderr=json_to == Path("-"))
    done = run_bench(order, console=Screen(stderr=True))
    _tell(console, done)
    if json_to is not None:
        with opened(json_to) as file:
            done.write_json(file)
    raise typer.Exit(2 if done.errors else 0)


def gate(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Folders: of a bench or room run, of calls, of recordings.", show_default=False
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="Of recordings: the system that made them.")
    ] = None,
    caller_channel: Annotated[
        int | None, typer.Option(help="Of recordings: the caller's channel, 0 or 1.")
    ] = None,
    thresholds: LimitsFile = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write a JUnit report there; - is standard output.")
    ] = None,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the verdict as JSON; - is standard output.")
    ] = None,
) -> None:
    """Hold what was measured against limits that were set beforehand.

    Exits with 0 if all held, 1 if one fell short, 2 if it could not be judged.
    """
    from livekit_barge.report.gate_files import write_json, write_junit
    from livekit_barge.report.terminal.gate_table import render_verdicts
    from livekit_barge.suites.gate import judge_runs

    if junit == json_to == Path("-"):
        raise SettingsError(
            "JSON goes to standard output", where="--junit", remedy="name a file for one of the two"
        )
    verdicts = judge_runs(runs, thresholds, source=source, caller_channel=caller_channel)
    console = Screen(stderr=Path("-") in (json_to, junit))
    for part in render_verdicts(verdicts):
        console.print(part, highlight=False)
    if junit is not None:
        with opened(junit) as file:
            write_junit(file, verdicts)
    if json_to is not None:
        with opened(json_to) as file:
            write_json(file, verdicts)
    raise typer.Exit(max(verdict.exit_code for verdict in verdicts))


def _tell(console: Console, done: Bench) -> None:
    from livekit_barge.report.terminal.bench_table import render_run

    for part in render_run(
        done.run,
        done.tallies,
        done.told,
        errors=done.errors,
        unplaced=done.unplaced,
        few=done.few,
    ):
        console.print(part, highlight=False)
    console.print(f"results: {done.folder}", highlight=False, soft_wrap=True)
