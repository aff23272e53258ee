"""Places on a speech drawn by hand: 1,000 samples a second, so a sample is a millisecond."""

import numpy as np
import pytest

from livekit_barge.stage.line_triggers import Moment, place_from
from livekit_barge.stage.playout import AudioPosition as Offset
from livekit_barge.stage.playout import HeardAudio
from livekit_barge.stage.spoken_output import AgentSpeech, SaidWord

RATE = 1_000
#        0.0  0.1       0.3  0.4       0.8  1.0       1.3 1.4
# speech      |I        see. |          |Go  on.       |  |
WORDS = [
    SaidWord("I ", 0.1, 0.2),
    SaidWord("see. ", 0.2, 0.4),
    SaidWord("Go ", 0.8, 1.0),
    SaidWord("on. ", 1.0, 1.3),
]


def speech(**more):
    return AgentSpeech(0, RATE, WORDS, audible_start=100, audible_end=1_300, complete=True, **more)


def find(phrase, begin, end, *, speech=None, offset=None, **more):
    """Look for a place in the moment from ``begin`` to ``end``.

    The speech began with the call, unless ``offset`` says what of it is heard.
    """
    heard = []
    if speech is not None:
        first = begin if offset is None else offset
        heard = [(speech, HeardAudio(begin, np.zeros(end - begin, np.int16), Offset(0, first)))]
        speech.heard_to = max(speech.heard_to, begin) if offset is None else speech.heard_to
    fields = {"agent_done": None, "caller_done": None, **more}
    return place_from(phrase).finder.find(Moment(RATE, begin, end, heard, **fields))


def found(phrase, speech, step=50):
    """Return where it is found when a call is looked through frame by frame."""
    for begin in range(0, 2_000, step):
        if (at := find(phrase, begin, begin + step, speech=speech)) is not None:
            return at
    return None


class TestOnASpeech:
    def test_spoken_time_counts_from_the_first_audible_sample(self):
        assert found("after the agent has spoken 0.377 s", speech()) == 477

    def test_the_middle_of_a_word_is_that_of_one_that_is_long_enough(self):
        assert found("in mid-word", speech()) == 300

    def test_a_later_word_can_be_asked_for(self):
        assert found("in mid-word, after 0.25 s", speech()) == 900

    def test_a_sentence_starts_after_the_stop_of_the_one_before(self):
        assert found("just as a new sentence starts", speech()) == 800

    def test_where_no_further_sentence_starts_there_is_no_place(self):
        assert found("just as a new sentence starts, after 1 s", speech()) is None

    def test_the_end_counts_back_from_the_last_audible_sample(self):
        assert found("in the last 200 ms", speech()) == 1_100

    def test_the_end_is_not_known_before_the_whole_speech_was_pushed(self):
        unfinished = speech()
        unfinished.complete = False
        assert found("in the last 200 ms", unfinished) is None

    def test_a_moment_already_over_is_not_met_again(self):
        late = speech(heard_to=700)
        assert find("after the agent has spoken 0.5 s", 700, 750, speech=late) is None

    def test_a_place_lost_in_a_pause_is_met_by_what_comes_next(self):
        heard = speech(heard_to=450)
        at = find("after the agent has spoken 0.5 s", 2_000, 2_050, speech=heard, offset=650)
        assert at == 2_000

    def test_a_place_before_the_line_may_begin_is_passed_over(self):
        # The frame runs from 280; the caller has only just stopped, at 310.
        said = speech()
        heard = [(said, HeardAudio(280, np.zeros(50, np.int16), Offset(0, 280)))]
        moment = Moment(RATE, 310, 330, heard, None, 310)
        assert place_from("in mid-word").finder.find(moment) is None


class TestInTheQuiet:
    def test_after_the_agent_s_last_audible_sample(self):
        assert find("0.8 s after the agent stops", 900, 950, agent_done=137) == 937

    def test_not_while_it_speaks(self):
        assert find("0.8 s after the agent stops", 900, 950, agent_done=None) is None

    def test_at_once_where_that_has_passed(self):
        assert find("0.1 s after the agent stops", 900, 950, agent_done=137) == 900

    def test_after_the_caller_s_line_before(self):
        assert find("300 ms after the caller stops", 900, 950, caller_done=610) == 910

    def test_at_a_time(self):
        assert find("0.92 s after the call starts", 900, 950) == 920


class TestPhrases:
    @pytest.mark.parametrize(
        "phrase",
        [
            "after the agent has spoken 1.2 s",
            "in mid-word",
            "in mid-word after 1 s",
            "in the last 200ms",
            "  just as a   new sentence starts, after 1 s ",
        ],
    )
    def test_it_prints_as_it_was_written(self, phrase):
        assert str(place_from(phrase)) == " ".join(phrase.split())

    @pytest.mark.parametrize("phrase", ["", "in mid word", "after 1 s", "in the last 200", 3])
    def test_anything_else_is_answered_with_what_may_be_written(self, phrase):
        with pytest.raises(ValueError, match=r"one of: after the agent has spoken 1\.2 s; in mid"):
            place_from(phrase)


class TestAroundASpeech:
    def test_a_time_after_the_last_yield_counts_from_the_silence(self):
        assert find("0.5 s after the last yield", 1_000, 1_050, yielded=540) == 1_040

    def test_without_a_yield_there_is_no_such_place(self):
        assert find("0.5 s after the last yield", 1_000, 1_050) is None

    def test_while_the_agent_thinks_counts_from_where_it_began(self):
        assert find("while the agent thinks, after 0.1 s", 1_000, 1_050, thinking=920) == 1_020

    def test_while_it_does_not_think_there_is_no_such_place(self):
        assert find("while the agent thinks", 1_000, 1_050) is None
