"""Every number that ships in a preset, a suite or a script is written here a second time.

A preset is a promise to whoever runs it, and a suite is what figures are compared by: a value that
changes changes here too, on purpose. ``limits.toml`` is held by a test of its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from livekit_barge.files.resources import configs_dir

WORDS = ("summary", "cost")
"""What a preset says besides its knobs."""
NO_NUMBERS = ("summary", "say", "agent", "kind", "voice")
"""Keys of suites and scripts whose text is spoken or read."""

LIVEKIT: dict[str, dict[str, Any]] = {
    "adaptive": {
        "interruption_mode": "adaptive",
        "min_interruption_words": 0,
        "backchannel_boundary": [0.0, 1.0],
        "aec_warmup_duration": "off",
        "input_frame_s": 0.02,
        "min_speech_duration": 0.05,
        "min_silence_duration": 0.25,
        "min_interruption_duration": 0.5,
        "resume_false_interruption": True,
        "false_interruption_timeout": 1.0,
    },
    "livekit-defaults": {
        "allow_interruptions": True,
        "min_interruption_duration": 0.5,
        "min_interruption_words": 0,
        "resume_false_interruption": True,
        "false_interruption_timeout": 2.0,
        "discard_audio_if_uninterruptible": True,
        "backchannel_boundary": [1.0, 1.0],
        "turn_detection": "model",
        "min_endpointing_delay": 0.3,
        "max_endpointing_delay": 2.5,
        "activation_threshold": 0.5,
        "min_speech_duration": 0.05,
        "min_silence_duration": 0.25,
        "input_frame_s": 0.05,
    },
    "noisy": {
        "interruption_mode": "vad",
        "min_interruption_words": 1,
        "min_interruption_duration": 0.5,
        "activation_threshold": 0.65,
        "min_speech_duration": 0.15,
        "min_silence_duration": 0.3,
        "resume_false_interruption": True,
        "false_interruption_timeout": 1.0,
    },
    "patient": {
        "interruption_mode": "vad",
        "min_interruption_words": 2,
        "min_interruption_duration": 0.5,
        "min_silence_duration": 0.25,
        "resume_false_interruption": True,
        "false_interruption_timeout": 1.0,
    },
    "snappy": {
        "interruption_mode": "vad",
        "min_interruption_words": 0,
        "min_interruption_duration": 0.19,
        "input_frame_s": 0.02,
        "min_speech_duration": 0.1,
        "resume_false_interruption": True,
        "false_interruption_timeout": 0.5,
        "min_silence_duration": 0.25,
        "aec_warmup_duration": 1.0,
    },
    "telephony": {
        "interruption_mode": "vad",
        "min_interruption_words": 0,
        "min_interruption_duration": 0.4,
        "input_frame_s": 0.02,
        "min_silence_duration": 0.35,
        "min_speech_duration": 0.1,
        "aec_warmup_duration": "off",
        "resume_false_interruption": True,
        "false_interruption_timeout": 1.0,
        "min_endpointing_delay": 0.5,
        "max_endpointing_delay": 3.0,
    },
    "uncut": {"allow_interruptions": False, "discard_audio_if_uninterruptible": False},
}

PIPECAT: dict[str, dict[str, Any]] = {
    "adaptive": {
        "start_secs": 0.1,
        "stop_secs": 0.3,
        "user_turn_start": ["adaptive", "transcription"],
        "user_speech_timeout": 0.6,
        "audio_out_queue_size_ms": 400,
    },
    "noisy": {
        "confidence": 0.85,
        "start_secs": 0.3,
        "stop_secs": 0.3,
        "min_volume": 0.7,
        "user_turn_start": ["min_words"],
        "min_words": 1,
        "use_interim": True,
    },
    "patient": {
        "start_secs": 0.2,
        "stop_secs": 0.3,
        "user_turn_start": ["min_words"],
        "min_words": 2,
        "use_interim": True,
        "user_speech_timeout": 1.0,
        "audio_out_queue_size_ms": 400,
    },
    "pipecat-defaults": {
        "confidence": 0.7,
        "start_secs": 0.2,
        "stop_secs": 0.2,
        "min_volume": 0.6,
        "user_turn_start": ["vad", "transcription"],
        "enable_interruptions": True,
        "user_mute": [],
        "audio_out_10ms_chunks": 4,
        "audio_out_queue_size_ms": 1000,
    },
    "snappy": {
        "confidence": 0.6,
        "start_secs": 0.1,
        "stop_secs": 0.2,
        "user_turn_start": ["vad"],
        "audio_out_10ms_chunks": 2,
        "audio_out_queue_size_ms": 200,
    },
    "uncut": {"user_mute": ["mute_until_first_bot_complete"]},
}

# Of each call, in its order: how many to tune with and to judge by, then seconds and dB.
SUITES: dict[str, dict[str, str]] = {
    "backchannels": {
        "heard": "14 10 0.6 1 2.5 -10 0 5 6.5 -10 0 0.8",
        "unheard": "7 5 0.6 1 2.5 -10 0 5 6.5 -10 0 0.8",
    },
    "classic": {
        "early": "12 8 0.6 0.8 2 -6 3 0.8 2 -6 3 0.8",
        "mid-word": "12 8 0.6 1 3.5 -6 3 1 3.5 -6 3 0.8",
        "new-sentence": "12 8 0.6 -6 3 -6 3 0.8",
    },
    "double": {
        "two-answers": "10 8 0.6 1 2.5 0.4 1 0.8",
        "correction": "6 4 0.6 1 2.5 2.2 3 1 2.5 0.8",
        "thinking": "6 4 0.6 0 0.2 1 2.5 0.8",
    },
    "echo": {
        "alone": "8 6 0.6 0.8 -40 -20 0.08 0.3",
        "barge-in": "8 6 0.6 1 2.5 -3 3 1 2.5 -3 3 0.8 -40 -20 0.08 0.3",
        "converging": "4 4 0.6 0.8 -20 -6 0.08 0.3 3",
    },
    "everyday": {
        "classic": "3 3 0.6 0.8 2.5 1 3.5 -6 3 1.2 2 -9 0 4 4.4 -9 0 6.2 6.6 -6 3 0.8",
        "noises": "2 2 0.6 1 2 -6 3 5 6 -6 3 1 2 -9 0 0.8 15 30",
        "phone": "1 1 0.6 1 2.5 -6 3 1 2 0.8 0 3",
        "twice": "1 1 0.6 1 1.5 -6 0 4.5 5.5 0.5 1 2 3 -9 0 0.8",
    },
    "false-starts": {
        "given-up": "10 8 0.6 1 2 -6 0 5 6 -6 0 0.8",
        "then-again": "6 4 0.6 1 1.5 -6 0 4 5 0.8",
    },
    "guarded": {"warm-up": "10 8 0.5 2.4", "protected": "8 6 0.6 1 2 0.8"},
    "in-a-room": {"both": "6 6 0.8 1 2.5 -6 3 1 2.5 -9 0 0.8"},
    "noisy": {
        "quiet": "8 6 0.6 -12 1 2.5 -24 -12 1 2.5 -24 -12 0.8 -12",
        "noisy": "16 12 0.6 1 2.5 1 2.5 0.8 5 30",
        "only-noise": "8 6 0.6 0.8 5 30",
    },
    "non-speech": {
        "short": "12 8 0.6 1 2 -9 3 5 6 -9 3 0.8",
        "long": "8 6 0.6 1 2.5 -12 0 0.8",
        "keys": "4 4 0.6 1 2.5 -6 3 0.8",
        "side-talk": "6 4 0.6 1 2.5 -24 -14 0.8",
    },
    "phone": {
        "barge-in": "10 8 0.6 1 3 -9 3 0.8 2 -9 3 0.8 0 5 25 40",
        "hold": "10 8 0.6 1 2.5 -9 0 5 6 -9 0 0.8 0 5 25 40",
    },
}

SCRIPTS = {
    "early": "0.6 1.2 2.5 0.6",
    "front-desk": "0.8 2.4 2.4 0.8",
    "mid-word": "0.6 1.5 2.5 0.6",
    "new-sentence": "0.6 0.6",
}

POOLS = {
    "voice": (3, 2),
    "greeting": (4, 3),
    "answer": (6, 4),
    "goodbye": (3, 2),
    "notice": (2, 1),
    "question": (4, 3),
    "barge-in": (10, 6),
    "correction": (3, 2),
    "thanks": (3, 2),
    "backchannel": (7, 5),
    "hum": (3, 3),
    "false-start": (3, 2),
    "side-talk": (2, 2),
    "short-sound": (1, 2),
    "long-sound": (3, 3),
}


def numbers(value: Any, key: str = "") -> Iterator[float]:
    """All numbers under ``value`` in their order, those inside texts too ("after 1 to 2.5 s")."""
    if key in NO_NUMBERS or isinstance(value, bool):
        return
    if isinstance(value, dict):
        for name, each in value.items():
            yield from numbers(each, str(name))
    elif isinstance(value, list):
        for each in value:
            yield from numbers(each, key)
    else:
        yield from (float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", str(value)))


def in_a_row(value: Any) -> str:
    return " ".join(f"{number:g}" for number in numbers(value))


def knobs(folder: str, name: str) -> dict[str, Any]:
    values = tomllib.loads((configs_dir() / folder / f"{name}.toml").read_text(encoding="utf-8"))
    return {knob: value for knob, value in values.items() if knob not in WORDS}


def read(*parts: str) -> Any:
    return yaml.safe_load(configs_dir().joinpath(*parts).read_text(encoding="utf-8"))


def shipped(folder: str, ending: str) -> set[str]:
    return {path.stem for path in (configs_dir() / folder).glob(f"*{ending}")}


@pytest.mark.parametrize("name", LIVEKIT)
def test_a_livekit_preset_has_the_knobs_that_it_ships_with(name):
    assert knobs("presets", name) == LIVEKIT[name]


@pytest.mark.parametrize("name", PIPECAT)
def test_a_pipecat_preset_has_the_knobs_that_it_ships_with(name):
    assert knobs("pipecat", name) == PIPECAT[name]


@pytest.mark.parametrize("name", SUITES)
def test_the_calls_of_a_suite_have_the_numbers_that_they_ship_with(name):
    calls = {call["name"]: in_a_row(call) for call in read("suites", f"{name}.yaml")["calls"]}
    assert calls == SUITES[name]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_has_the_numbers_that_it_ships_with(name):
    assert in_a_row(read("scripts", f"{name}.yaml")) == SCRIPTS[name]


def test_each_pool_has_as_many_to_tune_with_and_to_judge_by_as_it_ships_with():
    pools = read("suites", "pools", "words.yaml")
    assert {
        name: (len(pool["tuning"]), len(pool["held-out"])) for name, pool in pools.items()
    } == POOLS


@pytest.mark.parametrize(
    ("folder", "ending", "held"),
    [
        ("presets", ".toml", LIVEKIT),
        ("pipecat", ".toml", PIPECAT),
        ("suites", ".yaml", SUITES),
        ("scripts", ".yaml", SCRIPTS),
    ],
)
def test_no_file_ships_that_is_not_written_here(folder, ending, held):
    assert shipped(folder, ending) == held.keys()
