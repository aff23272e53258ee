"""``livekit-barge bench``: a suite of scripted calls."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from livekit_barge.cli.options import (
    AgentIdentity,
    AgentName,
    Jobs,
    JsonFile,
    KeepCallsDir,
    LimitsFile,
    RealTime,
    Scheduler,
    Seed,
    SuiteName,
    Times,
)
from livekit_barge.cli.output import opened, print_parts
from livekit_barge.errors import SettingsError
from livekit_barge.report.screen import Screen

_BASE = "livekit-defaults"


def bench(
    suite: SuiteName = "everyday",
    preset: Annotated[
        list[str] | None,
        typer.Option(
            help="Preset to play under, or a preset file. Repeat it to compare several.",
            show_default=_BASE,
        ),
    ] = None,
    seed: Seed = 0,
    split: Annotated[
        Literal["tuning", "held-out"] | None, typer.Option(help="Play one part of the suite only.")
    ] = None,
    times: Times = 1,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    real_time: RealTime = False,
    room: Annotated[
        str | None, typer.Option(help="Call the agent in rooms of this LiveKit server instead.")
    ] = None,
    agent_name: AgentName = None,
    agent_identity: AgentIdentity = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results.", show_default="bench/SUITE")
    ] = None,
    calls_dir: KeepCallsDir = None,
    json_to: JsonFile = None,
    limits: LimitsFile = None,
) -> None:
    """Play a suite of scripted calls, and measure how well and how soon the agent yields.

    Results are saved as they come: run the same command again to resume a run that was stopped.
    Exits with 2 if a call could not be played.
    """
    from livekit_barge.report.terminal.bench_table import BenchTable
    from livekit_barge.suites.bench_run import ROOMS_AGENT, BenchOptions, run_bench

    if room is not None and preset:
        raise SettingsError(
            "the agent in a room has its own settings", where="--preset", remedy="leave it out"
        )
    for option, value in (("--agent-name", agent_name), ("--agent-identity", agent_identity)):
        if room is None and value is not None:
            raise SettingsError("needs an agent in a room", where=option, remedy="add --room")
    order = BenchOptions(
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
        limits=limits,
    )
    done = run_bench(order, console=Screen(stderr=True))
    print_parts(Screen(stderr=json_to == Path("-")), BenchTable().render(done))
    if json_to is not None:
        with opened(json_to) as file:
            done.write_json(file)
    raise typer.Exit(2 if done.errors else 0)
