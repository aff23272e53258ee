"""Calls on the stage: where the lines fall, what comes out, and that it is the same each time."""

import asyncio
import dataclasses
import filecmp
from functools import partial

import numpy as np
import pytest
import soundfile
from livekit.agents import AgentSession, AgentStateChangedEvent

from livekit_barge import BargeSession, Call
from livekit_barge.call.meta import VIRTUAL_SOURCES
from livekit_barge.errors import ScriptError
from livekit_barge.script import scripted_call
from livekit_barge.script.script import CallerLine, Script
from livekit_barge.script.scripted_call import Conditions, play_call
from livekit_barge.stage.time.model_cache import Memory
from livekit_barge.stage.voices import SAMPLE_RATE, VOICES

SAYS = "We are open from Monday to Friday. On Saturday we close at noon, and on Sunday all day."
# The first three seconds of the agent's speech are AEC warm-up: over it only a committed turn
# stops the agent, so a line that falls there lets it speak on.
HOLD = {"expect": "hold"}
ON_IT = {"say": "mm-hm", **HOLD}
WAIT = {"say": "No, wait!", "at": "after the agent has spoken 3.5 s", "expect": "yield"}

by_vad = partial(BargeSession, turn_handling={"turn_detection": "vad"})
"""Without the turn detector's model, which these tests do not need."""


def script(*lines, agent=(SAYS, "Goodbye.")):
    return Script.parse({"agent": list(agent), "caller": list(lines)}, name="test")


@pytest.fixture
def play(tmp_path):
    def play(*lines, agent=(SAYS, "Goodbye."), session=by_vad, **more):
        return play_call(script(*lines, agent=agent), calls_dir=tmp_path, session=session, **more)

    return play


def first_line_at(call):
    """Return where the first line begins, in seconds of the agent's first speech."""
    return call.lines[0].start_s - call.turns[0].started_s


def spoken_words():
    """The agent's words, in seconds from its first audible sample."""
    return VOICES["joe"].speak(SAYS).trimmed().words


class TestPlaces:
    """The agent's first audible sample is measured from its channel, to some milliseconds."""

    def test_after_so_much_was_spoken(self, play):
        call = play({**ON_IT, "at": "after the agent has spoken 1.2 s"})
        assert first_line_at(call) == pytest.approx(1.2, abs=0.01)

    def test_in_the_middle_of_a_word(self, play):
        call = play({**ON_IT, "at": "in mid-word, after 1 s"})
        at_s = first_line_at(call)
        (word,) = (word for word in spoken_words() if word.start_s < at_s < word.end_s)
        assert at_s == pytest.approx((word.start_s + word.end_s) / 2, abs=0.01)
        assert word.end_s - word.start_s >= 0.15

    def test_just_as_a_sentence_starts(self, play):
        call = play({**ON_IT, "at": "just as a new sentence starts"})
        on = next(word for word in spoken_words() if word.text == "On")
        assert first_line_at(call) == pytest.approx(on.start_s, abs=0.01)

    def test_so_long_before_the_end(self, play):
        call = play({**ON_IT, "at": "in the last 200 ms"})
        agent = next(turn for turn in call.turns if turn.speaker == "agent")
        assert agent.ended_s - call.lines[0].start_s == pytest.approx(0.2, abs=0.01)

    def test_so_long_after_the_agent(self, play):
        call = play({"say": "I see.", "at": "0.7 s after the agent stops"})
        assert call.lines[0].start_s - call.turns[0].ended_s == pytest.approx(0.7, abs=0.01)

    def test_so_long_after_the_line_before(self, play):
        call = play(
            {"say": "I see.", "at": "0.7 s after the agent stops"},
            {"say": "Thanks.", "at": "0.31 s after the caller stops"},
        )
        first, second = call.lines
        assert second.start - first.end == round(0.31 * SAMPLE_RATE)

    def test_at_a_time(self, play):
        call = play({"say": "Hello?", "at": "0.2 s after the call starts"})
        assert call.lines[0].start == 0.2 * SAMPLE_RATE

    def test_the_recording_has_the_line_where_the_stage_put_it(self, play):
        call = play({**ON_IT, "at": "after the agent has spoken 1.2 s"})
        assert call.overlaps[0].onset_s == pytest.approx(call.lines[0].start_s, abs=0.005)


class TestLines:
    def test_after_one_that_should_hold_the_next_may_fall_on_the_same_speech(self, play):
        call = play(
            {**ON_IT, "at": "after the agent has spoken 1 s"},
            {**ON_IT, "at": "after the agent has spoken 2 s"},
        )
        first, second = (line.start_s for line in call.lines)
        assert second - first == pytest.approx(1.0, abs=0.001)

    def test_after_one_that_should_stop_it_the_next_waits_for_a_later_speech(self, play):
        call = play(
            {"say": "Wait!", "at": "after the agent has spoken 3.2 s", "expect": "yield"},
            {**ON_IT, "at": "after the agent has spoken 3.3 s"},
            agent=[SAYS, SAYS],
        )
        one, other = [turn for turn in call.turns if turn.speaker == "agent"][:2]
        assert one.ended_s > call.lines[0].start_s + 0.1  # the place came by again on the first
        assert call.lines[1].start_s - other.started_s == pytest.approx(3.3, abs=0.02)

    def test_none_begins_before_the_one_before_has_ended(self, play):
        call = play(
            {"say": "Yes, I know all that.", "at": "after the agent has spoken 1 s", **HOLD},
            {**ON_IT, "at": "in mid-word, after 1 s"},
        )
        first, second = call.lines
        assert first.end <= second.start < first.end + 0.5 * SAMPLE_RATE

    def test_one_whose_place_never_comes_is_told(self, play):
        call = play({**ON_IT, "at": "after the agent has spoken 60 s"})
        assert [line.text for line in call.unplaced] == ["mm-hm"]
        assert call.surprises == (
            "“mm-hm” (after the agent has spoken 60 s): its place never came",
        )

    def test_a_clip_is_played_from_its_first_audible_sample(self, play, tmp_path):
        rate, tone = 8_000, np.sin(np.arange(4_000) * 2 * np.pi * 500 / 8_000) * 0.3
        soundfile.write(tmp_path / "beep.wav", np.concatenate([np.zeros(rate), tone]), rate)
        line = {"wav": str(tmp_path / "beep.wav"), "at": "0.2 s after the call starts"}
        placed = play(line).lines[0]
        assert placed.speech.duration_s == pytest.approx(0.5, abs=0.01)
        assert placed.speech.words == ()

    def test_a_clip_that_is_no_audio_is_refused(self, play, tmp_path):
        (tmp_path / "no.wav").write_text("no")
        with pytest.raises(ScriptError, match=r"no\.wav: not audio \(.*\) – give a WAV file"):
            play({"wav": str(tmp_path / "no.wav"), "at": "0.2 s after the call starts"})

    def test_a_gain_makes_it_louder(self, play):
        line = {"say": "Hello.", "at": "0.2 s after the call starts"}
        plain, quiet = (play({**line, "gain_db": gain}).lines[0].speech for gain in (0, -20))
        ratio = np.abs(plain.samples).max() / np.abs(quiet.samples).max()
        assert ratio == pytest.approx(10, rel=0.01)


class TestCalls:
    def test_two_runs_write_the_same_bytes(self, tmp_path):
        paths = []
        for run in ("one", "other"):
            call = play_call(
                script(WAIT), calls_dir=tmp_path / run, call_id="call", session=BargeSession
            )
            paths.append(call.call_dir)
        files = sorted(path.name for path in paths[0].iterdir())
        assert "events.jsonl" in files
        assert filecmp.cmpfiles(*paths, files, shallow=False) == (files, [], [])

    def test_one_that_is_not_kept_has_the_same_turns_and_leaves_nothing(
        self, play, tmp_path, monkeypatch
    ):
        kept = play(WAIT, session=BargeSession)
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.iterdir())
        call = play_call(script(WAIT), calls_dir=None, session=BargeSession)
        assert call.call_dir is None
        assert call.turns == kept.turns != ()
        assert sorted(tmp_path.iterdir()) == before

    def test_the_models_are_asked_nothing_twice_and_all_is_the_same(self, tmp_path, monkeypatch):
        memory = Memory()
        monkeypatch.setattr(scripted_call, "MEMORY", memory)
        paths = [
            play_call(
                script(WAIT), calls_dir=tmp_path / run, call_id="call", session=BargeSession
            ).call_dir
            for run in ("first", "again")
        ]
        assert memory.windows.known == memory.windows.asked / 2 > 100
        assert memory.ends.known == memory.ends.asked / 2 > 0
        files = sorted(path.name for path in paths[0].iterdir())
        assert filecmp.cmpfiles(*paths, files, shallow=False) == (files, [], [])

    def test_what_the_agent_does_is_compared_with_what_it_should(self, play):
        call = play(WAIT)
        assert call.overlap_of(call.lines[0].line).outcome == "yielded"
        assert call.surprises == ()
        line = dataclasses.replace(call.lines[0].line, expect="hold")
        other = dataclasses.replace(call, lines=(dataclasses.replace(call.lines[0], line=line),))
        assert other.surprises == (f"{line}: should hold, and it was yielded",)

    def test_the_folder_says_that_it_is_a_stage_s_and_measures_the_same(self, play, tmp_path):
        call = play(WAIT, call_id="mine")
        assert call.call_dir == tmp_path / "mine"
        assert Call.open(call.call_dir).meta.source == "stage"

    def test_a_plain_agent_session_is_put_under_instruments(self, play):
        session = partial(AgentSession, turn_handling={"turn_detection": "vad"})
        call = play(WAIT, session=session)
        assert call.overlaps[0].cause == "vad"

    @pytest.mark.parametrize("kind", [AgentSession, BargeSession])
    def test_one_that_is_cancelled_before_it_starts_ends_at_once(self, play, monkeypatch, kind):
        async def start(self, *_, **__):
            self.emit(
                "agent_state_changed",
                AgentStateChangedEvent(old_state="initializing", new_state="idle"),
            )
            raise asyncio.CancelledError

        monkeypatch.setattr(AgentSession, "start", start)
        with pytest.raises(asyncio.CancelledError):
            play(WAIT, session=kind)

    def test_the_preset_s_input_frame_is_the_line_s(self, play):
        session = partial(BargeSession, preset="snappy")
        decisions = {
            round(overlap.decision_s * 1_000) % 50
            for frame_s in (None, 0.05)
            for overlap in play(
                WAIT, session=session, conditions=Conditions(input_frame_s=frame_s)
            ).overlaps
        }
        assert decisions != {0}  # 20 ms frames do not all end at multiples of 50

    def test_a_slow_cancel_is_heard(self, play):
        quick, slow = (
            play(WAIT, conditions=Conditions(pause_delay_s=delay_s)).overlaps[0]
            for delay_s in (0.0, 0.3)
        )
        assert slow.detection_s == quick.detection_s
        assert slow.cancellation_s == pytest.approx(quick.cancellation_s + 0.3, abs=0.06)

    def test_its_date_is_known_as_virtual(self, play):
        assert Call.open(play(WAIT).call_dir).meta.source in VIRTUAL_SOURCES


def test_a_line_prints_as_what_is_said_and_where():
    line = script({**ON_IT, "at": "in mid-word"}).caller[0]
    assert isinstance(line, CallerLine)
    assert str(line) == "“mm-hm” (in mid-word)"
