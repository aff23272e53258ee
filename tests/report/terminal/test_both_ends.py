"""Both ends in a table: the steps add up to the whole, and what is not known is a dash."""

import io

import pytest
from rich.console import Console

from livekit_barge.measure.join import Alignment, JoinedCall, JoinedOverlap
from livekit_barge.measure.overlap import Overlap
from livekit_barge.report.terminal.both_ends import joined_table, steps

HEARD = Overlap(onset_s=8.0, silent_s=8.7, talk_over_s=0.7, outcome="yielded", words="Wait [b]now")
SEEN = Overlap(onset_s=3.06, talk_over_s=0.6, outcome="false_stop", cause="vad")
WHOLE = JoinedOverlap(
    caller=HEARD,
    agent=SEEN,
    onset_s=8.0,
    heard_s=8.054,
    decision_s=8.574,
    stopped_s=8.606,
    silent_s=8.674,
)
CLOCKS = Alignment(offset_s=5.0, uncertainty_s=0.002, by="clocks", way_in_s=None, way_out_s=None)
AUDIO = Alignment(offset_s=5.0, uncertainty_s=0.057, by="audio", way_in_s=None, way_out_s=None)


def rendered(*overlaps, alignment=CLOCKS, caller_kind=None, width=110):
    console = Console(file=io.StringIO(), width=width)
    console.print(joined_table(JoinedCall(alignment, caller_kind, overlaps)))
    return console.file.getvalue()


def test_the_steps_stand_with_their_sum():
    assert steps(WHOLE) == "54 + 520 + 32 + 68 = 674 ms"


def test_a_step_that_is_not_known_is_a_dash():
    between_sentences = JoinedOverlap(
        caller=HEARD, agent=SEEN, onset_s=8.0, heard_s=8.054, decision_s=8.574
    )
    assert steps(between_sentences) == "54 + 520 + – + – = –"


def test_what_only_the_caller_saw_is_a_sum_without_steps():
    assert steps(JoinedOverlap(caller=HEARD, onset_s=8.0, silent_s=8.7)) == "700 ms"


def test_a_row_shows_when_what_was_said_and_the_agents_outcome_and_cause():
    shown = rendered(WHOLE)
    for cell in ("8.00 s", "Wait [b]now", "false stop", "vad", "54 + 520 + 32 + 68 = 674 ms"):
        assert cell in shown


def test_without_the_agents_end_the_outcome_is_the_callers_and_the_cause_a_dash():
    row = next(
        line for line in rendered(JoinedOverlap(caller=HEARD)).splitlines() if "Wait" in line
    )
    assert row.split()[-5:] == ["Wait", "[b]now", "yielded", "–", "–"]


@pytest.mark.parametrize(("words", "shown"), [(None, "false stop"), ("mm-hm no", "yielded")])
def test_where_the_agent_s_end_has_no_words_a_sound_of_listening_is_known_by_the_caller_s(
    words, shown
):
    caller = Overlap(onset_s=8.0, talk_over_s=0.3, outcome="false_stop", words="mm-hm")
    agent = Overlap(onset_s=3.06, talk_over_s=0.3, outcome="yielded", cause="vad", words=words)
    assert shown in rendered(JoinedOverlap(caller=caller, agent=agent))


def test_it_says_how_the_ends_were_joined_and_how_exactly():
    assert "by the host's clock, to within 2 ms" in rendered()
    assert "by the audio in both folders, to within 57 ms" in rendered(alignment=AUDIO)


def test_a_caller_from_the_telephone_is_labelled_and_an_ordinary_one_is_not():
    assert "the caller is a sip participant" in rendered(caller_kind="sip", width=140)
    assert "participant" not in rendered(caller_kind="standard")
