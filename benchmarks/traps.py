"""What a setting says, and what it does: LiveKit's known traps as figures.

    python -m benchmarks.traps [--page docs/evidence/traps.md]

Each is one scripted call in virtual time (``AgentSession``, VAD and turn detector are LiveKit's),
played under two or more values of one knob, all else LiveKit's defaults. The figures are the same
in each run; they move with the clip, so each row says which.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.marked import put_between
from livekit_barge.script.director import speech_of
from livekit_barge.script.script import Script
from livekit_barge.suites.case import Case
from livekit_barge.suites.event_results import EventResult
from livekit_barge.suites.play_cases import play_case

LONG = (
    "Your parcel left our warehouse this morning, and if the roads stay as empty as they are now "
    "it will be brought to your door tomorrow between nine and twelve, so somebody should be there."
)
AFTER_WARMUP = "after the agent has spoken 3.5 s"
"""LiveKit's ``aec_warmup_duration`` is over by then: 3 s, once, from the agent's first speech."""
VAD_ONLY = {"interruption_mode": "vad"}


@dataclass(frozen=True)
class Trap:
    """A knob's values over one line of the caller's."""

    name: str
    knob: str
    values: tuple[Any, ...]
    lines: tuple[Mapping[str, Any], ...]
    event: int = 0
    """The line that is told of."""
    with_knobs: Mapping[str, Any] | None = None

    def script(self) -> Script:
        content = {"agent": [LONG], "caller": [dict(line) for line in self.lines]}
        return Script.parse(content, name=self.knob.replace("_", "-"))

    def knobs(self, value: Any) -> dict[str, Any]:
        return {**VAD_ONLY, **(self.with_knobs or {}), self.knob: value}


def _yeah(number: int) -> dict[str, Any]:
    at = (
        AFTER_WARMUP
        if number == 0
        else "after the agent has spoken " + str(3.5 + 1.3 * number) + " s"
    )
    return {"say": "yeah", "at": at, "expect": "hold", "kind": "backchannel"}


PLEASE = {"say": "Please bring it to my office.", "at": AFTER_WARMUP, "expect": "yield"}
TRAPS = (
    Trap("The words gate waits for so many words of the transcript",
         "min_interruption_words", (0, 3, 5), (PLEASE,)),
    Trap("Silence counts toward min_interruption_duration while the VAD has not ended the speech",
         "min_silence_duration", (0.25, 0.55),
         ({"say": "uh", "at": AFTER_WARMUP, "expect": "hold", "heard": False},),
         with_knobs={"min_interruption_duration": 0.5}),
    Trap("In the AEC warm-up the VAD stops nothing",
         "aec_warmup_duration", (3.0, 1.0, None),
         ({**PLEASE, "at": "after the agent has spoken 0.5 s"},)),
    Trap("Words add up: the third \"yeah\" is the third word",
         "min_interruption_words", (3, 4), tuple(map(_yeah, range(3))), event=2),
    Trap("What is no speech costs its silence and the time-out",
         "false_interruption_timeout", (2.0, 1.0, 0.5),
         ({"say": "Not right now", "at": AFTER_WARMUP, "expect": "hold", "heard": False},)),
    Trap("… and more with the silence of LiveKit's Silero plugin",
         "min_silence_duration", (0.55,),
         ({"say": "Not right now", "at": AFTER_WARMUP, "expect": "hold", "heard": False},)),
)  # fmt: skip


def events_of(trap: Trap, value: Any) -> Sequence[EventResult]:
    """What came of each of its lines."""
    case = Case(case_id="trap", script=trap.script(), knobs=trap.knobs(value))
    result = play_case(case)
    if result.error is not None or result.unplaced:
        raise SystemExit(f"{trap.name}: {result.error or result.unplaced}")
    return result.events


def measure() -> str:
    """The table."""
    lines = [
        "| trap | the caller | knob | outcome | decided by | detection | time to yield | dead air "
        "| pause |",
        "|---|---|---|---|---|---:|---:|---:|---:|",
    ]
    for trap in TRAPS:
        for number, value in enumerate(trap.values):
            event = next(each for each in events_of(trap, value) if each.line == trap.event)
            head = (trap.name, _caller(trap)) if number == 0 else ("", "")
            lines.append(_row(head, trap.knob, value, event))
    return "\n".join(lines)


def _caller(trap: Trap) -> str:
    line = trap.script().caller[trap.event]
    duration_s = speech_of(line, trap.script().voice).duration_s
    unheard = "" if line.heard else ", which no recogniser hears"
    return f"“{line.text}” {line.at}: {duration_s:.2f} s{unheard}"


def _row(head: tuple[str, str], knob: str, value: Any, event: EventResult) -> str:
    shown = "off" if value is None else f"{value:g}"
    cells = (
        *head,
        f"`{knob}` {shown}",
        event.outcome.replace("_", " "),
        "–" if event.cause is None else event.cause.replace("_", " "),
        *map(_ms, (event.detection_s, event.time_to_yield_s, event.dead_air_s, event.pause_s)),
    )
    return f"| {' | '.join(cells)} |"


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1e3:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--page", type=Path, help="write the table into this page")
    arguments = parser.parse_args()
    table = measure()
    print(table)
    if arguments.page is not None:
        put_between(arguments.page, "make traps", table)


if __name__ == "__main__":
    main()
