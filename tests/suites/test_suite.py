"""Suites: what is left to chance, and that a seed decides it."""

import pytest

from livekit_barge.errors import ScriptError
from livekit_barge.stage.models import Timing
from livekit_barge.suites.latency_distribution import FIXED, TimingSpread
from livekit_barge.suites.suite import SPLITS, Suite, shipped_suites

CALL = {
    "name": "one",
    "count": {"tuning": 3, "held-out": 2},
    "agent": ["$greeting", "$answer", "Goodbye."],
    "voice": "$voice",
    "caller": [
        {
            "say": "$barge-in",
            "at": ["after the agent has spoken 1 to 2 s", "in mid-word, after 1 to 2 s"],
            "gain_db": "-6 to 3",
            "expect": "yield",
        },
        {"sound": "$sound", "at": "0.6 s after the agent stops"},
    ],
}
POOLS = {"sound": {"tuning": ["cough"], "held-out": ["throat"]}}


def suite(**changes):
    content = {"calls": [CALL | changes], "pools": POOLS}
    return Suite.parse(content, name="mine", where="mine.yaml")


class TestDrawing:
    def test_a_seed_always_gives_the_same_calls_and_another_seed_others(self):
        digests = [[case.digest() for case in suite().cases(seed=seed)] for seed in (0, 0, 1)]
        assert digests[0] == digests[1]
        assert not set(digests[0]) & set(digests[2])

    def test_another_preset_gets_the_same_calls(self):
        one, other = (suite().cases(preset=name) for name in ("snappy", "patient"))
        assert [case.script for case in one] == [case.script for case in other]

    def test_a_range_is_drawn_from_within(self):
        gains = [case.script.caller[0].gain_db for case in suite().cases(times=20)]
        assert min(gains) >= -6
        assert max(gains) <= 3
        assert len(set(gains)) > 20

    def test_in_words_nothing_is_a_range(self):
        line = {"say": "I work 9 to 5.", "at": "after the agent has spoken 1 to 2 s"}
        agent = ["From 1 to 2.", {"protected": "2 to 1"}]
        script = suite(caller=[line], agent=agent).cases()[0].script
        assert (script.agent, script.caller[0].text) == (("From 1 to 2.", "2 to 1"), line["say"])

    def test_in_words_of_a_pool_nothing_is_a_range(self):
        pools = POOLS | {"hours": {part: ["9 to 5"] for part in SPLITS}}
        content = {"calls": [CALL | {"agent": ["$hours"]}], "pools": pools}
        cases = Suite.parse(content, name="mine", where="mine.yaml").cases()
        assert cases[0].script.agent == ("9 to 5",)

    def test_a_price_is_no_pool(self):
        line = {"say": "$5 please.", "at": "in mid-word"}
        assert suite(caller=[line]).cases()[0].script.caller[0].text == "$5 please."

    def test_of_a_list_each_value_comes_up(self):
        places = {str(case.script.caller[0].at)[:8] for case in suite().cases(times=20)}
        assert places == {"after th", "in mid-w"}

    def test_nothing_comes_twice_in_a_call_while_the_pool_has_more(self):
        for case in suite(agent=["$answer"] * 4).cases():
            assert len(set(case.script.agent)) == 4

    def test_each_sound_has_a_seed_of_its_own(self):
        seeds = {case.script.caller[1].seed for case in suite().cases()}
        assert len(seeds) == 5

    def test_counts_are_of_a_part_and_can_be_taken_times(self):
        assert [len(suite().cases(split=part)) for part in SPLITS] == [3, 2]

    def test_a_part_that_is_none_is_refused(self):
        with pytest.raises(ScriptError, match="a suite has no part heldout – did you mean h"):
            suite().cases(split="heldout")
        assert len(suite().cases(times=4)) == 20

    @pytest.mark.parametrize(
        ("count", "split", "said"),
        [({}, None, "no calls – "), ({"tuning": 3}, "held-out", "no calls in the part held-out")],
    )
    def test_a_suite_or_a_part_of_it_without_calls_is_refused(self, count, split, said):
        with pytest.raises(ScriptError, match=said):
            suite(count=count).cases(split=split)


class TestShippedSuites:
    @pytest.mark.parametrize("name", shipped_suites())
    def test_each_can_be_drawn_and_says_what_it_is(self, name):
        drawn = Suite.load(name)
        assert drawn.summary
        assert len({case.case_id for case in drawn.cases()}) == len(drawn.cases())

    @pytest.mark.parametrize("name", shipped_suites())
    def test_no_voice_or_barge_in_of_one_part_is_in_the_other(self, name):
        tuning, held_out = (Suite.load(name).cases(split=part, times=3) for part in SPLITS)

        def wanted(cases):
            lines = [line for case in cases for line in case.script.caller]
            return {line.text for line in lines if line.expect and line.text}

        assert not {c.script.voice for c in tuning} & {c.script.voice for c in held_out}
        assert not wanted(tuning) & wanted(held_out)

    def test_the_everyday_one_is_a_batch_as_a_person_would_play_it(self):
        assert 12 <= len(Suite.load("everyday").cases()) <= 15


class TestTiming:
    def test_it_is_drawn_for_each_call(self):
        assert len({case.timing for case in suite().cases()}) == 5

    def test_the_median_of_many_is_what_the_stand_ins_state(self):
        drawn = sorted(TimingSpread().draw(seed).stt_final_s for seed in range(999))
        assert drawn[499] == pytest.approx(Timing().stt_final_s, rel=0.1)

    def test_the_95th_percentile_is_the_stated_multiple_of_it(self):
        drawn = sorted(TimingSpread().draw(seed).stt_final_s for seed in range(999))
        assert drawn[949] == pytest.approx(2.5 * Timing().stt_final_s, rel=0.15)

    def test_a_fixed_one_has_the_medians(self):
        assert FIXED.draw(7) == Timing()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"agent": ["$gone"]}, "mine.yaml: one: there is no pool gone – one of answer"),
        ({"count": {"held": 3}}, "count: no key is called held – did you mean held-out"),
        ({"caller": [{"say": "Hi", "at": "soon"}]}, "at is 'soon' – one of"),
        ({"caller": 5}, "mine.yaml: one: caller is 5 – list what the caller says"),
        ({"name": "My Calls"}, "name is 'My Calls' – use lower-case letters"),
        ({"voice": "2 to 1"}, "mine.yaml: one: '2 to 1' goes down – did you mean 1 to 2"),
        ({"count": {"tuning": 10**9}}, "tuning is 1000000000 – give at most 10000"),
    ],
)
def test_a_mistake_in_a_suite_is_one_line_with_its_place(changes, complaint):
    with pytest.raises(ScriptError, match=complaint):
        suite(**changes)


def test_a_script_in_a_suite_s_place_is_told_where_it_belongs():
    with pytest.raises(
        ScriptError, match="this is a script, not a suite – give it as one of `calls:`"
    ):
        Suite.parse({key: CALL[key] for key in ("agent", "caller")}, name="mine")


def test_a_pool_that_no_value_could_name_is_refused():
    pools = {"5-words": POOLS["sound"]}
    with pytest.raises(
        ScriptError, match=r"mine.yaml: 5-words is not a pool's name – begin its name"
    ):
        Suite.parse({"calls": [CALL], "pools": pools}, name="mine", where="mine.yaml")


def test_a_suite_s_name_that_is_nearly_right_is_told():
    with pytest.raises(ScriptError, match=r"there is no suite everday – did you mean everyday\?"):
        Suite.load("everday")


def test_a_suite_s_file_may_not_be_empty(tmp_path):
    (tmp_path / "mine.yaml").touch()
    with pytest.raises(ScriptError, match=r"mine.yaml: empty – give calls"):
        Suite.load(tmp_path / "mine.yaml")


def test_a_pool_that_draws_from_itself_is_told_of_and_does_not_recurse_for_ever():
    ring = {part: ["$ring"] for part in SPLITS}
    content = {"calls": [CALL | {"voice": "$ring"}], "pools": POOLS | {"ring": ring}}
    with pytest.raises(ScriptError, match=r"one: '.ring' never comes to an end"):
        Suite.parse(content, name="mine", where="mine.yaml")


@pytest.mark.parametrize(
    "wav", ["gone.wav", ["here.wav", "gone.wav"], "$clip"], ids=["named", "a choice", "in a pool"]
)
def test_a_clip_that_is_not_there_is_told_of_before_a_call_draws_it(tmp_path, wav):
    (tmp_path / "here.wav").touch()
    line = {"wav": wav, "at": "in mid-word"}
    clip = {"tuning": ["here.wav"], "held-out": ["here.wav", "gone.wav"]}
    content = {"calls": [CALL | {"caller": [line]}], "pools": {"clip": clip}}
    with pytest.raises(ScriptError, match=r"mine.yaml: one.*: there is no file .*gone.wav"):
        Suite.parse(content, name="mine", where=tmp_path / "mine.yaml")


def test_two_calls_of_one_name_are_refused_for_they_would_be_counted_twice():
    with pytest.raises(ScriptError, match=r"mine.yaml: two calls have the name one – rename one"):
        Suite.parse({"calls": [CALL, CALL], "pools": POOLS}, name="mine", where="mine.yaml")
