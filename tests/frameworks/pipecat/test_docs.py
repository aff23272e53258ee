"""docs/pipecat.md and what it is about stay in step."""

from __future__ import annotations

from pathlib import Path

import pytest

from livekit_barge.faults.pipecat import PIPECAT_FAULTS
from livekit_barge.frameworks.livekit.presets.knobs import KNOBS
from livekit_barge.frameworks.pipecat.knobs import PIPECAT_KNOBS

PAGE = (Path(__file__).parents[3] / "docs" / "pipecat.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({knob.name for knob in (*PIPECAT_KNOBS, *KNOBS)}))
def test_every_knob_of_either_framework_has_its_place(name: str) -> None:
    assert f"`{name}" in PAGE


@pytest.mark.parametrize("fault", PIPECAT_FAULTS, ids=lambda fault: fault.name)
def test_every_symptom_that_is_put_in_is_explained(fault: object) -> None:
    assert f"| {fault.symptom} | `{fault.code}`" in PAGE  # type: ignore[attr-defined]
