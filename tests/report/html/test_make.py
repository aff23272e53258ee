"""A report of several calls, one of them bad, and where it may be written."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
import sys
from importlib.resources import files

import pytest
from rich.console import Console
from typer.testing import CliRunner

from livekit_barge.cli.app import app
from livekit_barge.errors import BargeError, CallError, SettingsError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.report.html.make import make_report
from livekit_barge.report.html.writer import _environment, script
from livekit_barge.work import progress
from tests.report.html.made import call_folder, results

# Of plotly.js-basic-dist-min 4.1.1; `make plotly` brings another.
PLOTLY_SHA256 = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    return call_folder(tmp_path_factory.mktemp("one") / "made")


@pytest.fixture
def calls(tmp_path, call):
    """A directory of a good call and a bad one."""
    folder = tmp_path / "calls"
    shutil.copytree(call, folder / "good")
    shutil.copytree(call, folder / "bad")
    (folder / "bad" / "events.jsonl").write_text("{}\n{}\n")
    return folder


def run(*arguments):
    """What the console script does: exit code, and what was printed as errors."""
    result = CliRunner().invoke(app, ["report", *map(str, arguments)])
    if isinstance(result.exception, BargeError):
        return 2, str(result.exception)
    return result.exit_code, result.stderr


class TestOneBadCall:
    def test_is_told_of_and_the_others_are_reported(self, calls, tmp_path):
        made = make_report([calls], tmp_path / "report", ScoreOptions(), jobs=2)
        assert [row.name for row in made.rows] == ["good"]
        assert "events.jsonl:1" in made.refused[0].line
        page = made.page.read_text()
        assert "events.jsonl:1" in page
        assert (tmp_path / "report/pages/good.html").exists()

    def test_counts_in_the_bar_as_the_others_do(self, calls, tmp_path, monkeypatch):
        monkeypatch.setattr(progress, "SAY_EVERY_S", 0.0)
        console = Console(file=io.StringIO())
        with progress.progress_bar(console) as bar:
            make_report([calls], tmp_path / "report", ScoreOptions(), bar=bar)
        assert console.file.getvalue() == "1 of 2 done\n2 of 2 done\n"

    def test_exits_with_2_and_one_line(self, calls, tmp_path):
        code, errors = run(calls, "-o", tmp_path / "report", "--jobs", 1)
        assert code == 2
        assert "events.jsonl:1" in errors
        assert "Traceback" not in errors

    def test_alone_it_is_the_error(self, calls, tmp_path):
        code, error = run(calls / "bad", "-o", tmp_path / "report")
        assert code == 2
        assert len(error.splitlines()) == 1


class TestFolder:
    def test_of_one_call_its_own_page_is_where_to_begin(self, call, tmp_path):
        assert (
            make_report([call], tmp_path / "r", ScoreOptions()).page
            == tmp_path / "r/pages/made.html"
        )

    def test_plotly_is_there_once(self, call, tmp_path):
        make_report([call], tmp_path / "r", ScoreOptions())
        large = [f for f in (tmp_path / "r").rglob("*.*") if f.stat().st_size > 1_000_000]
        assert [file.name for file in large] == ["plotly.js"]

    def test_plotly_is_its_makers_own_unchanged(self):
        file = files("livekit_barge.report.html") / "assets" / "plotly.js"
        assert hashlib.sha256(file.read_bytes()).hexdigest() == PLOTLY_SHA256

    def test_only_its_owner_may_read_it(self, call, tmp_path):
        make_report([call], tmp_path / "r", ScoreOptions())
        assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o700

    def test_an_earlier_report_is_replaced(self, call, tmp_path):
        make_report([results(tmp_path / "scores", 2)], tmp_path / "r", ScoreOptions())
        make_report([call], tmp_path / "r", ScoreOptions())
        assert [page.name for page in (tmp_path / "r/pages").glob("*.html")] == ["made.html"]

    def test_anything_else_is_left_alone(self, call, tmp_path):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine/pages").touch()
        with pytest.raises(CallError, match="is not a report"):
            make_report([call], tmp_path / "mine", ScoreOptions())
        assert (tmp_path / "mine/pages").exists()

    def test_without_the_extra_nothing_is_touched(self, call, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "jinja2", None)
        _environment.cache_clear()
        with pytest.raises(SettingsError, match="with the extra report"):
            make_report([call], tmp_path / "r", ScoreOptions())
        assert not (tmp_path / "r").exists()

    def test_a_file_in_its_place_is_one_line(self, call, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(CallError, match="is not a report"):
            make_report([call], tmp_path / "file", ScoreOptions())


class TestResults:
    def test_a_refused_recording_is_listed_with_its_reason(self, tmp_path):
        scores = results(tmp_path / "scores", 1)
        (scores / "two").mkdir()
        (scores / "two/refused.json").write_text(
            json.dumps({"schema": "livekit-barge/refused/1", "file": "b", "error": "b: mono"})
        )
        made = make_report([scores], tmp_path / "r", ScoreOptions())
        assert [refused.line for refused in made.refused] == ["b: mono"]

    def test_a_scorecard_of_another_version_is_refused(self, tmp_path):
        scores = results(tmp_path / "scores", 2)
        (scores / "call-0001.wav-0123456789ab/scorecard.json").write_text("{}")
        made = make_report([scores], tmp_path / "r", ScoreOptions())
        assert "score the recording again" in made.refused[0].line


def test_a_script_holds_no_end_of_a_script():
    text = script("call", {"words": "</script><!--"})
    assert "<" not in text
    assert json.loads(text[len("call(") : -3]) == {"words": "</script><!--"}
