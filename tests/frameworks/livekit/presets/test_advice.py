import pytest
from livekit.agents import AgentSession

from livekit_barge.frameworks.livekit.presets.advice import Facts, advise, facts_of
from livekit_barge.frameworks.livekit.presets.options import options_in_force
from livekit_barge.frameworks.livekit.presets.preset import preset_names
from livekit_barge.frameworks.livekit.resolve import resolve_knobs
from livekit_barge.settings import Settings

DEFAULTS = {
    "allow_interruptions": True,
    "interruption_mode": "vad",
    "min_interruption_duration": 0.5,
    "min_interruption_words": 0,
    "resume_false_interruption": True,
    "false_interruption_timeout": 2.0,
    "discard_audio_if_uninterruptible": True,
    "backchannel_boundary": [1.0, 1.0],
    "min_speech_duration": 0.05,
    "min_silence_duration": 0.25,
}
PIPELINE = Facts(stt=True, vad=True, can_pause=True, runs="elsewhere")


def advice(facts=PIPELINE, **options):
    return advise({**DEFAULTS, **options}, facts)


def test_livekit_s_defaults_draw_no_advice():
    assert advice() == []


@pytest.mark.parametrize(
    ("options", "facts", "begins"),
    [
        (
            {"min_interruption_words": 3},
            {},
            "min_interruption_words is 3: nothing stops the agent before that many words",
        ),
        (
            {"min_interruption_words": 3},
            {"stt": False},
            "min_interruption_words is 3, but without an STT it is ignored",
        ),
        (
            {"min_interruption_duration": 1.0},
            {},
            "min_interruption_duration is 1, but it holds back voice activity only",
        ),
        (
            {"min_silence_duration": 0.55},
            {},
            "min_interruption_duration 0.5 is not over min_silence_duration 0.55",
        ),
        ({}, {"vad": False}, "there is no VAD: transcripts decide"),
        (
            {"false_interruption_timeout": "off"},
            {},
            "false_interruption_timeout is off, so resume_false_interruption does nothing",
        ),
        (
            {"resume_false_interruption": False},
            {},
            "resume_false_interruption is false, so false_interruption_timeout does nothing",
        ),
        (
            {},
            {"can_pause": False},
            "the audio output cannot pause, so resume_false_interruption does nothing",
        ),
        (
            {"interruption_mode": "adaptive"},
            {},
            "interruption_mode is adaptive, a service of LiveKit Cloud",
        ),
        (
            {"interruption_mode": None},
            {"runs": "development"},
            "interruption_mode is left to LiveKit: adaptive here, in development mode",
        ),
        ({"backchannel_boundary": "off"}, {"realtime": "decides"}, "the realtime model decides"),
        ({"backchannel_boundary": [2.0, 1.0]}, {}, "backchannel_boundary does nothing"),
        ({}, {"realtime": "yields"}, "interruption_mode is set, so LiveKit turns the realtime"),
        (
            {"allow_interruptions": False, "min_interruption_duration": 3.0},
            {},
            "allow_interruptions is false and discard_audio_if_uninterruptible is true",
        ),
    ],
)
def test_each_combination_that_deceives_draws_one_line(options, facts, begins):
    lines = advice(Facts(**{**vars(PIPELINE), **facts}), **options)
    assert [line[: len(begins)] for line in lines] == [begins]


def test_words_that_add_up_are_said_with_their_number():
    assert advice(min_interruption_words=3)[0].endswith("3 times 'yeah' stops it")


def test_a_longer_min_speech_duration_mends_a_duration_under_the_silence():
    assert advice(min_interruption_duration=0.2, min_speech_duration=0.1) == []


def test_nothing_is_said_of_what_is_not_known():
    assert advise(dict.fromkeys(DEFAULTS)) == []


@pytest.mark.parametrize("name", preset_names())
def test_a_shipped_preset_draws_no_advice_but_on_the_words_it_waits_for(name):
    chosen = resolve_knobs(name, {}, Settings())
    options = DEFAULTS | {knob: each["value"] for knob, each in chosen.asked.items()}
    # The adaptive preset is for a service, and says so in its file.
    facts = Facts(**{**vars(PIPELINE), "own_service": True})
    lines = [line for line in advise(options, facts) if "words" not in line]
    assert lines == []


async def test_the_facts_of_a_session_are_read_from_it(monkeypatch):
    monkeypatch.setenv("LIVEKIT_DEV_MODE", "1")
    session = AgentSession(vad=None, turn_handling={"turn_detection": "manual"})
    assert facts_of(session) == Facts(
        stt=False, vad=False, can_pause=None, realtime=None, runs="development"
    )
    assert advise(options_in_force(session), facts_of(session)) == [
        "there is no VAD: transcripts decide, and min_interruption_duration and the VAD's options "
        "do nothing"
    ]
