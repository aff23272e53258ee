"""The recorder: the loop's side returns at once, and what was handed over outlives the process."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from livekit_barge.call.events import CallerAnchored, OutputCleared
from livekit_barge.call.folder import Call
from livekit_barge.recording.call_writer import AgentFrame, CallerFrame, Close, Item
from livekit_barge.recording.recorder import Recorder
from tests.disks import tiny_disk
from tests.recording.made import FRAME, RATE, MadeCall, open_book, told, track
from tests.recording.recording import ramp

PROGRAM = Path(__file__).with_name("recording.py")
REPOSITORY = Path(__file__).parents[2]


def event(number: int) -> OutputCleared:
    return OutputCleared(at_s=float(number), speech_id=f"speech_{number}")


class Notebook:
    """In the place of a book: notes what it takes; fails at a chosen item."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.taken: list[Item] = []
        self.threads: set[str] = set()
        self.released = 0
        self._fails_at = fails_at

    def keep(self, items: Sequence[Item]) -> None:
        self.threads.add(threading.current_thread().name)
        for item in items:
            if len(self.taken) == self._fails_at:
                raise LookupError("ours")
            self.taken.append(item)

    def release(self) -> None:
        self.released += 1


def recorder_of(notebook: Notebook, faults: list[Exception] | None = None) -> Recorder:
    return Recorder(lambda: notebook, ([] if faults is None else faults).append)


class TestHandingOver:
    def test_items_reach_the_book_in_the_order_in_which_they_came(self):
        recorder = recorder_of(notebook := Notebook())
        recorder.event(event(0))
        recorder.caller_frame(0.05, b"\1\0", RATE, 1)
        recorder.agent_frame(b"\2\0", RATE, 2)
        recorder.event(event(1))
        recorder.close(2.0)
        recorder.join()
        assert notebook.taken == [
            event(0),
            CallerFrame(0.05, b"\1\0", RATE, 1),
            AgentFrame(b"\2\0", RATE, 2),
            event(1),
            Close(2.0),
        ]

    def test_they_are_taken_in_a_thread_of_the_calls_own(self):
        recorder = recorder_of(notebook := Notebook())
        recorder.close(0.0)
        recorder.join()
        assert notebook.threads == {"barge-recorder"}

    def test_handing_over_never_waits_for_the_book(self):
        may_open = threading.Event()
        notebook = Notebook()

        def open_late() -> Notebook:
            assert may_open.wait(60)
            return notebook

        recorder = Recorder(open_late, lambda _: None)
        for number in range(10_000):
            recorder.event(event(number))
            recorder.caller_frame(0.0, b"", RATE, 1)
            recorder.agent_frame(b"", RATE, 1)
        recorder.close(1.0)
        assert notebook.taken == []  # all of it returned while nothing could be taken
        may_open.set()
        recorder.join()
        assert len(notebook.taken) == 30_001

    def test_what_comes_after_the_close_is_ignored(self):
        recorder = recorder_of(notebook := Notebook())
        recorder.close(1.0)
        recorder.event(event(0))
        recorder.caller_frame(0.0, b"", RATE, 1)
        recorder.agent_frame(b"", RATE, 1)
        recorder.join()
        assert notebook.taken == [Close(1.0)]

    def test_a_second_close_does_nothing(self):
        recorder = recorder_of(notebook := Notebook())
        recorder.close(1.0)
        recorder.close(2.0)
        recorder.join()
        assert notebook.taken == [Close(1.0)]

    def test_the_folder_is_let_go_when_the_call_has_closed(self):
        recorder = recorder_of(notebook := Notebook())
        recorder.close(1.0)
        recorder.join()
        assert notebook.released == 1


class TestFaults:
    def test_a_fault_of_ours_is_told_once(self):
        faults: list[Exception] = []
        recorder = recorder_of(Notebook(fails_at=2), faults)
        for number in range(10):
            recorder.event(event(number))
        recorder.close(1.0)
        recorder.join()
        assert [repr(fault) for fault in faults] == ["LookupError('ours')"]

    def test_a_fault_while_the_book_is_opened_is_told_too(self):
        faults: list[Exception] = []

        def open_not() -> Notebook:
            raise LookupError("ours")

        recorder = Recorder(open_not, faults.append)
        recorder.join()
        assert [repr(fault) for fault in faults] == ["LookupError('ours')"]

    def test_after_a_fault_the_folder_is_let_go(self):
        recorder = recorder_of(notebook := Notebook(fails_at=0))
        recorder.event(event(0))
        recorder.join()
        assert notebook.released == 1

    def test_after_a_fault_nothing_more_is_held_in_memory(self):
        recorder = recorder_of(Notebook(fails_at=0))
        recorder.event(event(0))
        recorder.join()
        for number in range(100):
            recorder.event(event(number))
        assert recorder._queue.qsize() == 0

    def test_a_full_disk_is_told_once_and_the_turns_are_measured(self, tmp_path, speech):
        made = MadeCall(track(8.0, [(1.0, speech)]))
        says, faults = told(), []
        with tiny_disk(tmp_path / "disk", size="64k") as disk:
            recorder = Recorder(lambda: open_book(disk / "a-call", says), faults.append)
            *items, close = made.items()
            for frame in items:
                recorder.caller_frame(frame.arrived_s, frame.pcm, RATE, 1)
            recorder.close(close.ended_s)
            recorder.join()
        assert [failure.strerror for failure in says.failures] == ["No space left on device"]
        assert [turn.speaker for turn in says.turns] == ["caller"]
        assert faults == []

    def test_a_recorder_that_is_done_is_not_kept_until_the_program_ends(self):
        recorder = recorder_of(Notebook())
        recorder.close(1.0)
        recorder.join()
        known = weakref.ref(recorder)
        del recorder
        gc.collect()
        assert known() is None


class TestProcess:
    """Real processes, in real time where they are killed."""

    def test_killed_it_loses_at_most_a_second_of_audio(self, killed):
        call, samples, _ = killed
        caller = _caller(call)
        assert samples - len(caller) <= RATE
        assert np.array_equal(caller, ramp(0, len(caller)))

    def test_killed_it_loses_no_event_that_was_written(self, killed):
        call, _, events = killed
        stamped = [each for each in call.events if not isinstance(each, CallerAnchored)]
        assert [each.speech_id for each in stamped] == [f"é{n}" for n in range(len(stamped))]
        assert events - len(stamped) <= RATE // FRAME

    def test_killed_its_folder_opens_with_a_note(self, killed):
        call, _, _ = killed
        assert len(call.notes) >= 1
        assert call.notes[0].startswith("the recording broke off")

    def test_killed_its_folder_opens_the_same_again(self, killed):
        call, _, _ = killed
        again = Call.open(call.path)
        assert again == call
        assert np.array_equal(_caller(again), _caller(call))

    @pytest.mark.parametrize("how", ["ends", "raises"])
    def test_a_program_that_never_closes_its_call_ends_and_loses_nothing(self, tmp_path, how):
        with _recording(tmp_path / "a-call", how) as process:
            printed, _ = process.communicate(timeout=60)
        call = Call.open(tmp_path / "a-call")
        samples, events = _last(printed.splitlines())
        assert np.array_equal(_caller(call), ramp(0, samples))
        assert len(call.events) == events + 1  # and the anchor
        assert call.notes[0].startswith("the recording broke off")

    def test_a_program_that_closes_its_call_and_ends_leaves_it_whole(self, tmp_path):
        with _recording(tmp_path / "a-call", "closes") as process:
            process.communicate(timeout=60)
        assert process.returncode == 0
        call = Call.open(tmp_path / "a-call")
        assert call.notes == ()
        assert np.array_equal(_caller(call), ramp(0, 20 * FRAME))


@pytest.fixture(scope="class")
def killed(tmp_path_factory) -> tuple[Call, int, int]:
    """A call killed after 1.5 s; the samples and events that had been handed over."""
    path = tmp_path_factory.mktemp("killed") / "a-call"
    with _recording(path, "on") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while _last(lines)[0] < 1.5 * RATE:
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait(60)
    return Call.open(path), *_last(lines)


@contextmanager
def _recording(path: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, PROGRAM, path, how],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    ) as process:
        yield process


def _last(lines: list[str]) -> tuple[int, int]:
    """Samples and events handed over, by the last whole line."""
    samples, events = next(line for line in reversed(lines) if line.strip()).split()
    return int(samples), int(events)


def _caller(call: Call) -> np.ndarray:
    audio = np.concatenate([block[0] for block in call.blocks()])
    return np.rint(audio * 32_768).astype(np.int16)
