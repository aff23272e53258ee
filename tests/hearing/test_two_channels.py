"""One talker's leakage into the other's channel is found, reported and never heard as speech."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.hearing import two_channels
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.leakage import lookahead
from livekit_barge.hearing.leakage.delay import CorrelationPeak, DelayFinder
from livekit_barge.hearing.leakage.echo_filter import LeakagePath
from livekit_barge.hearing.speech_finder import SpeechFinder
from livekit_barge.hearing.two_channels import TwoChannels

RATE = 16_000
AGENT_FROM_S, CALLER_AT_S, AGAIN_AT_S, LENGTH_S = 1.0, 7.0, 14.0, 18.0


def found(audio: np.ndarray, *, cut: int = 160_000, **options):
    """Each channel's bursts, and what leaks."""
    finder = TwoChannels(RATE, **options)
    bursts = [], []
    for at in range(0, audio.shape[1], cut):
        for side, more in zip(bursts, finder.push(audio[:, at : at + cut]), strict=True):
            side += more
    for side, more in zip(bursts, finder.finish(), strict=True):
        side += more
    return *bursts, finder.leakages


@pytest.fixture(scope="module")
def talkers(say) -> np.ndarray:
    """
    ::

        caller  ..............#######............######..   over a room's floor
        agent   ..########################..............
    """
    audio = np.zeros((2, round(LENGTH_S * RATE)), dtype=np.float32)
    at = round(AGENT_FROM_S * RATE)
    for text in (
        "Your parcel left this morning, and it will reach you on Tuesday before noon.",
        "I can change the address for you, if you tell me the new one.",
        "There is one more thing that you should know about the delivery.",
    ):
        line = say(text, RATE)
        audio[1, at : at + len(line)] = line
        at += len(line) + RATE // 4
    line = say("No wait, please send it to my office.", RATE)
    for begin_s in (CALLER_AT_S, AGAIN_AT_S):
        begin = round(begin_s * RATE)
        audio[0, begin : begin + len(line)] = line
    audio[0] += np.random.default_rng(1).normal(0, 10 ** (-70 / 20), audio.shape[1])
    return audio


def onsets(bursts) -> list[float]:
    return [burst.onset_s for burst in bursts]


def leaking(audio: np.ndarray, level_db: float, delay_s: float, *, back: bool = False):
    """With a copy of channel 1 on channel 0, so much later and quieter; ``back``: of 0 on 1."""
    mixed = audio.copy()
    late = round(delay_s * RATE)
    gain = np.float32(10 ** (level_db / 20))
    here, there = (1, 0) if back else (0, 1)
    mixed[here, late:] += gain * audio[there, : audio.shape[1] - late]
    return mixed


class TestEcho:
    @pytest.mark.parametrize(("level_db", "delay_s"), [(-20, 0.0), (-20, 0.3), (-35, 0.1)])
    def test_is_no_speech_of_the_callers_who_is_dated_as_without_it(
        self, talkers, level_db, delay_s
    ):
        caller, _, _ = found(leaking(talkers, level_db, delay_s))
        assert onsets(caller) == pytest.approx(onsets(found(talkers)[0]), abs=0.05)
        assert onsets(caller)[0] == pytest.approx(CALLER_AT_S, abs=0.005)

    def test_would_have_been_speech(self, talkers):
        caller, _, _ = found(leaking(talkers, -20, 0.3), clean=False)
        assert caller[0].onset_s < CALLER_AT_S - 4

    def test_is_told_with_its_delay_and_level(self, talkers):
        _, _, [leakage] = found(leaking(talkers, -20, 0.3))
        assert (leakage.kind, leakage.channel) == ("echo", 0)
        assert leakage.delay_s == pytest.approx(0.3, abs=0.001)
        assert leakage.level_db == pytest.approx(-20, abs=0.5)

    def test_makes_an_onset_over_it_less_sure(self, talkers):
        alone, *_ = found(talkers)[0]
        over, *_ = found(leaking(talkers, -10, 0.1))[0]
        assert over.onset_uncertainty_s > alone.onset_uncertainty_s

    def test_of_a_caller_who_does_not_clear_it_none_is_made_up(self, talkers):
        soft = talkers.copy()
        soft[0] *= np.float32(0.003)
        caller, _, _ = found(leaking(soft, -12, 0.1))
        over = [burst for burst in caller if burst.onset_s < AGAIN_AT_S - 1]
        assert [burst for burst in over if not burst.flags] == []


@pytest.mark.parametrize("offsets", [(0.01, 0.01), (0.005, -0.002)])
def test_an_offset_of_both_channels_is_no_echo(talkers, offsets):
    caller, agent, leakages = found(talkers + np.array(offsets, np.float32)[:, None])
    clean, spoken, _ = found(talkers)
    assert leakages == ()
    assert onsets(caller) == pytest.approx(onsets(clean), abs=0.002)
    assert onsets(agent) == pytest.approx(onsets(spoken), abs=0.002)


class TestCrosstalk:
    def test_of_the_caller_is_no_speech_of_the_agents(self, talkers):
        _, clean, _ = found(talkers)
        _, agent, [leakage] = found(leaking(talkers, -20, 0.0, back=True))
        assert onsets(agent) == pytest.approx(onsets(clean), abs=0.005)
        assert (leakage.kind, leakage.channel) == ("crosstalk", 1)

    def test_both_ways_is_parted(self, talkers):
        gain = np.float32(10 ** (-20 / 20))
        caller, _, leakages = found(talkers + gain * talkers[::-1])
        assert onsets(caller) == pytest.approx(onsets(found(talkers)[0]), abs=0.05)
        assert 0 in {leakage.channel for leakage in leakages}

    def test_both_ways_at_12_db_takes_neither_talker_away(self, talkers):
        gain = np.float32(10 ** (-12 / 20))
        clean, mixed = found(talkers), found(talkers + gain * talkers[::-1])
        for side in (0, 1):
            assert onsets(mixed[side]) == pytest.approx(onsets(clean[side]), abs=0.02)
        assert [leakage.level_db for leakage in mixed[2]] == pytest.approx([-12, -12], abs=1)


class TestWithoutLeakage:
    def test_bursts_are_those_of_two_finders(self, talkers):
        for channel, bursts in enumerate(found(talkers)[:2]):
            alone = SpeechFinder(RATE)
            assert bursts == alone.push(talkers[channel]) + alone.finish()

    def test_nothing_is_told(self, talkers):
        assert found(talkers)[2] == ()

    def test_no_audio_has_no_bursts(self):
        assert found(np.zeros((2, 0), dtype=np.float32)) == ([], [], ())


def test_bursts_do_not_depend_on_how_the_audio_is_cut(talkers):
    audio = leaking(talkers, -20, 0.3)
    assert found(audio, cut=3_777) == found(audio)


class Ear:
    """In a finder's place: keeps what it is given."""

    def __init__(self, *_: object, **__: object) -> None:
        self.pieces: list[np.ndarray] = []

    def push(self, *pieces: np.ndarray) -> list[Burst]:
        self.pieces.append(np.concatenate(pieces))
        return []

    def finish(self) -> list[Burst]:
        return []


def test_what_is_heard_does_not_depend_on_how_often_what_waits_is_moved(talkers, monkeypatch):
    monkeypatch.setattr(two_channels, "SpeechFinder", Ear)
    # The echo turns into another one, so that what was known of pieces that wait is revised.
    audio = np.concatenate(
        [leaking(talkers, -20, 0.3), leaking(talkers, -14, 0.1), 0.3 * talkers[:, : 5 * RATE]],
        axis=1,
    ).astype(np.float32)

    def heard(room: int, cut: int) -> np.ndarray:
        monkeypatch.setattr(lookahead, "_ROOM", room)
        finder = TwoChannels(RATE)
        for at in range(0, audio.shape[1], cut):
            finder.push(audio[:, at : at + cut])
        finder.finish()
        return np.stack([np.concatenate(ear.pieces) for ear in finder.finders])

    at_once = heard(30, audio.shape[1])  # which has room for all of it
    assert at_once.shape == audio.shape
    for room, cut in ((8, 3_777), (9, audio.shape[1]), (11, 100_000)):
        np.testing.assert_array_equal(heard(room, cut), at_once)


class TestChance:
    """Channels that are alike by chance are spared a whole fit."""

    @pytest.fixture(autouse=True)
    def alike(self, monkeypatch):
        """Every piece in which both speak looks as if channel 0 had an echo."""
        look = DelayFinder.look

        def alike(lags: DelayFinder, pieces):
            peaks = look(lags, pieces)
            return [peak and CorrelationPeak(0.3, 9.0) for peak in peaks]

        monkeypatch.setattr(DelayFinder, "look", alike)

    @pytest.fixture
    def fits(self, monkeypatch) -> list[float]:
        """Return the gain of each whole fit."""
        gains: list[float] = []
        learn = LeakagePath.learn

        def counted(path: LeakagePath, heard):
            gains.append(learn(path, heard))
            return gains[-1]

        monkeypatch.setattr(LeakagePath, "learn", counted)
        return gains

    def test_none_is_tried_of_independent_talkers(self, talkers, fits):
        both = np.stack([np.roll(talkers[1], 3 * RATE), talkers[1]])
        assert found(both)[2] == ()
        assert fits == []

    def test_it_is_where_something_leaks(self, talkers, fits):
        assert len(found(leaking(talkers, -20, 0.3))[2]) == 1
        assert max(fits) > 3


def test_what_leaks_is_heard_as_it_is_where_nothing_is_to_be_cleaned(talkers):
    audio = leaking(talkers, -20, 0.3)
    alone = SpeechFinder(RATE)
    caller, _, leakages = found(audio, clean=False)
    assert caller == alone.push(audio[0]) + alone.finish()
    assert [leakage.kind for leakage in leakages] == ["echo"]
