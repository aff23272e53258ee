"""Calls played again: as they were, and under other settings."""

from __future__ import annotations

import json
import math
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from livekit_barge import BargeSession
from livekit_barge.cli.app import app
from livekit_barge.errors import BargeError, CallError
from livekit_barge.measure.overlap import Overlap
from livekit_barge.recording.retention import remove_old_calls
from livekit_barge.report.terminal.replay_table import replay_table
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.script.scripted_call import play_call
from livekit_barge.search.replay.compare import OverlapPair, Replayed
from livekit_barge.search.replay.recorded_call import Recorded
from livekit_barge.search.replay.replay_calls import replay_calls, settings_of
from livekit_barge.stage.models import Timing
from livekit_barge.work.log_silencer import turn_log_off


@pytest.fixture(scope="module")
def calls(tmp_path_factory) -> dict[str, PlayedCall]:
    """The same script under two presets."""
    folder = tmp_path_factory.mktemp("calls")
    with turn_log_off():
        return {
            preset: play_call(
                Script.load("early"),
                calls_dir=folder,
                call_id=preset,
                session=partial(BargeSession, preset=preset),
            )
            for preset in ("livekit-defaults", "snappy")
        }


@pytest.fixture(scope="module")
def replays(calls: dict[str, PlayedCall]) -> dict[str, Replayed]:
    """Replay the call under LiveKit's defaults."""
    (done,) = replay_calls([calls["livekit-defaults"].call_dir], settings_of(["snappy"], []))
    assert isinstance(done, list)
    return {replayed.preset: replayed for replayed in done}


def test_as_it_was_every_decision_comes_again(replays):
    again = replays["as it was"]
    assert (again.decisions, again.differs_at_s) == (again.of, None)
    assert again.of == 4


def test_as_it_was_both_clocks_are_the_same(replays):
    for row in replays["as it was"].rows:
        assert row.would_be.detection_s == pytest.approx(row.was.detection_s, abs=1e-6)
        assert row.would_be.cancellation_s == pytest.approx(row.was.cancellation_s, abs=1e-6)


def test_under_another_preset_it_decides_as_a_call_under_that_preset_did(replays, calls):
    would_be = replays["snappy"].rows[0].would_be
    assert would_be.detection_s == pytest.approx(calls["snappy"].overlaps[0].detection_s, abs=1e-6)


def test_the_overlap_in_which_it_first_differs_is_the_answer(replays, calls):
    snappy = replays["snappy"]
    assert snappy.differs_at_s == calls["snappy"].overlaps[0].decision_s
    assert snappy.rows[0].comparable


def test_what_comes_after_is_not_comparable(replays):
    assert not replays["snappy"].rows[1].comparable


def test_an_agent_that_would_have_said_more_than_was_generated_is_told(tmp_path):
    # A TTS that is hardly ahead of the voice: the rest of the answer was never generated.
    with turn_log_off():
        call = play_call(
            Script.load("early"),
            calls_dir=tmp_path,
            session=partial(BargeSession, preset="livekit-defaults"),
            timing=Timing(tts_speed=1.1),
        )
    (done,) = replay_calls([call.call_dir], settings_of([], ["min_interruption_words=12"]))
    first = done[-1].rows[0].would_be
    assert (first.time_to_yield_s, first.lower_bound) == (pytest.approx(2.347, abs=0.001), True)
    assert "≥ 2.3 s" in replay_table(done).columns[3].cells


def test_an_agent_that_may_not_be_interrupted_goes_on(calls):
    path = calls["livekit-defaults"].call_dir
    (done,) = replay_calls([path], settings_of([], ["allow_interruptions=false"]))
    would_be = done[-1].rows[0].would_be
    assert (would_be.decision_s, would_be.outcome) == (None, "missed")


def test_an_agent_that_says_all_that_was_generated_goes_on_for_at_least_as_long():
    was = Overlap(onset_s=3.0, talk_over_s=0.5, outcome="yielded", time_to_yield_s=0.5)
    to_its_end = Overlap(onset_s=3.0, talk_over_s=1.2, outcome="natural_end", silent_s=4.2)
    row = OverlapPair(was, to_its_end, comparable=True, went_on=True)
    table = replay_table([Replayed("call", "patient", (row,), 3.5, 0, 1)])
    assert [str(list(column.cells)[1]) for column in table.columns[2:]] == ["talks on", "≥ 1.2 s"]


def test_a_preset_files_frame_is_the_replays(calls):
    recorded = Recorded.read(calls["snappy"].call_dir)
    (done,) = replay_calls([recorded.call.path], settings_of([], []))
    assert done[0].differs_at_s is None


def test_a_replay_that_is_kept_is_never_too_old(calls, tmp_path):
    list(replay_calls([calls["snappy"].call_dir], settings_of([], []), calls_dir=tmp_path))
    assert remove_old_calls(tmp_path, started_before_s=math.inf) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_where_the_words_were_not_kept_a_gate_that_waits_for_them_never_opens(calls, tmp_path):
    copy = shutil.copytree(calls["snappy"].call_dir, tmp_path / "without words")
    lines = [json.loads(line) for line in (copy / "events.jsonl").read_text().splitlines()]
    wordless = [line | {"text": None} if line["type"] == "transcript" else line for line in lines]
    _write(copy, wordless)
    (done,) = replay_calls([copy], settings_of([], ["min_interruption_words=2"]))
    assert done[-1].rows[0].would_be.decision_s is None


class TestThePushedAudio:
    @pytest.fixture
    def copy(self, calls, tmp_path) -> Path:
        return shutil.copytree(calls["snappy"].call_dir, tmp_path / "copy")

    def test_missing_though_the_agent_spoke_is_refused(self, copy):
        (copy / "pushed.flac").unlink()
        with pytest.raises(CallError, match=r"pushed\.flac: missing, though the agent spoke"):
            Recorded.read(copy)

    def test_damaged_is_refused(self, copy):
        whole = (copy / "pushed.flac").read_bytes()
        (copy / "pushed.flac").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(CallError, match=r"pushed\.flac: damaged "):
            Recorded.read(copy)

    def test_shorter_than_what_was_pushed_is_refused(self, copy):
        samples, rate = soundfile.read(copy / "pushed.flac")
        soundfile.write(copy / "pushed.flac", samples[:rate], rate)
        with pytest.raises(CallError, match=r"pushed\.flac: 1 s long, where [\d.]+ s were pushed"):
            Recorded.read(copy)

    def test_a_speech_in_which_the_call_broke_off_ends_with_it(self, copy):
        whole = Recorded.read(copy)
        lines = [json.loads(line) for line in (copy / "events.jsonl").read_text().splitlines()]
        last = max(n for n, line in enumerate(lines) if line["type"] == "segment_flushed")
        _write(copy, lines[:last])
        cut = Recorded.read(copy)
        assert len(cut.speeches) == len(whole.speeches)
        assert np.array_equal(
            cut.speeches[-1].segments[0].samples, whole.speeches[-1].segments[0].samples
        )
        assert cut.notes == (
            "it broke off in mid-speech: that speech ends with what had been pushed",
        )


class TestCommand:
    def test_it_prints_each_overlap_as_it_was_and_as_it_would_be(self, calls):
        path = str(calls["livekit-defaults"].call_dir)
        result = CliRunner().invoke(app, ["replay", path, "--preset", "snappy"])
        assert result.exit_code == 0
        lines = [line for line in result.stdout.splitlines() if " ms" in line]
        assert [line.split()[-2] for line in lines[:3]] == ["557", "557", "207"]
        assert "not comparable" in result.stdout

    def test_both_are_judged_by_limits_of_one_s_own_and_so_is_what_is_kept(
        self, calls, tmp_path, monkeypatch
    ):
        (tmp_path / "strict.toml").write_text("[judging]\nyield_within_s = 0.01")
        monkeypatch.setenv("BARGE_LIMITS", str(tmp_path / "strict.toml"))
        path = str(calls["snappy"].call_dir)
        result = CliRunner().invoke(app, ["replay", path, "--calls-dir", str(tmp_path / "kept")])
        assert result.exit_code == 0
        assert "late" in result.stdout
        assert "yielded" not in result.stdout
        (kept,) = (tmp_path / "kept").iterdir()
        turns = (kept / "turns.jsonl").read_text()
        assert '"outcome": "late"' in turns
        assert '"outcome": "yielded"' not in turns

    def test_one_bad_folder_is_told_and_the_rest_goes_on(self, calls, tmp_path):
        paths = [str(tmp_path), str(calls["snappy"].call_dir)]
        result = CliRunner().invoke(app, ["replay", *paths])
        assert result.exit_code == 2
        assert "as it was: 4 of 4 decisions were reproduced" in result.stdout

    def test_a_folder_that_cannot_be_replayed_is_told_on_standard_error_alone(self, tmp_path):
        result = CliRunner().invoke(app, ["replay", str(tmp_path)])
        assert result.stderr.startswith(f"livekit-barge: {tmp_path}: no call.json")
        assert result.stdout == ""

    @pytest.mark.parametrize("vary", ["queue_s=1", "nonsense=1"])
    def test_what_is_no_knob_cannot_be_varied(self, vary, tmp_path):
        result = CliRunner().invoke(app, ["replay", str(tmp_path), "--vary", vary])
        assert isinstance(result.exception, BargeError)


def test_a_call_kept_at_the_callers_end_is_refused(tmp_path: Path, calls):
    copy = shutil.copytree(calls["snappy"].call_dir, tmp_path / "heard")
    meta = json.loads((copy / "call.json").read_text())
    (copy / "call.json").write_text(json.dumps(meta | {"capture_point": "caller"}))
    with pytest.raises(BargeError, match="only a call that an agent kept"):
        Recorded.read(copy)


def _write(folder: Path, events: list[dict[str, Any]]) -> None:
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))


def test_where_no_replay_can_be_kept_none_is_made(tmp_path):
    (tmp_path / "file").touch()
    made = replay_calls([tmp_path], settings_of([], []), calls_dir=tmp_path / "file")
    with pytest.raises(BargeError, match=r"no calls can be kept there .* – point --calls-dir"):
        next(made)
