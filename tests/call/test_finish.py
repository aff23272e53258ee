"""A call is made whole whenever it ends, and however often that is begun anew."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from livekit_barge.call.audio import AGENT
from livekit_barge.call.audio import CALLER as CALLER_CHANNEL
from livekit_barge.call.events import AgentAnchored, CallerAnchored
from livekit_barge.call.finish import finish_call, replacing, write_meta
from livekit_barge.call.folder import Call
from livekit_barge.call.formats import (
    AUDIO_FILE,
    CALLER_SPOOL,
    META_FILE,
    PUSHED_FILE,
    PUSHED_SPOOL,
)
from livekit_barge.call.meta import CallMeta
from livekit_barge.errors import CallError
from tests.call.conftest import CALLER, EVENTS, META, PUSHED, RATE, both_channels
from tests.disks import tiny_disk

PROGRAM = Path(__file__).with_name("killed_while_finishing.py")
REPOSITORY = Path(__file__).parents[2]


class TestFinishing:
    def test_the_call_says_how_long_it_lasted(self, broken_off):
        meta = finish_call(broken_off, META, EVENTS, ended_s=2.5)
        assert meta == dataclasses.replace(META, duration_s=2.5)
        assert CallMeta.read(broken_off / META_FILE) == meta

    def test_both_channels_are_as_long_as_the_call(self, broken_off):
        finish_call(broken_off, META, EVENTS, ended_s=2.5)
        assert soundfile.info(broken_off / AUDIO_FILE).frames == round(2.5 * RATE)

    def test_audio_that_outlasts_the_close_makes_the_call_longer(self, broken_off):
        meta = finish_call(broken_off, META, EVENTS, ended_s=1.0)
        assert meta.duration_s == 1.5

    def test_what_was_pushed_is_kept_to_the_sample(self, whole):
        pushed, rate = soundfile.read(whole / PUSHED_FILE, dtype="int16")
        assert rate == RATE
        assert np.array_equal(pushed, PUSHED)

    def test_an_agent_who_never_spoke_pushed_nothing(self, broken_off):
        (broken_off / PUSHED_SPOOL).unlink()
        finish_call(broken_off, META, EVENTS[:1], ended_s=1.5)
        assert not (broken_off / PUSHED_FILE).exists()

    def test_at_a_callers_end_the_agent_lies_where_it_was_heard(self, broken_off):
        heard = dataclasses.replace(META, capture_point="caller")
        anchor = AgentAnchored(at_s=0.2, sample=0, reason="first")
        finish_call(broken_off, heard, [EVENTS[0], anchor], ended_s=2.0)
        agent = both_channels(Call.open(broken_off))[AGENT]
        first = round(0.2 * RATE)
        assert np.array_equal(agent[first : first + len(PUSHED)], PUSHED)
        assert not agent[:first].any()

    def test_at_a_callers_end_nothing_was_pushed(self, broken_off):
        finish_call(broken_off, dataclasses.replace(META, capture_point="caller"), [], ended_s=2.0)
        assert not (broken_off / PUSHED_FILE).exists()

    def test_a_gap_in_the_callers_audio_is_silence(self, broken_off):
        # 0.1 |-- 0.4 s --| 0.5 … 1.0 |-- 1.0 s --| 2.0
        anchors = [EVENTS[0], CallerAnchored(at_s=1.0, sample=9600, reason="gap")]
        finish_call(broken_off, META, anchors, ended_s=2.0)
        caller = both_channels(Call.open(broken_off))[CALLER_CHANNEL]
        assert np.array_equal(caller[2400:12_000], CALLER[:9600])
        assert not caller[12_000:24_000].any()
        assert np.array_equal(caller[24_000:], CALLER[9600:])

    def test_sound_from_before_the_start_is_left_out(self, broken_off):
        anchor = CallerAnchored(at_s=-0.05, sample=0, reason="first")
        finish_call(broken_off, META, [anchor], ended_s=1.5)
        caller = both_channels(Call.open(broken_off))[CALLER_CHANNEL]
        assert np.array_equal(caller[: len(CALLER) - 1200], CALLER[1200:])

    @pytest.mark.parametrize(("caller", "agent"), [(24_000, 48_000), (16_000, 24_000)])
    def test_where_the_rates_differ_the_higher_one_is_the_calls(self, broken_off, caller, agent):
        meta = dataclasses.replace(META, sample_rates={"caller": caller, "agent": agent})
        finish_call(broken_off, meta, EVENTS, ended_s=3.0)
        info = soundfile.info(broken_off / AUDIO_FILE)
        assert (info.samplerate, info.frames) == (agent, 3 * agent)

    def test_a_side_of_a_lower_rate_keeps_its_place(self, broken_off):
        tone = np.rint(9000 * np.sin(np.arange(16_000) * 2 * np.pi * 500 / 16_000))
        (broken_off / CALLER_SPOOL).write_bytes(tone.astype(np.int16).tobytes())
        meta = dataclasses.replace(META, sample_rates={"caller": 16_000, "agent": 24_000})
        anchors = [
            CallerAnchored(at_s=0.5, sample=0, reason="first"),
            CallerAnchored(at_s=1.5, sample=8_000, reason="gap"),
        ]
        finish_call(broken_off, meta, anchors, ended_s=2.0)
        caller = both_channels(Call.open(broken_off))[CALLER_CHANNEL]
        expected = 9000 * np.sin(np.arange(24_000) * 2 * np.pi * 500 / 24_000)
        assert np.abs(caller[12_000:24_000] - expected[:12_000])[100:].max() < 20
        assert not caller[24_000:36_000].any()
        assert np.abs(caller[36_000:] - expected[12_000:])[:-100].max() < 20

    def test_without_audio_only_the_description_is_written(self, broken_off):
        meta = dataclasses.replace(META, audio_recorded=False)
        assert finish_call(broken_off, meta, EVENTS, ended_s=2.5).duration_s == 2.5
        assert not (broken_off / AUDIO_FILE).exists()

    def test_files_are_for_their_owner_alone(self, whole):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in whole.iterdir()}
        assert {modes[name] for name in (AUDIO_FILE, PUSHED_FILE, META_FILE)} == {0o600}

    def test_long_audio_is_written_block_by_block_without_a_seam(self, broken_off):
        long = np.random.default_rng(0).integers(-999, 999, 25 * RATE).astype(np.int16)
        (broken_off / CALLER_SPOOL).write_bytes(long.tobytes())
        finish_call(broken_off, META, EVENTS[:1], ended_s=26.0)
        caller = both_channels(Call.open(broken_off))[CALLER_CHANNEL]
        assert np.array_equal(caller[2400 : 2400 + len(long)], long)


@pytest.mark.parametrize("how", ["recorder", "opening"])
def test_killed_at_any_step_nothing_is_lost(broken_off, how):
    ran = subprocess.run(
        [sys.executable, PROGRAM, broken_off, how],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert ran.stderr == ""
    opened = [json.loads(line) for line in ran.stdout.splitlines()]
    expected = np.zeros((2, round(1.5 * RATE)), np.int16)
    expected[CALLER_CHANNEL, 2400:] = CALLER
    expected[AGENT, 12_000:26_400] = PUSHED[:14_400]
    assert [call["killed"] for call in opened] == [True] * (len(opened) - 1) + [False]
    assert len(opened) > 8  # two audio files and a description, each opened and renamed; two spools
    for call in opened:
        assert call["caller"] == expected[0].tobytes().hex()
        assert call["agent"] == expected[1].tobytes().hex()
        assert call["duration_s"] == 1.5
        assert call["events"]
        assert call["files"] == ["audio.flac", "call.json", "events.jsonl", "pushed.flac"]
        assert len(call["notes"]) <= 1


@pytest.mark.parametrize("at_s", [7_300.0, 86_400.0, 1e9])
def test_a_stamp_hours_ahead_is_refused_and_nothing_is_lost(broken_off, at_s):
    before = sorted(os.listdir(broken_off))
    events = [*EVENTS, dataclasses.replace(EVENTS[-1], at_s=at_s)]
    with pytest.raises(CallError, match=r"a-call: nothing happened in it for .* h, .* – mend"):
        finish_call(broken_off, META, events, ended_s=None)
    assert sorted(os.listdir(broken_off)) == before


class TestReplacing:
    def test_the_old_content_stays_until_the_new_is_whole(self, tmp_path):
        file = tmp_path / "call.json"
        file.write_text("old")
        with replacing(file) as out:
            out.write(b"new")
            assert file.read_text() == "old"
        assert file.read_text() == "new"

    def test_a_failure_leaves_the_old_content_and_nothing_else(self, tmp_path):
        file = tmp_path / "call.json"
        file.write_text("old")
        with pytest.raises(TypeError), replacing(file) as out:
            out.writelines([b"ne", None])
        assert file.read_text() == "old"
        assert os.listdir(tmp_path) == ["call.json"]

    def test_a_full_disk_keeps_the_old_description(self, tmp_path):
        with tiny_disk(tmp_path / "disk", size="32k") as disk:
            write_meta(disk, META)
            (disk / "filler").write_bytes(bytes(20_000))
            wordy = dataclasses.replace(META, options={"instructions": "x" * 20_000})
            with pytest.raises(OSError, match="No space left on device"):
                write_meta(disk, wordy)
            assert CallMeta.read(disk / META_FILE) == META
            assert sorted(os.listdir(disk)) == [META_FILE, "filler"]

    def test_a_full_disk_leaves_the_raw_samples_for_later(self, tmp_path):
        noise = np.random.default_rng(0).integers(-9999, 9999, 30_000).astype(np.int16)
        with tiny_disk(tmp_path / "disk", size="96k") as disk:
            (disk / CALLER_SPOOL).write_bytes(noise.tobytes())
            write_meta(disk, META)
            with pytest.raises(OSError, match="No space left on device"):
                finish_call(disk, META, EVENTS[:1], ended_s=1.5)
            assert (disk / CALLER_SPOOL).read_bytes() == noise.tobytes()
            assert sorted(os.listdir(disk)) == [META_FILE, CALLER_SPOOL]
