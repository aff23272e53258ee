import os

import pytest
from pydantic import ValidationError

from livekit_barge.errors import SettingsError
from livekit_barge.frameworks.livekit.presets.knobs import KNOBS
from livekit_barge.settings import Settings


@pytest.fixture
def environment(monkeypatch):
    """Sets variables; no ``BARGE_*`` of the machine that runs the tests."""
    for name in list(os.environ):
        if name.startswith("BARGE_"):
            monkeypatch.delenv(name)

    def put(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


def refusal():
    with pytest.raises(SettingsError) as error:
        Settings()
    return str(error.value)


def test_an_empty_environment_leaves_every_knob(environment):
    environment()
    settings = Settings()
    assert settings.knobs == {}
    assert settings.preset is None


def test_every_knob_has_a_variable_of_its_own(environment):
    environment(**{knob.variable: "1.5" if knob.kind == "boundary" else {
        "seconds": "0.3", "words": "1", "probability": "0.5", "switch": "true",
        "choice": "vad"}[knob.kind] for knob in KNOBS})  # fmt: skip
    assert list(Settings().knobs) == [knob.name for knob in KNOBS]


def test_off_is_not_absent(environment):
    environment(BARGE_FALSE_INTERRUPTION_TIMEOUT="off")
    assert Settings().knobs == {"false_interruption_timeout": None}


def test_an_empty_variable_is_absent(environment):
    environment(BARGE_PRESET="", BARGE_MIN_INTERRUPTION_WORDS="")
    assert Settings().preset is None
    assert Settings().knobs == {}


def test_what_is_kept_and_logged_is_chosen_here(environment):
    environment(BARGE_CALLS_DIR="kept", BARGE_RECORD_AUDIO="0", BARGE_RETENTION_DAYS="30")
    settings = Settings()
    assert str(settings.calls_dir) == "kept"
    assert settings.record_audio is False
    assert settings.retention_days == 30.0


def test_an_argument_goes_over_the_environment(environment):
    environment(BARGE_MIN_INTERRUPTION_DURATION="0.4")
    assert Settings(min_interruption_duration=0.3).knobs == {"min_interruption_duration": 0.3}


def test_settings_cannot_be_changed(environment):
    environment()
    with pytest.raises(ValidationError, match="frozen"):
        Settings().force = True


def test_an_unknown_variable_is_told_the_nearest(environment):
    environment(BARGE_MIN_INTERUPTION_DURATION="0.3")
    assert refusal() == (
        "environment: no setting is called BARGE_MIN_INTERUPTION_DURATION – "
        "did you mean BARGE_MIN_INTERRUPTION_DURATION?"
    )


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        (
            "BARGE_MIN_INTERRUPTION_DURATION",
            "300",
            "BARGE_MIN_INTERRUPTION_DURATION: min_interruption_duration is 300, over 10 s – "
            "did you mean 0.3?",
        ),
        (
            "BARGE_RECORD_AUDIO",
            "maybe",
            "BARGE_RECORD_AUDIO: record_audio is 'maybe' – input should be a valid boolean, "
            "unable to interpret input",
        ),
        (
            "BARGE_LOG",
            "xml",
            "BARGE_LOG: log is 'xml' – input should be 'auto', 'json' or 'pretty'",
        ),
        (
            "BARGE_RETENTION_DAYS",
            "0",
            "BARGE_RETENTION_DAYS: retention_days is '0' – input should be greater than 0",
        ),
    ],
)
def test_a_wrong_value_gets_one_line_that_names_the_variable(environment, variable, value, line):
    environment(**{variable: value})
    assert refusal() == line
