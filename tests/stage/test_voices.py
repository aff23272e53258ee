import numpy as np
import pytest

from livekit_barge.errors import ScriptError
from livekit_barge.hearing.speech_finder import SpeechFinder
from livekit_barge.stage import voices
from livekit_barge.stage.voices import SAMPLE_RATE, SOUNDS, VOICES, Voice, sentences, voice_named

JOE = VOICES["joe"]


def as_float(samples):
    return samples.astype(np.float32) / 32_768


def rms_dbfs(samples):
    return 10 * np.log10(np.mean(as_float(samples) ** 2) + 1e-12)


class TestSpeech:
    def test_it_is_the_same_bytes_from_a_model_that_was_loaded_again(self):
        first = JOE.speak("Where is my parcel?")
        voices._model.cache_clear()
        voices._speak_sentence.cache_clear()
        again = JOE.speak("Where is my parcel?")
        assert first.samples.tobytes() == again.samples.tobytes()
        assert first.words == again.words

    def test_it_says_every_word_in_order_without_overlaps(self):
        text = "It is 25 past noon. Really, it is!"
        speech = JOE.speak(text)
        assert " ".join(word.text for word in speech.words) == text
        times = [time for word in speech.words for time in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert 0 <= times[0] < times[-1] <= speech.duration_s

    def test_a_mark_that_is_not_spoken_is_no_word(self):
        assert [word.text for word in JOE.speak("Now - go.").words] == ["Now", "go."]

    def test_between_the_words_of_two_sentences_it_is_quiet(self):
        speech = JOE.speak("I see. Go on.")
        see, go = speech.words[1], speech.words[2]
        middle_s = (see.end_s + go.start_s) / 2
        gap = speech.samples[int((middle_s - 0.05) * SAMPLE_RATE) :][: int(0.1 * SAMPLE_RATE)]
        assert rms_dbfs(gap) < -60

    def test_a_word_begins_and_ends_where_its_sound_does(self):
        speech = JOE.speak("Good morning to you. Go on.")
        go, on = speech.words[-2:]
        loud = np.flatnonzero(np.abs(speech.samples.astype(int)) > 330) / SAMPLE_RATE
        before = speech.words[-3].end_s + 0.05  # past the end of the sentence before
        assert loud[loud > before][0] == pytest.approx(go.start_s, abs=0.03)
        assert loud[-1] == pytest.approx(on.end_s, abs=0.03)

    def test_inside_each_word_it_is_loud(self):
        speech = JOE.speak("Monday Tuesday Wednesday.")
        for word in speech.words:
            said = speech.samples[int(word.start_s * SAMPLE_RATE) : int(word.end_s * SAMPLE_RATE)]
            assert rms_dbfs(said) > -35, word

    def test_trimmed_it_begins_and_ends_with_a_sample_that_counts(self):
        samples = JOE.speak("Hello there.").trimmed().samples
        limit = np.abs(samples).max() / 100
        assert abs(samples[0]) > limit
        assert abs(samples[-1]) > limit

    def test_trimming_moves_the_words_with_the_sound(self):
        whole = JOE.speak("Hello there.")
        cut_s = (len(whole.samples) - len(whole.trimmed().samples)) / SAMPLE_RATE
        there, trimmed = whole.words[1], whole.trimmed().words[1]
        assert 0 < there.start_s - trimmed.start_s < cut_s

    @pytest.mark.parametrize("name", VOICES)
    def test_every_voice_speaks_at_the_same_level(self, name):
        samples = as_float(VOICES[name].speak("Please bring it to my office.").samples)
        power = (samples[: len(samples) // 480 * 480].reshape(-1, 480) ** 2).mean(axis=1)
        active = power[power > power.max() / 1000]
        assert 10 * np.log10(active.mean()) == pytest.approx(voices.ACTIVE_DBFS, abs=0.5)

    def test_talkers_differ_in_pitch_but_not_much_in_pace(self):
        joe, high = JOE.speak("Good morning."), VOICES["joe-high"].speak("Good morning.")
        assert centroid_hz(high.samples) > 1.1 * centroid_hz(joe.samples)
        assert high.duration_s == pytest.approx(joe.duration_s, rel=0.2)


def centroid_hz(samples):
    spectrum = np.abs(np.fft.rfft(as_float(samples))) ** 2
    return np.sum(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) * spectrum) / spectrum.sum()


class TestSounds:
    @pytest.mark.parametrize("name", VOICES)
    @pytest.mark.parametrize("sound", SOUNDS)
    def test_silero_takes_each_for_one_burst_of_speech(self, sound, name):
        speech = VOICES[name].speak(sound).trimmed()
        second = np.zeros(SAMPLE_RATE, np.float32)
        finder = SpeechFinder(SAMPLE_RATE)
        bursts = finder.push(np.concatenate([second, as_float(speech.samples), second]))
        bursts += finder.finish()
        assert len(bursts) == 1
        assert bursts[0].onset_s == pytest.approx(1.0, abs=0.02)
        assert bursts[0].end_s == pytest.approx(1.0 + speech.duration_s, abs=0.03)

    def test_mm_hm_lasts_as_long_as_people_s(self):
        assert 0.25 < JOE.speak("mm-hm").trimmed().duration_s < 0.6

    def test_a_sound_may_stand_in_a_sentence(self):
        assert [word.text for word in JOE.speak("Mm-hm, go on.").words] == ["Mm-hm,", "go", "on."]


def test_a_text_is_split_where_a_sentence_ends():
    assert sentences(" One. Two!\nThree? ") == ["One.", "Two!", "Three?"]


def test_a_text_without_words_is_refused():
    with pytest.raises(ScriptError, match=r"'\.\.\.' has no words"):
        JOE.speak("...")


def test_an_unknown_voice_is_refused_with_those_that_there_are():
    with pytest.raises(ScriptError, match="there is no voice bob – one of joe, joe-high"):
        voice_named("bob")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(voices, "find_spec", lambda _: None)
    voices._model.cache_clear()
    voices._front_end.cache_clear()
    with pytest.raises(ScriptError, match="with the extra bench"):
        Voice("nobody").speak("Something nobody has said before.")
