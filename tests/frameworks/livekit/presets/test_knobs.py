import pytest

from livekit_barge.errors import SettingsError, shortened
from livekit_barge.frameworks.livekit.presets.knobs import (
    BY_NAME,
    KNOBS,
    check_value,
    find_knob,
    spell,
)


def read(name, value, where="a.toml"):
    return check_value(BY_NAME[name], value, where=where)


def refusal(name, value):
    with pytest.raises(SettingsError) as error:
        read(name, value)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "min_interruption_duration",
            300,
            "a.toml: min_interruption_duration is 300, over 10 s – did you mean 0.3?",
        ),
        (
            "min_interruption_duration",
            12,
            "a.toml: min_interruption_duration is 12, over 10 s – give seconds, 0 to 10",
        ),
        (
            "min_interruption_duration",
            "300ms",
            "a.toml: min_interruption_duration is '300ms' – seconds, please: did you mean 0.3?",
        ),
        (
            "min_interruption_duration",
            "0.3 s",
            "a.toml: min_interruption_duration is '0.3 s' – without a unit, please: 0.3",
        ),
        (
            "min_interruption_duration",
            "off",
            "a.toml: min_interruption_duration is off – give seconds, 0 to 10",
        ),
        (
            "min_interruption_duration",
            True,
            "a.toml: min_interruption_duration is True – give seconds, 0 to 10",
        ),
        (
            "min_interruption_duration",
            float("nan"),
            "a.toml: min_interruption_duration is nan – give seconds, 0 to 10",
        ),
        (
            "min_interruption_duration",
            10**400,
            f"a.toml: {shortened(f'min_interruption_duration is {10**400}')} – give seconds, "
            "0 to 10",
        ),
        (
            "false_interruption_timeout",
            -1,
            "a.toml: false_interruption_timeout is -1, under 0 s – give seconds, 0 to 30, or off",
        ),
        (
            "activation_threshold",
            50,
            "a.toml: activation_threshold is 50, over 0.95 – did you mean 0.5?",
        ),
        (
            "min_interruption_words",
            1.5,
            "a.toml: min_interruption_words is 1.5 – give a whole number, 0 to 20",
        ),
        ("allow_interruptions", 2, "a.toml: allow_interruptions is 2 – give true or false"),
        (
            "interruption_mode",
            "adaptiv",
            "a.toml: interruption_mode is 'adaptiv' – did you mean adaptive?",
        ),
        ("input_frame_s", 50, "a.toml: input_frame_s is 50, over 0.5 s – did you mean 0.05?"),
        (
            "input_frame_s",
            0.0125,
            "a.toml: input_frame_s is 0.0125 – give whole milliseconds, such as 0.02",
        ),
        (
            "backchannel_boundary",
            [1, 2, 3],
            "a.toml: backchannel_boundary is [1, 2, 3] – give seconds, 0 to 10, or a pair of "
            "them, or off",
        ),
    ],
)
def test_a_wrong_value_gets_one_line_with_its_source_and_remedy(name, value, line):
    assert refusal(name, value) == line


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("min_interruption_duration", "0.3", 0.3),
        ("min_interruption_words", "2", 2),
        ("allow_interruptions", "0", False),
        ("allow_interruptions", "yes", True),
        ("resume_false_interruption", "off", False),
        ("false_interruption_timeout", "off", None),
        ("false_interruption_timeout", "0", 0.0),
        ("backchannel_boundary", "1.0, 0.5", (1.0, 0.5)),
        ("backchannel_boundary", "2", 2.0),
        ("backchannel_boundary", "off", None),
        ("turn_detection", "vad", "vad"),
        ("turn_detection", "off", None),
    ],
)
def test_the_environment_s_text_becomes_the_value_that_livekit_takes(name, text, value):
    read_back = read(name, text)
    assert (read_back, type(read_back)) == (value, type(value))


def test_an_unknown_knob_is_told_the_nearest_name():
    with pytest.raises(SettingsError) as error:
        find_knob("min_interuption_duration", where="a.toml")
    assert str(error.value) == (
        "a.toml: no knob is called min_interuption_duration – "
        "did you mean min_interruption_duration?"
    )


@pytest.mark.parametrize("value", [None, True, 0.5, 2, "vad", (1.0, 0.5)])
def test_a_spelled_value_is_one_that_toml_can_hold(value):
    assert isinstance(spell(value), bool | int | float | str | list)


def test_no_two_knobs_share_a_name_or_a_place():
    assert len(BY_NAME) == len({knob.place for knob in KNOBS}) == len(KNOBS)
