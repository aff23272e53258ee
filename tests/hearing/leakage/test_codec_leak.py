"""A stereo codec's leak at a low bit rate is distinguished from someone who speaks."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from benchmarks.barge_ins import made_call, with_noise
from benchmarks.corpus.calls_coded import written_opus
from livekit_barge.hearing.leakage.codec_leak import CodecLeakage
from livekit_barge.hearing.leakage.piece import PIECE
from livekit_barge.hearing.two_channels import TwoChannels
from livekit_barge.intake.decode import decode, probe

RATE = 16_000
FRAME = round(RATE * 0.0025)
CALLER_AT_S = 2.6


@pytest.fixture(scope="module")
def call(say) -> np.ndarray:
    """
    ::

        caller  ..................#########..   over a room's floor
        agent   ....##################.......
    """
    audio = np.zeros((2, 7 * RATE), dtype=np.float32)
    agent = say("Your parcel left this morning, and it will reach you on Tuesday.", RATE)
    caller = say("No wait, please send it to my office.", RATE)
    for side, at_s, line in ((1, 1.0, agent[: 2 * RATE]), (0, CALLER_AT_S, caller)):
        begin = round(at_s * RATE)
        audio[side, begin : begin + len(line)] = line
    audio[0] += np.random.default_rng(1).normal(0, 10 ** (-65 / 20), audio.shape[1])
    return audio


def through_opus(tmp_path, audio: np.ndarray, bit_rate: int) -> np.ndarray:
    path = written_opus(tmp_path / "call.ogg", audio, RATE, bit_rate)
    found = probe(path)
    decoded = np.concatenate(list(decode(path, found)), axis=1)
    return soxr.resample(decoded.T, found.sample_rate, RATE).T.astype(np.float32)


def bursts_of(audio: np.ndarray, *, clean: bool = True):
    finder = TwoChannels(RATE, clean=clean)
    pushed, left = finder.push(audio), finder.finish()
    return pushed[0] + left[0], pushed[1] + left[1]


def leaking_frames(audio: np.ndarray) -> list[int]:
    """Return how many frames of each channel are marked."""
    looks, size = CodecLeakage(RATE), PIECE * FRAME
    counts = [0, 0]
    for at in range(0, audio.shape[1] - size + 1, size):
        for side, merged in enumerate(looks.look(audio[:, at : at + size])):
            counts[side] += 0 if merged is None else int(merged.marks.sum())
    return counts


@pytest.mark.parametrize("bit_rate", [24_000, 32_000])
def test_the_caller_is_dated_within_the_codecs_blur_at_a_low_bit_rate(tmp_path, call, bit_rate):
    caller, _ = bursts_of(through_opus(tmp_path, call, bit_rate))
    first = caller[0]
    assert abs(first.onset_s - CALLER_AT_S) <= np.hypot(first.onset_uncertainty_s, 0.010)


def test_a_caller_after_the_agents_leak_is_not_dated_by_it(tmp_path):
    """Without the look at the codec's leak this onset is 118 ms early, stated ±8 ms."""
    made = with_noise(made_call("tuning", 0), np.random.default_rng([0, 6, 7]))
    onset_s = made.truth[3].onset_s
    coded = through_opus(tmp_path, made.audio, 24_000)
    caller, _ = bursts_of(coded)
    near = min(caller, key=lambda burst: abs(burst.onset_s - onset_s))
    assert abs(near.onset_s - onset_s) <= np.hypot(near.onset_uncertainty_s, 0.010)


def test_two_talkers_at_once_are_not_marked_as_a_leak(call):
    assert leaking_frames(call) == [0, 0]


def test_crosstalk_of_one_gain_is_left_to_the_path(call):
    crossed = call.copy()
    crossed[0] += np.float32(0.1) * call[1]
    assert leaking_frames(crossed)[0] == 0


def test_a_leak_whose_gain_changes_from_block_to_block_is_marked(call):
    gains = np.random.default_rng(2).choice([0.01, 0.05, 0.2], call.shape[1] // 320 + 1)
    merged = call.copy()
    merged[0] += (np.repeat(gains, 320)[: call.shape[1]] * call[1]).astype(np.float32)
    assert leaking_frames(merged)[0] > 200
