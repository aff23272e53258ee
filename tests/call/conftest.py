"""A Call folder as its recorder leaves it: in mid-call, and whole."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from livekit_barge.call.events import (
    CallerAnchored,
    Event,
    PlaybackFinished,
    PlaybackProgressed,
    SegmentStarted,
    SessionClosed,
    to_line,
)
from livekit_barge.call.finish import finish_call
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import CALLER_SPOOL, META_FILE, PUSHED_SPOOL
from livekit_barge.call.meta import CallMeta
from tests.disks import tiny_disk

RATE = 24_000

#        0.0   0.1                0.5          1.1        1.5
# caller       |------------------- 1.4 s ----------------|
# agent                           |-- 0.6 s ---| 0.2 s never played
# events             … to                       1.2
CALLER = np.arange(1, round(1.4 * RATE) + 1).astype(np.int16)
PUSHED = np.arange(1, round(0.8 * RATE) + 1).astype(np.int16) * -1
EVENTS: tuple[Event, ...] = (
    CallerAnchored(at_s=0.1, sample=0, reason="first"),
    SegmentStarted(at_s=0.5, segment_id=0, speech_id="s", pushed_offset_s=0.0),
    PlaybackProgressed(at_s=1.1, segment_id=0, started_at_s=0.5, offset_s=0.0, duration_s=0.6),
    PlaybackFinished(at_s=1.1, segment_id=0, position_s=0.6, interrupted=True),
    SessionClosed(at_s=1.2, reason="user_initiated"),
)
META = CallMeta(
    call_id="a-call",
    source="stage",
    capture_point="agent",
    started_wall_s=1_767_225_600.0,
    started_now_s=1_000.0,
    sample_rates={"caller": RATE, "agent": RATE},
)


def write_events(path: Path, events: Sequence[Event] = EVENTS) -> None:
    (path / "events.jsonl").write_text("".join(to_line(event) + "\n" for event in events))


def both_channels(call: Call) -> np.ndarray:
    """The call's audio as 16-bit samples of shape ``(2, n)``."""
    return np.rint(np.concatenate(list(call.blocks()), axis=1) * 32_768).astype(np.int16)


@pytest.fixture
def broken_off(tmp_path: Path) -> Path:
    """Return the folder that a killed process leaves."""
    path = tmp_path / "a-call"
    path.mkdir()
    (path / META_FILE).write_text(META.to_json())
    write_events(path)
    (path / CALLER_SPOOL).write_bytes(CALLER.tobytes())
    (path / PUSHED_SPOOL).write_bytes(PUSHED.tobytes())
    return path


@pytest.fixture
def whole(broken_off: Path) -> Path:
    """A call that was closed at 1.5 s."""
    finish_call(broken_off, META, EVENTS, ended_s=1.5)
    return broken_off


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """Copies a folder to a disk of its own, which is then remounted so that nobody can write."""
    with tiny_disk(tmp_path / "disk", size="4m") as disk:

        def copied(path: Path) -> Path:
            shutil.copytree(path, disk / path.name)
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            return disk / path.name

        yield copied
