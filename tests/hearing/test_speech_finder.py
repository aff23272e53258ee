"""The finder: what it hears, when it reports it, and how close to the truth its edges are."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livekit_barge.hearing import burst_edges
from livekit_barge.hearing.speech_finder import SpeechFinder

RATE = 24_000
FRAME_S = 0.0025


def silence(seconds: float, rate: int = RATE) -> np.ndarray:
    return np.zeros(round(seconds * rate), dtype=np.float32)


def hiss(samples: int, dbfs: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 10 ** (dbfs / 20), samples)
    return noise.astype(np.float32)


def find(audio: np.ndarray, rate: int = RATE):
    finder = SpeechFinder(rate)
    return finder.push(audio) + finder.finish()


def in_pieces(audio: np.ndarray, cuts):
    """Bursts in the order in which they became final, and what was settled before each push."""
    finder = SpeechFinder(RATE)
    found = []
    for begin, end in itertools.pairwise([0, *cuts, len(audio)]):
        settled_s = finder.settled_s
        found += [(burst, settled_s) for burst in finder.push(audio[begin:end])]
    settled_s = finder.settled_s
    return found + [(burst, settled_s) for burst in finder.finish()]


@pytest.fixture(scope="module")
def line(say) -> np.ndarray:
    return say("Hold the line.")


@pytest.fixture(scope="module")
def two(say, line) -> np.ndarray:
    """
    ::

        ....####........###....   0.8 s, "hold the line", 0.9 s, "one moment please", 0.8 s
    """
    moment = say("One moment please.")
    return np.concatenate([silence(0.8), line, silence(0.9), moment, silence(0.8)])


class TestEdges:
    @pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 24_000, 44_100, 48_000])
    def test_in_digital_silence_they_are_dated_to_a_frame_at_any_rate(self, say, rate):
        spoken = say("Hold the line.", rate)
        (burst,) = find(np.concatenate([silence(1.0, rate), spoken, silence(1.0, rate)]), rate)
        assert burst.onset_s == pytest.approx(1.0, abs=FRAME_S)
        assert burst.end_s == pytest.approx(1.0 + len(spoken) / rate, abs=FRAME_S)

    @pytest.mark.parametrize("spoken_s", [0.06, 0.2, 0.3])
    def test_an_agent_cut_in_mid_sound_is_dated_to_the_sample(self, line, spoken_s):
        cut = line[: round(spoken_s * RATE)]
        (burst,) = find(np.concatenate([silence(1.0), cut, silence(1.0)]))
        # The last sample before the cut need not be over the line itself.
        assert burst.end_s == pytest.approx(1.0 + spoken_s, abs=5 / RATE)

    def test_speech_that_fills_the_audio_is_dated_to_its_ends(self, line):
        (burst,) = find(line)
        assert burst.onset_s == pytest.approx(0.0, abs=FRAME_S)
        assert burst.end_s == pytest.approx(len(line) / RATE, abs=FRAME_S)

    def test_in_noise_at_20_db_they_are_dated_within_8_ms(self, line):
        audio = np.concatenate([silence(1.0), line * 0.7, silence(1.0)])
        (burst,) = find(audio + hiss(len(audio), -40))
        assert burst.onset_s == pytest.approx(1.0, abs=0.008)
        assert burst.end_s == pytest.approx(1.0 + len(line) / RATE, abs=0.008)

    @pytest.mark.parametrize("onset_s", [1.0, 1.1, 1.2, 1.3, 1.4])
    def test_a_consonant_that_silero_misses_is_part_of_it(self, say, onset_s):
        # "sp": a hiss, a closure, and only then the vowel.
        audio = np.concatenate([silence(onset_s), say("Speak slower."), silence(1.0)])
        (burst,) = find(audio + hiss(len(audio), -50))
        assert burst.onset_s == pytest.approx(onset_s, abs=0.008)

    def test_noise_that_sets_in_shortly_before_speech_is_no_onset(self, line):
        audio = np.concatenate([silence(1.0), line, silence(1.0)])
        audio[round(0.75 * RATE) :] += hiss(len(audio) - round(0.75 * RATE), -45)
        (burst,) = find(audio)
        assert burst.onset_s == pytest.approx(1.0, abs=0.008)

    def test_faint_sound_just_before_speech_is_no_onset(self, line):
        faint = hiss(round(0.03 * RATE), -75)
        (burst,) = find(np.concatenate([silence(0.97), faint, line, silence(1.0)]))
        assert burst.onset_s == pytest.approx(1.0, abs=0.0008)

    def test_an_offset_does_not_move_them(self, two):
        there, shifted = find(two), find(two + np.float32(0.05))
        assert [burst.onset_s for burst in shifted] == pytest.approx(
            [burst.onset_s for burst in there], abs=FRAME_S
        )
        assert [burst.end_s for burst in shifted] == pytest.approx(
            [burst.end_s for burst in there], abs=FRAME_S
        )

    def test_far_before_the_end_of_an_island_they_are_dated_to_a_frame(self, monkeypatch, line):
        monkeypatch.setattr(burst_edges, "EXACT_S", 0.0)
        (burst,) = find(np.concatenate([silence(1.0), line, silence(2.0)]))
        assert burst.onset_s == pytest.approx(1.0, abs=FRAME_S)
        assert burst.end_s == pytest.approx(1.0 + len(line) / RATE, abs=FRAME_S)


class TestUncertainty:
    def test_a_cut_in_digital_silence_is_sure_to_a_frame(self, line):
        (burst,) = find(np.concatenate([silence(1.0), line, silence(1.0)]))
        assert burst.onset_uncertainty_s < FRAME_S
        assert burst.end_uncertainty_s < FRAME_S

    def test_it_grows_with_the_noise(self, line):
        audio = np.concatenate([silence(1.0), line, silence(1.0)])
        stated = [
            find(audio + hiss(len(audio), dbfs))[-1].end_uncertainty_s for dbfs in (-80, -50, -40)
        ]
        assert stated == sorted(set(stated))


class TestBursts:
    def test_a_gap_under_a_fifth_of_a_second_is_bridged(self, line):
        assert len(find(np.concatenate([silence(1), line, silence(0.19), line, silence(1)]))) == 1

    def test_a_gap_over_a_fifth_of_a_second_parts_two_bursts(self, line):
        first, second = find(np.concatenate([silence(1), line, silence(0.21), line, silence(1)]))
        assert second.onset_s - first.end_s == pytest.approx(0.21, abs=FRAME_S)

    def test_the_level_follows_the_gain(self, line):
        loud, soft = (
            find(np.concatenate([silence(1), line * gain, silence(1)]))[0]
            for gain in np.float32([1.0, 0.1])
        )
        assert loud.level_dbfs - soft.level_dbfs == pytest.approx(20.0, abs=0.1)

    def test_one_far_under_the_talker_is_flagged_quiet(self, line):
        audio = np.concatenate([silence(1), line, silence(1), line * 0.2, silence(1)])
        assert [burst.flags for burst in find(audio)] == [frozenset(), frozenset({"quiet"})]

    def test_one_at_full_scale_is_flagged_clipped(self, line):
        (burst,) = find(np.concatenate([silence(1), np.clip(line * 8, -1, 1), silence(1)]))
        assert burst.flags == {"clipped"}


class TestNoSpeech:
    @pytest.mark.parametrize(
        "audio",
        [
            silence(0),
            silence(0.001),
            silence(3),
            hiss(3 * RATE, -40),
            (0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE)).astype(np.float32),
            np.full(3 * RATE, 0.1, dtype=np.float32),
        ],
        ids=["nothing", "a moment", "digital silence", "white noise", "a tone", "an offset"],
    )
    def test_it_holds_no_bursts(self, audio):
        assert find(audio) == []

    @pytest.mark.parametrize("short", [1, 37, 59])
    def test_nor_does_a_last_step_whose_last_frame_is_short(self, short):
        assert find(hiss(RATE - short, -40)) == []

    def test_a_click_is_none(self):
        audio = silence(3)
        audio[RATE : RATE + 100] = 0.5
        assert find(audio) == []


class TestStreaming:
    @settings(max_examples=25, deadline=None)
    @given(data=st.data())
    def test_bursts_do_not_depend_on_how_the_audio_is_cut(self, two, data):
        audio = two + hiss(len(two), -50)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(audio)), max_size=40)))
        assert [burst for burst, _ in in_pieces(audio, cuts)] == find(audio)

    def test_bursts_are_the_same_sample_by_sample(self, two):
        found = in_pieces(two, range(1, len(two)))
        assert [burst for burst, _ in found] == find(two)

    @settings(max_examples=10, deadline=None)
    @given(patience_s=st.floats(0.0, 5.0))
    def test_bursts_are_the_same_however_long_they_may_wait(self, two, patience_s):
        audio = np.concatenate([two, two]) + hiss(2 * len(two), -50)
        patient = SpeechFinder(RATE, patience_s=patience_s)
        found = []
        for begin in range(0, len(audio), RATE):
            found += patient.push(audio[begin : begin + RATE])
        assert found + patient.finish() == find(audio)

    def test_empty_pieces_change_nothing(self, two):
        found = in_pieces(two, [0, 0, RATE, RATE, len(two), len(two)])
        assert [burst for burst, _ in found] == find(two)

    @settings(max_examples=15, deadline=None)
    @given(gaps_s=st.lists(st.floats(0.0, 0.6), min_size=1, max_size=6))
    def test_no_burst_begins_before_what_was_called_settled(self, line, gaps_s):
        audio = np.concatenate(
            [silence(0.5), *(np.concatenate([line, silence(gap_s)]) for gap_s in gaps_s)]
        )
        found = in_pieces(audio, range(0, len(audio), RATE // 10))
        assert all(burst.onset_s >= settled_s for burst, settled_s in found)

    @settings(max_examples=15, deadline=None)
    @given(gaps_s=st.lists(st.floats(0.0, 0.6), min_size=1, max_size=6))
    def test_bursts_come_in_order_and_apart(self, line, gaps_s):
        spoken = [np.concatenate([line, silence(gap_s)]) for gap_s in gaps_s]
        bursts = find(np.concatenate([silence(0.5), *spoken]))
        for before, after in itertools.pairwise(bursts):
            assert after.onset_s - before.end_s >= 0.2

    def test_a_burst_is_final_within_two_and_a_half_seconds_of_its_end(self, line):
        finder = SpeechFinder(RATE)
        assert len(finder.push(np.concatenate([silence(1), line, silence(2.5)]))) == 1

    def test_silence_is_settled_within_two_seconds(self):
        finder = SpeechFinder(RATE)
        finder.push(silence(60))
        assert finder.settled_s > 58

    def test_all_is_settled_at_the_end(self, two):
        finder = SpeechFinder(RATE)
        finder.push(two)
        finder.finish()
        assert finder.settled_s == pytest.approx(len(two) / RATE, abs=FRAME_S)
