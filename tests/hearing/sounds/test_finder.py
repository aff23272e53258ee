"""Sounds that are not speech are named and placed, and are never bursts."""

import numpy as np
import pytest

from livekit_barge.hearing.channel import Channel
from livekit_barge.hearing.sounds.finder import SoundFinder

RATE = 16_000


def silence(seconds: float, rate: int = RATE) -> np.ndarray:
    return np.zeros(round(seconds * rate))


@pytest.fixture(scope="module")
def line(say) -> np.ndarray:
    return say("Hold the line.", RATE)


@pytest.fixture(scope="module")
def tune(tone) -> np.ndarray:
    """Chords of 0.4 s, twelve seconds of them."""
    chords = [(262, 330, 392, 524), (349, 440, 523, 698), (392, 494, 587), (294, 349, 440)]
    return np.concatenate([tone(0.4, *chords[n % 4]) for n in range(30)])


class TestDtmf:
    @pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 24_000, 44_100, 48_000])
    def test_a_digit_is_named_at_any_rate(self, hear, tone, rate):
        digit = tone(0.1, 770, 1336, rate=rate)
        audio = np.concatenate([silence(1, rate), digit, silence(1, rate)])
        _, (sound,) = hear(audio, rate)
        assert (sound.kind, sound.detail) == ("dtmf", "5")
        assert sound.start_s == pytest.approx(1.0, abs=0.02)
        assert sound.end_s == pytest.approx(1.1, abs=0.02)

    @pytest.mark.parametrize("at_s", [1.43, 1.435, 1.44, 1.445, 1.45, 1.455, 1.46, 1.465])
    def test_a_digit_is_placed_wherever_it_begins(self, hear, tone, at_s):
        """Also where it lies across two pieces, up to 25 ms in the second."""
        audio = np.concatenate([silence(at_s), tone(0.06, 697, 1477), silence(2 - at_s)])
        (_, (one,)), (_, (other,)) = (hear(audio, piece_s=piece_s) for piece_s in (10.0, 0.5))
        assert (one.start_s, one.end_s) == pytest.approx((at_s, at_s + 0.06), abs=0.0101)
        assert other == one

    def test_digits_40_ms_apart_are_two(self, hear, tone):
        two = [tone(0.08, 697, 1209), silence(0.04), tone(0.08, 697, 1209)]
        _, sounds = hear(np.concatenate([silence(1), *two, silence(1)]))
        assert [sound.detail for sound in sounds] == ["1", "1"]

    def test_one_15_ms_long_is_none(self, hear, tone):
        assert hear(np.concatenate([silence(1), tone(0.015, 770, 1336), silence(1)])) == ([], [])

    def test_one_after_speech_does_not_move_its_end(self, hear, tone, line):
        alone, _ = hear(np.concatenate([silence(1), line, silence(1)]))
        audio = np.concatenate([silence(1), line, silence(0.06), tone(0.3, 941, 1477), silence(1)])
        bursts, sounds = hear(audio)
        assert [sound.kind for sound in sounds] == ["dtmf"]
        assert [b.end_s for b in bursts] == pytest.approx([b.end_s for b in alone], abs=0.0025)

    def test_speech_holds_none(self, hear, say):
        said = say("I would like to change the address, please, it is forty three fifty.", RATE)
        _, sounds = hear(np.concatenate([silence(1), said, silence(1)]))
        assert sounds == []


class TestTones:
    @pytest.mark.parametrize(
        ("hz", "kind", "detail"),
        [
            ((440, 480), "ringback", "440 + 480 Hz"),
            ((425,), "ringback", "425 Hz"),
            ((480, 620), "tone", "busy 480 + 620 Hz"),
            ((1100,), "tone", "fax 1100 Hz"),
            ((1000,), "tone", "1000 Hz"),
        ],
    )
    def test_it_is_named_by_its_lines(self, hear, tone, hz, kind, detail):
        bursts, (sound,) = hear(np.concatenate([silence(1), tone(1.0, *hz), silence(1)]))
        assert (bursts, sound.kind, sound.detail) == ([], kind, detail)
        assert (sound.start_s, sound.end_s) == pytest.approx((1.0, 2.0), abs=0.11)

    def test_two_harmonics_of_a_low_voice_are_none(self, hear, tone):
        assert hear(np.concatenate([silence(1), tone(1.0, 150, 300), silence(1)]))[1] == []


class TestMusic:
    def test_a_tune_is_music_throughout(self, hear, tune):
        bursts, sounds = hear(np.concatenate([silence(1), tune, silence(1)]))
        assert bursts == []
        assert [sound.kind for sound in sounds] == ["music"]
        assert sounds[0].start_s == pytest.approx(1.0, abs=1.0)
        assert sounds[0].end_s == pytest.approx(13.0, abs=1.0)

    def test_speech_after_it_is_a_burst(self, hear, tune, line):
        bursts, _ = hear(np.concatenate([silence(1), tune, silence(2), line, silence(1)]))
        assert [burst.onset_s for burst in bursts] == pytest.approx([15.0], abs=0.0025)

    def test_a_voice_inside_it_is_no_burst(self, hear, tune, line):
        """However soon it sings, and in whatever pieces the audio comes."""
        sung = tune * 0.3
        sung[RATE // 2 : RATE // 2 + len(line)] += line
        audio = np.concatenate([silence(1), sung, silence(1)])
        assert [hear(audio, piece_s=piece_s)[0] for piece_s in (0.5, 10.0)] == [[], []]

    def test_speech_20_db_over_it_is_a_burst(self, hear, tune, say):
        said = say("No wait, please send it to my office instead.", RATE)
        bed = tune * 0.1 * np.sqrt(np.mean(said**2) / np.mean(tune**2))
        bed[5 * RATE : 5 * RATE + len(said)] += said
        bursts, sounds = hear(np.concatenate([silence(1), bed, silence(1)]))
        assert [sound.kind for sound in sounds] == ["music"]
        assert bursts[0].onset_s == pytest.approx(6.0, abs=0.02)
        assert bursts[-1].end_s == pytest.approx(6.0 + len(said) / RATE, abs=0.02)

    def test_white_noise_is_none(self, hear):
        noise = np.random.default_rng(1).normal(0, 0.05, 8 * RATE)
        assert hear(noise) == ([], [])

    def test_what_follows_a_tune_waits_until_it_can_be_no_music_any_more(self, tone):
        channel = Channel(RATE)
        sounds = SoundFinder(channel)
        decided = []
        chord = tone(0.5, 262, 330, 392, 524).astype(np.float32)
        for step in [silence(0.5).astype(np.float32)] * 2 + [chord] * 2 + [chord * 0] * 6:
            channel.add(step)
            sounds.hear(step)
            decided.append(sounds.decided_s)
        # Held back at the tune's begin for three seconds, then at its second half, then not.
        assert decided == [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 4.5, 5.0]


class TestHum:
    @pytest.fixture(params=[50, 60])
    def hum(self, request, tone) -> np.ndarray:
        """The higher, the weaker: −48 dBFS in all."""
        return sum(tone(9.0, request.param * n) / n for n in range(1, 9)) * 0.05

    def test_lines_of_the_mains_are_hum_and_no_music(self, hear, hum):
        bursts, (sound,) = hear(np.concatenate([silence(1), hum, silence(1)]))
        assert (bursts, sound.kind) == ([], "hum")
        assert (sound.start_s, sound.end_s) == pytest.approx((1.0, 10.0), abs=0.5)

    def test_speech_over_it_is_a_burst(self, hear, hum, line):
        audio = np.concatenate([silence(1), hum, silence(1)])
        over = line * 10 * np.sqrt(np.mean(hum**2) / np.mean(line**2))
        audio[5 * RATE : 5 * RATE + len(line)] += over
        bursts, sounds = hear(audio)
        assert [sound.kind for sound in sounds] == ["hum"]
        assert bursts[0].onset_s == pytest.approx(5.0, abs=0.02)

    def test_a_note_with_its_harmonics_is_music(self, hear, tone):
        notes = [tone(0.5, *(hz * n for n in range(1, 6))) for hz in (349, 233, 294, 262) * 5]
        _, (sound,) = hear(np.concatenate([silence(1), *notes, silence(1)]))
        assert sound.kind == "music"


class TestPacketLoss:
    def test_a_gap_inside_a_word_is_named_and_no_boundary(self, hear, say):
        # "Seventeen": the vowel of its end is long enough to lose a third of a second of.
        word = say("Ohhh no.", RATE)
        held = np.tile(word[2000:4000], 8)
        noise = np.random.default_rng(2).normal(0, 0.0005, 12 * RATE)
        said = np.concatenate([word[:4000], held, word[4000:]])
        audio = noise.copy()
        audio[6 * RATE : 6 * RATE + len(said)] += said
        whole, _ = hear(audio)
        begin, end = 6 * RATE + 8000, 6 * RATE + 12_800
        audio[begin:end] = 0
        bursts, sounds = hear(audio, noise_dbfs=-300)
        assert [sound.kind for sound in sounds] == ["packet_loss"]
        assert (sounds[0].start_s, sounds[0].end_s) == pytest.approx((6.5, 6.8), abs=0.0026)
        assert len(bursts) == len(whole) == 1

    def test_a_stop_on_a_silent_channel_is_none(self, hear, line):
        audio = np.concatenate([silence(1), line, silence(0.3), line, silence(1)])
        bursts, sounds = hear(audio, noise_dbfs=-300)
        assert (len(bursts), sounds) == (2, [])


class TestBackground:
    def test_noise_switched_on_and_off_is_comfort_noise(self, hear):
        audio = silence(9)
        audio[2 * RATE : 5 * RATE] = np.random.default_rng(3).normal(0, 0.002, 3 * RATE)
        bursts, (sound,) = hear(audio, noise_dbfs=-300)
        assert (bursts, sound.kind) == ([], "comfort_noise")
        assert (sound.start_s, sound.end_s) == pytest.approx((2.0, 5.0), abs=0.06)

    def test_noise_that_lasts_to_the_end_is_none(self, hear):
        audio = silence(6.3)
        audio[2 * RATE :] = np.random.default_rng(3).normal(0, 0.002, len(audio) - 2 * RATE)
        assert hear(audio, noise_dbfs=-300) == ([], [])

    def test_a_background_that_climbs_between_words_is_agc(self, hear, line):
        climb = 10 ** (np.minimum(np.arange(3 * RATE) / RATE * 5, 12) / 20)
        noise = np.random.default_rng(3).normal(0, 0.001, 3 * RATE) * climb
        bursts, sounds = hear(np.concatenate([noise, line] * 3 + [noise]))
        assert {sound.kind for sound in sounds} == {"agc"}
        assert len(bursts) == 3

    def test_one_climb_may_be_chance(self, hear, line):
        steady = np.random.default_rng(3).normal(0, 0.001, 3 * RATE)
        climb = steady * 10 ** (np.arange(3 * RATE) / RATE * 5 / 20)
        audio = np.concatenate([steady, line, climb, line, steady])
        assert hear(audio)[1] == []


def test_full_scale_is_clipping(hear, line):
    _, sounds = hear(np.clip(np.concatenate([silence(1), line * 8, silence(1)]), -1, 1))
    assert {sound.kind for sound in sounds} == {"clipping"}


@pytest.mark.parametrize("piece_s", [0.01, 0.5, 1.0, 3.7])
def test_what_is_found_does_not_depend_on_how_the_audio_is_cut(hear, tone, line, piece_s):
    chords = [tone(0.4, 262 * 2 ** (n % 5 / 12), 392, 659) for n in range(12)]
    audio = np.concatenate(
        [
            *(silence(1), line, silence(0.1), tone(0.2, 697, 1477), silence(1)),
            *(tone(1.2, 440, 480), silence(0.7), line, silence(0.3)),
            *(*chords, silence(0.2), line, silence(1)),
        ]
    )
    assert hear(audio, piece_s=piece_s) == hear(audio)
