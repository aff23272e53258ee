"""Recordings in which one channel holds the other's talker, and channels that are swapped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livekit_barge.call.audio import AGENT, CALLER
from livekit_barge.call.events import PlaybackFinished, SegmentFlushed, SegmentStarted
from livekit_barge.errors import IntakeError
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.leakage.amount import Leakage
from livekit_barge.intake.channel_swap import contradicted
from livekit_barge.intake.guess import guess_caller
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from tests.intake.made import ONSET_S, made_call, write

RATE = 16_000
CONFIRMED = ScoreOptions.of(caller_channel=0)


@pytest.fixture(scope="module")
def echoed(tmp_path_factory):
    """The made call, with the agent 0.15 s later and 20 dB quieter on the caller's channel."""
    call = made_call(RATE).copy()
    late = round(0.15 * RATE)
    call[late:, CALLER] += np.float32(0.1) * call[:-late, AGENT]
    return write(tmp_path_factory.mktemp("calls") / "echo.wav", call, RATE, "WAV", "PCM_16")


def test_an_echo_starts_no_overlap_and_the_caller_is_dated_as_without_it(echoed):
    card = score(echoed, CONFIRMED)
    assert [o.onset_s for o in card.overlaps] == pytest.approx([ONSET_S], abs=0.005)
    assert [o.time_to_yield_s for o in card.overlaps] == pytest.approx([0.4], abs=0.005)


def test_an_echo_is_a_warning_with_its_delay_level_and_remedy(echoed):
    [caveat] = [w for w in score(echoed, CONFIRMED).warnings if w.code == "echo"]
    assert "−20 dB, 150 ms late" in caveat.text
    assert caveat.remedy is not None


def test_a_recording_without_one_has_no_such_warning(tmp_path):
    path = write(tmp_path / "call.wav", made_call(RATE), RATE, "WAV", "PCM_16")
    assert not {"echo", "crosstalk", "leakage_loud"} & {
        w.code for w in score(path, CONFIRMED).warnings
    }


class TestGuess:
    bursts = [Burst(1.0, 2.0, -20.0)], [Burst(1.0, 2.0, -20.0)]

    @pytest.mark.parametrize("channel", [0, 1])
    def test_the_channel_with_the_echo_is_the_callers(self, channel):
        leak = Leakage(
            channel=channel, delay_s=0.1, drift_s=0, level_db=-20, left_db=-30, began_s=0, ended_s=9
        )
        guess = guess_caller(self.bursts, (0.0, 0.0), [leak])
        assert guess.caller_channel == channel
        assert "comes back as an echo" in guess.because

    def test_crosstalk_says_nothing(self):
        leak = Leakage(
            channel=1, delay_s=0.0, drift_s=0, level_db=-20, left_db=-30, began_s=0, ended_s=9
        )
        alone = guess_caller(self.bursts, (0.0, 0.0))
        assert guess_caller(self.bursts, (0.0, 0.0), [leak]) == alone


class TestFolders:
    events = (
        SegmentStarted(at_s=1.0, segment_id=1, speech_id="a", pushed_offset_s=0.0),
        SegmentFlushed(at_s=1.1, segment_id=1, speech_id="a", last_frame_at_s=1.1, pushed_s=4.0),
        PlaybackFinished(at_s=5.0, segment_id=1, position_s=4.0, interrupted=False),
    )
    played, else_where = [Burst(1.1, 4.9, -20.0)], [Burst(6.0, 9.0, -20.0)]

    def test_speech_where_agent_audio_was_played_is_not_the_callers(self):
        why = contradicted(self.events, (self.played, self.else_where), 10.0)
        assert "100% of the speech on the caller's channel" in why

    def test_as_it_should_be_nothing_is_contradicted(self):
        assert contradicted(self.events, (self.else_where, self.played), 10.0) == ""

    def test_a_caller_who_only_speaks_over_the_agent_contradicts_nothing(self):
        assert contradicted(self.events, (self.played, self.played), 10.0) == ""


def test_two_files_that_look_swapped_are_not_scored(tmp_path):
    caller = write(tmp_path / "a", made_call(RATE)[:, AGENT], RATE, "WAV", "PCM_16")
    agent = write(tmp_path / "b", made_call(RATE)[:, CALLER], RATE, "WAV", "PCM_16")
    with pytest.raises(IntakeError, match="look swapped"):
        score(caller, ScoreOptions.of(agent_file=agent))
    confirmed = replace(ScoreOptions.of(agent_file=agent), caller_channel=0)
    assert "looks_swapped" in [w.code for w in score(caller, confirmed).warnings]


class TestMix:
    """
    ::

        channel 0   agent----caller---agent----caller
        channel 1      agent----caller---agent----caller    later and softer
    """

    @pytest.mark.parametrize("softer_db", [2.7, 3, 6])
    @pytest.mark.parametrize("late_s", [0.003, 0.04, 0.25])
    def test_one_that_is_later_and_softer_on_one_channel_is_refused(
        self, tmp_path, late_s, softer_db
    ):
        mixed = np.concatenate([made_call(RATE)] * 3).sum(axis=1)
        late = round(late_s * RATE)
        later = np.pad(mixed, (late, 0))[: len(mixed)] * 10 ** (-softer_db / 20)
        path = write(tmp_path / "a", 0.7 * np.stack([mixed, later], 1), RATE, "WAV", "PCM_16")
        with pytest.raises(IntakeError, match="the same speech in both channels"):
            score(path, CONFIRMED)

    def test_a_loud_echo_is_none_where_the_caller_speaks_too(self, tmp_path):
        call = np.concatenate([made_call(RATE)] * 3)
        late = round(0.15 * RATE)
        call[late:, CALLER] += np.float32(0.5) * call[:-late, AGENT]
        path = write(tmp_path / "a", 0.7 * call, RATE, "WAV", "PCM_16")
        assert "echo" in [warning.code for warning in score(path, CONFIRMED).warnings]
