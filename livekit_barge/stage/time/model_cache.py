"""Caches the answers of LiveKit's local models: the same audio is asked once a process.

The calls of a sweep share their scripts, so most of what the VAD and the turn detector hear they
have heard in the call before, under another preset. What they say depends on the audio alone. So
below LiveKit's own code, where it calls into its native library, answers are kept:

* the VAD's probability of a window, by all the windows since its start or reset;
* the turn detector's of the 1.2 s it is shown, by those.

Everything above is LiveKit's and runs anew in each call: limits, durations, decisions. An
answer that is not kept is the model's own: it hears first what it has missed. So results are the
same to the bit with and without, which ``tests/stage/time/test_model_cache.py`` holds.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from livekit.agents.inference import vad as inference_vad
from livekit.agents.inference.eot import transports

from livekit_barge.stage.time.virtual import at_once

WINDOWS = 200_000
"""Nearly two hours of audio, at 31 windows a second, in 40 MB."""
ENDS = 20_000


class _RecentAnswers:
    """A bounded cache of answers; the least recently used goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, float] = OrderedDict()
        self.asked = 0
        self.known = 0

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: Hashable) -> float | None:
        self.asked += 1
        if (answer := self._answers.get(key)) is None:
            return None
        self.known += 1
        self._answers.move_to_end(key)
        return answer

    def put(self, key: Hashable, answer: float) -> None:
        self._answers[key] = answer
        if len(self._answers) > self._most:
            self._answers.popitem(last=False)


class Memory:
    """The models' answers so far, up to so many. For one call at a time."""

    def __init__(self, windows: int = WINDOWS, ends: int = ENDS) -> None:
        self.windows = _RecentAnswers(windows)
        self.ends = _RecentAnswers(ends)


class _Chain:
    """A model's input so far, in order: as a digest, and itself until it is asked for."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._digest = hashlib.blake2b(digest_size=16)
        self._unheard: list[bytes] = []

    def add(self, data: bytes) -> bytes:
        """The next that is given; the key of all so far."""
        self._digest.update(data)
        self._unheard.append(data)
        return self._digest.digest()

    def unheard(self) -> list[bytes]:
        """Return what was added since the last request: the model has to hear it now."""
        unheard, self._unheard = self._unheard, []
        return unheard


class _RememberedVAD:
    """Replaces ``livekit.local_inference.VAD``."""

    def __init__(self, memory: Memory, native: Any) -> None:
        self._kept = memory.windows
        self._native = native
        self._chain = _Chain()

    @at_once
    def predict(self, pcm: Any) -> float:
        key = self._chain.add(pcm.tobytes())
        if (said := self._kept.get(key)) is None:
            for window in self._chain.unheard():
                said = float(self._native.predict(np.frombuffer(window, np.int16)))
            assert said is not None  # the latest window is one of them
            self._kept.put(key, said)
        return said

    def reset(self) -> None:
        self._chain.restart()
        self._native.reset()

    def close(self) -> None:
        self._native.close()


class _RememberedEOT:
    """Replaces ``livekit.local_inference.EOT``, which has no state itself."""

    def __init__(self, memory: Memory, native: Any) -> None:
        self._kept = memory.ends
        self._native = native

    @at_once
    def predict(self, pcm: Any) -> float:
        key = hashlib.blake2b(pcm.tobytes(), digest_size=16).digest()
        if (said := self._kept.get(key)) is None:
            said = float(self._native.predict(pcm))
            self._kept.put(key, said)
        return said

    def close(self) -> None:
        self._native.close()


_memories: dict[int, Memory] = {}
"""The cache of each thread, by ``threading.get_ident()``."""
_lock = threading.Lock()
_NativeVAD: Any = getattr(inference_vad, "_NativeVAD")  # noqa: B009
_NativeEOT: Any = getattr(transports, "_EOT")  # noqa: B009


def _new_vad() -> Any:
    memory = _memories.get(threading.get_ident())
    return _NativeVAD() if memory is None else _RememberedVAD(memory, _NativeVAD())


def _new_eot() -> Any:
    memory = _memories.get(threading.get_ident())
    return _NativeEOT() if memory is None else _RememberedEOT(memory, _NativeEOT())


def _put(vad: Any, eot: Any) -> None:
    setattr(inference_vad, "_NativeVAD", vad)  # noqa: B010
    setattr(transports, "_EOT", eot)  # noqa: B010


@contextmanager
def remembering(memory: Memory) -> Iterator[None]:
    """Let models made in this thread answer from ``memory`` while the block runs."""
    thread = threading.get_ident()
    with _lock:
        _memories[thread] = memory
        _put(_new_vad, _new_eot)
    try:
        yield
    finally:
        with _lock:
            del _memories[thread]
            if not _memories:
                _put(_NativeVAD, _NativeEOT)
