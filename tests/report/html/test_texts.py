"""A text of a megabyte is cut on a page, and whole in a file beside it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from livekit_barge.call.events import Transcript, to_line
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.report.html.call_data import open_subject, redacted
from livekit_barge.report.html.call_page import write_call
from livekit_barge.report.html.make import make_report
from livekit_barge.report.html.texts import MOST_CHARACTERS, cut
from livekit_barge.report.html.writer import prepare
from tests.report.html.made import call_folder, finding

LONG = "<b>Wait & " * 100_000


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    path = call_folder(tmp_path_factory.mktemp("long") / "made")
    with (path / "events.jsonl").open("a") as events:
        events.write(to_line(Transcript(at_s=5.95, text=LONG, is_final=True)) + "\n")
    found = finding(evidence=(f"heard: {LONG}",))
    return replace(open_subject(path, ScoreOptions()), findings=(found,))


def written(subject, out, *, redact=False):
    prepare(out)
    write_call(subject, out, "made", codec="flac", redact=redact)
    return out / "pages"


def test_the_page_stays_small(subject, tmp_path):
    pages = written(subject, tmp_path / "report")
    assert (pages / "made.html").stat().st_size < 100_000
    assert (pages / "made" / "call.js").stat().st_size < 100_000


def test_the_whole_is_a_click_away_and_no_markup(subject, tmp_path):
    pages = written(subject, tmp_path / "report")
    page = (pages / "made.html").read_text()
    links = set(re.findall(r'<a href="(made/text-\d+\.txt)">all [\d]+ characters</a>', page))
    texts = {(pages / link).read_text(encoding="utf-8-sig") for link in links}
    assert f"heard: {LONG}" in texts
    assert any(LONG.strip() in text for text in texts)
    assert "<b>" not in page


def test_a_redacted_page_keeps_none(subject, tmp_path):
    pages = written(redacted(subject), tmp_path / "report", redact=True)
    assert not list(pages.rglob("text-*.txt"))


def test_a_text_of_just_that_length_is_whole():
    text = "a" * MOST_CHARACTERS
    assert cut(text) == text
    assert cut(text + "b") == f"{text} …"


def test_half_a_surrogate_pair_in_a_text_costs_no_page(tmp_path):
    path = call_folder(tmp_path / "made")
    line = json.dumps({"type": "transcript", "at_s": 5.95, "text": "Wait \ud800", "is_final": True})
    with (path / "events.jsonl").open("a") as events:
        events.write(line + "\n")
    made = make_report([path], tmp_path / "report", ScoreOptions())
    assert made.refused == []
    assert "Wait \\ud800" in made.page.read_text()
