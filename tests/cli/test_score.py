"""``score`` and ``summary`` as they are typed: exit codes, one line a refusal, JSON lines."""

from __future__ import annotations

import json
import os
import sys

import pytest

from livekit_barge.batch.find_recordings import recordings as find
from livekit_barge.call.formats import SCORECARD_OF_ALL_SCHEMA, SCORECARD_SCHEMA
from livekit_barge.cli.app import main
from tests.batch.conftest import RATE
from tests.intake.made import made_call, write


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """``command("score", …)``: its exit code, and its lines on standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["livekit-barge", *map(str, words)])
        with pytest.raises(SystemExit) as exited:
            main()
        out, err = capsys.readouterr()
        return exited.value.code or 0, out.splitlines(), err.splitlines()

    return run


@pytest.fixture
def wav(tmp_path):
    return write(tmp_path / "call.wav", made_call(RATE), RATE, "WAV", "PCM_16")


class TestScore:
    def test_limits_that_held_are_0(self, command, wav):
        code, out, err = command("score", wav, "--caller-channel", 0)
        assert (code, err) == (0, [])
        assert any("yielded" in line and "400 ms" in line for line in out)

    def test_limits_that_were_missed_are_1(self, command, wav, tmp_path):
        (tmp_path / "own.toml").write_text("[scorecard]\np90_time_to_yield_max_s = 0.3\n")
        code, out, _ = command(
            "score", wav, "--caller-channel", 0, "--limits", tmp_path / "own.toml"
        )
        assert code == 1
        assert "p90 time to yield at most 300 ms: missed" in "\n".join(out)

    def test_a_recording_that_cannot_be_scored_is_2_and_one_line(self, command, wav):
        code, out, err = command("score", wav)
        assert (code, out) == (2, [])
        [line] = err
        assert line.startswith(f"livekit-barge: {wav}: which channel is the caller's is not known")

    @pytest.mark.parametrize("name", ["b.w64", "b.caf", "b.mka", "b.webm", "b.amr"])
    def test_a_damaged_file_of_any_audio_ending_is_reported_in_a_batch(
        self, command, recordings, name
    ):
        directory = recordings(1)
        (directory / name).write_bytes(b"\0" * 100)
        code, _, err = command("score", directory, "--caller-channel", 0, "--jobs", 1)
        assert code == 2
        assert any(f"{name}: not audio that can be read" in line for line in err)

    def test_a_w64_is_known_by_its_content(self, recordings):
        path = write(recordings(1) / "b.unknown", made_call(RATE), RATE, "W64", "PCM_16")
        assert path in find([path.parent])

    def test_files_of_other_endings_are_counted_not_passed_over(self, command, recordings):
        directory = recordings(1)
        for name in ("a.xyz", "b.xyz", "c", "0000.json", "notes.txt", ".hidden"):
            (directory / name).write_text("x")
        _, out, _ = command("score", directory, "--caller-channel", 0, "--jobs", 1)
        [line] = [line for line in out if "skipped" in line]
        assert sorted(line.partition(": ")[2].split(", ")) == ["1 no ending", "2 .xyz"]

    def test_a_bad_option_is_2_and_one_line(self, command, wav):
        code, _, err = command("score", wav, "--source", "vappi")
        assert (code, err) == (
            2,
            ["livekit-barge: --source: no source is called vappi – did you mean vapi?"],
        )

    def test_one_bad_file_is_told_and_the_others_are_scored(self, command, wav, tmp_path):
        (tmp_path / "bad.wav").write_bytes(b"hello")
        code, out, err = command("score", tmp_path / "bad.wav", wav, "--source", "vapi")
        assert (code, len(err)) == (2, 1)
        assert "1 scored, 1 refused" in "\n".join(out)

    def test_what_looks_unreadable_is_left_to_the_scoring(self, command, wav, monkeypatch):
        monkeypatch.setattr(os, "access", lambda *_, **__: False)
        code, _, err = command("score", wav, "--source", "vapi")
        assert (code, err) == (0, [])

    def test_json_goes_to_standard_output_alone(self, command, wav):
        code, out, _ = command("score", wav, "--source", "vapi", "--json", "-")
        [card] = map(json.loads, out)
        assert (code, card["schema"], card["passed"]) == (0, SCORECARD_SCHEMA, True)

    def test_json_of_several_ends_with_that_of_all(self, command, wav, tmp_path):
        bad = tmp_path / "bad.wav"
        bad.touch()
        command("score", wav, bad, "--source", "vapi", "--json", tmp_path / "all.jsonl")
        lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
        assert [line["schema"] for line in lines] == [
            SCORECARD_SCHEMA,
            "livekit-barge/refused/1",
            SCORECARD_OF_ALL_SCHEMA,
        ]
        assert (lines[2]["scored"], lines[2]["refused"]) == (1, 1)

    @pytest.mark.parametrize("name", ["call.wav", "call.json", "own.toml", "hard", "soft"])
    def test_json_is_not_written_over_what_is_read(self, command, wav, tmp_path, name):
        (tmp_path / "call.json").write_text('{"call_id": "a", "start_timestamp": 1700000000000}')
        (tmp_path / "own.toml").write_text("")
        (tmp_path / "hard").hardlink_to(wav)
        (tmp_path / "soft").symlink_to(wav)
        before = (tmp_path / name).read_bytes()
        code, out, [line] = command(
            *("score", wav, "--caller-channel", 0),
            *("--limits", tmp_path / "own.toml", "--json", tmp_path / name),
        )
        assert (code, out) == (2, [])
        assert line == (
            f"livekit-barge: {tmp_path / name}: --json would overwrite it before it is read "
            "– name another file"
        )
        assert (tmp_path / name).read_bytes() == before

    @pytest.mark.parametrize("option", ["--call-json", "--agent-file"])
    def test_json_is_not_written_over_what_was_named_to_be_read(
        self, command, wav, tmp_path, option
    ):
        (tmp_path / "other").write_text("{}")
        code, _, [line] = command("score", wav, option, "other", "--json", "other")
        assert (code, "--json would overwrite it" in line) == (2, True)
        assert (tmp_path / "other").read_text() == "{}"

    def test_what_json_wrote_beside_a_recording_is_no_vendors(self, command, wav, tmp_path):
        for _ in range(2):
            code, _, err = command(
                "score", wav, "--caller-channel", 0, "--json", tmp_path / "call.json"
            )
            assert (code, err) == (0, [])
            card = json.loads((tmp_path / "call.json").read_bytes())
            assert "call_json_unread" not in [each["code"] for each in card["warnings"]]

    def test_an_agents_file_is_for_one_callers(self, command, wav):
        code, _, [line] = command("score", wav, "other.wav", "--agent-file", wav)
        assert (code, "one --agent-file for several recordings" in line) == (2, True)

    def test_a_directory_is_kept_as_folders(self, command, recordings, tmp_path):
        code, out, _ = command("score", recordings(2), "--source", "vapi", "--jobs", 2)
        assert code == 0
        assert "2 scored" in "\n".join(out)
        assert len(list((tmp_path / "scores").glob("*/scorecard.json"))) == 2

    def test_json_among_the_recordings_hides_none_the_next_time(self, command, recordings):
        directory = recordings(2)
        for _ in range(2):
            code, out, _ = command(
                *("score", directory, "--source", "vapi", "--jobs", 1),
                *("--json", directory / "scorecard.json"),
            )
            assert (code, "2 scored" in "\n".join(out)) == (0, True)

    def test_results_that_cannot_be_kept_are_told_before_work_begins(
        self, command, recordings, tmp_path, monkeypatch
    ):
        (tmp_path / "file").touch()
        monkeypatch.setattr("livekit_barge.batch.score_batch.score_batch", lambda *_, **__: 1 / 0)
        code, _, [line] = command("score", recordings(1), "--results", "file")
        assert code == 2
        assert line.startswith("livekit-barge: file: results cannot be written here (File exists)")

    def test_a_results_folder_is_told_by_the_name_it_has(self, command, recordings):
        _, out, _ = command("score", recordings(1), "--source", "vapi", "--results", "[red]r")
        assert "results: [red]r" in out

    def test_a_directory_without_recordings_is_2(self, command, tmp_path):
        (tmp_path / "none").mkdir()
        code, _, [line] = command("score", tmp_path / "none")
        assert (code, "no recordings in it" in line) == (2, True)


class TestSummary:
    def test_without_results_is_2_and_one_line(self, command, tmp_path):
        pytest.importorskip("duckdb")
        code, _, [line] = command("summary", tmp_path)
        assert (code, "no scorecards in it" in line) == (2, True)

    def test_a_name_that_is_no_text_stands_as_its_escape(self, command, recordings):
        pytest.importorskip("duckdb")
        directory = recordings(1)
        directory = directory.rename(directory.with_name("bad\udcff"))
        command("score", directory, "--source", "vapi", "--jobs", 1)
        code, out, err = command("summary", "scores", "--by", "folder")
        assert (code, err) == (0, [])
        assert r"bad\udcff" in "\n".join(out)

    def test_groups_what_score_kept(self, command, recordings):
        pytest.importorskip("duckdb")
        command("score", recordings(3), "--source", "vapi", "--jobs", 1)
        code, out, _ = command("summary", "scores", "--by", "source,folder")
        assert code == 0
        [row] = [line for line in out if "vapi" in line]
        assert "recordings" in row
        assert "3/3 (100 %, 43 to 100)" in row
