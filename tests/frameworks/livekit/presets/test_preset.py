import dataclasses
import re

import pytest
from livekit.agents import AgentSession

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit.presets.knobs import KNOBS, spell
from livekit_barge.frameworks.livekit.presets.options import options_in_force
from livekit_barge.frameworks.livekit.presets.preset import LEAVE, Preset, preset_names
from livekit_barge.frameworks.livekit.resolve import resolve_knobs
from livekit_barge.settings import Settings


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def refusal(path):
    with pytest.raises(SettingsError) as error:
        Preset.load(path)
    return str(error.value).removeprefix(str(path))


def test_a_knob_that_is_left_is_not_one_that_is_off():
    preset = Preset("mine", false_interruption_timeout=None)
    assert preset.false_interruption_timeout is None
    assert preset.aec_warmup_duration is LEAVE
    assert dict(preset.knobs) == {"false_interruption_timeout": None}


def test_a_file_spells_off_out(tmp_path):
    preset = Preset.load(write(tmp_path, 'aec_warmup_duration = "off"'))
    assert preset.aec_warmup_duration is None


def test_a_preset_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Preset("mine").name = "yours"


def test_presets_are_equal_whatever_the_order_of_their_knobs():
    one = Preset("mine", min_interruption_words=1, min_interruption_duration=0.3)
    other = Preset("mine", min_interruption_duration=0.3, min_interruption_words=1)
    assert one == other
    assert hash(one) == hash(other)


def test_a_wrong_value_in_code_names_the_preset():
    with pytest.raises(SettingsError, match=r"^Preset\('mine'\): min_interruption_duration is 300"):
        Preset("mine", min_interruption_duration=300)


def test_a_file_s_knobs_go_over_those_it_is_based_on(tmp_path):
    path = write(tmp_path, 'based_on = "snappy"\nmin_interruption_duration = 0.35')
    preset, snappy = Preset.load(path), Preset.load("snappy")
    assert preset.name == "mine"
    assert preset.min_interruption_duration == 0.35
    assert preset.false_interruption_timeout == snappy.false_interruption_timeout
    assert preset.sources["min_interruption_duration"] == str(path)
    assert preset.sources["false_interruption_timeout"] == "preset snappy"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("min_duration = 0.3", ": no knob is called min_duration – did you mean "),
        ("min_interruption_duration = ", ": not TOML ("),
        ('based_on = "snapy"', ": based_on: no preset is called snapy – did you mean snappy?"),
        ("summary = 3", ": summary is 3 – give a text"),
        ("min_interruption_duration = 300", ": min_interruption_duration is 300, over 10 s – "),
    ],
)
def test_a_malformed_file_gets_one_line_that_begins_with_its_path(tmp_path, text, line):
    refused = refusal(write(tmp_path, text))
    assert refused.startswith(line)
    assert "\n" not in refused


def test_a_missing_file_is_named(tmp_path):
    assert refusal(tmp_path / "none.toml") == ": No such file or directory – check the path"


def test_a_wrong_name_is_told_the_nearest():
    with pytest.raises(SettingsError) as error:
        Preset.load("snapy", where="BARGE_PRESET")
    assert str(error.value) == "BARGE_PRESET: no preset is called snapy – did you mean snappy?"


@pytest.mark.parametrize("name", preset_names())
def test_a_shipped_preset_says_in_a_sentence_each_whom_it_is_for_and_what_it_costs(name):
    preset = Preset.load(name)
    assert re.fullmatch(r"For [^.]*(\.\d[^.]*)*\.", preset.summary)
    assert preset.cost.endswith(".")


@pytest.mark.parametrize("name", preset_names())
async def test_livekit_takes_a_shipped_preset_and_has_its_values_in_force(name):
    chosen = resolve_knobs(name, {}, Settings())
    in_force = options_in_force(AgentSession(**chosen.session_arguments({})))
    asked = {knob: each["value"] for knob, each in chosen.asked.items() if knob != "input_frame_s"}
    assert {knob: in_force[knob] for knob in asked} == asked


async def test_livekit_defaults_is_what_a_plain_session_gets():
    chosen = resolve_knobs("livekit-defaults", {}, Settings())
    plain, spelled_out = AgentSession(), AgentSession(**chosen.session_arguments({}))
    in_force = options_in_force(plain)
    known = {knob: value for knob, value in in_force.items() if value is not None}
    assert {knob: options_in_force(spelled_out)[knob] for knob in known} == known
    assert type(spelled_out.vad) is type(plain.vad)
    assert vars(spelled_out.vad)["_opts"] == vars(plain.vad)["_opts"]


def test_livekit_defaults_leaves_only_what_livekit_decides_by_the_call():
    preset = Preset.load("livekit-defaults")
    left = {knob.name for knob in KNOBS if getattr(preset, knob.name) is LEAVE}
    assert left == {"interruption_mode", "aec_warmup_duration"}


def test_a_preset_is_turn_handling_for_a_session_built_without_us():
    assert Preset("mine", min_interruption_words=2, max_endpointing_delay=2).turn_handling() == {
        "interruption": {"min_words": 2},
        "endpointing": {"max_delay": 2.0},
    }


def test_turn_handling_refuses_to_drop_a_knob_in_silence():
    preset = Preset("mine", min_interruption_words=2, activation_threshold=0.6, input_frame_s=0.02)
    refusal = (
        "preset mine: turn_handling cannot hold activation_threshold, input_frame_s – use "
        "session_arguments() and start_arguments()"
    )
    with pytest.raises(SettingsError, match=re.escape(refusal)):
        preset.turn_handling()


@pytest.mark.parametrize("name", preset_names())
async def test_a_plain_session_takes_each_knob_of_a_shipped_preset(name):
    preset = Preset.load(name)
    in_force = options_in_force(AgentSession(**preset.session_arguments()))
    room = preset.start_arguments()
    if "input_frame_s" in preset.knobs:
        frame_ms = room.pop("room_options").audio_input.frame_size_ms
        in_force["input_frame_s"] = frame_ms / 1000
    assert room == {}
    assert {knob: in_force[knob] for knob in preset.knobs} == {
        knob: spell(value) for knob, value in preset.knobs.items()
    }
