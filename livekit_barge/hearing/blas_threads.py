"""One thread for the products of matrices, whatever number OpenBLAS was given.

OpenBLAS hands products as small as Silero's to several threads, which then spin: ten times the CPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

# Two at once would each put back the number that it found, and the later one the first one's.
_ONE_AT_A_TIME = Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """While it lasts, numpy's products are of one thread."""
    with _ONE_AT_A_TIME, _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> ThreadpoolController:
    """Looking for the libraries takes 2 ms."""
    return ThreadpoolController()
