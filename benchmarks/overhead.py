"""What the instruments cost a worker: event-loop delay and CPU, with them and without.

    python -m benchmarks.overhead [--pairs 4] [--sessions 1,20] [--seconds 15]

Writes its tables into docs/evidence/overhead.md.

Sessions at once in one process, in real time, each with the real Silero on real audio: an agent
that talks and a caller who breaks in. Rounds without and with instruments alternate, so that both
of a pair saw the same machine; what is compared is the pair. A round lasts from the first
session's start to the last folder's end, so that closing a call counts, too; so does the CPU of
the process that keeps the calls beside the first.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import structlog
from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.plugins import silero

from benchmarks.marked import put_between
from livekit_barge import BargeSession, Settings
from livekit_barge.stage.line import INPUT_FRAME_S, Line
from livekit_barge.stage.track import Pcm
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named

# A probe every 5 ms sees every stall that is longer; its own cost is 200 wake-ups a second.
PROBE_S = 0.005
PAGE = Path(__file__).parents[1] / "docs" / "evidence" / "overhead.md"
AGENT = (
    "Our opening hours are from nine in the morning until six in the evening on every day of the "
    "week, and on the first Sunday of the month we open somewhat later, around ten."
)
CALLER = "Wait a moment, I have a question about that."
CALLER_EVERY_S = 6.0


@dataclass(frozen=True)
class Round:
    """One round's cost."""

    delay_p99_s: float
    cpu_share: float
    """Of one core, for one session."""


async def play(instrumented: bool, sessions: int, seconds: float, calls_dir: Path) -> Round:
    """One round."""
    vad = silero.VAD.load()
    caller = voice_named("joe").speak(CALLER).samples
    agent = voice_named("joe").speak(AGENT).samples
    make = (
        partial(BargeSession, settings=Settings(calls_dir=calls_dir))
        if instrumented
        else AgentSession
    )
    delays: list[float] = []
    probe = asyncio.create_task(_probe(delays))
    began_s, cpu_s = time.monotonic(), _cpu_s()
    calls = [
        _call(make, vad, agent, caller, seconds, begin_s=_begin_s(n, sessions, seconds))
        for n in range(sessions)
    ]
    await asyncio.gather(*calls)
    cpu_s, lasted_s = _cpu_s() - cpu_s, time.monotonic() - began_s
    probe.cancel()
    return Round(float(np.percentile(delays, 99)), cpu_s / lasted_s / sessions)


def _cpu_s() -> float:
    """Of this process and its children."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(each.cpu_times().user + each.cpu_times().system for each in family)


def _begin_s(number: int, sessions: int, seconds: float) -> float:
    """All in the first quarter, no two in step: in step, one frame waits for all others."""
    frames = round(seconds * number / sessions / 4 / INPUT_FRAME_S)
    return (frames + number / sessions) * INPUT_FRAME_S


async def _call(
    make: Any, vad: Any, agent: Pcm, caller: Pcm, seconds: float, *, begin_s: float
) -> None:
    await asyncio.sleep(begin_s)
    line = Line(noise_dbfs=-65.0)
    for at_s in np.arange(2.0, seconds - 2.0, CALLER_EVERY_S):
        line.caller.mix(caller, round(at_s * SAMPLE_RATE))
    session = make(vad=vad, turn_handling={"turn_detection": "vad"}, aec_warmup_duration=None)
    line.connect(session)
    await session.start(Agent(instructions=""))
    ends_s = time.monotonic() + seconds
    while time.monotonic() < ends_s:
        handle = session.say("…", audio=_frames(agent))
        await asyncio.wait([asyncio.ensure_future(handle)], timeout=ends_s - time.monotonic())
    await session.aclose()
    await line.aclose()
    if isinstance(session, BargeSession):
        await session.finished()


async def _frames(samples: Pcm) -> AsyncIterator[rtc.AudioFrame]:
    size = SAMPLE_RATE // 20
    for begin in range(0, len(samples), size):
        piece = samples[begin : begin + size]
        yield rtc.AudioFrame(piece.tobytes(), SAMPLE_RATE, 1, len(piece))


async def _probe(delays: list[float]) -> None:
    while True:
        due_s = time.monotonic() + PROBE_S
        await asyncio.sleep(PROBE_S)
        delays.append(time.monotonic() - due_s)


def _table(sessions: int, pairs: list[tuple[Round, Round]]) -> str:
    """In Markdown; the last row has the medians."""
    rows = [
        (
            without.delay_p99_s * 1e3,
            with_.delay_p99_s * 1e3,
            (with_.delay_p99_s - without.delay_p99_s) * 1e3,
            without.cpu_share * 100,
            with_.cpu_share * 100,
            (with_.cpu_share - without.cpu_share) * 100,
        )
        for without, with_ in pairs
    ]
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    lines = [
        f"| {sessions} at once | p99 delay without | with | more | CPU without | with | more |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in [*enumerate(rows, start=1), ("median", medians)]:
        delays = " | ".join(f"{value:.2f} ms" for value in row[:3])
        shares = " | ".join(f"{value:.2f} %" for value in row[3:])
        lines.append(f"| {name} | {delays} | {shares} |")
    return "\n".join(lines)


def _measure(sessions: int, pairs: int, seconds: float) -> list[tuple[Round, Round]]:
    """Each of a pair goes first every other time."""
    found = []
    with tempfile.TemporaryDirectory() as calls_dir:
        for number in range(pairs):
            order = (False, True) if number % 2 == 0 else (True, False)
            rounds = {
                instrumented: asyncio.run(play(instrumented, sessions, seconds, Path(calls_dir)))
                for instrumented in order
            }
            found.append((rounds[False], rounds[True]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--sessions", default="1,20")
    parser.add_argument("--seconds", type=float, default=15.0)
    chosen = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # the turn log, unprinted
    tables = [
        _table(int(sessions), _measure(int(sessions), chosen.pairs, chosen.seconds))
        for sessions in chosen.sessions.split(",")
    ]
    text = "\n\n".join(tables)
    print(text)
    put_between(PAGE, "make overhead", text)


if __name__ == "__main__":
    main()
