"""Each fault of a Pipecat bot is named by its own code, and no other is."""

from __future__ import annotations

import pytest

from livekit_barge.call.events import InterruptionLost
from livekit_barge.call.folder import Call
from livekit_barge.diagnosis import KINDS, Finding, diagnose
from livekit_barge.faults.pipecat import PIPECAT_FAULTS, PipecatFault
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.script.script import Script

IN_PIPECAT = {kind.code: kind.pipecat for kind in KINDS}


@pytest.fixture(scope="module", params=PIPECAT_FAULTS, ids=lambda fault: fault.name)
def fault(request: pytest.FixtureRequest) -> PipecatFault:
    made: PipecatFault = request.param
    return made


@pytest.fixture(scope="module")
def call(fault: PipecatFault, barge_in: Script, tmp_path_factory: pytest.TempPathFactory) -> Call:
    calls_dir = tmp_path_factory.mktemp("faults")
    fault.play(barge_in, calls_dir)
    return Call.open(calls_dir / fault.name)


@pytest.fixture(scope="module")
def findings(call: Call) -> list[Finding]:
    return diagnose(call, measure_call(call))


def test_a_fault_is_named_and_nothing_else_is(fault: PipecatFault, findings: list[Finding]) -> None:
    assert {(finding.code, finding.symptom) for finding in findings} == {
        (fault.code, fault.symptom)
    }


def test_what_is_to_be_turned_is_pipecats(findings: list[Finding]) -> None:
    # Where the voice is at fault the rule itself says what to change.
    general = [finding for finding in findings if finding.layer != "voice"]
    assert [finding.turn for finding in general] == [IN_PIPECAT[f.code] for f in general]


def test_only_a_swallowed_interruption_is_lost_and_who_did_it_is_named(
    fault: PipecatFault, call: Call
) -> None:
    lost = [event for event in call.events if isinstance(event, InterruptionLost)]
    assert [event.swallowed_by.split("#")[0] for event in lost] == (
        ["Swallows"] if fault.name == "interruption-swallowed" else []
    )
