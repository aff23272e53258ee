"""A process records one call itself and the others in a child process, with equal results."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from livekit_barge.call.events import OptionsInForce
from livekit_barge.call.folder import Call
from livekit_barge.errors import CallError
from livekit_barge.measure.limits import Limits
from livekit_barge.recording import recording_backends
from livekit_barge.recording.call_writer import Reports
from livekit_barge.recording.recorder import RecordingBackend
from livekit_barge.recording.recording_backends import KeeperGoneError, open_keeper
from tests.disks import tiny_disk
from tests.recording.made import META, RATE, MadeCall, Told, told, track
from tests.recording.recording import ramp

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path) -> Iterator[RecordingBackend]:
    """Another call, which this process keeps itself meanwhile."""
    keeper = opened(tmp_path / "another", told())
    yield keeper
    keeper.release()


def opened(path: Path, says: Told, **meta: object) -> RecordingBackend:
    described = dataclasses.replace(META, **meta)
    return open_keeper(path, described, Limits.load(), says.reports)


@contextmanager
def kept(path: Path, says: Told, **meta: object) -> Iterator[RecordingBackend]:
    keeper = opened(path, says, **meta)
    try:
        yield keeper
    finally:
        keeper.release()


class Deaf(Told):
    """Can be told no turn."""

    @property
    def reports(self) -> Reports:
        def refuse(_: object) -> None:
            raise BrokenPipeError("no stderr")

        return dataclasses.replace(super().reports, turn=refuse)


def keep_whole(path: Path, speech: np.ndarray, says: Told | None = None) -> Told:
    says = says or told()
    with kept(path, says) as keeper:
        items = list(MadeCall(track(8.0, [(1.0, speech), (5.0, speech)])).items())
        for begin in range(0, len(items), 20):
            keeper.keep(items[begin : begin + 20])
    return says


def files(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.iterdir()}


def opened_when_let_go(path: Path) -> Call:
    """The child lets go of a folder some moments after its worker was killed."""
    for _ in range(600):
        try:
            return Call.open(path)
        except CallError:
            time.sleep(0.1)
    return Call.open(path)


def child() -> int:
    return recording_backends._CHILD[-1]._process.pid


class TestBeside:
    def test_a_call_kept_beside_another_has_the_same_folder(self, tmp_path, speech):
        keep_whole(tmp_path / "alone", speech)
        with kept(tmp_path / "another", told()):
            keep_whole(tmp_path / "beside", speech)
        assert files(tmp_path / "beside") == files(tmp_path / "alone")

    def test_its_turns_are_told_here(self, tmp_path, speech):
        alone = keep_whole(tmp_path / "alone", speech)
        with kept(tmp_path / "another", told()):
            beside = keep_whole(tmp_path / "beside", speech)
        assert len(alone.turns) == 2
        assert beside.turns == alone.turns

    def test_the_first_call_needs_no_child(self, tmp_path, monkeypatch):
        monkeypatch.setattr(recording_backends, "_CHILD", [])
        with kept(tmp_path / "first", told()):
            assert not recording_backends._CHILD

    @pytest.mark.usefixtures("here")
    def test_options_that_no_pipe_can_carry_stand_in_the_folder_as_their_text(self, tmp_path):
        with kept(tmp_path / "a-call", told(), asked={"x": {"value": lambda: 1}}) as keeper:
            keeper.keep([OptionsInForce(at_s=0.0, options={"vad": object, "n": 1})])
        written = json.loads((tmp_path / "a-call" / "call.json").read_text())
        assert written["options"] == {"vad": "<class 'object'>", "n": 1}

    @pytest.mark.usefixtures("here")
    def test_a_full_disk_is_told_once(self, tmp_path, speech):
        says = told()
        items = list(MadeCall(track(8.0, [(1.0, speech)])).items())
        with tiny_disk(tmp_path / "disk", size="64k") as disk, kept(disk / "a-call", says) as one:
            one.keep(items)
        assert [failure.strerror for failure in says.failures] == ["No space left on device"]
        assert [turn.speaker for turn in says.turns] == ["caller"]


class TestFaults:
    @pytest.mark.usefixtures("here")
    def test_a_child_that_is_killed_is_a_fault_of_the_call(self, tmp_path):
        with pytest.raises(KeeperGoneError, match="has ended"), kept(tmp_path / "a", told()):
            os.kill(child(), signal.SIGKILL)

    @pytest.mark.usefixtures("here")
    def test_the_next_call_has_a_new_child(self, tmp_path, speech):
        with pytest.raises(KeeperGoneError), kept(tmp_path / "a", told()):
            os.kill(child(), signal.SIGKILL)
        assert len(keep_whole(tmp_path / "b", speech).turns) == 2

    @pytest.mark.usefixtures("here")
    def test_a_fault_in_the_child_reaches_the_call_and_no_other(self, tmp_path, speech):
        with (
            pytest.raises(KeeperGoneError, match="AttributeError"),
            kept(tmp_path / "a", told()) as a,
        ):
            a.keep(["no item"])
        assert len(keep_whole(tmp_path / "b", speech).turns) == 2

    @pytest.mark.usefixtures("here")
    def test_an_interrupt_from_the_keyboard_is_not_the_childs(self, tmp_path, speech):
        with kept(tmp_path / "a", told()):
            os.kill(child(), signal.SIGINT)
            os.kill(child(), signal.SIGTERM)
        assert len(keep_whole(tmp_path / "b", speech).turns) == 2

    @pytest.mark.usefixtures("here")
    def test_a_report_that_fails_is_a_fault_of_the_call(self, tmp_path, speech):
        with pytest.raises(BrokenPipeError, match="no stderr"):
            keep_whole(tmp_path / "a", speech, Deaf([], []))

    @pytest.mark.usefixtures("here")
    def test_a_report_that_fails_is_no_fault_of_another_call(self, tmp_path, speech):
        with kept(tmp_path / "b", told()):
            process = child()
            with pytest.raises(BrokenPipeError):
                keep_whole(tmp_path / "a", speech, Deaf([], []))
            assert len(keep_whole(tmp_path / "c", speech).turns) == 2
        assert child() == process

    @pytest.mark.usefixtures("here")
    def test_an_answer_that_cannot_be_read_leaves_no_call_waiting(self, tmp_path, monkeypatch):
        def unreadable(_: object) -> None:
            raise ImportError("no such answer")

        monkeypatch.setattr(recording_backends, "_CHILD", [])
        monkeypatch.setattr(recording_backends.pickle, "load", unreadable)
        with pytest.raises(KeeperGoneError, match="has ended"):
            opened(tmp_path / "a", told())


class TestProcess:
    def test_killed_a_worker_loses_at_most_a_second_of_what_its_child_keeps(self, tmp_path):
        program = Path(__file__).with_name("recording.py")
        with subprocess.Popen(
            [sys.executable, program, tmp_path / "a-call", "beside"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        ) as process:
            assert process.stdout is not None
            samples = 0
            while samples < 1.5 * RATE:
                samples = int(process.stdout.readline().split()[0])
            process.send_signal(signal.SIGKILL)
            lines = process.stdout.readlines()
            process.wait(60)
        samples = int(lines[-1].split()[0]) if lines else samples
        call = opened_when_let_go(tmp_path / "a-call")
        audio = np.concatenate([block[0] for block in call.blocks()])
        caller = np.rint(audio * 32_768).astype(np.int16)
        assert samples - len(caller) <= RATE
        assert np.array_equal(caller, ramp(0, len(caller)))
