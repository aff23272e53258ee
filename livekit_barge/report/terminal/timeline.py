"""A call for the terminal: both tracks as text, and the stamped events below them.

::

              0:08.0              0:10.0              0:12.0
    caller             ▃▆▅▂ ▄▆▇▅▃▁▅▆▃
    agent     ▆▅▇▆▅▃▆▇▅▆▇
    clocks             1ddc
    events              D         X

The letters need no colour: ``d`` is detection, ``c`` cancellation, ``y`` a time to yield whose
decision was not stamped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich.text import Text

from livekit_barge.call.audio import Float32
from livekit_barge.call.folder import Call
from livekit_barge.hearing.span import Span, joined
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.report.lanes import Mark, marks

# The length of a column. A syllable is about twice as long.
STEP_S = 0.1
# A call up to this length is shown whole; of a longer one, only the surroundings of each overlap.
WHOLE_S = 120.0
BEFORE_S, AFTER_S = 3.0, 3.0

LEGEND = (
    "a number: onset of that overlap; d detection, c cancellation, y time to yield without a "
    "stamped decision; "
    "D decision, P pause, X clear, R resume, T final transcript, n note, ! fault; "
    "one column is 0.1 s"
)

_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII = " .:-=+*##"
# The faintest level that is drawn, below the loudest of the side.
_FAINTEST_DB = -36.0
_GUTTER = 8
_LETTERS = {
    "decision": "D",
    "pause": "P",
    "clear": "X",
    "resume": "R",
    "heard": "T",
    "note": "n",
    "fault": "!",
}
# Of several events in one column, the first of these is shown.
_RANK = "!DXPRTn"


@dataclass(frozen=True)
class _Strip:
    """The columns that fit on one line, from ``first`` on."""

    first: int
    columns: int

    def column(self, at_s: float) -> int:
        """Return the column of a moment, which may be outside the strip."""
        return math.floor(at_s / STEP_S + 1e-9) - self.first


def render_timeline(
    call: Call, turns: Sequence[Turn], *, width: int, blocks: bool = True, whole: bool = False
) -> Iterator[Text]:
    """Yield the strips of the call, for a terminal of ``width`` columns.

    ``blocks``: the terminal can show ▁▂▃; ``whole``: show all of a long call, too.
    Raises :class:`~livekit_barge.errors.CallError` if the call has no audio.
    """
    peaks = _peaks(call)
    overlaps = [overlap for turn in turns for overlap in turn.overlaps]
    columns = max(width - _GUTTER, 10)
    found = marks(call.events)
    for span in _shown(call.duration_s, overlaps, whole=whole):
        first, last = math.floor(span.begin_s / STEP_S), math.ceil(span.end_s / STEP_S)
        for at in range(first, last, columns):
            strip = _Strip(at, min(columns, last - at))
            yield from _lines(strip, peaks, overlaps, found, _BLOCKS if blocks else _ASCII)
            yield Text()


def _shown(duration_s: float, overlaps: Iterable[Overlap], *, whole: bool) -> list[Span]:
    if whole or duration_s <= WHOLE_S:
        return [Span(0.0, duration_s)]
    around = (
        Span(max(begin_s - BEFORE_S, 0.0), min(end_s + AFTER_S, duration_s))
        for begin_s, end_s in map(_ends_s, overlaps)
    )
    return joined(around)


def _lines(
    strip: _Strip, peaks: Float32, overlaps: Sequence[Overlap], found: Iterable[Mark], glyphs: str
) -> Iterator[Text]:
    yield _line("", _ruler(strip), "dim")
    for side, style, values in zip(("caller", "agent"), ("blue", "yellow"), peaks, strict=True):
        loudest = max(float(values.max()), 1e-3)
        part = values[strip.first : strip.first + strip.columns].tolist()
        yield _line(side, "".join(_glyph(peak / loudest, glyphs) for peak in part), style)
    if clocks := _clocks(strip, overlaps):
        yield _line("clocks", clocks, "bold")
    if events := _events(strip, found):
        yield _line("events", events, "")


def _line(name: str, content: str, style: str) -> Text:
    return Text.assemble((f"{name:<{_GUTTER}}", "dim"), (content, style), no_wrap=True)


def _ruler(strip: _Strip) -> str:
    """Return a time every two seconds, where it fits."""
    line = [" "] * strip.columns
    every = round(2.0 / STEP_S)
    for column in range(-strip.first % every, strip.columns, every):
        seconds = (strip.first + column) * STEP_S
        label = f"{int(seconds // 60)}:{seconds % 60:04.1f}"
        if column + len(label) <= strip.columns:
            line[column : column + len(label)] = label
    return "".join(line).rstrip()


def _glyph(share: float, glyphs: str) -> str:
    level_db = 20 * math.log10(max(share, 1e-9))
    step = math.ceil((level_db - _FAINTEST_DB) / -_FAINTEST_DB * (len(glyphs) - 1))
    return glyphs[min(max(step, 0), len(glyphs) - 1)]


def _clocks(strip: _Strip, overlaps: Sequence[Overlap]) -> str:
    """Return the number of each overlap at its onset, then its clocks as runs of letters."""
    line = [" "] * strip.columns
    for number, overlap in enumerate(overlaps, start=1):
        begin_s, end_s = _ends_s(overlap)
        decided_s = overlap.decision_s if overlap.detection_s is not None else None
        for column in range(max(strip.column(begin_s), 0), strip.column(end_s) + 1):
            if column < strip.columns:
                at_s = (strip.first + column) * STEP_S
                line[column] = "y" if decided_s is None else "d" if at_s <= decided_s else "c"
        for offset, digit in enumerate(str(number)):
            if 0 <= (column := strip.column(begin_s) - len(str(number)) + offset) < strip.columns:
                line[column] = digit
    return "".join(line).rstrip()


def _ends_s(overlap: Overlap) -> tuple[float, float]:
    """Return the overlap's onset, and the moment up to which the agent is known to have talked."""
    begin_s = overlap.begin_s or 0.0
    return begin_s, begin_s + (overlap.time_to_yield_s or 0.0)


def _events(strip: _Strip, found: Iterable[Mark]) -> str:
    line = [" "] * strip.columns
    for mark in found:
        letter = _LETTERS[mark.kind]
        if 0 <= (column := strip.column(mark.at_s)) < strip.columns:
            there = line[column]
            if there == " " or _RANK.index(letter) < _RANK.index(there):
                line[column] = letter
    return "".join(line).rstrip()


def _peaks(call: Call) -> Float32:
    """Return the greatest amplitude of each side in each column, of shape ``(2, columns)``."""
    peaks = np.zeros((2, math.ceil(call.duration_s / STEP_S) + 1), dtype=np.float32)
    done = 0
    for block in call.blocks():
        samples = done + np.arange(block.shape[1])
        columns = np.floor(samples / (STEP_S * call.sample_rate) + 1e-9).astype(np.int64)
        begins = np.flatnonzero(np.diff(columns, prepend=-1))
        loudest = np.maximum.reduceat(np.abs(block), begins, axis=1)
        peaks[:, columns[begins]] = np.maximum(peaks[:, columns[begins]], loudest)
        done += block.shape[1]
    return peaks
