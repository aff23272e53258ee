import dataclasses

import pytest
from livekit.agents import Agent, AgentSession

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit.presets.knobs import BY_NAME, KNOBS
from livekit_barge.frameworks.livekit.presets.options import check_known, options_in_force


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_the_installed_livekit_agents_has_the_knob(knob):
    check_known(knob, where="a.toml")


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_a_knob_that_the_installed_livekit_agents_lacks_is_refused(knob):
    renamed = dataclasses.replace(knob, key="from_the_future")
    with pytest.raises(SettingsError) as error:
        check_known(renamed, where="a.toml")
    assert str(error.value).startswith("a.toml: livekit-agents ")
    assert str(error.value).endswith(
        f"has no {knob.group}.from_the_future – remove {knob.name}, or install a version that "
        "has it"
    )


async def test_what_is_off_is_in_force_as_off_and_what_cannot_be_read_as_none():
    session = AgentSession(
        vad=None,
        aec_warmup_duration=None,
        turn_handling={"turn_detection": None, "interruption": {"mode": "vad"}},
    )
    in_force = options_in_force(session)
    assert list(in_force) == list(BY_NAME)
    assert in_force["aec_warmup_duration"] == "off"
    assert in_force["turn_detection"] == "off"
    assert in_force["interruption_mode"] == "vad"
    assert in_force["activation_threshold"] is None
    assert in_force["input_frame_s"] is None


async def test_a_change_at_run_time_is_in_force():
    session = AgentSession(vad=None, turn_handling={"turn_detection": None})
    session.options.interruption["min_duration"] = 0.9
    assert options_in_force(session)["min_interruption_duration"] == 0.9


async def test_what_a_running_agent_sets_itself_is_in_force():
    session = AgentSession(vad=None, turn_handling={"turn_detection": "manual"})
    agent = Agent(
        instructions="",
        turn_handling={"interruption": {"enabled": False}, "endpointing": {"min_delay": 0.7}},
    )
    await session.start(agent)
    in_force = options_in_force(session)
    await session.aclose()
    assert in_force["allow_interruptions"] is False
    assert in_force["min_endpointing_delay"] == 0.7
    assert in_force["turn_detection"] == "manual"
