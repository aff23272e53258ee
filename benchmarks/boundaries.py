"""How near the truth speech boundaries are dated, and what that costs.

    python -m benchmarks.boundaries [--part tuning]

Sentences by the stage's three voices are laid into silence and noise at samples that are known.
*Trimmed* speech is cut where it is 20 dB under its active level, so its truth is where it was cut.
*Natural* speech keeps its soft edges, and its truth is where the clean sentence crosses the
audibility margin D. Numbers were tuned on one part of the sentences; figures are of the other.

The columns: errors of onset and end; their medians; how often the stated uncertainty held, and its
median in ms; sentences found; bursts they came as; bursts where nobody spoke; CPU-seconds an hour
of one channel. The same model by onnxruntime, a window at a time, is timed in the same run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import onnxruntime
import soxr
from rich.console import Console
from rich.table import Table

from livekit_barge.bench.voices import SAMPLE_RATE, VOICES, Voice
from livekit_barge.call.audio import Float32, to_float
from livekit_barge.measure.burst import Burst
from livekit_barge.measure.edges import AUDIBLE_MARGIN_DB
from livekit_barge.measure.levels import active_power, smooth
from livekit_barge.measure.silero import CONTEXT, SILERO_RATE, WINDOW, WINDOW_S, model_path
from livekit_barge.measure.speech import SpeechFinder

RATE = 24_000
SPEECH_DBFS = -20.0
TRIM_DB = 20.0

SENTENCES = {
    "tuning": (
        "Stop.", "Hello?", "Wait a second.", "She sells them.", "How much is that?", "Fine.",
        "I need help.", "Sorry, what?", "That is not right.", "Five, six, seven.", "Thanks a lot.",
        "Half past four.", "Check the address.", "No way.", "Please go on.", "Who is this?",
        "Hold on.", "Yes.", "Excuse me.", "Just a moment.", "Can you repeat that?", "Speak slower.",
        "Hm, okay.", "My name is Susan.", "Forty three fifty.", "This is the first.", "Perhaps.",
        "Let me think.", "He has left.", "Which office?", "Good morning.", "Twelve o'clock.",
    ),
    "report": (
        "Go ahead.", "Not really.", "What about Friday?", "I would like to cancel.", "Sure thing.",
        "Could you check?", "It was yesterday.", "Seventeen.", "Uh, never mind.", "Please stop.",
        "Her phone is broken.", "The second one.", "Okay then.", "Fourteen Oak Street.", "Why not?",
        "Hang on a minute.", "Send it by mail.", "I already paid.", "That sounds good.", "Ask her.",
        "Is anyone there?", "Change the date.", "Exactly.", "Let us talk about price.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Laid:
    """A sentence on the timeline: its first audible sample, and the end of its last."""

    onset_s: float
    end_s: float


@dataclass(frozen=True)
class Condition:
    """What is done to speech before it is measured."""

    name: str
    trimmed: bool = True
    noise_dbfs: float | None = None
    speech_dbfs: float = SPEECH_DBFS
    rate: int = RATE
    spoil: Callable[[Float32], Float32] = lambda audio: audio


def mu_law(audio: Float32) -> Float32:
    """There and back through 8-bit µ-law."""
    squeezed = np.sign(audio) * np.log1p(255 * np.abs(np.clip(audio, -1, 1))) / np.log(256)
    steps = np.round(squeezed * 127) / 127
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255, np.float32)


def offset(audio: Float32) -> Float32:
    """With a constant added, as cheap microphones do."""
    return audio + np.float32(0.02)


def clip(audio: Float32) -> Float32:
    """12 dB too loud for full scale."""
    return np.clip(audio * 4, -1, 1)


CONDITIONS = (
    Condition("clean, trimmed"),
    Condition("white −60", noise_dbfs=-60),
    Condition("white −50", noise_dbfs=-50),
    Condition("white −40", noise_dbfs=-40),
    Condition("white −35", noise_dbfs=-35),
    Condition("speech −35, noise −60", noise_dbfs=-60, speech_dbfs=-35),
    Condition("speech −50, noise −75", noise_dbfs=-75, speech_dbfs=-50),
    Condition("offset, noise −60", noise_dbfs=-60, spoil=offset),
    Condition("clipped, noise −60", noise_dbfs=-60, spoil=clip),
    Condition("8 kHz, clean", rate=8_000),
    Condition("48 kHz, noise −50", rate=48_000, noise_dbfs=-50),
    Condition("natural, clean", trimmed=False),
    Condition("natural, noise −60", trimmed=False, noise_dbfs=-60),
    Condition("natural, noise −40", trimmed=False, noise_dbfs=-40),
    Condition("natural, 8 kHz µ-law", trimmed=False, rate=8_000, noise_dbfs=-65, spoil=mu_law),
)


@cache
def say(voice: Voice, text: str) -> Float32:
    """A sentence at the voices' own rate."""
    return to_float(voice.speak(text).samples)


def audible_span(spoken: Float32, rate: int, margin_db: float) -> tuple[int, int]:
    """First audible sample and end of the last: active level less a margin, over 2.5 and 10 ms."""
    least = level(spoken, rate) * 10 ** (-margin_db / 10)
    loud = np.flatnonzero(
        (power_around(spoken, rate, 0.0025) >= least) & (power_around(spoken, rate, 0.01) >= least)
    )
    return int(loud[0]), int(loud[-1]) + 1


def power_around(spoken: Float32, rate: int, width_s: float) -> np.ndarray:
    """The mean square around each sample."""
    half = round(rate * width_s / 2)
    sums = np.cumsum(np.square(np.pad(spoken, (half + 1, half)), dtype=np.float64))
    return np.asarray((sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1))


def level(spoken: Float32, rate: int) -> float:
    """Active power."""
    frame = round(rate * 0.0025)
    frames = spoken[: len(spoken) // frame * frame].reshape(-1, frame)
    return active_power(smooth(np.square(frames, dtype=np.float64).mean(axis=1)))


def calls(condition: Condition, part: str) -> Iterator[tuple[Float32, list[Laid]]]:
    """A call by each voice: its audio and the truth."""
    for number, voice in enumerate(VOICES.values()):
        dice = np.random.default_rng([number, len(part)])
        rate, pieces, laid, at = condition.rate, [], [], 0
        for text in SENTENCES[part]:
            spoken = soxr.resample(say(voice, text), SAMPLE_RATE, rate)
            spoken *= np.sqrt(10 ** (condition.speech_dbfs / 10) / level(spoken, rate))
            first, last = audible_span(
                spoken, rate, TRIM_DB if condition.trimmed else AUDIBLE_MARGIN_DB
            )
            if condition.trimmed:
                spoken, first, last = spoken[first:last], 0, last - first
            quiet = np.zeros(int(dice.uniform(1.0, 2.0) * rate), dtype=np.float32)
            at += len(quiet)
            laid.append(Laid((at + first) / rate, (at + last) / rate))
            at += len(spoken)
            pieces += [quiet, spoken]
        audio = np.concatenate([*pieces, np.zeros(rate, dtype=np.float32)]).astype(np.float32)
        if condition.noise_dbfs is not None:
            audio += dice.normal(0, 10 ** (condition.noise_dbfs / 20), len(audio))
        audio = condition.spoil(audio)
        yield to_float(np.round(audio * 32767).astype(np.int16)), laid


def find(audio: Float32, rate: int) -> list[Burst]:
    """As a folder is measured: in blocks of ten seconds."""
    finder = SpeechFinder(rate)
    bursts = []
    for at in range(0, len(audio), 10 * rate):
        bursts += finder.push(audio[at : at + 10 * rate])
    return bursts + finder.finish()


@dataclass
class Score:
    """Errors in seconds over all calls of a condition."""

    onsets: list[float]
    ends: list[float]
    onsets_stated: list[float]
    ends_stated: list[float]
    laid: int = 0
    pieces: int = 0
    false: int = 0

    def add(self, bursts: list[Burst], truth: list[Laid]) -> None:
        self.laid += len(truth)
        for one in truth:
            mine = [b for b in bursts if b.onset_s < one.end_s and b.end_s > one.onset_s]
            bursts = [b for b in bursts if b not in mine]
            if mine:
                self.pieces += len(mine)
                onset, end = mine[0].onset_s - one.onset_s, mine[-1].end_s - one.end_s
                self.onsets.append(onset)
                self.ends.append(end)
                self.onsets_stated.append(mine[0].onset_uncertainty_s)
                self.ends_stated.append(mine[-1].end_uncertainty_s)
        self.false += len(bursts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=SENTENCES, default="report")
    part = parser.parse_args().part
    table = Table(
        title=f"{part} sentences, D = {AUDIBLE_MARGIN_DB:g} dB; p95 (worst) of |error|, ms"
    )
    for column in (
        "condition",
        "onset",
        "end",
        "bias",
        "±onset",
        "±end",
        "found",
        "pieces",
        "false",
        "s/h",
    ):
        table.add_column(column, justify="left" if column == "condition" else "right")
    for condition in CONDITIONS:
        score, heard_s, spent_s = Score([], [], [], []), 0.0, 0.0
        for audio, truth in calls(condition, part):
            began_s = time.process_time()
            bursts = find(audio, condition.rate)
            spent_s += time.process_time() - began_s
            heard_s += len(audio) / condition.rate
            score.add(bursts, truth)
        table.add_row(
            condition.name,
            _errors(score.onsets),
            _errors(score.ends),
            f"{np.median(score.onsets) * 1000:+.1f} {np.median(score.ends) * 1000:+.1f}",
            _covered(score.onsets, score.onsets_stated),
            _covered(score.ends, score.ends_stated),
            f"{len(score.onsets)}/{score.laid}",
            str(score.pieces),
            str(score.false),
            f"{spent_s / heard_s * 3600:.1f}",
        )
    Console(width=120).print(table)
    print(f"Silero by onnxruntime, a window at a time: {reference_s_an_hour():.1f} s/h")


def reference_s_an_hour() -> float:
    """What LiveKit's own way of running Silero costs here and now, without any edges."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model_path(), sess_options=options)
    window = np.random.default_rng(1).normal(0, 0.1, (1, CONTEXT + WINDOW)).astype(np.float32)
    feed = {
        "input": window,
        "state": np.zeros((2, 1, 128), np.float32),
        "sr": np.array(SILERO_RATE),
    }
    windows = 3000
    began_s = time.process_time()
    for _ in range(windows):
        session.run(None, feed)
    return (time.process_time() - began_s) / (windows * WINDOW_S) * 3600


def _errors(errors: list[float]) -> str:
    sizes = np.abs(errors) * 1000
    return f"{np.quantile(sizes, 0.95):.1f} ({sizes.max():.1f})"


def _covered(errors: list[float], stated: list[float]) -> str:
    """How often the stated uncertainty held, and its median in ms."""
    held = np.mean(np.abs(errors) <= stated)
    return f"{held:.0%} ({np.median(stated) * 1000:.0f})"


if __name__ == "__main__":
    main()
