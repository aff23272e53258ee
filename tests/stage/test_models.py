"""The stand-ins on the virtual clock: what they say comes exactly when their timing states."""

import asyncio

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import llm, stt
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT

from livekit_barge.stage.line import USERDATA_CALLER_SAMPLE
from livekit_barge.stage.models import (
    HeardWord,
    ScriptedLLM,
    ScriptedSTT,
    Timing,
    Utterance,
    VoiceTTS,
)
from livekit_barge.stage.time.virtual import run_virtual
from livekit_barge.stage.voices import SAMPLE_RATE as RATE
from livekit_barge.stage.voices import SENTENCE_GAP_S, VOICES

FRAME = 1_200
TIMING = Timing(stt_interim_s=0.2, stt_final_s=0.4, llm_first_token_s=0.5, llm_word_s=0.1)
#  0        0.6   0.72     1.0
#  |  No,   |     |  wait  |
NO_WAIT = Utterance((HeardWord("No,", 0, 14_400), HeardWord("wait", 17_280, 24_000)))


def frame(sample=None):
    made = rtc.AudioFrame(bytes(2 * FRAME), RATE, 1, FRAME)
    if sample is not None:
        made.userdata[USERDATA_CALLER_SAMPLE] = sample
    return made


class Ear:
    def __init__(self, *utterances):
        self._utterances = utterances

    def utterances(self):
        return self._utterances


def hear(ear, *, silenced=range(0)):
    """Return what is recognised, and when, in 2 s of audio with ``silenced`` frames of silence."""

    async def main():
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        events = []
        async with ScriptedSTT(ear, TIMING).stream() as stream:

            async def speak():
                for number in range(40):
                    await asyncio.sleep(began_s + (number + 1) * FRAME / RATE - loop.time())
                    stream.push_frame(frame(None if number in silenced else number * FRAME))
                await asyncio.sleep(1)
                stream.end_input()

            speaking = asyncio.create_task(speak())
            async for event in stream:
                text = event.alternatives[0].text if event.alternatives else None
                events.append((event.type.value, text, round(loop.time() - began_s, 6)))
            await speaking
        return events

    return run_virtual(main)


class TestRecogniser:
    def test_each_word_comes_so_long_after_its_end_and_the_whole_after_the_last(self):
        assert hear(Ear(NO_WAIT)) == [
            ("start_of_speech", None, 0.8),
            ("interim_transcript", "No,", 0.8),
            ("interim_transcript", "No, wait", 1.2),
            ("final_transcript", "No, wait", 1.4),
            ("end_of_speech", None, 1.4),
        ]

    def test_a_word_in_audio_that_was_discarded_is_not_heard(self):
        heard = hear(Ear(NO_WAIT), silenced=range(1, 12))
        assert [(kind, text) for kind, text, _ in heard if text] == [
            ("interim_transcript", "wait"),
            ("final_transcript", "wait"),
        ]

    def test_discarded_audio_after_the_last_word_does_not_hold_back_the_whole(self):
        heard = hear(Ear(NO_WAIT), silenced=range(19, 40))
        assert ("final_transcript", "No, wait", 1.4) in heard

    def test_where_nothing_was_heard_nothing_is_said(self):
        assert hear(Ear(NO_WAIT), silenced=range(40)) == []

    def test_a_sound_without_words_is_no_transcript(self):
        assert hear(Ear(Utterance(()))) == []

    def test_each_utterance_has_its_own_transcript(self):
        later = Utterance((HeardWord("please", 28_800, 33_600),))
        finals = [text for kind, text, _ in hear(Ear(NO_WAIT, later)) if "final" in kind]
        assert finals == ["No, wait", "please"]

    def test_it_tells_livekit_that_it_streams_with_interims(self):
        capabilities = ScriptedSTT(Ear()).capabilities
        assert isinstance(capabilities, stt.STTCapabilities)
        assert (capabilities.streaming, capabilities.interim_results) == (True, True)


def say(model, *user_turns):
    """The words of a reply after these turns of the caller's, each with its time."""

    async def main():
        loop = asyncio.get_running_loop()
        context = llm.ChatContext.empty()
        for text in user_turns:
            context.add_message(role="user", content=text)
        began_s = loop.time()
        async with model.chat(chat_ctx=context) as stream:
            return [
                (chunk.delta.content, round(loop.time() - began_s, 6))
                async for chunk in stream
                if chunk.delta
            ]

    return run_virtual(main)


def said(model, *user_turns):
    return "".join(word for word, _ in say(model, *user_turns))


class TestLanguageModel:
    def test_the_first_word_comes_after_its_time_and_the_others_at_its_pace(self):
        reply = say(ScriptedLLM(["All right then."], TIMING))
        assert reply == [("All", 0.5), (" right", 0.6), (" then.", 0.7)]

    def test_each_turn_of_the_caller_gets_the_next_text_and_the_last_is_said_again(self):
        model = ScriptedLLM(["Hello.", "Yes."])
        assert said(model) == "Hello."
        assert said(model, "a") == "Yes."
        assert said(model, "a", "b") == "Yes."

    def test_asked_twice_for_the_same_turn_it_says_the_same(self):
        model = ScriptedLLM(["Hello.", "Yes.", "No."])
        assert [said(model), said(model, "a"), said(model, "a, maybe")] == [
            "Hello.",
            "Yes.",
            "Yes.",
        ]

    def test_an_agent_that_does_not_speak_first_answers_with_the_first_text(self):
        assert said(ScriptedLLM(["Hello.", "Yes."]), "a") == "Hello."


TEXT = "Your parcel is on its way. It will be there at noon."


def speak(timing, **options):
    """The frames that a TTS gives, each with when it came."""

    async def main():
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        async with VoiceTTS(VOICES["joe"], timing, **options).stream() as stream:
            stream.push_text(TEXT)
            stream.end_input()
            return [(audio.frame, round(loop.time() - began_s, 6)) async for audio in stream]

    return run_virtual(main)


def samples(frames):
    return np.concatenate([np.frombuffer(bytes(frame.data), np.int16) for frame, _ in frames])


class TestTTS:
    def test_the_first_audio_comes_after_its_time(self):
        assert speak(Timing(tts_first_byte_s=0.15))[0][1] == 0.15

    def test_the_rest_comes_at_its_speed(self):
        frames = speak(Timing(tts_first_byte_s=0.15, tts_speed=2.0))
        spoken_s = len(samples(frames)) / RATE
        # A chunk of 0.1 s comes whole, so the last has begun up to 0.1 s earlier.
        assert frames[-1][1] == pytest.approx(0.15 + spoken_s / 2, abs=0.1)

    def test_a_larger_chunk_brings_more_at_once(self):
        def at_once(chunk_s: float) -> int:
            timing = Timing(tts_first_byte_s=0.0, tts_speed=1.0, tts_chunk_s=chunk_s)
            return sum(at_s == 0.0 for _, at_s in speak(timing))

        assert at_once(0.1) < at_once(0.4) < at_once(1.0)

    def test_it_says_what_the_voice_says(self):
        spoken = VOICES["joe"].speak(TEXT).samples
        heard = samples(speak(Timing()))
        assert np.array_equal(heard[: len(spoken)], spoken)

    def test_trimmed_it_starts_with_sound(self):
        assert abs(int(samples(speak(Timing(), trimmed=True))[0])) > 100
        assert abs(int(samples(speak(Timing()))[0])) < 100

    def test_its_words_come_with_their_times(self):
        words = [
            word
            for frame, _ in speak(Timing())
            for word in frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, ())
        ]
        spoken = VOICES["joe"].speak(TEXT).words
        assert [(word.strip(), word.start_time, word.end_time) for word in words] == [
            (word.text, pytest.approx(word.start_s), pytest.approx(word.end_s)) for word in spoken
        ]

    def test_sentences_are_apart(self):
        assert SENTENCE_GAP_S > 0
        way, it = VOICES["joe"].speak(TEXT).words[5:7]
        assert it.start_s - way.end_s > SENTENCE_GAP_S
