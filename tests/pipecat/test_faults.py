"""Each fault of a Pipecat bot is named by its own code, and no other is."""

from __future__ import annotations

from pathlib import Path

import pytest

from livekit_barge.bench.script import Script
from livekit_barge.call.events import InterruptionLost
from livekit_barge.call.folder import Call
from livekit_barge.measure.call import measure_call
from livekit_barge.measure.diagnosis import diagnose
from livekit_barge.pipecat.stage.faults import PIPECAT_FAULTS, PipecatFault


@pytest.mark.parametrize("fault", PIPECAT_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named_and_nothing_else_is(
    fault: PipecatFault, barge_in: Script, tmp_path: Path
) -> None:
    fault.play(barge_in, tmp_path)
    call = Call.open(tmp_path / fault.name)
    findings = diagnose(call, measure_call(call))
    assert {(finding.code, finding.symptom) for finding in findings} == {
        (fault.code, fault.symptom)
    }
    lost = [event for event in call.events if isinstance(event, InterruptionLost)]
    assert [event.swallowed_by.split("#")[0] for event in lost] == (
        ["Swallows"] if fault.name == "interruption-swallowed" else []
    )
