"""Pipecat's knobs as presets."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.transports.livekit.transport import LiveKitParams
from pipecat.turns.user_start import MinWordsUserTurnStartStrategy, VADUserTurnStartStrategy

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.pipecat import knobs
from livekit_barge.frameworks.pipecat.knobs import PIPECAT_KNOBS
from livekit_barge.frameworks.pipecat.preset import (
    PipecatPreset,
    chosen_preset,
    pipecat_preset_names,
)


@pytest.mark.parametrize("name", pipecat_preset_names())
def test_every_shipped_preset_builds_what_pipecat_takes(name: str) -> None:
    preset = PipecatPreset.load(name)
    assert preset.summary
    assert preset.cost
    assert preset.user_params(user_turn_strategies=None).vad_analyzer is not None
    assert LiveKitParams(**preset.transport())


def test_the_defaults_are_pipecats_own() -> None:
    preset = PipecatPreset.load("pipecat-defaults")
    assert preset.vad_params() == VADParams()
    assert LiveKitParams(**preset.transport()) == LiveKitParams()
    own = [type(strategy) for strategy in PipecatPreset("none").starts()]
    assert [type(strategy) for strategy in preset.starts()] == own


def test_the_installed_pipecat_has_every_knob() -> None:
    assert [knob.name for knob in PIPECAT_KNOBS if knob.name not in knob.names()] == []


def test_a_knob_that_the_installed_pipecat_lacks_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fields = {name: None for name in VADParams.model_fields if name != "start_secs"}
    gone = knobs.PipecatKnob("start_secs", "VADParams", "seconds", "", lambda: fields, high=5)
    monkeypatch.setitem(knobs.BY_NAME, "start_secs", gone)
    with pytest.raises(SettingsError, match=r"mine: Pipecat 1\.\S+ has no start_secs in VADParams"):
        PipecatPreset("x", {"start_secs": 0.1}, where="mine")


def test_the_environment_chooses_the_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARGE_PRESET", "patient")
    (start,) = chosen_preset().starts()
    assert isinstance(start, MinWordsUserTurnStartStrategy)
    assert start._min_words == 2


def test_a_file_of_ones_own_is_a_preset(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('start_secs = 0.15\nuser_turn_start = ["vad"]\n')
    preset = PipecatPreset.load(file)
    assert preset.name == "mine"
    assert preset.vad_params().start_secs == 0.15
    assert [type(strategy) for strategy in preset.starts()] == [VADUserTurnStartStrategy]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("start_sec = 0.1", "no knob called start_sec – did you mean start_secs?"),
        ("start_secs = 200", "start_secs is 200 – give a number from 0 to 5"),
        ('user_mute = ["sometimes"]', "give a list of always, first_speech"),
        ("min_interruption_words = 1", "no knob called min_interruption_words"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(line: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(line)
    with pytest.raises(SettingsError, match=says.replace("?", r"\?")) as error:
        PipecatPreset.load(file)
    assert "\n" not in str(error.value)


def test_a_name_that_no_preset_has_is_told() -> None:
    with pytest.raises(SettingsError, match="no Pipecat preset is called snapy"):
        PipecatPreset.load("snapy")
