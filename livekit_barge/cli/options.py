"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

CallFolders = Annotated[
    list[Path],
    typer.Argument(help="Call folders, or directories that hold them.", show_default=False),
]
LimitsFile = Annotated[
    Path | None,
    typer.Option(
        "--limits", envvar="BARGE_LIMITS", help="File with limits that replace the shipped ones."
    ),
]
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", help="Write the result as JSON to this file; - is standard output."),
]
JsonLinesFile = Annotated[
    Path | None,
    typer.Option("--json", help="Write one JSON line per call to this file; - is standard output."),
]
CallsDir = Annotated[Path, typer.Option(help="Directory to save the calls in.")]
KeepCallsDir = Annotated[
    Path | None,
    typer.Option(help="Directory to save the calls in.", show_default="they are not saved"),
]
RealTime = Annotated[
    bool, typer.Option("--real-time", help="Play in real time instead of virtual time.")
]
ScriptName = Annotated[str, typer.Option(help="Name of a shipped script, or a script file.")]
SuiteName = Annotated[str, typer.Option(help="Name of a shipped suite, or a suite file.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed for drawing the calls.")]
Times = Annotated[int, typer.Option(min=1, help="Multiply the number of calls by this.")]
Vary = "Knob values to try: NAME=FROM:TO:STEP or NAME=A,B,C. Repeatable."
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Number of processes.", show_default="CPU cores")
]
Scheduler = Annotated[
    str | None, typer.Option(help="Run on the Dask cluster of this scheduler: tcp://…")
]
Source = Annotated[
    str | None, typer.Option(help="System that made the recordings: vapi, twilio, …")
]
CallerChannel = Annotated[
    int | None,
    typer.Option(help="Channel that holds the caller in recordings: 0 or 1.", show_default=False),
]
AgentName = Annotated[str | None, typer.Option(help="Dispatch the agent of this name.")]
AgentIdentity = Annotated[
    str | None,
    typer.Option(
        help="Identity of the agent in the room.", show_default="the first agent that joins"
    ),
]

DocumentFormat = Literal["text", "json"]
"""The forms of a command that answers with a table or a document."""
VerdictFormat = Literal["text", "json", "junit"]
"""The forms in which a build can read verdicts."""
FORMAT_HELP = "Form of the result on standard output."
