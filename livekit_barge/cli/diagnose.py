"""``livekit-barge diagnose``: what is wrong in each call, and what to change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livekit_barge.cli.options import (
    FORMAT_HELP,
    CallFolders,
    DocumentFormat,
    JsonLinesFile,
    LimitsFile,
)
from livekit_barge.cli.output import opened, refuse
from livekit_barge.report.screen import Screen

if TYPE_CHECKING:
    from livekit_barge.diagnosis import Finding, RuleLimits
    from livekit_barge.measure.limits import Limits

NOTHING, FOUND, COULD_NOT = 0, 1, 2
"""The exit codes: no finding, a finding, a call that could not be diagnosed."""


def diagnose(
    calls: CallFolders,
    format: Annotated[DocumentFormat, typer.Option(help=FORMAT_HELP)] = "text",
    json_to: JsonLinesFile = None,
    limits: LimitsFile = None,
) -> None:
    """Find which of the seven symptoms each call shows, the evidence, and which knob to change.

    Exits with 0 if nothing was found, 1 if something was, 2 if a call could not be diagnosed. Each
    code has its section in docs/reference/findings.md.
    """
    from livekit_barge.batch.find_recordings import call_folders
    from livekit_barge.batch.stored_results import Refused
    from livekit_barge.diagnosis import RuleLimits
    from livekit_barge.measure.limits import Limits
    from livekit_barge.report.terminal.findings import Diagnosed, FindingsJson, FindingsText

    if format == "json":
        json_to = json_to or Path("-")
    console = Screen(stderr=json_to == Path("-"))
    rules, judging = RuleLimits.load(limits), Limits.load(limits)
    found: list[Diagnosed] = []
    refused = False
    for path in call_folders(calls):
        try:
            findings = _diagnosed(path, rules, judging)
        except Exception as error:  # a bug that one call brings out must not hide the others
            refused = True
            refuse(Refused.of(path, error).line)
            continue
        found.append(Diagnosed(path, findings))
        if json_to != Path("-"):
            console.print(FindingsText().render(found[-1]), highlight=False)
    if json_to is not None:
        with opened(json_to) as out:
            for each in found:
                out.write(FindingsJson().render(each))
    if refused:
        raise typer.Exit(COULD_NOT)
    raise typer.Exit(FOUND if any(each.findings for each in found) else NOTHING)


def _diagnosed(path: Path, rules: RuleLimits, judging: Limits) -> list[Finding]:
    from livekit_barge.call.folder import Call
    from livekit_barge.diagnosis import diagnose as diagnose_call
    from livekit_barge.measure.measure_call import measure_call

    call = Call.open(path)
    return diagnose_call(call, measure_call(call, judging), limits=rules)
