import pytest
from livekit.agents import AgentSession, inference, vad
from livekit.agents.voice.room_io import (
    AudioInputOptions,
    RoomInputOptions,
    RoomOptions,
    RoomOutputOptions,
)
from livekit.plugins import silero

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit.presets.options import knobs_in, options_in_force
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.frameworks.livekit.resolve import resolve_knobs
from livekit_barge.settings import Settings

KNOB = "min_interruption_duration"
VARIABLE = "BARGE_MIN_INTERRUPTION_DURATION"
SNAPPY_S = Preset.load("snappy").min_interruption_duration
FILE_S, VARIABLE_S, OBJECT_S, ARGUMENT_S = 0.35, 0.3, 0.7, 0.8

PRESET = Preset("mine", min_interruption_duration=OBJECT_S)
ARGUMENTS = {"turn_handling": {"interruption": {"min_duration": ARGUMENT_S}}}
CODE = knobs_in(ARGUMENTS)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file.toml"
    path.write_text(f'based_on = "snappy"\n{KNOB} = {FILE_S}')
    return str(path)


class TestOrder:
    """Code over a single variable over a file over a named preset."""

    def test_a_named_preset_is_the_source_of_its_knobs(self):
        chosen = resolve_knobs(None, {}, Settings(preset="snappy"))
        assert chosen.asked[KNOB] == {"value": SNAPPY_S, "source": "preset snappy"}

    def test_a_file_goes_over_the_preset_that_it_is_based_on(self, file):
        chosen = resolve_knobs(None, {}, Settings(preset=file))
        assert chosen.asked[KNOB] == {"value": FILE_S, "source": file}

    def test_a_single_variable_goes_over_a_file(self, file):
        chosen = resolve_knobs(
            None, {}, Settings(preset=file, min_interruption_duration=VARIABLE_S)
        )
        assert chosen.asked[KNOB] == {"value": VARIABLE_S, "source": VARIABLE}

    def test_a_single_variable_goes_over_a_preset_that_the_program_names(self):
        chosen = resolve_knobs("patient", {}, Settings(min_interruption_duration=VARIABLE_S))
        assert chosen.asked[KNOB]["source"] == VARIABLE
        assert chosen.notes == ()

    def test_a_preset_object_goes_over_a_single_variable(self):
        chosen = resolve_knobs(PRESET, {}, Settings(min_interruption_duration=VARIABLE_S))
        assert chosen.asked[KNOB] == {"value": OBJECT_S, "source": "code"}

    def test_an_argument_goes_over_a_preset_object(self):
        assert resolve_knobs(PRESET, CODE, Settings()).knobs[KNOB] == ARGUMENT_S

    def test_knobs_that_nobody_disputes_come_from_everywhere(self):
        chosen = resolve_knobs("patient", CODE, Settings(aec_warmup_duration="off"))
        assert chosen.knobs["min_interruption_words"] == 2
        assert chosen.knobs[KNOB] == ARGUMENT_S
        assert chosen.knobs["aec_warmup_duration"] is None


class TestForce:
    """``BARGE_FORCE`` puts the whole environment over the whole program."""

    def test_a_single_variable_goes_over_an_argument(self):
        chosen = resolve_knobs(
            None, CODE, Settings(force=True, min_interruption_duration=VARIABLE_S)
        )
        assert chosen.asked[KNOB] == {"value": VARIABLE_S, "source": VARIABLE}
        assert chosen.notes == (
            f"{KNOB} {ARGUMENT_S}, set by the program, is not used: {VARIABLE} says {VARIABLE_S}, "
            "and BARGE_FORCE is set",
        )

    def test_the_environment_s_preset_goes_over_an_argument(self):
        chosen = resolve_knobs(None, CODE, Settings(force=True, preset="snappy"))
        assert chosen.knobs[KNOB] == SNAPPY_S

    def test_the_environment_s_preset_replaces_the_program_s(self):
        chosen = resolve_knobs("patient", {}, Settings(force=True, preset="snappy"))
        assert chosen.name == "snappy"
        assert chosen.knobs["min_interruption_words"] == 0
        assert chosen.notes == (
            "the program's preset patient is not used: BARGE_PRESET is snappy, and BARGE_FORCE "
            "is set",
        )

    def test_the_program_keeps_what_the_environment_does_not_set(self):
        code = {"max_endpointing_delay": 4.0}
        chosen = resolve_knobs(None, code, Settings(force=True, preset="snappy"))
        assert chosen.knobs["max_endpointing_delay"] == 4.0


class TestNotes:
    """An override is reported once."""

    def test_a_variable_that_the_program_overrides(self):
        chosen = resolve_knobs(None, CODE, Settings(min_interruption_duration=VARIABLE_S))
        assert chosen.notes == (
            f"{KNOB} {VARIABLE_S} ({VARIABLE}) is not used: the program sets {ARGUMENT_S} itself; "
            "BARGE_FORCE=1 lets the environment win",
        )

    def test_a_preset_of_the_environment_that_the_program_replaces(self):
        chosen = resolve_knobs("patient", {}, Settings(preset="snappy"))
        assert chosen.name == "patient"
        assert chosen.notes == (
            "BARGE_PRESET=snappy is not used: the program chooses patient itself; "
            "BARGE_FORCE=1 lets the environment win",
        )

    def test_nothing_is_said_where_both_say_the_same(self):
        chosen = resolve_knobs("snappy", CODE, Settings(preset="snappy", **{KNOB: ARGUMENT_S}))
        assert chosen.notes == ()

    def test_a_doubtful_argument_is_livekit_s_to_refuse_and_only_remarked_on(self):
        code = knobs_in({"turn_handling": {"interruption": {"min_duration": 300}}})
        assert resolve_knobs(None, code, Settings()).notes == (
            f"the program: {KNOB} is 300, over 10 s – did you mean 0.3?",
        )


class TestSessionArguments:
    def test_without_a_preset_or_a_knob_nothing_changes(self):
        arguments = {"min_interruption_duration": 0.4, "stt": object(), "max_tool_steps": 1}
        chosen = resolve_knobs(None, knobs_in(arguments), Settings())
        assert chosen.session_arguments(arguments) == arguments

    def test_what_the_program_says_about_turns_besides_stays(self):
        mine = {
            "preemptive_generation": {"enabled": False},
            "endpointing": {"mode": "dynamic", "min_delay": 0.2},
            "interruption": {"min_words": 1},
        }
        arguments = {"turn_handling": mine, "max_tool_steps": 1}
        chosen = resolve_knobs(
            Preset("mine", max_endpointing_delay=2, min_interruption_duration=0.3),
            knobs_in(arguments),
            Settings(),
        )
        assert chosen.session_arguments(arguments) == {
            "turn_handling": {
                "preemptive_generation": {"enabled": False},
                "endpointing": {"mode": "dynamic", "min_delay": 0.2, "max_delay": 2.0},
                "interruption": {"min_words": 1, "min_duration": 0.3},
            },
            "max_tool_steps": 1,
        }
        assert mine["interruption"] == {"min_words": 1}

    def test_old_keywords_move_into_turn_handling_which_would_silence_them(self):
        arguments = {
            "min_interruption_words": 1,
            "agent_false_interruption_timeout": None,
            "preemptive_generation": False,
        }
        chosen = resolve_knobs(PRESET, knobs_in(arguments), Settings())
        assert chosen.session_arguments(arguments) == {
            "turn_handling": {
                "interruption": {
                    "min_words": 1,
                    "false_interruption_timeout": None,
                    "min_duration": OBJECT_S,
                },
                "preemptive_generation": {"enabled": False},
            },
        }

    def test_old_keywords_beside_turn_handling_stay_as_ignored_as_livekit_has_them(self):
        arguments = {"turn_handling": {}, "min_interruption_words": 3}
        assert knobs_in(arguments) == {}
        made = resolve_knobs(PRESET, {}, Settings()).session_arguments(arguments)
        assert made == {"turn_handling": {"interruption": {"min_duration": OBJECT_S}}}

    def test_the_program_s_turn_detector_is_kept(self):
        detector = inference.TurnDetector()
        arguments = {"turn_handling": {"turn_detection": detector}}
        chosen = resolve_knobs("livekit-defaults", knobs_in(arguments), Settings())
        made = chosen.session_arguments(arguments)
        assert made["turn_handling"]["turn_detection"] is detector
        assert chosen.asked["turn_detection"] == {"value": "model", "source": "code"}

    def test_less_silence_than_livekit_s_turn_detector_needs_is_refused_before_the_call(self):
        chosen = resolve_knobs(None, {}, Settings(min_silence_duration=0.1))
        with pytest.raises(SettingsError) as error:
            chosen.session_arguments({})
        assert str(error.value) == (
            "BARGE_MIN_SILENCE_DURATION: min_silence_duration is 0.1, and LiveKit's turn detector "
            'needs 0.25 s – raise it, or set turn_detection to "vad"'
        )

    def test_less_silence_is_fine_where_the_vad_ends_turns(self):
        chosen = resolve_knobs(None, {}, Settings(min_silence_duration=0.1, turn_detection="vad"))
        assert chosen.session_arguments({})["turn_handling"] == {"turn_detection": "vad"}

    def test_a_shortest_wait_over_the_longest_is_refused_and_both_sources_are_named(self):
        code = {"max_endpointing_delay": 0.4}
        chosen = resolve_knobs("telephony", code, Settings())
        with pytest.raises(SettingsError) as error:
            chosen.session_arguments({"turn_handling": {"endpointing": {"max_delay": 0.4}}})
        assert str(error.value) == (
            "min_endpointing_delay is 0.5 (preset telephony), over max_endpointing_delay, 0.4 "
            "(code) – lower the one or raise the other"
        )


class OtherVAD(vad.VAD):
    def __init__(self):
        super().__init__(capabilities=vad.VADCapabilities(update_interval=0.1))

    def stream(self):
        raise NotImplementedError


class TestVAD:
    PRESET = Preset("mine", activation_threshold=0.3, min_silence_duration=0.3)

    def arguments(self, **arguments):
        chosen = resolve_knobs(self.PRESET, {}, Settings())
        return chosen.session_arguments(arguments), chosen.notes

    def test_none_given_each_session_gets_its_own_silero_with_the_values(self):
        (one, notes), (other, _) = self.arguments(), self.arguments()
        assert isinstance(one["vad"], inference.VAD)
        assert one["vad"] is not other["vad"]
        assert one["vad"].min_silence_duration == 0.3
        assert notes == ()

    async def test_its_values_can_be_read_back_from_the_session(self):
        arguments, _ = self.arguments()
        in_force = options_in_force(AgentSession(**arguments))
        assert in_force["activation_threshold"] == 0.3
        assert in_force["min_silence_duration"] == 0.3
        assert in_force["min_speech_duration"] == 0.05

    def test_a_silero_given_is_updated_and_that_is_said_once(self):
        given = silero.VAD.load()
        arguments, notes = self.arguments(vad=given)
        assert arguments["vad"] is given
        assert given.min_silence_duration == 0.3
        assert notes == (
            "activation_threshold 0.3, min_silence_duration 0.3: set on the VAD that the program "
            "gave, which changes every session that shares it; give no vad, and each session gets "
            "its own",
        )

    def test_an_updated_silero_ends_speech_by_the_new_threshold_too(self):
        given, loaded = silero.VAD.load(), silero.VAD.load(activation_threshold=0.3)
        self.arguments(vad=given)
        ends = [vars(each)["_opts"].deactivation_threshold for each in (given, loaded)]
        assert ends[0] == ends[1]

    def test_another_vad_is_left_alone_with_a_line_of_advice(self):
        given = OtherVAD()
        arguments, notes = self.arguments(vad=given)
        assert arguments["vad"] is given
        assert notes == (
            "activation_threshold 0.3, min_silence_duration 0.3: not used, the program's own VAD "
            "(OtherVAD) has no such options; set what it has instead",
        )

    def test_no_vad_at_all_stays_none(self):
        arguments, notes = self.arguments(vad=None)
        assert arguments["vad"] is None
        assert notes == (
            "activation_threshold 0.3, min_silence_duration 0.3: not used, the program asks for no "
            "VAD",
        )


class TestStartArguments:
    def started(self, **options):
        chosen = resolve_knobs(Preset("mine", input_frame_s=0.02), {}, Settings())
        return chosen.start_arguments(options), chosen.notes

    def test_the_room_hands_over_audio_in_the_preset_s_frame(self):
        arguments, _ = self.started()
        assert arguments["room_options"].audio_input.frame_size_ms == 20

    def test_the_program_s_other_room_options_stay(self):
        given = RoomOptions(
            audio_input=AudioInputOptions(sample_rate=16_000), delete_room_on_close=True
        )
        made = self.started(room_options=given)[0]["room_options"]
        assert (made.audio_input.sample_rate, made.audio_input.frame_size_ms) == (16_000, 20)
        assert made.delete_room_on_close
        assert given.audio_input.frame_size_ms == 50

    def test_livekit_s_old_room_options_are_served_too(self):
        arguments, _ = self.started(room_input_options=RoomInputOptions())
        assert arguments["room_input_options"].audio_frame_size_ms == 20
        assert "room_options" not in arguments

    def test_the_program_s_old_output_options_stay_in_use(self):
        given = RoomOutputOptions(transcription_enabled=False)
        arguments, _ = self.started(room_output_options=given)
        assert arguments["room_output_options"] is given
        assert arguments["room_input_options"].audio_frame_size_ms == 20
        assert "room_options" not in arguments

    def test_a_frame_that_the_program_sets_itself_wins_and_that_is_said(self):
        given = RoomOptions(audio_input=AudioInputOptions(frame_size_ms=10))
        arguments, notes = self.started(room_options=given)
        assert arguments["room_options"].audio_input.frame_size_ms == 10
        assert notes == (
            "input_frame_s 0.02 (code) is not used: the program's room options set 0.01 themselves",
        )

    def test_a_room_without_audio_input_stays_without(self):
        given = RoomOptions(audio_input=False)
        assert self.started(room_options=given)[0]["room_options"].audio_input is False

    def test_without_the_knob_nothing_changes(self):
        assert resolve_knobs(None, {}, Settings()).start_arguments({"room": 1}) == {"room": 1}
