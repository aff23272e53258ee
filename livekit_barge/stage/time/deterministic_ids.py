"""Makes ids repeat in each run: LiveKit names speeches and chat items by ``uuid.uuid4``."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

_by_chance = uuid.uuid4
_numbers: dict[int, random.Random] = {}
"""The source of the next id, by ``threading.get_ident()``."""
_lock = threading.Lock()


def _uuid4() -> uuid.UUID:
    numbers = _numbers.get(threading.get_ident())
    if numbers is None:
        return _by_chance()
    return uuid.UUID(int=numbers.getrandbits(128), version=4)


@contextmanager
def repeatable_ids(seed: int = 0) -> Iterator[None]:
    """Let ``uuid.uuid4()`` give the ids of ``seed`` in this thread while the block runs."""
    thread = threading.get_ident()
    with _lock:
        _numbers[thread] = random.Random(seed)
        uuid.uuid4 = _uuid4
    try:
        yield
    finally:
        with _lock:
            del _numbers[thread]
            if not _numbers:
                uuid.uuid4 = _by_chance
