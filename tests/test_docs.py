"""The pages of docs/ are current, linked and short."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from livekit_barge.call.events import Cause
from livekit_barge.measure.overlap import Outcome

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(str(page.relative_to(ROOT)) for page in DOCS.glob("**/*.md"))
TURNS = (DOCS / "turns.md").read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_pages_that_follow_from_the_code_are_current():
    # In a process of its own: Pipecat warns as it is imported.
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", *PAGES])
def test_the_links_of_a_page_lead_somewhere(name):
    page = ROOT / name
    broken = []
    for link in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_to_read_has_150_lines_at_most(name):
    if Path(name).parent.name not in ("reference", "evidence"):
        assert (ROOT / name).read_text(encoding="utf-8").count("\n") <= 150


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_reached_from_the_index(name):
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert name == "docs/README.md" or f"({Path(name).relative_to('docs')})" in index


@pytest.mark.parametrize("word", [*get_args(Cause), *get_args(Outcome)])
def test_the_page_on_turns_explains_each_cause_and_outcome(word):
    assert f"`{word}`" in TURNS


def test_the_table_of_variables_names_each_that_the_package_reads():
    sources = "".join(p.read_text(encoding="utf-8") for p in ROOT.glob("livekit_barge/**/*.py"))
    table = (DOCS / "reference" / "variables.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bBARGE_[A-Z_]*[A-Z]\b", sources)) <= set(
        re.findall(r"`(BARGE_[A-Z_]+)`", table)
    )


def test_every_command_of_a_page_is_one_of_the_program():
    from livekit_barge.cli.app import app

    known = set(app.info.cls(name="livekit-barge").list_commands(None))  # type: ignore[union-attr]
    known |= {"adaptive", "presets"}
    named = set()
    for name in ("README.md", *PAGES):
        text = (ROOT / name).read_text(encoding="utf-8")
        named |= set(re.findall(r"livekit-barge ([a-z]+)\b", text))
    assert named <= known
