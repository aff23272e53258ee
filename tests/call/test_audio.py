"""A call's audio: pieces laid on a timeline, raw samples, and files that are whole or an error."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from livekit_barge.call.audio import (
    TimelinePiece,
    agent_piece,
    anchored_pieces,
    lay_out,
    read_spool,
    to_float,
    write_audio,
)
from livekit_barge.call.events import CallerAnchored
from livekit_barge.call.placement import Placement

SIDE = np.arange(1, 101, dtype=np.int16)
NOISE = np.random.default_rng(0).integers(-9999, 9999, 240_000).astype(np.int16)


def write(out, samples=NOISE):
    write_audio(
        out,
        sample_rate=24_000,
        samples=len(samples),
        channels=[lambda begin, end: samples[begin:end]],
    )


class TestPieces:
    def test_the_callers_audio_runs_from_anchor_to_anchor(self):
        anchors = [
            CallerAnchored(at_s=1.0, sample=0, reason="first"),
            CallerAnchored(at_s=3.0, sample=60, reason="gap"),
        ]
        assert anchored_pieces(anchors, 100, 10) == [
            TimelinePiece(10, 0, 60),
            TimelinePiece(30, 60, 100),
        ]

    def test_an_anchor_past_what_was_written_has_no_samples(self):
        anchors = [
            CallerAnchored(at_s=1.0, sample=0, reason="first"),
            CallerAnchored(at_s=3.0, sample=60, reason="gap"),
        ]
        pieces = anchored_pieces(anchors, 50, 10)
        assert np.array_equal(lay_out(SIDE[:50], pieces, 0, 100)[10:60], SIDE[:50])
        assert not lay_out(SIDE[:50], pieces, 60, 100).any()

    def test_a_placement_covers_its_stretch_of_the_pushed_audio(self):
        assert agent_piece(Placement(2.0, 0.5, 1.5, 0), 10) == TimelinePiece(20, 5, 20)

    def test_what_lies_before_the_start_is_cut_off(self):
        assert agent_piece(Placement(-0.5, 0.0, 2.0, 0), 10) == TimelinePiece(0, 5, 20)

    def test_a_piece_stops_after_its_last_sample(self):
        assert TimelinePiece(20, 5, 20).stop == 35


class TestLayOut:
    #            0         10        20        30
    # piece 1        5..15 of the side: 0..10
    # piece 2                  20..25 of the side: 50..55
    PIECES = (TimelinePiece(5, 0, 10), TimelinePiece(20, 50, 55))

    def test_pieces_lie_where_they_belong_and_silence_elsewhere(self):
        laid = lay_out(SIDE, self.PIECES, 0, 30)
        assert laid.tolist() == [
            *[0] * 5,
            *SIDE[:10].tolist(),
            *[0] * 5,
            *SIDE[50:55].tolist(),
            *[0] * 5,
        ]

    @pytest.mark.parametrize("cut", range(31))
    def test_a_timeline_in_two_parts_is_the_whole(self, cut):
        parts = [lay_out(SIDE, self.PIECES, 0, cut), lay_out(SIDE, self.PIECES, cut, 30)]
        assert np.array_equal(np.concatenate(parts), lay_out(SIDE, self.PIECES, 0, 30))

    def test_of_two_that_overlap_the_later_one_is_heard(self):
        laid = lay_out(SIDE, [TimelinePiece(0, 0, 10), TimelinePiece(5, 50, 55)], 0, 10)
        assert laid.tolist() == [*SIDE[:5].tolist(), *SIDE[50:55].tolist()]

    def test_a_piece_of_which_samples_are_missing_is_silent_there(self):
        assert lay_out(SIDE[:3], [TimelinePiece(0, 0, 10)], 0, 10).tolist() == [1, 2, 3, *[0] * 7]


class TestSpool:
    def test_it_reads_as_it_was_written(self, tmp_path):
        (tmp_path / "spool").write_bytes(SIDE.astype("<i2").tobytes())
        assert np.array_equal(read_spool(tmp_path / "spool"), SIDE)

    def test_a_torn_last_sample_is_left_out(self, tmp_path):
        (tmp_path / "spool").write_bytes(SIDE.tobytes()[:-1])
        assert np.array_equal(read_spool(tmp_path / "spool"), SIDE[:-1])

    @pytest.mark.parametrize("data", [None, b"", b"\x01"], ids=["missing", "empty", "torn"])
    def test_without_samples_it_is_empty(self, tmp_path, data):
        if data is not None:
            (tmp_path / "spool").write_bytes(data)
        assert len(read_spool(tmp_path / "spool")) == 0


def test_full_scale_is_one():
    assert to_float(np.array([-32_768, 0, 16_384], np.int16)).tolist() == [-1.0, 0.0, 0.5]


class TestWriting:
    def test_a_full_device_is_an_error_of_the_disk(self):
        with (
            open("/dev/full", "wb", buffering=0) as out,
            pytest.raises(OSError, match="No space left") as raised,
        ):
            write(out)
        assert raised.value.errno == errno.ENOSPC

    def test_a_short_file_fails_when_it_is_closed_at_the_latest(self):
        with open("/dev/full", "wb", buffering=0) as out, pytest.raises(OSError, match="No space"):
            write(out, NOISE[:100])

    def test_a_file_that_may_not_grow_is_an_error_of_the_disk(self, tmp_path):
        """A limit of the process's own: what fits is written, the rest is refused."""
        program = (
            "import resource, signal, sys\n"
            "from tests.call.test_audio import write\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
            "try:\n"
            "    write(open(sys.argv[1], 'wb', buffering=0))\n"
            "except OSError as error:\n"
            "    print(error.strerror)\n"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program, tmp_path / "audio"],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert (ran.stdout, ran.stderr) == ("File too large\n", "")
        assert (tmp_path / "audio").stat().st_size == 100_000
