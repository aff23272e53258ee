"""``livekit-barge presets``: the presets side by side, and the options of one."""

from __future__ import annotations

from typing import Annotated

import typer

from livekit_barge.report.screen import Screen

presets_app = typer.Typer(invoke_without_command=True)


@presets_app.callback()
def presets(context: typer.Context) -> None:
    """Compare the presets, or show the options of one."""
    if context.invoked_subcommand is None:
        from livekit_barge.report.terminal.presets_table import render_presets

        Screen().print(render_presets())


@presets_app.command("show")
def show_preset(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Name of a preset, or a preset file.",
            show_default="what BARGE_PRESET and the other variables choose",
        ),
    ] = None,
) -> None:
    """Print the options that LiveKit receives, and where each comes from."""
    from livekit_barge.report.terminal.presets_table import render_preset

    Screen().print(render_preset(name))
