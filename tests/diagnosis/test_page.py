"""Each code of the diagnosis has its section in docs/reference/findings.md, and no other has."""

import re
from pathlib import Path

import pytest

from livekit_barge.diagnosis import KINDS, RuleLimits

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "findings.md").read_text(
    encoding="utf-8"
)
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))


def plain(text):
    """Without line breaks and code marks."""
    return " ".join(text.replace("`", "").split())


def test_every_code_has_its_section_in_order():
    assert list(SECTIONS) == [kind.code for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_a_section_opens_with_the_title_of_its_findings(kind):
    assert plain(SECTIONS[kind.code]).startswith(f"{kind.title}.")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_a_section_says_what_is_noticed_confirmed_turned_and_verified(kind):
    names = re.findall(r"^- \*\*(.+?):\*\*", SECTIONS[kind.code], flags=re.MULTILINE)
    in_pipecat = [] if kind.pipecat is None else ["Turn in Pipecat"]
    # Where the trail of a reply ends is told by the rule itself, in either framework's words.
    if kind.code == "no-reply":
        in_pipecat = ["Turn in Pipecat"]
    assert names == ["The caller notices", "Confirmed by", "Turn", *in_pipecat, "Verify"]


def test_the_table_of_symptoms_names_the_codes_of_each():
    rows = re.findall(r"^\| (\d) \| .*? \| (.*) \|$", PAGE, flags=re.MULTILINE)
    said = {int(symptom): re.findall(r"`([a-z-]+)`", codes) for symptom, codes in rows[:7]}
    assert said == {
        symptom: [kind.code for kind in KINDS if kind.symptom == symptom] for symptom in range(1, 8)
    }


def test_limits_that_the_page_names_exist():
    named = set(re.findall(r"`(\w+_(?:min|max|within|after|slack|speaking)_s)`", PAGE))
    known = set(RuleLimits.__dataclass_fields__)
    assert named - {"min_silence_duration"} <= known
