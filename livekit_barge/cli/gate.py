"""``livekit-barge gate``: runs and calls held to limits, for a build."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livekit_barge.cli.options import (
    FORMAT_HELP,
    CallerChannel,
    JsonFile,
    LimitsFile,
    Source,
    VerdictFormat,
)
from livekit_barge.cli.output import opened, print_parts, refuse
from livekit_barge.errors import SettingsError
from livekit_barge.report.screen import Screen

if TYPE_CHECKING:
    from livekit_barge.report.renderer import Renderer
    from livekit_barge.suites.gate import Verdict


def gate(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of bench or room runs, of calls, or of recordings.", show_default=False
        ),
    ],
    source: Source = None,
    caller_channel: CallerChannel = None,
    limits: LimitsFile = None,
    format: Annotated[VerdictFormat, typer.Option(help=FORMAT_HELP)] = "text",
    junit: Annotated[
        Path | None,
        typer.Option(help="Write a JUnit report to this file; - is standard output."),
    ] = None,
    json_to: JsonFile = None,
) -> None:
    """Check measured runs or calls against limits, as a step of a build.

    Exits with 0 if every limit was met, 1 if one was not, 2 if something could not be judged.
    """
    from livekit_barge.report.gate_json import GateJson
    from livekit_barge.report.junit import Junit
    from livekit_barge.report.terminal.gate_table import GateTable
    from livekit_barge.suites.gate import judge_runs

    documents: dict[str, Renderer[Sequence[Verdict], str]] = {
        "json": GateJson(),
        "junit": Junit(),
    }
    files = {"json": json_to, "junit": junit}
    if format != "text":
        files[format] = files[format] or Path("-")
    if list(files.values()).count(Path("-")) > 1:
        raise SettingsError(
            "JSON goes to standard output", where="--junit", remedy="name a file for one of the two"
        )
    verdicts = judge_runs(runs, limits, source=source, caller_channel=caller_channel)
    print_parts(Screen(stderr=Path("-") in files.values()), GateTable().render(verdicts))
    for verdict in verdicts:
        for line in verdict.refused:
            refuse(line)
    for form, file in files.items():
        if file is not None:
            with opened(file) as out:
                out.write(documents[form].render(verdicts))
    raise typer.Exit(max(verdict.exit_code for verdict in verdicts))
