"""A bench run for a terminal: its events, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from livekit_barge.measure.statistics import Percentiles, Rate
from livekit_barge.measure.totals import FEW, Tally
from livekit_barge.report.terminal.scorecard_table import as_rate, quiet_besides
from livekit_barge.report.terminal.turn_table import NOTHING, as_ms
from livekit_barge.suites.event_results import EventResult
from livekit_barge.suites.run_manifest import Run

WHAT_IS_REAL = """\
Real are AgentSession with the preset's options, its VAD and its turn detector, on real audio.
The recogniser, the language model and the voice are stand-ins with stated timing, drawn for each
call (livekit_barge/suites/latency_distribution.py); the line is RoomIO's, in {how} time."""
WHAT_IS_REAL_IN_A_ROOM = """\
All of it is real: the room, and the agent in it with its own models. The caller is scripted, and
its words are what the script says; times are what the caller hears."""

_LINES = 5
_FEW = " †"
_RIGHT = {"yielded": "green", "held": "green", "late": "yellow", "natural_end": "dim"}
_RATES = {
    "yield_rate": "yields in time",
    "missed_rate": "misses the caller",
    "false_stop_rate": "stops falsely",
    "broken_rate": "breaks off what is protected",
    "talked_on_rate": "talks on past the decision",
    "resumed_rate": "takes the floor back",
}
_TIMES = {
    "detection": "detection",
    "cancellation": "cancellation",
    "time_to_yield": "time to yield",
    "dead_air": "dead air per false stop",
}


def render_run(
    run: Run,
    tallies: Mapping[str, Tally],
    told: Sequence[tuple[str, EventResult]],
    *,
    errors: Sequence[str] = (),
    unplaced: Sequence[str] = (),
    few: bool = True,
) -> Iterator[RenderableType]:
    """The run, its events, its figures, and what of it was real."""
    yield Text.assemble(
        (f"{run.suite}", "bold"), f": {run.calls} calls, {run.call_s / 60:.1f} min, {run.how}"
    )
    if told:
        yield event_table(told, list(tallies))
    if not few:
        yield Text("Above are the first events that went wrong.", style="dim")
    yield tally_table(tallies)
    yield Text(f"Times are p50 / p90 / p95.{_FEW} too few: under {FEW} events.", style="dim")
    for line in (*errors, *unplaced[:_LINES]):
        yield Text(line)
    if len(unplaced) > _LINES:
        yield Text(f"and {len(unplaced) - _LINES} more lines whose place never came")
    workers = "one process" if run.jobs == 1 else f"{run.jobs} processes"
    kept = f", {run.calls - run.played} known from before" if run.played < run.calls else ""
    yield Text(f"{run.played} played in {run.elapsed_s:.1f} s by {workers}{kept}")
    yield Text(_what_is_real(run.how), style="dim")


def _what_is_real(how: str) -> str:
    if how == "room":
        return WHAT_IS_REAL_IN_A_ROOM
    return WHAT_IS_REAL.format(how=how.removesuffix(" time"))


def tally_table(tallies: Mapping[str, Tally]) -> Table:
    """The figures of each preset, side by side."""
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
    """An event a row; what came of it under each preset beside one another."""
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
    """Its outcome, the two clocks, whether it talked on."""
    story = Text(event.outcome.replace("_", " "), style=_RIGHT.get(event.outcome, "red"))
    if event.time_to_yield_s is not None:
        story.append(f"\n{_clocks(event)}", style="default")
    if event.talked_on:
        story.append("\ntalked on", style="default")
    if event.resumed:
        story.append("\nand went on later", style="default")
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
