"""A Call folder opens as it was kept, or says in one line what keeps it from it."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from livekit_barge.call import folder
from livekit_barge.call.audio import AGENT
from livekit_barge.call.audio import CALLER as CALLER_CHANNEL
from livekit_barge.call.events import OutputCleared, to_line
from livekit_barge.call.folder import Call, lock_folder
from livekit_barge.call.formats import (
    AUDIO_FILE,
    CALLER_SPOOL,
    META_FILE,
    PUSHED_FILE,
    PUSHED_SPOOL,
)
from livekit_barge.errors import BadEvent, CallError, SchemaTooNew
from tests.call.conftest import CALLER, EVENTS, META, PUSHED, RATE, both_channels, write_events

BROKE_OFF = folder._BROKE_OFF
TORN = "the last line of events.jsonl is torn and was left out"


class TestWhole:
    def test_everything_that_was_kept_comes_back(self, whole):
        call = Call.open(whole)
        assert call.events == EVENTS
        assert call.meta == dataclasses.replace(META, duration_s=1.5)
        assert call.notes == ()

    def test_a_path_may_be_text(self, whole):
        assert Call.open(str(whole)).path == whole

    def test_both_channels_lie_on_one_timeline(self, whole):
        audio = both_channels(Call.open(whole))
        assert audio.shape == (2, round(1.5 * RATE))
        assert np.array_equal(audio[CALLER_CHANNEL, 2400:], CALLER)
        assert np.array_equal(audio[AGENT, 12_000:26_400], PUSHED[:14_400])
        assert np.count_nonzero(audio) == len(CALLER) + 14_400

    def test_blocks_are_the_length_asked_for_and_the_last_what_is_left(self, whole):
        lengths = [block.shape for block in Call.open(whole).blocks(block_s=0.4)]
        assert lengths == [(2, 9600), (2, 9600), (2, 9600), (2, 7200)]

    def test_events_come_in_the_order_of_their_stamps(self, whole):
        write_events(whole, EVENTS[::-1])
        stamps = [event.at_s for event in Call.open(whole).events]
        assert stamps == sorted(stamps)

    def test_events_of_one_moment_keep_the_order_in_which_they_were_written(self, whole):
        twins = [OutputCleared(at_s=1.0, speech_id=name) for name in ("b", "a", "c")]
        write_events(whole, twins)
        assert Call.open(whole).events == tuple(twins)

    def test_a_blank_line_is_no_event(self, whole):
        lines = [to_line(event) for event in EVENTS]
        (whole / "events.jsonl").write_text("\n\n".join(lines) + "\n\n")
        assert Call.open(whole).events == EVENTS

    def test_a_call_opens_from_a_disk_that_cannot_be_written(self, whole, read_only):
        assert both_channels(Call.open(read_only(whole))).any()

    def test_a_call_of_no_length_has_no_blocks(self, broken_off):
        write_events(broken_off, [])
        (broken_off / CALLER_SPOOL).unlink()
        (broken_off / PUSHED_SPOOL).unlink()
        assert list(Call.open(broken_off).blocks()) == []


class TestBrokenOff:
    def test_it_opens_with_a_note(self, broken_off):
        assert Call.open(broken_off).notes == (BROKE_OFF,)

    def test_it_holds_all_audio_although_no_event_came_after_it(self, broken_off):
        call = Call.open(broken_off)
        assert call.duration_s == 1.5
        assert np.array_equal(both_channels(call)[CALLER_CHANNEL, 2400:], CALLER)

    def test_the_agent_is_taken_to_have_played_on_as_long_as_the_caller_was_heard(self, broken_off):
        # a sink that reports only its start: 0.5 … 1.3 was pushed, the last event is at 0.6
        write_events(
            broken_off,
            [
                EVENTS[0],
                EVENTS[1],
                folder.from_line(
                    b'{"type":"playback_started","at_s":0.6,"segment_id":0}', where="here"
                ),
                folder.from_line(
                    b'{"type":"segment_flushed","at_s":0.6,"segment_id":0,"speech_id":"s",'
                    b'"last_frame_at_s":0.6,"pushed_s":0.8}',
                    where="here",
                ),
            ],
        )
        agent = both_channels(Call.open(broken_off))[AGENT]
        assert np.array_equal(np.flatnonzero(agent), np.arange(14_400, 33_600))

    def test_opening_it_twice_is_the_same(self, broken_off):
        first = Call.open(broken_off)
        audio = both_channels(first)
        second = Call.open(broken_off)
        assert second == first
        assert np.array_equal(both_channels(second), audio)

    def test_the_second_time_it_needs_no_writing(self, broken_off, read_only):
        first = Call.open(broken_off)
        assert Call.open(read_only(broken_off)).notes == first.notes

    def test_raw_samples_are_gone_once_it_is_whole(self, broken_off):
        Call.open(broken_off)
        assert sorted(os.listdir(broken_off)) == [
            AUDIO_FILE,
            META_FILE,
            "events.jsonl",
            PUSHED_FILE,
        ]

    def test_a_torn_last_sample_is_left_out(self, broken_off):
        with (broken_off / CALLER_SPOOL).open("ab") as spool:
            spool.write(b"\x01")
        assert Call.open(broken_off).duration_s == 1.5

    def test_before_its_first_anchor_the_callers_audio_counts_from_the_start(self, broken_off):
        write_events(broken_off, [])
        audio = both_channels(Call.open(broken_off))
        assert np.array_equal(audio[CALLER_CHANNEL], CALLER)

    def test_without_audio_it_lasted_to_its_last_event(self, broken_off):
        (broken_off / META_FILE).write_text(
            dataclasses.replace(META, audio_recorded=False).to_json()
        )
        assert Call.open(broken_off).duration_s == 1.2

    def test_on_a_disk_that_cannot_be_written_it_says_so(self, broken_off, read_only):
        path = read_only(broken_off)
        with pytest.raises(CallError, match=r"a-call: its audio cannot be put together \(Read-"):
            Call.open(path)


class TestEvents:
    def test_a_bad_line_is_named(self, whole):
        lines = [to_line(event) for event in EVENTS]
        lines[2] = lines[2][:-9]
        (whole / "events.jsonl").write_text("\n".join(lines) + "\n")
        with pytest.raises(BadEvent, match=r"a-call/events\.jsonl:3: not JSON"):
            Call.open(whole)

    def test_a_line_that_is_not_utf_8_is_named(self, whole):
        data = (whole / "events.jsonl").read_bytes().replace(b'"s"', b'"\xff"', 1)
        (whole / "events.jsonl").write_bytes(data)
        with pytest.raises(BadEvent, match=r"events\.jsonl:2: not JSON .*utf-8"):
            Call.open(whole)

    def test_a_bad_last_line_that_was_written_whole_is_an_error_all_the_same(self, whole):
        with (whole / "events.jsonl").open("a") as events:
            events.write("{}\n")
        with pytest.raises(BadEvent, match=r"events\.jsonl:6: not an event"):
            Call.open(whole)

    def test_a_torn_last_line_is_noted_and_left_out(self, broken_off):
        _tear(broken_off, 10)
        call = Call.open(broken_off)
        assert call.events == EVENTS[:-1]
        assert call.notes == (BROKE_OFF, TORN)

    def test_a_line_torn_inside_a_character_is_noted_and_left_out(self, broken_off):
        with (broken_off / "events.jsonl").open("ab") as events:
            line = '{"type":"transcript","at_s":1.3,"text":"naï'.encode()
            events.write(line[:-1])
        call = Call.open(broken_off)
        assert call.events == EVENTS
        assert call.notes == (BROKE_OFF, TORN)

    def test_a_last_line_that_lacks_only_its_end_is_an_event(self, broken_off):
        _tear(broken_off, 1)
        call = Call.open(broken_off)
        assert call.events == EVENTS
        assert call.notes == (BROKE_OFF,)

    def test_opening_twice_notes_a_torn_line_twice(self, broken_off):
        _tear(broken_off, 10)
        assert Call.open(broken_off).notes == Call.open(broken_off).notes

    def test_a_call_without_stamps_is_noted(self, whole):
        (whole / "events.jsonl").unlink()
        assert Call.open(whole).notes == ("no events.jsonl: nothing was stamped",)


class TestAudio:
    def test_missing_audio_is_named(self, whole):
        (whole / AUDIO_FILE).unlink()
        with pytest.raises(CallError, match=r"a-call/audio\.flac: no audio"):
            Call.open(whole)

    def test_a_call_recorded_without_audio_opens(self, whole):
        _without_audio(whole)
        assert Call.open(whole).events == EVENTS

    def test_a_call_recorded_without_audio_has_none_to_read(self, whole):
        _without_audio(whole)
        with pytest.raises(CallError, match="recorded without audio"):
            next(Call.open(whole).blocks())

    @pytest.mark.parametrize("left", [0, 10, 200, 0.5, 0.99], ids=str)
    def test_audio_that_was_cut_off_is_damaged(self, whole, left):
        data = (whole / AUDIO_FILE).read_bytes()
        (whole / AUDIO_FILE).write_bytes(data[: left if left > 1 else int(left * len(data))])
        with pytest.raises(CallError, match=r"a-call/audio\.flac: damaged"):
            list(Call.open(whole).blocks())

    def test_audio_with_a_flipped_byte_is_damaged(self, whole):
        data = bytearray((whole / AUDIO_FILE).read_bytes())
        data[len(data) // 2] ^= 0x55
        (whole / AUDIO_FILE).write_bytes(data)
        with pytest.raises(CallError, match=r"audio\.flac: damaged"):
            list(Call.open(whole).blocks())

    def test_another_files_audio_is_refused(self, whole):
        shutil.copy(whole / PUSHED_FILE, whole / AUDIO_FILE)
        with pytest.raises(CallError, match=r"1 channels at 24000 Hz, where the call has 2"):
            list(Call.open(whole).blocks())

    def test_audio_of_another_rate_is_refused(self, whole):
        rates = {"caller": 48_000, "agent": 48_000}
        meta = dataclasses.replace(META, duration_s=1.5, sample_rates=rates)
        (whole / META_FILE).write_text(meta.to_json())
        with pytest.raises(CallError, match=r"2 channels at 24000 Hz, where .* 2 at 48000"):
            list(Call.open(whole).blocks())

    @pytest.mark.parametrize("duration_s", [0.5, 2.0, 1e300])
    def test_audio_of_another_length_is_refused(self, whole, duration_s):
        meta = dataclasses.replace(META, duration_s=duration_s)
        (whole / META_FILE).write_text(meta.to_json())
        with pytest.raises(CallError, match=r"audio\.flac: 1\.5 s long, where the call lasted"):
            list(Call.open(whole).blocks())


class TestNoCall:
    def test_a_folder_without_a_description_is_no_call(self, tmp_path):
        with pytest.raises(CallError, match=r"no call\.json – point at a Call folder"):
            Call.open(tmp_path)

    def test_a_path_that_is_not_there_is_no_call(self, tmp_path):
        with pytest.raises(CallError, match=r"nowhere: no call\.json"):
            Call.open(tmp_path / "nowhere")

    def test_a_file_is_no_call(self, whole):
        with pytest.raises(CallError, match=r"events\.jsonl: no call\.json"):
            Call.open(whole / "events.jsonl")

    def test_a_later_schema_is_refused_with_both_names(self, whole):
        _replace(whole / META_FILE, '"livekit-barge/call/1"', '"livekit-barge/call/2"')
        with pytest.raises(
            SchemaTooNew, match=r"call\.json: written with schema livekit-barge/call/2, this ver"
        ):
            Call.open(whole)

    def test_a_file_that_cannot_be_read_is_named(self, whole):
        (whole / META_FILE).unlink()
        (whole / META_FILE).mkdir()
        with pytest.raises(CallError, match=r"call\.json: cannot be read \(Is a directory\)"):
            Call.open(whole)


class TestLock:
    def test_a_call_that_is_being_recorded_is_refused(self, broken_off):
        with (
            lock_folder(broken_off),
            pytest.raises(CallError, match="this call is still being recorded"),
        ):
            Call.open(broken_off)

    def test_a_refused_call_is_left_as_it_is(self, broken_off):
        before = sorted(os.listdir(broken_off))
        with lock_folder(broken_off), pytest.raises(CallError):
            Call.open(broken_off)
        assert sorted(os.listdir(broken_off)) == before

    def test_it_opens_once_its_recorder_has_let_go(self, broken_off):
        with lock_folder(broken_off):
            pass
        assert Call.open(broken_off).notes == (BROKE_OFF,)

    def test_only_one_can_hold_a_folder(self, whole):
        with lock_folder(whole) as first, lock_folder(whole) as second:
            assert (first, second) == (True, False)

    def test_the_lock_holds_between_processes(self, whole):
        ask = (
            "import sys; from pathlib import Path\n"
            "from livekit_barge.call.folder import lock_folder\n"
            "with lock_folder(Path(sys.argv[1])) as locked: print(locked)"
        )
        with lock_folder(whole):
            ran = subprocess.run(
                [sys.executable, "-c", ask, str(whole)], capture_output=True, text=True
            )
        assert ran.stdout == "False\n"


def _tear(path, count):
    data = (path / "events.jsonl").read_bytes()
    (path / "events.jsonl").write_bytes(data[:-count])


def _replace(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def _without_audio(path):
    for name in (AUDIO_FILE, PUSHED_FILE):
        (path / name).unlink()
    meta = dataclasses.replace(META, audio_recorded=False, duration_s=1.5)
    (path / META_FILE).write_text(meta.to_json())
