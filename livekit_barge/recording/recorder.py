"""Take a call's audio and events off the event loop and into its folder.

The loop only appends to a queue. A thread of the call's own empties it a few times a second: it
writes, places, measures and logs. Nothing it meets (a full disk, a fault of ours) reaches the call.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from livekit_barge.call.events import Event
from livekit_barge.recording.call_writer import AgentFrame, CallerFrame, Close, Item

# How often the queue is emptied. Half the second of audio that a kill may cost, less room for a
# slow disk; and seldom enough that the thread wakes the interpreter four times a second, not sixty.
BATCH_S = 0.25
# How long a program that ends waits for what is queued: some batches' worth.
LAST_WORDS_S = 2.0
# How long a call is waited for that is still open: a job's shutdown asks for the folder while
# LiveKit drains and closes the session, for which it allows ten seconds by default.
CLOSING_S = 15.0
# How long a folder that has been closed may take to become whole: hours of call are laid out and
# compressed in well under a minute, so this is a disk, or a process beside this one, that hangs.
FINISHING_S = 300.0


class RecordingBackend(Protocol):
    """A backend that records a call: a :class:`~.call_writer.Book` here or in another process
    (:mod:`.recording_backends`), or its substitute at a caller's end."""

    def keep(self, items: Sequence[Item]) -> None:
        """Record the items since the last batch, in order."""
        ...

    def release(self) -> None:
        """Release the folder, complete or not."""
        ...


class Recorder:
    """The loop's side: all methods but ``join`` return at once. ``close`` ends the recording.

    ``open_keeper`` runs in the thread, so not even making the folder touches the loop. ``on_fault``
    reports an internal error: recording ends there, the call continues.
    """

    def __init__(
        self, open_keeper: Callable[[], RecordingBackend], on_fault: Callable[[Exception], None]
    ) -> None:
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._closed = False
        self._open_keeper = open_keeper
        self._on_fault = on_fault
        # A daemon: a program that ends without closing its session must not hang on us.
        self._thread = threading.Thread(target=self._run, name="barge-recorder", daemon=True)
        atexit.register(self._last_words)
        self._thread.start()

    def event(self, event: Event) -> None:
        """Record an event. Events come in the order in which they were stamped."""
        self._put(event)

    def caller_frame(self, arrived_s: float, pcm: bytes, sample_rate: int, channels: int) -> None:
        """Record a frame of 16-bit caller audio that was complete at ``arrived_s``."""
        self._put(CallerFrame(arrived_s, pcm, sample_rate, channels))

    def agent_frame(self, pcm: bytes, sample_rate: int, channels: int) -> None:
        """Record a frame of 16-bit agent audio that was handed to the output."""
        self._put(AgentFrame(pcm, sample_rate, channels))

    def close(self, ended_s: float) -> None:
        """End the call; what is queued is still written. A second close does nothing."""
        self._put(Close(ended_s))
        self._closed = True
        self._ending.set()

    def join(self) -> bool:
        """Wait until the folder is complete or has failed; return whether the wait succeeded.

        ``False``: the call was not closed within ``CLOSING_S``, or its keeper hangs. Blocks: not
        for the event loop.
        """
        if not self._ending.wait(CLOSING_S):
            return False
        self._thread.join(FINISHING_S)
        return not self._thread.is_alive()

    def _last_words(self) -> None:
        """Finish as the program ends: complete a closed call; of an open one, write the queue."""
        self._ending.set()
        self._thread.join(FINISHING_S if self._closed else LAST_WORDS_S)

    def _put(self, item: Item) -> None:
        if not self._ending.is_set():
            self._queue.put(item)

    def _run(self) -> None:
        try:
            self._keep(self._open_keeper())
        except Exception as error:
            self._on_fault(error)
        finally:
            self._ending.set()
            atexit.unregister(self._last_words)

    def _keep(self, keeper: RecordingBackend) -> None:
        try:
            while not self._ending.wait(BATCH_S):
                self._empty_queue(keeper)
            self._empty_queue(keeper)
        finally:
            keeper.release()

    def _empty_queue(self, keeper: RecordingBackend) -> None:
        keeper.keep([self._queue.get() for _ in range(self._queue.qsize())])
