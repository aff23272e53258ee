"""Recordings of barge-ins, every edge of which is known, spoiled and scored as files.

    python -m benchmarks.barge_ins [--part tuning] [--count 8] [--row "Opus 24"]

An agent speaks, the caller comes in over it, the agent is cut in mid-sentence; both edges are known
to the sample. The call is written as a file and scored, so the stated uncertainty is the one that a
user reads, codec included. Sentences, voices and gaps are drawn by a seed; the two parts share no
sentence and no seed. Speech is trimmed as in :mod:`benchmarks.echoes`.

*Measured*: an overlap of the truth that was found with a time to yield. *Covered*: its true time to
yield lies inside the stated uncertainty, or is at least a lower bound.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.corpus.calls_coded import written_opus
from benchmarks.corpus.spoiling import babble
from benchmarks.corpus.talkers import talkers
from benchmarks.echoes import AGENT_SAYS, SENTENCES, SPEECH_DBFS, audible, said
from livekit_barge.call.audio import Float32
from livekit_barge.errors import BargeError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from livekit_barge.stage.voices import SAMPLE_RATE, VOICES

RATE = 16_000
TURNS = 6
NOISE_DBFS = -65.0
SEEDS = {"tuning": 0, "figures": 1000}
CALLS = 8
HARMONICS = 20
# An overlap that was found is that of the truth whose onset is no further away.
_SAME_S = 0.5

Dice = np.random.Generator
Spoil = Callable[["MadeCall", str, Dice], "MadeCall"]


@dataclass(frozen=True)
class BargeIn:
    """One of the truth, in seconds."""

    onset_s: float
    silent_s: float


@dataclass(frozen=True)
class MadeCall:
    """Two channels of shape ``(2, n)``, the caller's first, and the barge-ins in them."""

    audio: Float32
    truth: tuple[BargeIn, ...]


def made_call(part: str, seed: int) -> MadeCall:
    """A call of :data:`TURNS` barge-ins."""
    dice = np.random.default_rng([seed, len(part)])
    said_in = "report" if part == "figures" else part  # as the echoes name it
    voices = list(VOICES.values())
    agent_voice, caller_voice = (voices[n] for n in dice.permutation(len(voices))[:2])
    sentences = [text for text in SENTENCES[said_in] if text.count(" ") >= 2]
    spoken: list[tuple[int, int, Float32]] = []
    truth: list[BargeIn] = []
    at = 2 * RATE
    for _ in range(TURNS):
        line = said(agent_voice, str(dice.choice(AGENT_SAYS[said_in])), RATE, SPEECH_DBFS)
        over = said(caller_voice, str(dice.choice(sentences)), RATE, SPEECH_DBFS)
        onset = round(dice.uniform(0.8, 1.6) * RATE)
        cut = line[: onset + round(dice.uniform(0.3, 0.9) * RATE)]
        silent = audible_end(cut, line)
        spoken += [(1, at, cut[:silent]), (0, at + onset, over)]
        truth.append(BargeIn((at + onset) / RATE, (at + silent) / RATE))
        at += onset + len(over) + round(dice.uniform(2.0, 3.0) * RATE)
    audio = np.zeros((2, at + RATE), dtype=np.float32)
    for channel, begin, samples in spoken:
        audio[channel, begin : begin + len(samples)] += samples
    return MadeCall(audio, tuple(truth))


def audible_end(cut: Float32, line: Float32) -> int:
    """The end of the last audible sample of a sentence that was cut."""
    return max(min(end, len(cut)) for begin, end in audible(line, RATE) if begin < len(cut))


def with_noise(call: MadeCall, dice: Dice) -> MadeCall:
    """A room's floor on the caller's side."""
    audio = call.audio.copy()
    noise = np.asarray(dice.normal(0, 10 ** (NOISE_DBFS / 20), audio.shape[1]), np.float32)
    audio[0] += noise
    return MadeCall(audio, call.truth)


def as_it_is(call: MadeCall, _part: str, dice: Dice) -> MadeCall:
    return with_noise(call, dice)


def babbling(under_db: float) -> Spoil:
    """Four people behind the agent."""

    def voices(part: str) -> list[Float32]:
        return [said for talker in talkers(part) for said in talker.says(part)]

    def spoil(call: MadeCall, part: str, dice: Dice) -> MadeCall:
        behind = babble(SPEECH_DBFS - under_db, lambda: voices(part), SAMPLE_RATE, 4)
        audio = with_noise(call, dice).audio
        audio[1], _ = behind(audio[1], RATE, dice)
        return MadeCall(audio, call.truth)

    return spoil


def humming(dbfs: float, mains_hz: float = 50.0) -> Spoil:
    """The mains and its harmonics from one loop on both channels, at two levels and phases."""

    def spoil(call: MadeCall, _part: str, dice: Dice) -> MadeCall:
        audio = with_noise(call, dice).audio
        at_s = np.arange(audio.shape[1]) / RATE
        hz = mains_hz * (1 + dice.normal(0, 2e-4))
        hum = np.zeros(len(at_s))
        for n in range(1, HARMONICS + 1):
            strength = dice.uniform(0.3, 1) / n**0.5
            hum += strength * np.sin(2 * np.pi * (n * hz * at_s + dice.random()))
        hum *= 10 ** (dbfs / 20) / np.sqrt(np.mean(np.square(hum)))
        audio[0] += hum.astype(np.float32)
        audio[1] += 0.6 * np.roll(hum, round(0.004 * RATE)).astype(np.float32)
        return MadeCall(audio, call.truth)

    return spoil


def hung_up(call: MadeCall, _part: str, dice: Dice) -> MadeCall:
    """The recording ends 0.2 s into the last overlap: the agent never yields."""
    last = call.truth[-1]
    end_s = last.onset_s + min(0.2, (last.silent_s - last.onset_s) / 2)
    audio = with_noise(call, dice).audio[:, : round(end_s * RATE)]
    return MadeCall(audio, (*call.truth[:-1], BargeIn(last.onset_s, np.inf)))


def with_holes(call: MadeCall, _part: str, dice: Dice) -> MadeCall:
    """The agent's voice stalls 0.3 s before the first caller's onset: nobody is spoken over."""
    audio = with_noise(call, dice).audio
    truth = list(call.truth)
    for number in (4, 2, 0):
        one = truth.pop(number)
        begin, end = (round(at_s * RATE) for at_s in (one.onset_s - 0.3, one.silent_s))
        audio[1, begin:end] = 0.0
    return MadeCall(audio, tuple(truth))


@dataclass(frozen=True)
class Kind:
    """A row: what is done to a call, and at how many bit/s Opus codes it; 0: as PCM."""

    name: str
    spoil: Spoil = as_it_is
    opus: int = 0


KINDS = (
    Kind("as it is"),
    Kind("Opus stereo 24 kbit/s", opus=24_000),
    Kind("Opus stereo 32 kbit/s", opus=32_000),
    Kind("babble 20 dB under the agent", babbling(20)),
    Kind("babble 25 dB under the agent", babbling(25)),
    Kind("babble 30 dB under the agent", babbling(30)),
    Kind("hum on both channels, −50 dBFS", humming(-50)),
    Kind("hum on both channels, −40 dBFS, 60 Hz", humming(-40, 60.0)),
    Kind("the caller hangs up", hung_up),
    Kind("the agent's voice stalls", with_holes),
)


@dataclass
class BargeInRow:
    """A row's figures."""

    name: str
    errors_s: list[float] = field(default_factory=list)
    stated_s: list[float] = field(default_factory=list)
    laid: int = 0
    false: int = 0
    """Overlaps where there are none."""
    withheld: int = 0
    """Overlaps that were found and declared unmeasurable."""
    refused: list[str] = field(default_factory=list)

    @property
    def found(self) -> int:
        return len(self.errors_s)

    @property
    def covered(self) -> int:
        """How many true values lie within what was stated."""
        pairs = zip(self.errors_s, self.stated_s, strict=True)
        return sum(abs(error_s) <= stated_s for error_s, stated_s in pairs)


def barge_in_row(name: str, part: str, count: int = CALLS, *, verbose: bool = False) -> BargeInRow:
    """The row of that name, of ``count`` calls."""
    kind = next(kind for kind in KINDS if kind.name == name)
    row = BargeInRow(name)
    for seed in range(SEEDS[part], SEEDS[part] + count):
        dice = np.random.default_rng([seed, len(part), 7])
        call = kind.spoil(made_call(part, seed), part, dice)
        with tempfile.TemporaryDirectory() as place:
            _score(
                row, call, _written(Path(place), call.audio, kind.opus), seed if verbose else None
            )
    return row


def _written(place: Path, audio: Float32, opus: int) -> Path:
    if opus:
        return written_opus(place / "call.ogg", audio, RATE, opus)
    path = place / "call.wav"
    soundfile.write(path, audio.T, RATE, subtype="PCM_16")
    return path


def _score(row: BargeInRow, call: MadeCall, path: Path, seed: int | None) -> None:
    """Add a call to its row."""
    row.laid += len(call.truth)
    try:
        card = score(path, ScoreOptions.of(caller_channel=0))
    except BargeError as error:
        row.refused.append(str(error))
        return
    left = list(card.overlaps)
    for one in call.truth:
        near = [o for o in left if abs((o.onset_s or 0.0) - one.onset_s) < _SAME_S]
        if not near:
            if seed is not None:
                print(f"  {seed}: missing {one.onset_s:.3f}")
            continue
        overlap = near[0]
        left.remove(overlap)
        if overlap.time_to_yield_s is None:
            row.withheld += 1
            continue
        true_s = one.silent_s - one.onset_s
        error_s = overlap.time_to_yield_s - true_s
        if overlap.lower_bound:
            row.errors_s.append(max(error_s, 0.0))
            row.stated_s.append(overlap.onset_uncertainty_s or 0.0)
        else:
            row.errors_s.append(error_s)
            row.stated_s.append(card.uncertainty_s(overlap) or 0.0)
        if seed is not None and abs(row.errors_s[-1]) > row.stated_s[-1]:
            print(
                f"  {seed}: on {one.onset_s:.3f}"
                f" {((overlap.onset_s or 0) - one.onset_s) * 1000:+.1f}"
                f" ±{(overlap.onset_uncertainty_s or 0) * 1000:.1f} off {one.silent_s:.3f}"
                f" {((overlap.silent_s or 0) - one.silent_s) * 1000:+.1f}"
                f" ±{(overlap.silent_uncertainty_s or 0) * 1000:.1f}"
                f" stated {row.stated_s[-1] * 1000:.1f} {overlap.outcome}"
            )
    if seed is not None:
        for overlap in left:
            print(f"  {seed}: false {overlap.onset_s} {overlap.silent_s} {overlap.outcome}")
        codes = [w.code for w in card.warnings]
        print(f"  {seed}: {codes}")
    row.false += len(left)


def barge_in_table(rows: Sequence[BargeInRow]) -> Iterator[str]:
    """In Markdown."""
    yield "| barge-ins | time to yield, p95 | ± | covered | measured | withheld | false |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        finite = np.abs([error_s for error_s in row.errors_s if np.isfinite(error_s)])
        cells = [
            row.name,
            f"{np.quantile(finite, 0.95) * 1000:.1f}" if finite.size else "–",
            f"{np.median(row.stated_s) * 1000:.0f}" if row.stated_s else "–",
            f"{row.covered}/{row.found}",
            f"{row.found}/{row.laid}",
            str(row.withheld),
            str(row.false),
        ]
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="Score made recordings of barge-ins.")
    parser.add_argument("--part", choices=SEEDS, default="figures")
    parser.add_argument("--count", type=int, default=CALLS)
    parser.add_argument("--row", default="", help="only rows whose name holds this")
    options = parser.parse_args()
    names = [kind.name for kind in KINDS if options.row in kind.name]
    rows = []
    for name in names:
        print(name, flush=True)
        rows.append(barge_in_row(name, options.part, options.count, verbose=True))
        print(*barge_in_table(rows[-1:]), *rows[-1].refused, sep="\n", flush=True)
    print("\n".join(barge_in_table(rows)))


if __name__ == "__main__":
    main()
