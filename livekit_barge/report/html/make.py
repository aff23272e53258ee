"""Makes a report: one page per call, in several processes, and the page of all calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from livekit_barge.batch.stored_results import Refused
from livekit_barge.errors import CallError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.measure.scorecard import Scorecard
from livekit_barge.report.html.audio_files import Codec
from livekit_barge.report.html.batch_page import write_batch
from livekit_barge.report.html.call_data import Subject, open_subject, redacted
from livekit_barge.report.html.call_page import write_call
from livekit_barge.report.html.report_subjects import find, page_names
from livekit_barge.report.html.row import CallRow, Label
from livekit_barge.report.html.writer import INDEX, PAGES, prepare, unwritable
from livekit_barge.suites.sweep_file import read_sweep
from livekit_barge.work.pool import WorkerDied, run_jobs

if TYPE_CHECKING:
    from livekit_barge.diagnosis import RuleLimits
    from livekit_barge.work.progress import Bar


@dataclass(frozen=True)
class PageMaker:
    """Makes one call's page, also in another process."""

    out: Path
    order: ScoreOptions
    rules: RuleLimits | None
    codec: Codec
    redact: bool

    def __call__(self, job: tuple[Path, str]) -> CallRow | Refused:
        """Make the page, or return why the call cannot be reported."""
        path, name = job
        try:
            subject = open_subject(path, self.order, self.rules)
            if self.redact:
                subject = redacted(subject)
            write_call(subject, self.out, name, codec=self.codec, redact=self.redact)
            return _row(subject, name)
        except OSError as error:
            return Refused.of(path, unwritable(self.out, error))
        except Exception as error:  # a bug that one call brings out must not lose the others' pages
            return Refused.of(path, error)


@dataclass
class Report:
    """A report that was made."""

    rows: list[CallRow] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    page: Path = Path()
    """The page to read first."""


def make_report(
    paths: Sequence[Path],
    out: Path,
    order: ScoreOptions,
    *,
    rules: RuleLimits | None = None,
    codec: Codec = "flac",
    redact: bool = False,
    jobs: int = 1,
    bar: Bar | None = None,
) -> Report:
    """Make the report of all calls under ``paths`` in the folder ``out``, diagnosed by ``rules``.

    Raises a :class:`~livekit_barge.errors.BargeError` if none of them can be reported.
    """
    found = find(paths)
    sweeps = [read_sweep(file) for file in found.sweeps]
    prepare(out)
    names = page_names(found.calls)
    make = PageMaker(out, order, rules, codec, redact)
    made: dict[Path, CallRow | Refused] = {}
    if bar is not None:
        bar.plan(len(names))
    for path, result in _run(list(names.items()), make, jobs):
        made[path] = result
        if bar is not None:
            bar.advance()
    report = Report()
    for path in found.calls:  # in order, whichever process finished first
        result = made[path]
        if isinstance(result, CallRow):
            report.rows.append(result)
        else:
            report.refused.append(result)
    if not report.rows and not sweeps:
        raise CallError(report.refused[0].line)
    try:
        write_batch(out, report.rows, report.refused, sweeps, order, redact=redact)
    except OSError as error:
        raise unwritable(out, error) from error
    alone = len(report.rows) == 1 and not sweeps and not report.refused
    report.page = out / PAGES / f"{report.rows[0].name}.html" if alone else out / INDEX
    return report


def _run(
    jobs: list[tuple[Path, str]], make: PageMaker, workers: int
) -> Iterator[tuple[Path, CallRow | Refused]]:
    if workers == 1 or len(jobs) == 1:
        yield from ((job[0], make(job)) for job in jobs)
        return
    for job, result in run_jobs(jobs, make, workers):
        if isinstance(result, WorkerDied):
            result = Refused(
                str(job[0]), f"{job[0]}: the processes that read it died – report it alone"
            )
        yield job[0], result


def _row(subject: Subject, name: str) -> CallRow:
    card = subject.card
    labels = {
        finding.code: Label(finding.code, finding.title, finding.symptom)
        for finding in subject.findings or ()
    }
    return CallRow(name, _light(card), tuple(labels.values()))


def _light(card: Scorecard) -> Scorecard:
    """Return the card without its turns, which nobody needs and which are slow to send."""
    return dataclasses.replace(card, turns=())
