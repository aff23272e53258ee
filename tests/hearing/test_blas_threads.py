"""The number of OpenBLAS threads while Silero runs, and after."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from livekit_barge.hearing.blas_threads import one_thread
from livekit_barge.hearing.silero import network


@pytest.fixture(autouse=True)
def _two_threads():
    with threadpool_limits(limits=2, user_api="blas"):
        yield


def threads() -> set[int]:
    """Return the threads of numpy's OpenBLAS: scipy, once imported, has one of its own."""
    found = threadpool_info()
    return {library["num_threads"] for library in found if "numpy" in library["filepath"]}


def test_there_is_one_while_it_lasts_and_then_as_many_as_before():
    with one_thread():
        assert threads() == {1}
    assert threads() == {2}


def test_silero_is_heard_by_one(monkeypatch):
    encoded, seen = network.encoded, []

    def watched(padded):
        seen.append(threads())
        return encoded(padded)

    monkeypatch.setattr(network, "encoded", watched)
    windows = np.zeros((1, network.HEARD), dtype=np.float32)
    piece = network.WindowRun(0, 1, network.NetworkState())
    network.probabilities(windows, np.ones(1, dtype=np.float32), [piece])
    assert seen == [{1}]
