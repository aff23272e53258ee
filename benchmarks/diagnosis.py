"""Proves the diagnosis: each fault once and twenty healthy calls, on the stage, in virtual time.

::

    make diagnosis          # python -m benchmarks.diagnosis

Writes the confusion matrix into ``docs/evidence/diagnosis.md`` between its markers, and exits with
1 if any call was called anything but what is wrong with it. ``--only NAME`` plays some and writes
nothing.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.marked import put_between
from livekit_barge.call.folder import Call
from livekit_barge.diagnosis import KINDS, diagnose
from livekit_barge.faults import FAULTS, HEALTHY, Trial
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.work.log_silencer import turn_log_off

PAGE = Path(__file__).parents[1] / "docs" / "evidence" / "diagnosis.md"


@dataclass(frozen=True)
class Played:
    """A trial, and what the diagnosis said of its call: how often each code."""

    trial: Trial
    found: Counter[str]
    overlaps: int

    @property
    def right(self) -> bool:
        """It was named, and nothing else was."""
        return set(self.found) == ({self.trial.code} - {None})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="the trials whose name holds this")
    only: str | None = parser.parse_args(arguments).only
    logging.disable(logging.WARNING)  # a fault makes livekit warn, as it should
    trials = [*FAULTS, *HEALTHY, *(trial.otherwise() for trial in (*FAULTS, *HEALTHY))]
    with tempfile.TemporaryDirectory() as calls:
        played = [
            tell(play(trial, Path(calls))) for trial in trials if only is None or only in trial.name
        ]
    if only is None:
        write(played[: len(played) // 2], played[len(played) // 2 :])
    return 0 if all(one.right for one in played) else 1


def play(trial: Trial, calls_dir: Path) -> Played:
    """Play it, and diagnose its folder as anybody would."""
    with turn_log_off():
        played = trial.play(calls_dir)
    assert played.call_dir is not None
    call = Call.open(played.call_dir)
    findings = diagnose(call, measure_call(call))
    return Played(trial, Counter(finding.code for finding in findings), len(played.overlaps))


def tell(played: Played) -> Played:
    said = ", ".join(played.found) or "nothing"
    sign = "  " if played.right else "! "
    print(f"{sign}{played.trial.name}: {said}", file=sys.stderr)
    return played


def write(played: Sequence[Played], otherwise: Sequence[Played]) -> None:
    put_between(PAGE, "make diagnosis", "\n".join([*matrix(played), "", *again(otherwise)]))


def matrix(played: Sequence[Played]) -> list[str]:
    """A row a fault, a column a code that any rule has: in how many calls it was found."""
    codes = [kind.code for kind in KINDS]
    faulty = [one for one in played if one.trial.code is not None]
    healthy = [one for one in played if one.trial.code is None]
    right = sum(one.right for one in faulty)
    quiet = sum(one.right for one in healthy)
    lines = [
        f"{right} of {len(faulty)} faults were named, and nothing beside them; of {len(healthy)} "
        f"healthy calls with {sum(one.overlaps for one in healthy)} overlaps nothing was said in "
        f"{quiet}. A row is what was wrong, a column (a number stands for the row of that number) "
        "what the diagnosis said, a cell in how many calls.",
        "",
        f"| | what was wrong | {' | '.join(map(str, range(1, len(codes) + 1)))} |",
        f"|---|---|{'---|' * len(codes)}",
    ]
    for place, code in enumerate(codes, start=1):
        row = [one for one in faulty if one.trial.code == code]
        lines.append(f"| {place} | `{code}` | {' | '.join(_cells(row, codes))} |")
    lines.append(f"| | nothing | {' | '.join(_cells(healthy, codes))} |")
    faults = [f"`{one.trial.name}` ({codes.index(one.trial.code or '') + 1})" for one in faulty]
    return [*lines, "", f"The faults: {', '.join(faults)}."]


def again(played: Sequence[Played]) -> list[str]:
    """The same in other calls, as a sentence and the list of those that went wrong."""
    faulty = [one for one in played if one.trial.code is not None]
    healthy = [one for one in played if one.trial.code is None]
    lines = [
        "Each once more in another call, with other voices and words, a softer caller and more "
        f"noise, by which no limit was chosen: {sum(one.right for one in faulty)} of "
        f"{len(faulty)} faults were named and nothing beside them; in "
        f"{sum(one.right for one in healthy)} of {len(healthy)} healthy calls nothing was said."
    ]
    wrong = [one for one in played if not one.right]
    if wrong:
        lines += ["", *(f"- `{one.trial.name}`: {_said(one)}" for one in wrong)]
    return lines


def _said(played: Played) -> str:
    return ", ".join(f"`{code}`" for code in played.found) or "nothing"


def _cells(row: Sequence[Played], codes: Sequence[str]) -> list[str]:
    if not row:
        return ["–" for _ in codes]
    counts = [sum(bool(one.found[code]) for one in row) for code in codes]
    return [str(count) if count else "" for count in counts]


if __name__ == "__main__":
    sys.exit(main())
