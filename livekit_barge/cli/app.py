"""``livekit-barge``: parse, call, print. Exit 2 means that the input could not be used."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup
from typer.main import get_command

from livekit_barge.cli.adaptive import adaptive_app
from livekit_barge.cli.output import guard_output, let_output_go, refuse
from livekit_barge.cli.score import LimitsFile
from livekit_barge.errors import BargeError
from livekit_barge.report.screen import Screen

_HOME = {
    "score": "livekit_barge.cli.score",
    "summary": "livekit_barge.cli.score",
    "bench": "livekit_barge.cli.bench",
    "gate": "livekit_barge.cli.bench",
    "sweep": "livekit_barge.cli.tune",
    "tune": "livekit_barge.cli.tune",
    "replay": "livekit_barge.cli.replay",
    "report": "livekit_barge.cli.report",
    "show": "livekit_barge.cli.report",
    "diagnose": "livekit_barge.cli.diagnose",
    "demo": __name__,
    "turns": __name__,
    "room": __name__,
    "join": __name__,
}
"""The module of each command, in the order in which the help lists them."""


class _LateCommands(TyperGroup):
    """Imports and builds a command once it is named: building all takes 50 ms at every start."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in _HOME:
            self._build([cmd_name])
        elif cmd_name not in self.commands:
            self._build(_HOME)  # what was meant is looked for among all
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        self._build(_HOME)
        return [*_HOME, *(name for name in super().list_commands(ctx) if name not in _HOME)]

    def _build(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.commands:
                alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
                alone.command(name)(getattr(import_module(_HOME[name]), name))
                self.add_command(get_command(alone))


app = typer.Typer(
    cls=_LateCommands,
    help="Measures and tunes barge-in in voice agents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
presets_app = typer.Typer(help="The presets, side by side.", invoke_without_command=True)
app.add_typer(presets_app, name="presets")
app.add_typer(adaptive_app, name="adaptive")

_console = Screen()


def main() -> None:
    """The console script. One clear line for what the user can mend, a traceback for our bugs."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack our dashes and dots
    guard_output()
    # OpenBLAS starts its threads as numpy is imported; they spin, and nothing here uses them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        try:
            app()
        finally:
            print(end="", flush=True)
    except (BargeError, BrokenPipeError) as error:
        if isinstance(error, BargeError):  # else whoever read the output has seen enough
            refuse(error)
        let_output_go()
        sys.exit(2)


def demo(
    calls_dir: Annotated[Path, typer.Option(help="Where the calls are kept.")] = Path("calls"),
    real_time: Annotated[bool, typer.Option(help="Let the calls take as long as they do.")] = False,
) -> None:
    """Play three scripted calls under LiveKit's defaults and under the preset `snappy`."""
    from livekit_barge.cli.demo import run_demo

    run_demo(_console, calls_dir=calls_dir, real_time=real_time)


def turns(
    calls: Annotated[
        list[Path], typer.Argument(help="Call folders, or directories of them.", show_default=False)
    ],
    thresholds: LimitsFile = None,
) -> None:
    """Measure Call folders again and print their turns; one that cannot be read ends nothing."""
    from livekit_barge.cli.turns import print_turns

    raise typer.Exit(print_turns(_console, calls, thresholds))


def room(
    url: Annotated[str, typer.Option(envvar="LIVEKIT_URL", help="The LiveKit server.")],
    script: Annotated[str, typer.Option(help="A script's name, or its file.")] = "front-desk",
    room: Annotated[str | None, typer.Option(help="The room; a new one if not given.")] = None,
    agent_name: Annotated[str | None, typer.Option(help="Send this agent there.")] = None,
    agent_identity: Annotated[str | None, typer.Option(help="Who in the room it is.")] = None,
    callers: Annotated[int, typer.Option(min=1, help="So many at once, a room each.")] = 1,
    kind: Annotated[Literal["standard", "sip"], typer.Option(help="Join as such.")] = "standard",
    loss: Annotated[float, typer.Option(help="Percent of the packets lost, each way.")] = 0.0,
    delay: Annotated[str, typer.Option(help="Added to each packet, each way: 50ms.")] = "0",
    jitter: Annotated[str, typer.Option(help="The delay varies by so much, up and down.")] = "0",
    link_seed: Annotated[int, typer.Option(help="Which packets fare how.")] = 1,
    calls_dir: Annotated[Path, typer.Option(help="Where the calls are kept.")] = Path("calls"),
    thresholds: LimitsFile = None,
) -> None:
    """Call any agent in a real room, speak a script, and measure what the caller hears.

    The server's key and secret come from LIVEKIT_API_KEY and LIVEKIT_API_SECRET.
    """
    from livekit_barge.cli.room import run_room
    from livekit_barge.room.link import Link

    run_room(
        _console,
        url=url,
        script=script,
        room=room,
        agent_name=agent_name,
        agent_identity=agent_identity,
        callers=callers,
        calls_dir=calls_dir,
        kind=kind,
        link=Link.of(loss=loss, delay=delay, jitter=jitter, seed=link_seed),
        thresholds=thresholds,
    )


def join(
    caller_call: Annotated[Path, typer.Argument(help="The folder that `room` wrote.")],
    agent_call: Annotated[Path, typer.Argument(help="The agent's folder of the same call.")],
    thresholds: LimitsFile = None,
) -> None:
    """Put both ends of a call on one timeline, and show where the time goes."""
    from livekit_barge.call.folder import Call
    from livekit_barge.measure.join import join as join_calls
    from livekit_barge.measure.measure_call import measure_call
    from livekit_barge.measure.thresholds import Thresholds
    from livekit_barge.report.terminal.both_ends import LEGEND, joined_table

    caller, agent = Call.open(caller_call), Call.open(agent_call)
    limits = Thresholds.load(thresholds)
    joined = join_calls(caller, agent, measure_call(caller, limits), measure_call(agent, limits))
    _console.print(joined_table(joined))
    _console.print(LEGEND, highlight=False)


@presets_app.callback()
def presets(context: typer.Context) -> None:
    """List the presets side by side."""
    if context.invoked_subcommand is None:
        from livekit_barge.report.terminal.presets_table import render_presets

        _console.print(render_presets())


@presets_app.command("show")
def show_preset(
    name: Annotated[str, typer.Argument(help="A preset's name, or a preset file.")],
) -> None:
    """Print the options that LiveKit will get, and where each comes from."""
    from livekit_barge.report.terminal.presets_table import render_preset

    _console.print(render_preset(name))


if __name__ == "__main__":
    main()
