"""The network by hand against onnxruntime, and how it is loaded."""

import subprocess
import sys

import numpy as np
import onnxruntime
import pytest

from livekit_barge.hearing.silero.network import (
    BLOCK,
    CONTEXT,
    WINDOW,
    NetworkState,
    WindowRun,
    model_path,
    probabilities,
)


def in_windows(samples: np.ndarray) -> np.ndarray:
    whole = samples[: len(samples) // WINDOW * WINDOW]
    before = np.concatenate([np.zeros(CONTEXT, dtype=np.float32), whole])
    return np.lib.stride_tricks.sliding_window_view(before, CONTEXT + WINDOW)[::WINDOW]


def heard(windows: np.ndarray, pieces: list[WindowRun]) -> np.ndarray:
    return probabilities(windows, np.ones(len(windows), dtype=np.float32), pieces)


def alone(windows: np.ndarray, memory: NetworkState | None = None) -> np.ndarray:
    return heard(windows, [WindowRun(0, len(windows), memory or NetworkState())])


def by_onnxruntime(windows: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model_path())
    state = np.zeros((2, 1, 128), dtype=np.float32)
    found = []
    for window in windows:
        feed = {"input": window[None], "state": state, "sr": np.array(16_000)}
        probability, state = session.run(None, feed)
        found.append(probability.item())
    return np.array(found)


@pytest.fixture(scope="module")
def speech(say) -> np.ndarray:
    silence = np.zeros(8_000, dtype=np.float32)
    hiss = np.random.default_rng(1).normal(0, 0.01, 8_000).astype(np.float32)
    spoken = say("Thank you for calling. How can I help you today?", 16_000)
    return in_windows(np.concatenate([silence, spoken, hiss, spoken * 0.05, silence]))


def test_it_equals_onnxruntime_on_speech(speech):
    expected = by_onnxruntime(speech)
    assert expected.max() > 0.9 > 0.1 > expected.min()
    assert alone(speech) == pytest.approx(expected, abs=1e-5)


def test_a_stretch_is_heard_alike_alone_and_among_others_of_any_length(speech):
    spans = [(20, 27), (27, 27 + 2 * BLOCK), (60, 61), (65, 98), (98, 138)]
    together = heard(speech, [WindowRun(*span, NetworkState()) for span in spans])
    apart = np.concatenate([alone(speech[begin:end]) for begin, end in spans])
    assert together.tolist() == apart.tolist()


def test_a_gain_is_as_if_the_audio_were_louder(speech):
    gains = np.full(len(speech), 0.5, dtype=np.float32)
    softer = probabilities(speech, gains, [WindowRun(0, len(speech), NetworkState())])
    assert softer.tolist() == alone(speech * np.float32(0.5)).tolist()


def test_a_stretch_that_comes_in_whole_blocks_is_remembered(speech):
    memory = NetworkState()
    first = alone(speech[: 2 * BLOCK], memory)
    assert [*first, *alone(speech[2 * BLOCK : 70], memory)] == alone(speech[:70]).tolist()


def test_loading_it_imports_no_livekit():
    code = (
        "import sys, livekit_barge.hearing.speech_finder as s; s.SpeechFinder(8000);"
        "sys.exit(any(n.split('.')[0] in ('livekit', 'onnxruntime') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
