"""Each vendor's JSON as its own SDK's models write it, every optional field absent in turn."""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydantic
import pytest
from retell.types import PhoneCallResponse, WebCallResponse
from twilio.rest import Client
from twilio.rest.api.v2010.account.recording import RecordingInstance
from vapi.types import Artifact, BotMessage, Call, SystemMessage, UserMessage

from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from livekit_barge.intake.vendor_call import VendorCall
from livekit_barge.intake.vendor_json import read_call_json
from tests.intake.made import made_call, write

BEGAN = datetime(2026, 3, 1, 10, tzinfo=UTC)
BEGAN_MS = BEGAN.timestamp() * 1000
RATE = 8_000


def word(text: str, start: float, end: float) -> dict[str, Any]:
    return {"word": text, "start": start, "end": end}


UTTERANCES = [
    {
        "role": "agent",
        "content": "Your parcel left",
        "words": [word("Your", 1.0, 1.2), word("parcel", 1.2, 1.6), word("left", 1.6, 3.0)],
        "metadata": {"response_id": 1, "is_backchannel": False},
    },
    {
        "role": "user",
        "content": "mm-hm, right",
        "words": [word("mm-hm,", 2.5, 2.7), word("right", 2.7, 3.9)],
        "metadata": {"is_backchannel": True},
    },
]
RETELL = PhoneCallResponse(
    agent_id="a",
    agent_version=1,
    call_id="retell-1",
    call_status="ended",
    call_type="phone_call",
    direction="inbound",
    from_number="+1",
    to_number="+2",
    start_timestamp=int(BEGAN_MS),
    end_timestamp=int(BEGAN_MS) + 7000,
    transcript_object=UTTERANCES,
    transcript_with_tool_calls=UTTERANCES,
    scrubbed_transcript_with_tool_calls=UTTERANCES,
)


def message(kind: type, role: str, text: str, begin_s: float, end_s: float, **more: Any) -> Any:
    times = {"time": BEGAN_MS + begin_s * 1000, "endTime": BEGAN_MS + end_s * 1000}
    return kind(role=role, message=text, secondsFromStart=begin_s, **times, **more)


MESSAGES = [
    SystemMessage(role="system", message="You are …", time=BEGAN_MS, secondsFromStart=0.0),
    message(BotMessage, "bot", "Your parcel left", 1.0, 3.0, duration=2.0, source="llm"),
    message(UserMessage, "user", "No wait, please", 2.5, 4.0, duration=1.5, confidence=0.9),
]
VAPI = Call(
    id="vapi-1",
    orgId="o",
    createdAt=BEGAN,
    updatedAt=BEGAN,
    startedAt=BEGAN,
    assistantId="a",
    messages=MESSAGES,
    artifact=Artifact(messages=MESSAGES, transcript="…"),
)
RETELL_JSON = json.loads(RETELL.to_json())
VAPI_JSON = json.loads(VAPI.json())
TWILIO_JSON = {
    "account_sid": "AC1",
    "api_version": "2010-04-01",
    "call_sid": "CA1",
    "conference_sid": None,
    "channels": 2,
    "date_created": "Sun, 01 Mar 2026 10:00:07 +0000",
    "date_updated": "Sun, 01 Mar 2026 10:00:09 +0000",
    "start_time": "Sun, 01 Mar 2026 10:00:00 +0000",
    "duration": "7",
    "media_url": "https://example.invalid/RE1",
    "price": None,
    "sid": "RE1",
    "source": "DialVerb",
    "status": "completed",
}

Path_ = tuple[str | int, ...]


def optional(model: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Yield the place of every optional field in the JSON that a model and those in it write."""
    if isinstance(model, Sequence) and not isinstance(model, str):
        for number, one in enumerate(model):
            yield from optional(one, (*at, number))
    elif isinstance(model, pydantic.BaseModel):
        for name, field in type(model).model_fields.items():
            place = (*at, field.alias or name)
            if not field.is_required():
                yield place
            yield from optional(getattr(model, name), place)


def without(document: dict[str, Any], place: Path_, *, null: bool) -> dict[str, Any]:
    """Return a copy that lacks the field, or has ``null`` there."""
    document = copy.deepcopy(document)
    inner: Any = document
    for step in place[:-1]:
        inner = inner[step]
    if null:
        inner[place[-1]] = None
    else:
        inner.pop(place[-1], None)
    return document


def read(tmp_path: Path, document: object) -> VendorCall:
    path = tmp_path / "call.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return read_call_json(path)


def worded(call: VendorCall) -> list[str]:
    return [said.text for said in call.said]


@pytest.mark.parametrize("null", [False, True], ids=["absent", "null"])
@pytest.mark.parametrize("place", list(optional(RETELL)), ids=str)
def test_of_retells_call_no_optional_field_costs_more_than_its_own_word(tmp_path, place, null):
    call = read(tmp_path, without(RETELL_JSON, place, null=null))
    kept = ["Your", "parcel", "left", "mm-hm,", "right"]
    if place[0] == "transcript_object" and place[-1] == "word":
        kept.remove(UTTERANCES[place[1]]["words"][place[3]]["word"])
    assert (call.source, call.call_id, worded(call)) == ("retell", "retell-1", kept)


@pytest.mark.parametrize("null", [False, True], ids=["absent", "null"])
@pytest.mark.parametrize("place", list(optional(VAPI)), ids=str)
def test_of_vapis_call_no_optional_field_costs_anything(tmp_path, place, null):
    call = read(tmp_path, without(VAPI_JSON, place, null=null))
    assert (call.source, call.call_id) == ("vapi", "vapi-1")
    assert [(said.begin_s, said.end_s) for said in call.said] == [(1.0, 3.0), (2.5, 4.0)]


def test_vapis_report_may_come_without_its_call(tmp_path):
    report = {"type": "end-of-call-report", "artifact": VAPI_JSON["artifact"]}
    call = read(tmp_path, {"message": report})
    assert (call.call_id, len(call.said)) == (None, 2)


@pytest.mark.parametrize("place", [(name,) for name in TWILIO_JSON], ids=str)
@pytest.mark.parametrize("null", [False, True], ids=["absent", "null"])
def test_of_twilios_recording_no_field_is_needed_but_one_that_tells_it(tmp_path, place, null):
    document = without(TWILIO_JSON, place, null=null)
    RecordingInstance(Client("AC1", "t").api.v2010, document, account_sid="AC1")  # the SDK takes it
    assert read(tmp_path, document).source == "twilio"


@pytest.fixture
def far_from_gmt(monkeypatch) -> Iterator[None]:
    """The machine's own zone is another."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


class TestTimes:
    def test_a_vapi_messages_length_is_from_its_time_to_its_end(self, tmp_path):
        """Documented in seconds, served in milliseconds: ``duration`` is not asked."""
        for duration in (1.5, 1500, None):
            document = copy.deepcopy(VAPI_JSON)
            document["artifact"]["messages"][2]["duration"] = duration
            assert read(tmp_path, document).said[1].end_s == 4.0

    @pytest.mark.parametrize(("duration", "end_s"), [(5.0, 7.5), (1480, 3.98)])
    def test_without_an_end_its_duration_is_in_seconds_unless_it_cannot_be(
        self, tmp_path, duration, end_s
    ):
        document = copy.deepcopy(VAPI_JSON)
        document["artifact"]["messages"][2] |= {"duration": duration, "endTime": None}
        assert read(tmp_path, document).said[1].end_s == pytest.approx(end_s)

    def test_a_retell_word_without_times_lies_between_its_neighbours(self, tmp_path):
        document = copy.deepcopy(RETELL_JSON)
        document["transcript_object"][0]["words"][1] |= {"start": None, "end": None}
        said = read(tmp_path, document).said[1]
        assert (said.text, said.begin_s, said.end_s) == ("parcel", 1.2, 1.6)

    def test_an_utterance_without_any_time_is_left_out_and_counted(self, tmp_path):
        document = copy.deepcopy(RETELL_JSON)
        for each in document["transcript_object"][1]["words"]:
            each |= {"start": None, "end": None}
        call = read(tmp_path, document)
        assert worded(call) == ["Your", "parcel", "left"]
        assert call.caveats[0].text.startswith("2 of 5 pieces")

    @pytest.mark.parametrize("zone", ["+0000", "-0000", "GMT"])
    @pytest.mark.usefixtures("far_from_gmt")
    def test_twilios_dates_are_in_gmt(self, tmp_path, zone):
        document = TWILIO_JSON | {"start_time": f"Sun, 01 Mar 2026 10:00:00 {zone}"}
        assert read(tmp_path, document).started_wall_s == BEGAN.timestamp()

    @pytest.mark.usefixtures("far_from_gmt")
    def test_a_vapi_date_without_a_zone_is_in_gmt(self, tmp_path):
        document = VAPI_JSON | {"startedAt": "2026-03-01T10:00:00.000"}
        assert read(tmp_path, document).started_wall_s == BEGAN.timestamp()


class TestWhoSpeaks:
    def test_a_transfers_target_is_neither_side_and_is_reported(self, tmp_path):
        target = UTTERANCES[0] | {"role": "transfer_target"}
        document = WebCallResponse(
            access_token="t",
            agent_id="a",
            agent_version=1,
            call_id="c",
            call_status="ended",
            call_type="web_call",
            transcript_object=[*UTTERANCES[1:], target],
        )
        call = read(tmp_path, json.loads(document.to_json()))
        assert worded(call) == ["mm-hm,", "right"]
        assert "the target speaks from 1.0 s on" in " ".join(each.text for each in call.caveats)

    def test_a_text_message_relayed_into_a_vapi_call_was_not_spoken(self, tmp_path):
        document = copy.deepcopy(VAPI_JSON)
        document["artifact"]["messages"][2]["metadata"] = {"type": "sms", "source": "+1"}
        assert worded(read(tmp_path, document)) == ["Your parcel left"]

    @pytest.mark.parametrize(
        ("fields", "source"),
        [
            ({"source": "OutboundAPI"}, "twilio-outbound"),
            ({"source": "Conference"}, "twilio-conference"),
            ({"conference_sid": "CF1"}, "twilio-conference"),
            ({"source": "RecordVerb"}, "twilio"),
        ],
    )
    def test_a_twilio_recordings_map_is_that_of_how_the_call_was_made(
        self, tmp_path, fields, source
    ):
        assert read(tmp_path, TWILIO_JSON | fields).source == source


class TestLabels:
    """Retell labels an utterance as a backchannel; the made call's caller comes in at 2.6 s."""

    @pytest.fixture
    def wav(self, tmp_path) -> Path:
        return write(tmp_path / "call.wav", made_call(RATE), RATE, "WAV", "PCM_16")

    def scored(self, wav: Path, *, labelled: bool | None) -> Any:
        document = copy.deepcopy(RETELL_JSON)
        document["transcript_object"][1] = {
            "role": "user",
            "content": "No wait, please send",
            "words": [word("No wait, please send it to my office.", 2.6, 4.0)],
            "metadata": {"is_backchannel": labelled},
        }
        wav.with_suffix(".json").write_text(json.dumps(document))
        return score(wav, ScoreOptions.of(caller_channel=0))

    @pytest.mark.parametrize("labelled", [False, None])
    def test_without_one_a_long_sentence_is_yielded_to(self, wav, labelled):
        (overlap,) = self.scored(wav, labelled=labelled).overlaps
        assert overlap.outcome == "yielded"

    def test_the_callers_label_is_believed_before_its_words_and_named(self, wav):
        card = self.scored(wav, labelled=True)
        (overlap,) = card.overlaps
        assert overlap.outcome == "false_stop"
        assert overlap.reason == "the vendor labels it a backchannel"
        told = [each.text for each in card.warnings if each.code == "call_json_backchannels"]
        assert told == ["the vendor labels 1 of the caller's utterances as backchannels"]


def test_the_sdks_hold_the_fields_that_are_read():
    """An SDK that renames one is seen here."""
    from livekit_barge.intake.vendors import retell, vapi

    source = Path(retell.__file__).read_text() + Path(vapi.__file__).read_text()
    asked = set(re.findall(r'\.get\("(\w+)"\)', source)) - {"assistant"}
    written = json.dumps([RETELL_JSON, VAPI_JSON, UserMessage.model_json_schema(by_alias=True)])
    schemas = json.dumps(
        [PhoneCallResponse.model_json_schema(), Call.model_json_schema(by_alias=True)]
    )
    unknown = {name for name in asked if f'"{name}"' not in written + schemas}
    assert unknown == {"call"}  # the wrapper of a report
