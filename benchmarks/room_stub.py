"""An agent with a sharp edge: speaks, is cut in mid-vowel at a known sample, then sounds a marker.

``benchmarks.room`` starts it and reads from its output when each cut and each marker was sent, on
the host's monotonic clock.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass

import numpy as np
from livekit import rtc

from benchmarks.room_agent import TEXT
from livekit_barge.clock import CallClock
from livekit_barge.room.microphone import Microphone
from livekit_barge.stage.track import CallerTrack, Pcm, to_pcm
from livekit_barge.stage.voices import SAMPLE_RATE, voice_named

FIRST_S = 3.0
EVERY_S = 5.0
SPOKEN_S = (1.9, 3.6)
# Longer than a gap that a burst bridges; and soon, since a jitter buffer shrinks in a silence.
MARKER_AFTER_S = 0.25
MARKER_S = 0.04


@dataclass(frozen=True)
class Truth:
    """When a round's cut and marker were sent."""

    cut_now_s: float
    marker_now_s: float


def marker() -> Pcm:
    """A sweep from 1 to 3 kHz: one sharp peak when it is looked for."""
    at_s = np.arange(round(MARKER_S * SAMPLE_RATE)) / SAMPLE_RATE
    sweep = np.sin(2 * np.pi * (1_000 * at_s + 2_000 / MARKER_S / 2 * at_s**2))
    return to_pcm(sweep * np.hanning(len(at_s)) * 12_000)


def cut_speech(round_number: int) -> Pcm:
    """The sentence, cut where it has been loud for a tenth of a second; in each round elsewhere."""
    speech = voice_named("joe").speak(TEXT).trimmed().samples
    frame = SAMPLE_RATE // 100
    levels = np.abs(speech[: len(speech) // frame * frame].astype(np.int32)).reshape(-1, frame)
    loud = levels.max(axis=1) > levels.max() / 4
    sustained = np.lib.stride_tricks.sliding_window_view(loud, 10).all(axis=1)
    ends = np.flatnonzero(sustained) + 10
    least, most = (seconds * SAMPLE_RATE / frame for seconds in SPOKEN_S)
    ends = ends[(ends > least) & (ends < most)]
    end = int(ends[round_number % len(ends)]) * frame
    last = np.abs(speech[end - frame : end].astype(np.int32))
    return speech[: end - frame + int(np.argmax(last)) + 1]


async def main(url: str, token: str, rounds: int, bitrate: int) -> None:
    """Play all rounds, coded with ``bitrate``, then print the truth."""
    clock, track = CallClock.start(), CallerTrack(SAMPLE_RATE)
    marks: list[tuple[int, int]] = []
    for number in range(rounds):
        begin, speech = round((FIRST_S + EVERY_S * number) * SAMPLE_RATE), cut_speech(number)
        cut = begin + len(speech)
        track.mix(speech, begin)
        track.mix(marker(), at := cut + round(MARKER_AFTER_S * SAMPLE_RATE))
        marks.append((cut, at))
    sent: list[float] = []

    room = rtc.Room()
    await room.connect(url, token)
    microphone = Microphone(track, clock, lambda _, begins_s, __: sent.append(begins_s))
    await microphone.publish(room, bitrate=bitrate)
    microphone.open()
    opened = track.sent
    speaking = asyncio.create_task(microphone.run())
    await asyncio.sleep(FIRST_S + EVERY_S * rounds)
    speaking.cancel()
    await room.disconnect()

    def sent_s(sample: int) -> float:
        frame, inside = divmod(sample - opened, microphone.frame_samples)
        return clock.started_now_s + sent[frame] + inside / SAMPLE_RATE

    print(json.dumps([asdict(Truth(sent_s(cut), sent_s(at))) for cut, at in marks]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
