"""The cached answers of the local models equal their own, to the bit."""

import threading

import pytest
from livekit.agents.inference import vad
from livekit.agents.inference.eot import transports
from livekit.local_inference import EOT, VAD, VAD_WINDOW_SAMPLES

from livekit_barge.stage.time.model_cache import ENDS, Memory, remembering
from livekit_barge.stage.voices import VOICES

SPEECH = VOICES["joe"].speak("No, wait a moment, please.").samples
WINDOWS = [
    SPEECH[at : at + VAD_WINDOW_SAMPLES]
    for at in range(0, len(SPEECH) - VAD_WINDOW_SAMPLES, VAD_WINDOW_SAMPLES)
]


def said_by(model, windows):
    return [model.predict(window) for window in windows]


@pytest.fixture(autouse=True)
def memory():
    memory = Memory()
    with remembering(memory):
        yield memory


class TestVAD:
    def test_it_says_what_the_native_one_says(self):
        assert said_by(vad._NativeVAD(), WINDOWS) == said_by(VAD(), WINDOWS)

    def test_what_was_heard_before_is_not_asked_again(self, memory):
        said = said_by(vad._NativeVAD(), WINDOWS)
        assert said_by(vad._NativeVAD(), WINDOWS) == said
        assert memory.windows.known == len(WINDOWS)

    def test_where_the_audio_departs_it_has_heard_all_before(self):
        said_by(vad._NativeVAD(), WINDOWS)
        other = WINDOWS[:20] + WINDOWS[5:15]
        assert said_by(vad._NativeVAD(), other) == said_by(VAD(), other)

    def test_the_same_window_after_other_ones_is_asked_anew(self):
        said_by(vad._NativeVAD(), WINDOWS[:10])
        assert said_by(vad._NativeVAD(), WINDOWS[5:10]) == said_by(VAD(), WINDOWS[5:10])

    def test_a_reset_starts_afresh(self):
        one = vad._NativeVAD()
        said = said_by(one, WINDOWS)
        one.reset()
        assert said_by(one, WINDOWS) == said


class TestEOT:
    def test_it_says_what_the_native_one_says_and_is_asked_once(self, memory):
        said = [transports._EOT().predict(SPEECH[:19_200]) for _ in range(2)]
        assert said == [EOT().predict(SPEECH[:19_200])] * 2
        assert memory.ends.known == 1


def test_another_thread_has_the_models_themselves():
    made = []
    thread = threading.Thread(target=lambda: made.append(vad._NativeVAD()))
    thread.start()
    thread.join()
    assert type(made[0]) is VAD


def test_outside_the_models_are_livekit_s():
    def inside():
        with remembering(Memory()):
            made.append(vad._NativeVAD())
        made.append(vad._NativeVAD())

    made = []
    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert type(made[0]) is not VAD
    assert type(made[1]) is VAD


def test_what_was_not_asked_for_longest_is_forgotten():
    memory = Memory()
    kept = memory.ends
    for number in range(100_000):
        kept.put(number, 0.5)
    assert kept.get(0) is None
    assert kept.get(99_999) == 0.5
    assert len(kept) == ENDS
