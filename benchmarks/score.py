"""What scoring an hour of two-channel audio costs: CPU, memory, start-up; a peer beside it.

    python -m benchmarks.score [--hours 1] [--peer call-ai-metrics] [--page docs/evidence/speed.md]

The hour is a conversation of the stage's voices over a room's noise, dense with speech, written in
each format. Each run is a process of its own, whose CPU seconds and peak memory the kernel counts;
of three, the cheapest counts, since a machine that others use makes a run dearer and none cheaper.
A peer is a command that takes a stereo WAV; it is run on the same 16 kHz file. How fast the machine
was meanwhile is told by Silero in onnxruntime, a window at a time, as LiveKit runs it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
import soxr
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_info

from benchmarks.marked import put_between
from benchmarks.shares import shares
from livekit_barge.batch.score_batch import score_here
from livekit_barge.call.audio import Float32, to_float
from livekit_barge.hearing.silero.network import HEARD, SILERO_RATE, WINDOW_S, model_path
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named

FORMATS = (
    ("16 kHz WAV", 16_000, "WAV", "PCM_16"),
    ("48 kHz WAV", 48_000, "WAV", "PCM_16"),
    ("8 kHz µ-law WAV", 8_000, "WAV", "ULAW"),
    ("16 kHz FLAC", 16_000, "FLAC", "PCM_16"),
    ("48 kHz MP3", 48_000, "MP3", "MPEG_LAYER_III"),
    ("48 kHz Opus", 48_000, "OGG", "OPUS"),
)
AGENT = (
    "Your parcel left this morning, and it will reach you on Tuesday before noon.",
    "I can change the address for you, if you tell me the new one.",
    "There is one more thing that you should know about the delivery.",
)
CALLER = ("No wait, please send it to my office.", "Okay.", "When will it come?", "Stop, stop.")
NOISE_DBFS = -60.0
ECHO, ECHO_LATE_S = 0.1, 0.08
PARTS = {
    "measure/silero": "the speech model",
    "measure/onnx": "the speech model",
    "measure/one_thread": "the speech model",
    "measure/listening": "the speech model",
    "measure/gate": "the speech model",
    "measure/leakage": "looking for echo and crosstalk",
    "measure/toeplitz": "looking for echo and crosstalk",
    "measure/two_channels": "looking for echo and crosstalk",
    "measure/sounds": "tones, music and other named sounds",
    "measure/dated": "dating edges",
    "measure/dating": "dating edges",
    "measure/edges": "dating edges",
    "measure/crowd": "dating edges",
    "measure/speech": "dating edges",
    "intake": "reading",
}
"""Files, and what they do of the scoring."""
PROFILED_HOURS = 0.1


@dataclass(frozen=True)
class Cost:
    """Of one process."""

    cpu_s: float
    wall_s: float
    memory_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--peer", help="a command that takes a stereo WAV")
    parser.add_argument("--page", type=Path, help="write the table into this page")
    options = parser.parse_args()
    figures: list[tuple[str, Cost]] = []
    with tempfile.TemporaryDirectory() as directory:
        for name, rate, kind, subtype in FORMATS:
            path = Path(directory) / "call"
            apart(path, options.hours, rate, kind, subtype)
            figures.append((name, least(command(path))))
            if (kind, rate) == ("WAV", 16_000) and options.peer:
                peers = cost(peer(options.peer, path))
                figures.append((f"{name}, {Path(options.peer).name}", peers))
        echoed = Path(directory) / "echoed"
        apart(echoed, options.hours, 16_000, "WAV", "PCM_16", ECHO)
        figures.append(("16 kHz WAV, the agent echoed at −20 dB", least(command(echoed))))
        short = Path(directory) / "short"
        apart(short, 1 / 3600, 16_000, "WAV", "PCM_16")
        started = least(command(short), runs=10)
        profiled = Path(directory) / "profiled"
        apart(profiled, PROFILED_HOURS, 16_000, "WAV", "PCM_16")
        goes = where_it_goes(profiled)
    rows = [row(name, found, options.hours) for name, found in figures]
    ends = (
        f"A recording of 1 s: {started.wall_s:.2f} s, of which CPU {started.cpu_s:.2f} s.",
        "Silero alone by onnxruntime, a window at a time, in the same minutes: "
        f"{reference_s_an_hour():.1f} s of CPU an hour of one channel. numpy's products were by "
        f"OpenBLAS's {kernels()} kernels.",
        "Where it goes at 16 kHz, once all is loaded, by Python's profiler: "
        + ", ".join(f"{part} {share * 100:.0f} %" for part, share in goes.items() if share > 0.005)
        + ".",
    )
    table = Table(*COLUMNS, title=f"{options.hours:g} h, two channels")
    for cells in rows:
        table.add_row(*cells)
    Console().print(table, *ends, sep="\n\n")
    if options.page:
        put_between(options.page, "make speed", page(rows, ends))


COLUMNS = ("", "CPU s an hour", "wall s", "peak MB")


def page(rows: Sequence[Sequence[str]], ends: Sequence[str]) -> str:
    """The table and what stands under it, in Markdown."""
    lines = [COLUMNS, ("---", "---:", "---:", "---:"), *rows]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return "\n\n".join([table, *ends])


def reference_s_an_hour() -> float:
    """What LiveKit's own way of running Silero costs here and now."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model_path(), sess_options=options)
    feed = {
        "input": np.random.default_rng(1).normal(0, 0.1, (1, HEARD)).astype(np.float32),
        "state": np.zeros((2, 1, 128), np.float32),
        "sr": np.array(SILERO_RATE),
    }
    windows = 1000

    def once_s() -> float:
        began_s = time.process_time()
        for _ in range(windows):
            session.run(None, feed)
        return time.process_time() - began_s

    return min(once_s() for _ in range(5)) / (windows * WINDOW_S) * 3600


def kernels() -> str:
    """Which of its kernels OpenBLAS has for this processor, or was told to take."""
    return next(one["architecture"] for one in threadpool_info() if "numpy" in one["filepath"])


def apart(*words: object) -> None:
    """Write a call in a process of its own: a child's peak begins with its parent's memory."""
    writer = multiprocessing.get_context("spawn").Process(target=write_call, args=words)
    writer.start()
    writer.join()


def where_it_goes(path: Path) -> dict[str, float]:
    """Each part's share of scoring a file, once all is imported and loaded."""
    order = ScoreOptions.of(caller_channel=0)

    def score() -> None:
        for _ in score_here([path], order):
            pass

    score()
    return shares(score, PARTS)


def command(path: Path) -> list[str]:
    script = Path(sys.executable).with_name("livekit-barge")
    return [str(script), "score", str(path), "--caller-channel", "0", "--json", os.devnull]


def peer(name: str, path: Path) -> list[str]:
    found = shutil.which(name)
    if found is None:
        sys.exit(f"{name}: no such command – install it apart, and give its path")
    wav = path.with_suffix(".wav")
    wav.unlink(missing_ok=True)
    os.link(path, wav)
    return [found, str(wav)]


def cost(words: Sequence[str]) -> Cost:
    """Of a command, which may exit as it likes."""
    # Where Python may not keep what it has compiled, each run would compile anew.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
    began = time.perf_counter()
    pid = os.posix_spawn(words[0], words, environment, file_actions=quiet)
    _, _, used = os.wait4(pid, 0)
    wall_s = time.perf_counter() - began
    return Cost(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss / 1024)


def least(words: Sequence[str], runs: int = 3) -> Cost:
    """The cheapest of several runs of a command."""
    return min((cost(words) for _ in range(runs)), key=lambda run: run.cpu_s)


def row(name: str, found: Cost, hours: float) -> tuple[str, ...]:
    return name, f"{found.cpu_s / hours:.2f}", f"{found.wall_s:.1f}", f"{found.memory_mb:.0f}"


def write_call(
    path: Path, hours: float, rate: int, kind: str, subtype: str, echo: float = 0.0
) -> None:
    """A conversation: the agent speaks, and in every other sentence the caller comes in on it.

    ``echo``: of the agent on the caller's channel, as a share of its amplitude.
    """
    rng = np.random.default_rng(7)
    agent, caller = ([say(text, rate) for text in texts] for texts in (AGENT, CALLER))
    left = round(hours * 3600 * rate)
    with (
        path.open("wb") as file,
        soundfile.SoundFile(file, "w", rate, 2, subtype=subtype, format=kind) as out,
    ):
        number = 0
        while left > 0:
            block = exchange(agent, caller, number, rate, rng)[:left]
            late = round(ECHO_LATE_S * rate)
            block[late:, 0] += np.float32(echo) * block[:-late, 1]
            out.write(block)
            left -= len(block)
            number += 1


def exchange(
    agent: list[Float32], caller: list[Float32], number: int, rate: int, rng: np.random.Generator
) -> Float32:
    said, answer = agent[number % len(agent)], caller[number % len(caller)]
    barges_in = number % 2 == 1
    from_s = 1.5 if barges_in else len(said) / rate + 0.6
    block = np.zeros((round((len(said) + len(answer)) + 1.5 * rate), 2), dtype=np.float32)
    spoken = said[: round(2.0 * rate)] if barges_in else said
    block[: len(spoken), 1] = spoken
    begin = round(from_s * rate)
    block[begin : begin + len(answer), 0] = answer
    block[:, 0] += rng.standard_normal(len(block), np.float32) * 10 ** (NOISE_DBFS / 20)
    return block


def say(text: str, rate: int) -> Float32:
    spoken = to_float(voice_named("joe").speak(text).samples)
    return np.asarray(soxr.resample(spoken, SAMPLE_RATE, rate), dtype=np.float32)


if __name__ == "__main__":
    main()
