"""A call's files while it runs: at the kernel at once, private, and given up together."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
import stat

import numpy as np
import pytest

from livekit_barge.call.events import CallerAnchored, SessionClosed
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import META_FILE
from livekit_barge.call.meta import CallMeta
from livekit_barge.errors import CallError
from livekit_barge.measure.turns import Turn
from livekit_barge.recording import disk
from livekit_barge.recording.disk import CallFiles
from tests.disks import tiny_disk
from tests.recording.made import META, RATE

ANCHOR = CallerAnchored(at_s=0.0, sample=0, reason="first")
NOISE = np.random.default_rng(0).integers(-9999, 9999, RATE).astype(np.int16)
TURN = Turn(speaker="caller", started_s=0.1, ended_s=0.9, words="naïve")


@pytest.fixture
def failures():
    return []


@pytest.fixture
def files(tmp_path, failures):
    return CallFiles(tmp_path / "calls" / "a-call", META, failures.append)


class TestWriting:
    def test_a_folder_is_for_its_owner_alone(self, files):
        assert stat.S_IMODE(files.path.stat().st_mode) == 0o700

    def test_so_is_every_file_in_it(self, files):
        files.event(ANCHOR)
        files.turn(TURN)
        files.samples("caller", NOISE, RATE)
        files.samples("agent", NOISE, RATE)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files.path.iterdir()}
        assert len(modes) == 5
        assert set(modes.values()) == {0o600}
        files.release()

    def test_so_is_every_file_once_it_is_whole_whatever_the_umask(self, files):
        umask = os.umask(0)
        try:
            files.event(ANCHOR)
            files.samples("caller", NOISE, RATE)
            files.samples("agent", NOISE, RATE)
            files.close(1.0, None)
            files.release()
        finally:
            os.umask(umask)
        assert {stat.S_IMODE(path.stat().st_mode) for path in files.path.iterdir()} == {0o600}

    def test_an_event_is_in_the_file_when_the_call_returns(self, files):
        files.event(ANCHOR)
        assert (files.path / "events.jsonl").read_text().endswith('"reason":"first"}\n')
        files.release()

    def test_samples_are_in_the_file_when_the_call_returns(self, files):
        files.samples("caller", NOISE[:100], RATE)
        files.samples("caller", NOISE[100:], RATE)
        assert (files.path / "caller.s16").read_bytes() == NOISE.tobytes()
        files.release()

    def test_a_turn_is_in_the_file_when_the_call_returns(self, files):
        files.turn(TURN)
        assert '"words": "naïve"' in (files.path / "turns.jsonl").read_text()
        files.release()

    def test_each_sides_rate_is_noted_with_its_first_samples(self, files):
        files.samples("caller", NOISE, 16_000)
        files.samples("agent", NOISE, 48_000)
        rates = CallMeta.read(files.path / META_FILE).sample_rates
        assert rates == {"caller": 16_000, "agent": 48_000}
        files.release()

    def test_options_are_noted_when_they_are_known(self, files):
        files.options({"min_interruption_duration": 0.3})
        assert CallMeta.read(files.path / META_FILE).options == {"min_interruption_duration": 0.3}
        files.release()

    def test_without_audio_no_samples_are_kept(self, tmp_path, failures):
        meta = dataclasses.replace(META, audio_recorded=False)
        files = CallFiles(tmp_path / "a-call", meta, failures.append)
        files.samples("caller", NOISE, RATE)
        files.close(1.0, None)
        files.release()
        assert os.listdir(files.path) == [META_FILE]


class TestClosing:
    def test_a_closed_call_opens_without_a_note(self, files):
        files.event(ANCHOR)
        files.samples("caller", NOISE, RATE)
        files.close(1.0, 0.01)
        files.release()
        call = Call.open(files.path)
        assert call.notes == ()
        assert call.meta == dataclasses.replace(
            META,
            sample_rates={"caller": RATE},
            duration_s=1.0,
            alignment_uncertainty_s=0.01,
        )

    def test_until_it_is_let_go_it_is_being_recorded(self, files):
        with pytest.raises(CallError, match="still being recorded"):
            Call.open(files.path)
        files.release()
        assert Call.open(files.path).duration_s == 0.0

    def test_letting_go_closes_every_file(self, files):
        before = len(os.listdir("/proc/self/fd"))
        files.event(ANCHOR)
        files.samples("caller", NOISE, RATE)
        files.release()
        assert len(os.listdir("/proc/self/fd")) == before - 1  # the lock's

    def test_letting_go_twice_does_nothing(self, files, failures):
        files.event(ANCHOR)
        files.release()
        files.release()
        assert failures == []


class TestFailing:
    def test_a_full_disk_is_told_once(self, tmp_path, failures):
        with tiny_disk(tmp_path / "disk", size="64k") as tiny:
            files = CallFiles(tiny / "a-call", META, failures.append)
            for _ in range(10):
                files.samples("caller", NOISE, RATE)
                files.event(ANCHOR)
            files.turn(TURN)
            files.close(1.0, None)
            files.release()
        assert [failure.errno for failure in failures] == [errno.ENOSPC]

    def test_after_it_nothing_is_tried_again(self, tmp_path, failures):
        with tiny_disk(tmp_path / "disk", size="64k") as tiny:
            files = CallFiles(tiny / "a-call", META, failures.append)
            while not failures:
                files.samples("caller", NOISE, RATE)
            (tiny / "a-call" / "caller.s16").write_bytes(b"")  # now there would be room
            files.samples("caller", NOISE, RATE)
            files.event(ANCHOR)
            files.turn(TURN)
            files.close(1.0, None)
            assert sorted(os.listdir(tiny / "a-call")) == ["call.json", "caller.s16"]
            assert (tiny / "a-call" / "caller.s16").stat().st_size == 0
            files.release()

    def test_what_was_written_before_opens_once_there_is_room(self, tmp_path, failures):
        with tiny_disk(tmp_path / "disk", size="96k") as tiny:
            files = CallFiles(tiny / "a-call", META, failures.append)
            files.event(ANCHOR)
            files.samples("caller", NOISE, RATE)
            files.event(SessionClosed(at_s=1.0, reason="user_initiated"))
            files.close(1.0, None)  # needs as much again for audio.flac
            files.release()
            assert [failure.errno for failure in failures] == [errno.ENOSPC]
            shutil.copytree(tiny / "a-call", moved := tmp_path / "moved")
        call = Call.open(moved)
        assert call.duration_s == 1.0
        assert call.events == (ANCHOR, SessionClosed(at_s=1.0, reason="user_initiated"))

    def test_a_line_that_half_fitted_is_left_out_with_a_note(self, tmp_path, failures):
        with tiny_disk(tmp_path / "disk", size="64k") as tiny:
            files = CallFiles(tiny / "a-call", META, failures.append)
            count = 0
            while not failures:
                files.event(SessionClosed(at_s=float(count), reason="x" * 100))
                count += 1
            files.release()
            shutil.copytree(tiny / "a-call", moved := tmp_path / "moved")
        call = Call.open(moved)
        assert len(call.events) == count - 1
        assert "the last line of events.jsonl is torn and was left out" in call.notes

    def test_a_failed_call_lets_go_of_its_folder(self, tmp_path, failures):
        with tiny_disk(tmp_path / "disk", size="64k") as tiny:
            before = len(os.listdir("/proc/self/fd"))
            files = CallFiles(tiny / "a-call", META, failures.append)
            while not failures:
                files.samples("caller", NOISE, RATE)
            files.close(1.0, None)
            files.release()
            assert len(os.listdir("/proc/self/fd")) == before

    def test_a_folder_that_cannot_be_made_is_told_once(self, tmp_path, failures):
        (tmp_path / "calls").write_text("a file, where the calls should be")
        files = CallFiles(tmp_path / "calls" / "a-call", META, failures.append)
        files.event(ANCHOR)
        files.samples("caller", NOISE, RATE)
        files.close(1.0, None)
        files.release()
        assert [failure.errno for failure in failures] == [errno.ENOTDIR]

    def test_a_folder_that_is_there_already_is_not_written_over(self, files, failures):
        files.event(ANCHOR)
        again = CallFiles(files.path, META, failures.append)
        again.event(ANCHOR)
        again.release()
        assert [failure.errno for failure in failures] == [errno.EEXIST]
        assert len((files.path / "events.jsonl").read_text().splitlines()) == 1
        files.release()

    def test_a_disk_that_takes_a_write_in_part_gets_the_rest(self, files, monkeypatch):
        write = os.write
        monkeypatch.setattr(disk.os, "write", lambda to, data: write(to, data[:7]))
        files.event(ANCHOR)
        monkeypatch.undo()
        files.release()
        assert Call.open(files.path).events == (ANCHOR,)
