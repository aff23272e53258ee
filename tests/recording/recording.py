"""A program for test_recorder: records a made call in real time, and ends as it is told to.

It prints how many samples and events it has handed to the recorder, after each frame. ``HOW`` is
``on`` (goes on until it is killed), ``beside`` (so too, kept by a child process), ``ends`` (ends
without closing the call), ``closes`` (closes it and ends at once) or ``raises`` (in mid-call).
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

from livekit_barge.call.events import OutputCleared
from livekit_barge.measure.limits import Limits
from livekit_barge.recording.recorder import Recorder, RecordingBackend
from livekit_barge.recording.recording_backends import open_keeper
from tests.recording.made import FRAME, META, RATE, open_book, told


def ramp(begin: int, end: int) -> np.ndarray:
    return (np.arange(begin, end) % 30_000).astype(np.int16)


def opened(path: Path, how: str) -> RecordingBackend:
    if how != "beside":
        return open_book(path, told())
    limits = Limits.load()
    open_keeper(path.with_name("another"), META, limits, told().reports)
    return open_keeper(path, META, limits, told().reports)


def main(path: Path, how: str) -> None:
    recorder = Recorder(partial(opened, path, how), lambda error: print(repr(error)))
    began_s = time.monotonic()
    goes_on = how in ("on", "beside")
    frames = 100_000 if goes_on else 20
    for number in range(frames):
        at_s = round((number + 1) * FRAME / RATE, 6)
        if goes_on:
            time.sleep(max(began_s + at_s - time.monotonic(), 0.0))
        pcm = ramp(number * FRAME, (number + 1) * FRAME).tobytes()
        recorder.caller_frame(at_s, pcm, RATE, 1)
        recorder.event(OutputCleared(at_s=at_s, speech_id=f"é{number}"))
        print((number + 1) * FRAME, number + 1, flush=True)
        if how == "raises" and number == 9:
            raise LookupError("the agent failed")
    if how == "closes":
        recorder.close(at_s)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
