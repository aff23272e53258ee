"""Each fault is named by its own code and no other; of healthy calls nothing is said."""

import pytest

from livekit_barge.call.folder import Call
from livekit_barge.diagnosis import KINDS, diagnose
from livekit_barge.faults import FAULTS, HEALTHY
from livekit_barge.measure.measure_call import measure_call

UNUSUAL = HEALTHY[:3]
# One conversation under each preset; ``make diagnosis`` plays all twenty.
QUICKLY = [*UNUSUAL, *(trial for trial in HEALTHY if trial.name.startswith("breaks-in"))]


def findings_in(trial, folder):
    trial.play(folder)
    call = Call.open(folder / trial.name)
    return diagnose(call, measure_call(call))


@pytest.mark.parametrize("trial", FAULTS, ids=lambda trial: trial.name)
def test_a_fault_is_named_and_nothing_else_is(trial, tmp_path):
    assert {finding.code for finding in findings_in(trial, tmp_path)} == {trial.code}


@pytest.mark.parametrize("trial", QUICKLY, ids=lambda trial: trial.name)
def test_of_a_healthy_call_nothing_is_said(trial, tmp_path):
    assert findings_in(trial, tmp_path) == []


def test_every_code_has_a_fault():
    assert {kind.code for kind in KINDS} == {trial.code for trial in FAULTS}


def test_each_fault_and_each_healthy_call_has_a_name_of_its_own():
    names = {trial.name for trial in (*FAULTS, *HEALTHY)}
    assert (len(HEALTHY), len(names)) == (23, len(FAULTS) + len(HEALTHY))
