"""Takes a call's audio and events off the event loop and into its folder.

The loop only appends to a queue. A thread of the call's own empties it a few times a second: it
writes, places, measures and logs. Nothing it meets (a full disk, a fault of ours) reaches the call.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from livekit_barge.call.events import Event
from livekit_barge.live.book import AgentFrame, CallerFrame, Close, Item
from livekit_barge.live.meter import rest

# How often the queue is emptied. Half the second of audio that a kill may cost, less room for a
# slow disk; and seldom enough that the thread wakes the interpreter four times a second, not sixty.
BATCH_S = 0.25
# How long a program that ends waits for what is queued: some batches' worth.
LAST_WORDS_S = 2.0

# So many items at once, then the loop has its turn: less than half a millisecond's work.
ITEMS_AT_ONCE = 8

# Of a process's recorders one works at a time, so that the event loop never queues for the
# interpreter behind several. Closing a call, which takes longer, stands outside.
_ONE_AT_A_TIME = threading.Lock()


class Keeper(Protocol):
    """Keeps a call: :class:`~.book.Book`, or what takes its place at a caller's end."""

    def take(self, item: Item) -> None: ...

    def advance(self) -> None: ...

    def release(self) -> None: ...


class Recorder:
    """The loop's side: every method but ``join`` returns at once. After ``close`` nothing is kept.

    ``open_book`` runs in the thread, so not even making the folder touches the loop. ``on_fault``
    is told of a fault of ours: recording ends there, the call goes on.
    """

    def __init__(
        self, open_book: Callable[[], Keeper], on_fault: Callable[[Exception], None]
    ) -> None:
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._closed = False
        self._open_book = open_book
        self._on_fault = on_fault
        # A daemon: a program that ends without closing its session must not hang on us.
        self._thread = threading.Thread(target=self._run, name="barge-recorder", daemon=True)
        atexit.register(self._last_words)
        self._thread.start()

    def event(self, event: Event) -> None:
        """Keep an event. Events come in the order in which they were stamped."""
        self._put(event)

    def caller_frame(self, arrived_s: float, pcm: bytes, sample_rate: int, channels: int) -> None:
        """Keep a frame of 16-bit caller audio that was whole at ``arrived_s``."""
        self._put(CallerFrame(arrived_s, pcm, sample_rate, channels))

    def agent_frame(self, pcm: bytes, sample_rate: int, channels: int) -> None:
        """Keep a frame of 16-bit agent audio that was handed to the output."""
        self._put(AgentFrame(pcm, sample_rate, channels))

    def close(self, ended_s: float) -> None:
        """The call is over; what is queued is still written. A second close does nothing."""
        self._put(Close(ended_s))
        self._closed = True
        self._ending.set()

    def join(self) -> None:
        """Wait until the folder is whole. Blocks: not for the event loop."""
        self._thread.join()

    def _last_words(self) -> None:
        """The program ends: finish a call that was closed; of another, write what is queued."""
        self._ending.set()
        self._thread.join(None if self._closed else LAST_WORDS_S)

    def _put(self, item: Item) -> None:
        if not self._ending.is_set():
            self._queue.put(item)

    def _run(self) -> None:
        try:
            self._keep(self._open_book())
        except Exception as error:
            self._on_fault(error)
        finally:
            self._ending.set()
            atexit.unregister(self._last_words)

    def _keep(self, book: Keeper) -> None:
        try:
            while not self._ending.wait(BATCH_S):
                self._empty_queue(book)
            self._empty_queue(book)
        finally:
            book.release()

    def _empty_queue(self, book: Keeper) -> None:
        items = [self._queue.get() for _ in range(self._queue.qsize())]
        last = items.pop() if items and isinstance(items[-1], Close) else None
        with _ONE_AT_A_TIME:
            for number, item in enumerate(items, start=1):
                book.take(item)
                if number % ITEMS_AT_ONCE == 0:
                    rest()
            book.advance()
        if last is not None:
            book.take(last)
