"""``livekit-barge diagnose``: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livekit_barge.call.fields import line
from livekit_barge.cli.output import opened, refuse
from livekit_barge.cli.score import LimitsFile
from livekit_barge.report.screen import Screen

if TYPE_CHECKING:
    from livekit_barge.diagnosis import DiagnosisLimits, Finding
    from livekit_barge.measure.thresholds import Thresholds

NOTHING, FOUND, COULD_NOT = 0, 1, 2
"""What the command exits with."""

RulesFile = Annotated[
    Path | None,
    typer.Option(
        "--limits", envvar="BARGE_DIAGNOSIS", help="A file with other limits of the diagnosis."
    ),
]
"""The option of every command that diagnoses."""

_Found = list[tuple[Path, "list[Finding]"]]


def diagnose(
    calls: Annotated[
        list[Path], typer.Argument(help="Call folders, or directories of them.", show_default=False)
    ],
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write JSON lines there; - is standard output.")
    ] = None,
    limits: RulesFile = None,
    thresholds: LimitsFile = None,
) -> None:
    """Why: which of the seven symptoms each call shows, what confirms it, and what to turn.

    Exits with 0 if nothing was found, 1 if something was, 2 if a call could not be diagnosed. Each
    code has its section in docs/diagnosis.md.
    """
    from livekit_barge.batch.find_recordings import call_folders
    from livekit_barge.batch.stored_results import Refused
    from livekit_barge.diagnosis import DiagnosisLimits
    from livekit_barge.measure.thresholds import Thresholds
    from livekit_barge.report.terminal.findings import render_findings

    console = Screen(stderr=json_to == Path("-"))
    rules, judging = DiagnosisLimits.load(limits), Thresholds.load(thresholds)
    found: _Found = []
    refused = False
    for path in call_folders(calls):
        try:
            findings = _diagnosed(path, rules, judging)
        except Exception as error:  # a fault of ours over one call must not hide the others
            refused = True
            refuse(Refused.of(path, error).line)
            continue
        found.append((path, findings))
        if json_to != Path("-"):
            console.print(render_findings(findings, title=str(path)), highlight=False)
    if json_to is not None:
        _write(json_to, found)
    if refused:
        raise typer.Exit(COULD_NOT)
    raise typer.Exit(FOUND if any(findings for _, findings in found) else NOTHING)


def _diagnosed(path: Path, rules: DiagnosisLimits, judging: Thresholds) -> list[Finding]:
    from livekit_barge.call.folder import Call
    from livekit_barge.diagnosis import diagnose as diagnose_call
    from livekit_barge.measure.measure_call import measure_call

    call = Call.open(path)
    return diagnose_call(call, measure_call(call, judging), limits=rules)


def _write(file: Path, found: _Found) -> None:
    """A line a call: its folder and its findings."""
    with opened(file) as out:
        for path, findings in found:
            of_call = [finding.to_json() for finding in findings]
            print(line({"call": str(path), "findings": of_call}), file=out)
