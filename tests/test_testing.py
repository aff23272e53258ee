"""The stage as users have it, in tests like theirs."""

import time
from datetime import UTC, datetime

import pytest
from livekit.agents import Agent, AgentSession, llm

from livekit_barge import BargeSession
from livekit_barge.errors import ScriptError
from livekit_barge.script.script import Script
from livekit_barge.testing import line, play

REPLY = (
    "Your parcel left this morning, and it will reach you on Tuesday before noon, if the roads are "
    "as empty as they are now."
)


class MyAgent(Agent):
    """Waits for the caller to speak."""

    def __init__(self):
        super().__init__(instructions="Be kind.")


class Greeter(Agent):
    """Speaks first, in its own words."""

    def __init__(self):
        super().__init__(instructions="")

    async def on_enter(self):
        self.session.say("Good morning. How can I help you with your parcel today?")


def plain(**models):
    return BargeSession(turn_handling={"turn_detection": "vad"}, **models)


SCRIPT = [
    line("When will my parcel come?", "1 s after the call starts"),
    line("No, wait!", "in mid-word, after 3.2 s", expect="yield"),
]


def call_my_agent(**changes):
    return play(
        **{"agent": MyAgent, "session": plain, "replies": [REPLY], "script": SCRIPT} | changes
    )


def test_a_user_s_agent_is_called_in_a_few_lines():
    call = call_my_agent()
    assert call.overlaps[0].yielded
    assert call.overlaps[0].cause == "vad"
    assert not call.surprises


def test_a_call_that_yields_in_time_passes():
    call_my_agent().assert_yields(within_s=1.5)


def test_a_yield_that_is_too_late_names_the_line_and_the_time():
    call = call_my_agent()
    time_s = call.overlaps[0].time_to_yield_s
    with pytest.raises(AssertionError) as failed:
        call.assert_yields(within_s=0.1)
    assert str(failed.value) == (
        '"No, wait!" (in mid-word, after 3.2 s) should stop the agent within 0.1 s: '
        f"yielded, after {time_s:.2f} s"
    )


def test_an_agent_that_is_protected_fails_with_the_reason():
    def session(**models):
        knobs = {"turn_detection": "vad", "interruption": {"enabled": False}}
        return BargeSession(turn_handling=knobs, **models)

    with pytest.raises(AssertionError, match=r"missed.*protected: uninterruptible"):
        call_my_agent(session=session).assert_yields(within_s=0.4)


def test_the_label_wins_over_the_guess_that_a_short_word_is_a_backchannel():
    script = [SCRIPT[0], line("Wait.", "in mid-word, after 3.2 s", expect="hold")]
    with pytest.raises(AssertionError, match=r'"Wait\." .* should not stop the agent: false stop'):
        call_my_agent(script=script).assert_holds()


def test_a_check_without_a_labelled_line_fails():
    with pytest.raises(AssertionError, match='no line was checked: give the line expect="hold"'):
        call_my_agent().assert_holds()


def test_an_overlap_prints_on_a_short_line():
    text = repr(call_my_agent().overlaps[0])
    assert text.startswith("<Overlap yielded at ")
    assert len(text) < 100


async def test_a_call_can_be_played_in_an_async_test():
    assert call_my_agent().overlaps[0].yielded


def test_a_preset_of_the_session_s_is_the_one_that_is_measured():
    call = call_my_agent(session=lambda **models: BargeSession(preset="snappy", **models))
    assert call.overlaps[0].detection_s < call_my_agent().overlaps[0].detection_s


def test_a_plain_agent_session_may_be_called():
    def session(**models):
        return AgentSession(turn_handling={"turn_detection": "vad"}, **models)

    assert call_my_agent(session=session).overlaps[0].yielded


def test_around_the_call_time_stays_real():
    before_s = time.monotonic()
    call = call_my_agent()
    assert call.duration_s > 10
    assert abs(time.time() - datetime.now(UTC).timestamp()) < 1
    assert time.monotonic() - before_s < call.duration_s


def test_a_user_s_own_language_model_is_kept():
    class Mine(llm.LLM):
        asked = 0

        def chat(self, **request):
            Mine.asked += 1
            return ours.chat(**request)

    def session(**models):
        nonlocal ours
        ours = models["llm"]
        return plain(**models | {"llm": Mine()})

    ours = None
    assert call_my_agent(session=session).overlaps[0].yielded
    assert Mine.asked > 0


def test_an_agent_that_speaks_first_in_its_own_words_is_measured_too():
    call = play(
        agent=Greeter(),
        session=plain,
        replies=[REPLY],
        script=[line("Where is it?", "0.5 s after the agent stops")],
    )
    assert [turn.speaker for turn in call.turns] == ["agent", "caller", "agent"]


def test_the_agent_that_is_there_for_want_of_another_greets():
    call = play(session=plain, replies=["Hello, who is there?"], script=[])
    assert [turn.words for turn in call.turns] == ["Hello, who is there?"]


def test_a_whole_script_may_be_played_with_other_replies():
    script = Script.parse(
        {"agent": ["Hello."], "caller": [{"say": "Hi.", "at": "0.4 s after the agent stops"}]},
        name="mine",
    )
    call = play(session=plain, script=script, replies=["Good day.", "Bye."])
    assert [turn.words for turn in call.turns] == ["Good day.", "Hi.", "Bye."]


def test_the_folder_is_kept_only_where_it_was_asked_for(tmp_path):
    assert call_my_agent().call_dir is None
    kept = call_my_agent(calls_dir=tmp_path)
    assert kept.call_dir.parent == tmp_path
    assert (kept.call_dir / "turns.jsonl").exists()


def test_a_folder_may_be_given_as_text(tmp_path):
    assert call_my_agent(calls_dir=str(tmp_path)).call_dir.parent == tmp_path


def test_a_call_that_is_not_kept_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    call_my_agent()
    assert list(tmp_path.iterdir()) == []


def test_without_replies_there_is_nothing_to_say():
    with pytest.raises(ScriptError, match="the agent has nothing to say – give replies"):
        play(agent=MyAgent, script=SCRIPT)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"script": "early"}, r"script is 'early' – give Script.load\('early'\)"),
        ({"script": ["Wait!"]}, r"script is \['Wait!'\] – give a list of line"),
        ({"replies": "One."}, "replies is 'One.' – give a list"),
        ({"session": 3}, "session is 3 – give a function that makes an AgentSession"),
        ({"agent": 3}, "agent is 3 – give an Agent"),
    ],
)
def test_an_argument_of_another_kind_is_one_line(wrong, complaint):
    with pytest.raises(ScriptError, match=complaint):
        call_my_agent(**wrong)
