"""call.json reads back as it was written, or says in one line what is wrong with it."""

from __future__ import annotations

import dataclasses
import json
import os
from types import MappingProxyType

import pytest

from livekit_barge.call.meta import CallMeta
from livekit_barge.errors import CallError, SchemaTooNew
from tests.call.conftest import META

FULL = dataclasses.replace(
    META,
    preset="snappy",
    options={"min_interruption_duration": 0.3, "vad": {"activation_threshold": 0.5}},
    asked={"min_interruption_duration": {"value": 0.3, "source": "code"}},
    versions={"livekit-agents": "1.8.9"},
    room="lobby – ü",
    alignment_uncertainty_s=0.01,
    duration_s=12.5,
    notes=("the microphone was muted",),
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "call.json"


def read_changed(file, **changes):
    fields = json.loads(FULL.to_json()) | changes
    file.write_text(json.dumps({name: value for name, value in fields.items() if value != "gone"}))
    return CallMeta.read(file)


def test_it_reads_back_as_it_was_written(file):
    file.write_text(FULL.to_json(), encoding="utf-8")
    assert CallMeta.read(file) == FULL


def test_a_mapping_of_any_kind_is_written_as_an_object(file):
    asked = MappingProxyType({"vad": MappingProxyType({"source": "code"})})
    file.write_text(dataclasses.replace(META, asked=asked).to_json())
    assert CallMeta.read(file).asked == {"vad": {"source": "code"}}


def test_an_option_that_json_lacks_is_written_as_its_text(file):
    class Detector:
        def __str__(self) -> str:
            return "a detector"

        def __deepcopy__(self, _):
            raise TypeError("holds a model")

    options = {"turn_detection": Detector()}
    file.write_text(dataclasses.replace(META, options=options).to_json())
    assert CallMeta.read(file).options == {"turn_detection": "a detector"}


def test_a_field_of_a_later_version_is_passed_over(file):
    assert read_changed(file, mood="cheerful") == FULL


def test_a_field_with_a_default_may_be_missing(file):
    assert read_changed(file, preset="gone").preset is None


def test_the_rate_is_the_higher_of_the_two():
    meta = dataclasses.replace(META, sample_rates={"caller": 16_000, "agent": 24_000})
    assert meta.sample_rate == 24_000


def test_without_audio_the_rate_is_a_rooms():
    assert dataclasses.replace(META, sample_rates={}).sample_rate == 24_000


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"schema": "livekit-barge/call/1",', pytest.param("[" * 100_000, id="deep")],
)
def test_what_is_not_json_is_refused_by_name(file, text):
    file.write_text(text)
    with pytest.raises(CallError, match=r"call\.json: not JSON"):
        CallMeta.read(file)


def test_what_is_not_utf_8_is_refused_by_name(file):
    file.write_bytes(FULL.to_json().encode("latin-1", "replace"))
    with pytest.raises(CallError, match=r"call\.json: not JSON .*utf-8"):
        CallMeta.read(file)


@pytest.mark.parametrize("fields", [[], "text", {}, {"schema": 1}, {"schema": "a-package/1"}])
def test_another_programs_json_is_no_call(file, fields):
    file.write_text(json.dumps(fields))
    with pytest.raises(CallError, match=r"call\.json: not a call's description"):
        CallMeta.read(file)


def test_a_later_schema_is_refused_with_the_remedy(file):
    with pytest.raises(SchemaTooNew, match=r"call/9, this version reads .* upgrade"):
        read_changed(file, schema="livekit-barge/call/9")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"call_id": "gone"}, "lacks call_id"),
        ({"started_wall_s": "gone", "source": "gone"}, "lacks source, started_wall_s"),
        ({"started_wall_s": "yesterday"}, "bad started_wall_s"),
        ({"started_wall_s": True}, "bad started_wall_s"),
        ({"duration_s": "long"}, "bad duration_s"),
        ({"capture_point": "moon"}, "bad capture_point"),
        ({"sample_rates": None}, "bad sample_rates"),
        ({"sample_rates": {"caller": "fast"}}, "bad sample_rates"),
        ({"sample_rates": {"caller": 24_000.5}}, "bad sample_rates"),
        ({"sample_rates": {"caller": 0, "agent": 24_000}}, "bad sample_rates: 0, 24000"),
        ({"sample_rates": {"caller": -8_000}}, "bad sample_rates: -8000"),
        ({"sample_rates": {"caller": 10**9}}, "bad sample_rates: 1000000000"),
        ({"duration_s": -1.0}, "bad duration_s: -1.0"),
        ({"duration_s": float("nan")}, "bad duration_s"),
        ({"duration_s": 10**400}, "bad duration_s"),
        ({"audio_recorded": 1}, "bad audio_recorded"),
        ({"notes": None}, "bad notes"),
        ({"notes": [1]}, "bad notes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_field_that_cannot_be_is_named(file, changes, fault):
    with pytest.raises(CallError, match=rf"call\.json: {fault} –"):
        read_changed(file, **changes)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "call.json")
    with pytest.raises(CallError, match=r"call.json: cannot be read \(not a regular file\)"):
        CallMeta.read(tmp_path / "call.json")
