"""``livekit-barge``: finds the command, and prints what the user can mend in one line.

A command whose input cannot be used exits with 2.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from livekit_barge.cli.adaptive import adaptive_app
from livekit_barge.cli.output import guard_output, let_output_go, refuse
from livekit_barge.cli.presets import presets_app
from livekit_barge.errors import BargeError

_COMMANDS = (
    "demo",
    "turns",
    "show",
    "diagnose",
    "report",
    "score",
    "summary",
    "bench",
    "gate",
    "sweep",
    "tune",
    "replay",
    "room",
    "join",
)
"""Each is a module of this package, with a function of the same name, in the order of the help."""


class _LateCommands(TyperGroup):
    """Imports and builds a command once it is named: building all takes 50 ms at every start."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in _COMMANDS:
            self._build([cmd_name])
        elif cmd_name not in self.commands:
            self._build(_COMMANDS)  # the suggestion is chosen from all of them
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        self._build(_COMMANDS)
        return [*_COMMANDS, *(name for name in super().list_commands(ctx) if name not in _COMMANDS)]

    def _build(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.commands:
                alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
                module = import_module(f"livekit_barge.cli.{name}")
                alone.command(name)(getattr(module, name))
                self.add_command(get_command(alone))


app = typer.Typer(
    cls=_LateCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"livekit-barge {version('livekit-barge')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Measure, diagnose and tune barge-in in voice agents."""


app.add_typer(presets_app, name="presets")
app.add_typer(adaptive_app, name="adaptive")


def main() -> None:
    """Run the command. A user's mistake is one line, a bug of ours a traceback."""
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
        if isinstance(error, BargeError):  # a broken pipe means that the reader has seen enough
            refuse(error)
        let_output_go()
        sys.exit(2)


if __name__ == "__main__":
    main()
