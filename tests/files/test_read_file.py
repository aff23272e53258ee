"""What is no file, or a longer one than was meant, is refused before it costs time or memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livekit_barge.files.read_file import read_regular


def test_a_file_of_just_that_length_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", 5) == b"12345"


def test_a_longer_one_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"123456")
    with pytest.raises(OSError, match="File too large"):
        read_regular(tmp_path / "a", 5)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "pipe", 5)


def test_a_device_without_end_is_not_read():
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(Path("/dev/zero"), 5)
