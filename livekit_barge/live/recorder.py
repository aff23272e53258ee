"""Takes a call's audio and events off the event loop and into its folder.

The loop only appends to a queue. A thread of the call's own empties it a few times a second: it
writes, places, measures and logs. Nothing it meets (a full disk, a fault of ours) reaches the call.
"""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from livekit_barge.call.events import Event
from livekit_barge.call.meta import CallMeta
from livekit_barge.live.book import AgentFrame, Book, CallerFrame, Close, Item, Reports
from livekit_barge.measure.thresholds import Thresholds

# How often the queue is emptied. Half the second of audio that a kill may cost, less room for a
# slow disk; and seldom enough that the thread wakes the interpreter four times a second, not sixty.
BATCH_S = 0.25


class Recorder:
    """The loop's side: every method returns at once and raises nothing."""

    def __init__(
        self, path: Path, meta: CallMeta, thresholds: Thresholds, reports: Reports
    ) -> None:
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._reports = reports
        self._book = Book(path, meta, thresholds, reports)
        self._thread = threading.Thread(target=self._run, name=f"barge-{meta.call_id}")
        self._thread.start()

    def event(self, event: Event) -> None:
        """Keep an event. Events come in the order in which they were stamped."""
        self._queue.put(event)

    def caller_frame(self, arrived_s: float, pcm: bytes, sample_rate: int, channels: int) -> None:
        """Keep a frame of 16-bit caller audio that was whole at ``arrived_s``."""
        self._queue.put(CallerFrame(arrived_s, pcm, sample_rate, channels))

    def agent_frame(self, pcm: bytes, sample_rate: int, channels: int) -> None:
        """Keep a frame of 16-bit agent audio that was handed to the output."""
        self._queue.put(AgentFrame(pcm, sample_rate, channels))

    def close(self, ended_s: float) -> None:
        """The call is over; what is queued is still written. A second close does nothing."""
        if not self._closing.is_set():
            self._queue.put(Close(ended_s))
            self._closing.set()

    def join(self) -> None:
        """Wait until the folder is whole. Blocks: not for the event loop."""
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._closing.wait(BATCH_S):
                self._empty_queue()
            self._empty_queue()
        except Exception as error:
            self._reports.broke(error)

    def _empty_queue(self) -> None:
        for _ in range(self._queue.qsize()):
            self._book.take(self._queue.get())
        self._book.advance()
