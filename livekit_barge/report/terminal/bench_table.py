"""A bench run for the terminal: its events, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from livekit_barge.measure.statistics import Percentiles, Rate
from livekit_barge.measure.totals import FEW, Tally
from livekit_barge.report.terminal.scorecard_table import as_rate, quiet_besides
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms
from livekit_barge.suites.event_results import EventResult

if TYPE_CHECKING:
    from livekit_barge.suites.bench_run import Bench

WHAT_IS_REAL = """\
AgentSession with the preset's options, its VAD, its turn detector and the audio are real. The \
recogniser, the language model and the voice are stand-ins with stated timing, drawn for each call \
(livekit_barge/suites/latency_distribution.py). The line behaves as RoomIO's, in {how} time."""
WHAT_IS_REAL_IN_A_ROOM = """\
The room is real, and so is the agent in it, with its own models. The caller is scripted, and its \
words are those of the script. Times are those that the caller hears."""

_LINES = 5
_FEW = " †"
_RIGHT = {"yielded": "green", "held": "green", "late": "yellow", "natural_end": "dim"}
_RATES = {
    "yield_rate": "yields in time",
    "missed_rate": "misses the caller",
    "false_stop_rate": "stops falsely",
    "broken_rate": "breaks off protected speech",
    "talked_on_rate": "talks on past the decision",
    "resumed_rate": "takes the floor back",
}
_TIMES = {
    "detection": "detection",
    "cancellation": "cancellation",
    "time_to_yield": "time to yield",
    "dead_air": "dead air per false stop",
}


class BenchTable:
    """Renders a bench run: its events, its figures, and which parts of it were real."""

    def render(self, bench: Bench, /) -> Iterator[RenderableType]:
        run = bench.run
        yield Text.assemble(
            (f"{run.suite}", "bold"), f": {run.calls} calls, {run.call_s / 60:.1f} min, {run.how}"
        )
        if bench.told:
            yield event_table(bench.told, list(bench.tallies))
        if not bench.few:
            yield Text("These are the first events that went wrong.", style="dim")
        yield tally_table(bench.tallies)
        yield Text(f"Times are p50 / p90 / p95.{_FEW} fewer than {FEW} events.", style="dim")
        for line in (*bench.errors, *bench.unplaced[:_LINES]):
            yield Text(line)
        if len(bench.unplaced) > _LINES:
            yield Text(f"and {len(bench.unplaced) - _LINES} more lines that were never spoken")
        workers = "one process" if run.jobs == 1 else f"{run.jobs} processes"
        kept = f", {run.calls - run.played} from an earlier run" if run.played < run.calls else ""
        yield Text(f"{run.played} played in {run.elapsed_s:.1f} s by {workers}{kept}")
        yield Text(_what_is_real(run.how), style="dim")
        yield Text(f"results: {bench.folder}", no_wrap=True, overflow="ignore")


def _what_is_real(how: str) -> str:
    if how == "room":
        return WHAT_IS_REAL_IN_A_ROOM
    return WHAT_IS_REAL.format(how=how.removesuffix(" time"))


def tally_table(tallies: Mapping[str, Tally]) -> Table:
    """Return the figures of each preset, side by side."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0))
    table.add_column("")
    for preset in tallies:
        table.add_column(Text(preset))
    for name, said in _RATES.items():
        table.add_row(said, *(_rate(getattr(tally, name)) for tally in tallies.values()))
    for name, said in _TIMES.items():
        table.add_row(said, *(_times(tally, name) for tally in tallies.values()))
    if any(tally.uncounted for tally in tallies.values()):
        table.add_row("in no rate", *(_uncounted(tally) for tally in tallies.values()))
    return table


def event_table(told: Sequence[tuple[str, EventResult]], presets: Sequence[str]) -> Table:
    """Return one row per event, with its outcome under each preset side by side."""
    rows: dict[tuple[str, int | None, float | None], dict[str, EventResult]] = {}
    for preset, event in told:
        rows.setdefault(event.key, {})[preset] = event
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0))
    for name in ("call", "the caller", "should"):
        table.add_column(name)
    for preset in presets:
        table.add_column(Text(preset))
    for (case_id, *_), found in rows.items():
        event = next(iter(found.values()))
        table.add_row(
            Text(case_id),
            Text(f"“{event.said}” {event.at}"),
            event.expect if event.kind is None else f"{event.expect}: {event.kind}",
            *(_story(found[preset]) if preset in found else NOTHING for preset in presets),
        )
    return table


def _story(event: EventResult) -> Text:
    """Return the outcome, the two clocks, and whether the agent talked on."""
    story = Text(event.outcome.replace("_", " "), style=_RIGHT.get(event.outcome, "red"))
    if event.time_to_yield_s is not None:
        story.append(f"\n{_clocks(event)}", style="default")
    if event.talked_on:
        story.append("\ntalked on", style="default")
    if event.resumed:
        story.append("\nand resumed later", style="default")
    return story


def _clocks(event: EventResult) -> str:
    total = as_ms(event.time_to_yield_s, lower_bound=event.lower_bound)
    parts = (event.detection_s, event.cancellation_s)
    if event.time_to_yield_s is None or event.lower_bound or None in parts:
        return total
    return " + ".join(f"{part * 1000:.0f}" for part in parts if part is not None) + f" = {total}"


def _rate(rate: Rate) -> str:
    return as_rate(rate) + (_FEW if 0 < rate.of < FEW else "")


def _times(tally: Tally, name: str) -> str:
    times: Percentiles = getattr(tally, name)
    found = [times.at(percent) for percent in (50, 90, 95)]
    shown = [as_ms(v.seconds, lower_bound=v.lower_bound) for v in found if v is not None]
    if not shown:
        return NOTHING
    few = _FEW if len(times.values) < FEW else ""
    besides = quiet_besides(tally.quiet_at_decision) if name == "cancellation" else ""
    return f"{' / '.join(shown)} of {len(times.values)}{few}{besides}"


def _uncounted(tally: Tally) -> str:
    return ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in sorted(tally.uncounted.items()))
