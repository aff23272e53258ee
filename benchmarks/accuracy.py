"""Measure how accurately speech is dated and told from noise, for docs/evidence/accuracy.md.

    python -m benchmarks.accuracy [--part tuning]

The corpus (:mod:`benchmarks.corpus`) has a part for tuning and a part for the figures. Only the
figures' part is written into the page. Recorded sounds come out of Debian packages; what is missing
is named, and the table says how many clips there were.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.barge_ins import KINDS, BargeInRow, barge_in_row, barge_in_table
from benchmarks.corpus import PARTS, noises, spoiling
from benchmarks.corpus.clips import NO_SPEECH
from benchmarks.corpus.judging import Edges, Score, find
from benchmarks.corpus.laying import Condition, lay
from benchmarks.corpus.spoiling import Spoil, clipped, coded, mu_law, offset, sixteen_bits, white
from benchmarks.corpus.talkers import RATE, missing, talkers
from benchmarks.echoes import EchoRow, echo_rows
from benchmarks.marked import put_between
from livekit_barge.call.audio import Float32
from livekit_barge.hearing.edges import AUDIBLE_MARGIN_DB

PAGE = Path("docs/evidence/accuracy.md")
# Made sounds: so many of each kind, at each of these levels of their loudest sample.
EXAMPLES, PEAKS_DB = 40, (-6, -20, -34)
NOISE_DBFS = -60.0
ECHO_MS = 15
COVERED_LEAST = 0.9
ECHO_SEED, ECHO_CALLS = {"tuning": 0, "figures": 100}, 8


def crowd() -> list[Float32]:
    """What the people in a babble say."""
    return [said for talker in talkers("tuning")[:4] for said in talker.says("tuning")]


def babble(dbfs: float) -> Spoil:
    return spoiling.babble(dbfs, crowd, RATE)


def dbfs(level: float) -> str:
    return f"{level:g}".replace("-", "−")


def speech_conditions() -> Iterator[Condition]:
    """The rows, in their order."""
    for trimmed, kind in ((True, "trimmed"), (False, "natural")):
        yield Condition(f"{kind}, clean", trimmed)
        for noise in (-60, -50, -40):
            yield Condition(f"{kind}, white noise {dbfs(noise)}", trimmed, spoils=(white(noise),))
        yield Condition(f"{kind}, at −35, noise −60", trimmed, -35.0, spoils=(white(-60),))
    yield Condition("trimmed, at −50, noise −75", speech_dbfs=-50.0, spoils=(white(-75),))
    yield Condition("trimmed, 8 kHz", rate=8_000)
    yield Condition("trimmed, 48 kHz, noise −50", rate=48_000, spoils=(white(-50),))
    yield Condition("trimmed, an offset, noise −60", spoils=(white(-60), offset))
    yield Condition("trimmed, clipped, noise −60", spoils=(white(-60), clipped))
    yield Condition("natural, recorded people only", False, said_by="recorded")
    yield Condition("natural, begins with /h/ or /s/", False, soft=True)
    for snr in (20, 10):
        yield Condition(f"natural, babble, {snr} dB SNR", False, spoils=(babble(-20 - snr),))
    telephone = (white(-65), mu_law)
    yield Condition("natural, 8 kHz µ-law", False, rate=8_000, spoils=telephone)
    yield Condition("natural, Opus 24 kbit/s", False, spoils=(white(-65), coded("libopus", 24_000)))
    yield Condition(
        "natural, MP3 32 kbit/s", False, spoils=(white(-65), coded("libmp3lame", 32_000))
    )


@dataclass(frozen=True)
class Row:
    """A condition and its figures."""

    name: str
    score: Score


def measure(name: str, part: str) -> Row:
    """One row; by its name, so that another process can."""
    condition = next(one for one in speech_conditions() if one.name == name)
    score = Score()
    for heard, blur_s, truth in lay(condition, part):
        audio, _ = sixteen_bits(heard, condition.rate, np.random.default_rng(0))
        score.add(find(audio, condition.rate), truth, blur_s)
    return Row(name, score)


def echoes(part: str) -> list[EchoRow]:
    """Calls with an echo of the agent: eight with a caller of each kind, and eight without."""
    return echo_rows(ECHO_SEED[part], ECHO_CALLS, "report" if part == "figures" else part)


def echo_table(rows: Iterable[EchoRow]) -> Iterator[str]:
    yield "| with an echo | onset | end | ± onset held | found | echo heard as speech |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        errors = f"{row.onset_p95_ms:.1f} | {row.end_p95_ms:.1f} | {row.onset_held:.1%}"
        yield f"| {row.name} | {errors} | {row.found}/{row.laid} | {row.echo_bursts} |"


@dataclass(frozen=True)
class Heard:
    """Sounds of a kind that are no speech."""

    kind: str
    made: bool
    sounds: int
    clips: int
    """How many different ones; the same as ``sounds`` where every one is made anew."""
    bursts: int
    package: str = ""


def hear_made(kind: str, part: str) -> Heard:
    """Bursts in made sounds, each kind at several levels in quiet noise."""
    dice = np.random.default_rng([len(kind), len(part)])
    examples = [noises.MADE[kind](dice) for _ in range(EXAMPLES)]
    sounds = [one * np.float32(10 ** (peak / 20)) for peak in PEAKS_DB for one in examples]
    return Heard(kind, True, len(sounds), len(sounds), _bursts(sounds, dice))


def hear_recorded(kind: str) -> Heard:
    """Bursts in recorded clips, each brought to the same peaks."""
    clips = NO_SPEECH[kind]
    examples = [one[: 60 * RATE] for one in clips.read(RATE)]
    dice = np.random.default_rng(1)
    sounds = [
        one * np.float32(10 ** (peak / 20) / np.abs(one).max())
        for peak in PEAKS_DB
        for one in examples
    ]
    return Heard(kind, False, len(sounds), len(examples), _bursts(sounds, dice), clips.package)


def _bursts(sounds: Iterable[Float32], dice: np.random.Generator) -> int:
    """How many sounds hold a burst, a second of quiet noise between them."""
    heard = 0
    for sound in sounds:
        audio = np.pad(sound, RATE)
        audio = audio + dice.normal(0, 10 ** (NOISE_DBFS / 20), len(audio)).astype(np.float32)
        heard += bool(find(audio, RATE))
    return heard


@dataclass(frozen=True)
class Target:
    """What is asked of a row."""

    what: str
    row: str
    figure: str
    limit: float


TARGETS = (
    Target("trimmed, clean", "trimmed, clean", "error", 3),
    Target("trimmed, −40 dBFS white", "trimmed, white noise −40", "error", 8),
    Target("natural, clean: onset", "natural, clean", "onset", 12),
    Target("natural, clean: end", "natural, clean", "end", 6),
    Target("recall, clean", "trimmed, clean", "recall", 0.99),
    Target("recall, clean, natural", "natural, clean", "recall", 0.99),
    Target("recall, −40 dBFS white", "trimmed, white noise −40", "recall", 0.97),
    Target("recall, −40 dBFS white, natural", "natural, white noise −40", "recall", 0.97),
    *(
        Target(f"stated uncertainty: {row}", row, "covered", 0.95)
        for row in (
            "natural, white noise −50",
            "natural, white noise −40",
            "natural, babble, 20 dB SNR",
            "natural, babble, 10 dB SNR",
            "natural, 8 kHz µ-law",
            "natural, Opus 24 kbit/s",
            "natural, MP3 32 kbit/s",
        )
    ),
)


# Of what is missed: why.
WHY = {
    "babble": "a word whose soft edge is quieter than the crowd behind it is dated where it rises "
    "above the crowd, and how much is hidden there is estimated, not known",
    "cough": "Silero is surer of it than 0.8, or it is coughed with a voice that keeps its pitch; "
    "nothing here tells that from a short word",
    "Opus": "Opus lets sharp ends ring on, some for longer than three of its frames",
}


def missed_by(row: str) -> str:
    """How a missed target is told."""
    return f"**missed**: {why(row)}"


def why(row: str) -> str:
    """The reason, where one is known."""
    return next((reason for part, reason in WHY.items() if part in row), "no reason is known")


def reached(target: Target, score: Score) -> float:
    """The figure, in ms or as a share."""
    edges = {"onset": [score.onset], "end": [score.end]}.get(
        target.figure, [score.onset, score.end]
    )
    if target.figure == "recall":
        return score.recall
    if target.figure == "covered":
        return min(edge.covered() / len(edge.errors) for edge in edges)
    return max(edge.p95() for edge in edges) * 1000


def coverage(rows: list[Row], echoed: list[EchoRow], barge_ins: list[BargeInRow]) -> Iterator[str]:
    """Every row's share of true values inside the stated uncertainty, as one target."""
    shares = {row.name: reached(Target("", row.name, "covered", 0), row.score) for row in rows}
    shares |= {row.name: row.onset_held for row in echoed}
    shares |= {row.name: row.covered / row.found for row in barge_ins if row.found}
    worst = min(shares, key=lambda name: shares[name])
    met = "met" if shares[worst] >= COVERED_LEAST else f"**missed** by {worst}"
    yield (
        f"| stated uncertainty: the worst of all {len(shares)} rows, {worst} "
        f"| ≥ {COVERED_LEAST:g} | {shares[worst]:.3f} | {met} |"
    )


def table(rows: list[Row]) -> Iterator[str]:
    yield "| speech at −20 dBFS | onset | end | ± onset | ± end | recall | false |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        score = row.score
        cells = [
            row.name,
            f"{score.onset.p95() * 1000:.1f}",
            f"{score.end.p95() * 1000:.1f}",
            _stated(score.onset),
            _stated(score.end),
            f"{score.found}/{score.laid}",
            str(score.false),
        ]
        yield f"| {' | '.join(cells)} |"


def _stated(edges: Edges) -> str:
    share = edges.covered() / len(edges.errors)
    shown = "100 %" if share == 1 else f"{min(share, 0.999):.1%}".replace("%", " %")
    return f"{edges.width() * 1000:.0f} ({shown})"


def targets(rows: list[Row], heard: list[Heard], echoed: list[EchoRow]) -> Iterator[str]:
    scores = {row.name: row.score for row in rows}
    yield "| target | at most / least | reached | |"
    yield "|---|---|---|---|"
    for target in TARGETS:
        value = reached(target, scores[target.row])
        share = target.figure in ("recall", "covered")
        met = value >= target.limit if share else value <= target.limit
        shown = f"{value:.3f} | " if share else f"{value:.1f} ms | "
        limit = f"≥ {target.limit:g}" if share else f"≤ {target.limit:g} ms"
        yield f"| {target.what} | {limit} | {shown}{'met' if met else missed_by(target.row)} |"
    for row in echoed:
        if row.name == "echo −20 dB":
            worst = max(row.onset_p95_ms, row.end_p95_ms)
            word = "met" if worst <= ECHO_MS else missed_by(row.name)
            yield f"| trimmed, {row.name} | ≤ {ECHO_MS} ms | {worst:.1f} ms | {word} |"
    for kind in ("cough", "key", "typing", "DTMF"):
        counted = [one for one in heard if kind in one.kind and one.sounds]
        bursts, sounds = sum(one.bursts for one in counted), sum(one.sounds for one in counted)
        word = "met" if bursts == 0 else missed_by(kind)
        yield f"| {kind}: counted as speech | 0 | {bursts} of {sounds} | {word} |"


def false_table(heard: list[Heard]) -> Iterator[str]:
    yield "| no speech | clips | sounds with a burst | |"
    yield "|---|---|---|---|"
    for one in heard:
        if one.made:
            yield f"| {one.kind} | made | {one.bursts} of {one.sounds} | |"
        elif not one.clips:
            yield f"| {one.kind} | – | not installed | `apt install {one.package}` |"
        else:
            share = f"{one.bursts} of {one.sounds}"
            yield f"| {one.kind} | {one.clips} recorded | {share} | `{one.package}` |"


def page(part: str) -> str:
    """The part of the page that is made."""
    # Anew, not forked: onnxruntime's threads do not survive a fork.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=2, mp_context=fresh) as pool:
        names = [one.name for one in speech_conditions()]
        spoken = pool.map(partial(measure, part=part), names)
        made = pool.map(partial(hear_made, part=part), noises.MADE)
        recorded = pool.map(hear_recorded, NO_SPEECH)
        with_echo = pool.submit(echoes, part)
        scored = pool.map(partial(barge_in_row, part=part), [kind.name for kind in KINDS])
        rows, heard, echoed = list(spoken), [*made, *recorded], with_echo.result()
        barge_ins = list(scored)
    voices = ", ".join(talker.name for talker in talkers(part))
    absent = missing(part)
    said = f"Voices: {voices}." + (f" Not installed: {', '.join(absent)}." if absent else "")
    lines = [said, "", *targets(rows, heard, echoed), *coverage(rows, echoed, barge_ins)]
    lines += ["", *table(rows), "", *echo_table(echoed), "", *barge_in_table(barge_ins)]
    lines += ["", *false_table(heard)]
    return "\n".join(lines)


def main(argv: Any = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=PARTS, default="figures")
    part = parser.parse_args(argv).part
    text = page(part)
    print(f"{part} part, D = {AUDIBLE_MARGIN_DB:g} dB; p95 of |error| and median ± in ms\n\n{text}")
    if part == "figures":
        put_between(PAGE, "make accuracy", text)


if __name__ == "__main__":
    main()
