"""A line of events.jsonl reads back as what was written, or says what is wrong with it."""

import dataclasses
import json
import threading

import pytest

from livekit_barge.call.events import (
    EVENT_TYPES,
    AgentAnchored,
    CallerAnchored,
    ConversationItem,
    Decision,
    OptionsInForce,
    SpeechDone,
    Transcript,
    from_line,
    to_line,
)
from livekit_barge.call.fields import encode
from livekit_barge.errors import BadEvent

DECISION = Decision(at_s=4.31, speech_id="speech_1", path="pause", cause="vad", queued_s=0.2)


DONE = SpeechDone(at_s=4.5, speech_id="speech_1", interrupted=False, item_ids=["item_1"])
ANCHORED = CallerAnchored(at_s=0.1, sample=7, reason="first")


@pytest.mark.parametrize(
    "event",
    [
        DECISION,
        DONE,
        Transcript(at_s=0.0, text="“wait”, she said", is_final=True),
        ConversationItem(
            at_s=1.0, item_id="i", role="user", text=None, interrupted=False, metrics={"ttft": 0.1}
        ),
    ],
)
def test_an_event_survives_its_line(event):
    assert from_line(to_line(event), where="events.jsonl:1") == event


def test_half_a_surrogate_pair_survives_being_written():
    event = Transcript(at_s=0.0, text="torn \ud83d", is_final=False)
    assert from_line(encode(to_line(event)), where="events.jsonl:1") == event


def test_an_option_that_json_lacks_is_written_as_its_text():
    event = OptionsInForce(at_s=0.0, options={"turn_detection": threading.Lock()})
    written = from_line(to_line(event), where="events.jsonl:1")
    assert "lock" in written.options["turn_detection"]


def test_every_kind_of_event_has_a_type_of_its_own():
    assert len({kind.type for kind in EVENT_TYPES.values()}) == len(EVENT_TYPES)
    assert all(name == kind.type for name, kind in EVENT_TYPES.items())


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "not JSON"),
        ("[1]", "not an event this version knows"),
        (b'{"type":"\xff"}', "not JSON"),
        pytest.param("[" * 100_000, "not JSON .nested too deep", id="deep"),
        ('{"at_s":1}', "not an event this version knows"),
        ('{"type":["close"]}', "not an event this version knows"),
        ('{"type":"no_such"}', "not an event this version knows"),
        ('{"type":"decision","at_s":1}', "decision lacks speech_id, path, cause"),
        (to_line(DECISION).replace("4.31", '"soon"'), "bad at_s"),
        (to_line(DECISION).replace("4.31", "NaN"), "bad at_s"),
        (to_line(DECISION).replace("4.31", "-Infinity"), "bad at_s"),
        (to_line(DECISION).replace("4.31", "1" + "0" * 400), "bad at_s"),
        (to_line(ANCHORED).replace("7", "1" + "0" * 400), "bad sample"),
        (to_line(DECISION).replace('"vad"', '"whim"'), "bad cause"),
        (to_line(DONE).replace('"item_1"', "1"), "bad item_ids"),
        (to_line(DONE).replace("false", "0"), "bad interrupted"),
        (to_line(DECISION).replace('"queued_s"', '"qeued_s"'), "bad qeued_s"),
    ],
)
def test_a_bad_line_is_named_with_its_fault(line, fault):
    with pytest.raises(BadEvent, match=fault) as raised:
        from_line(line, where="events.jsonl:7")
    assert str(raised.value).startswith("events.jsonl:7: ")


def test_an_event_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        DECISION.at_s = 5.0


def test_events_are_equal_if_kind_and_fields_are():
    first = CallerAnchored(at_s=0.1, sample=7, reason="first")
    assert first == ANCHORED
    assert hash(first) == hash(ANCHORED)
    assert first != dataclasses.replace(first, sample=8)
    assert first != AgentAnchored(at_s=0.1, sample=7, reason="first")


def test_an_event_prints_its_fields():
    assert repr(ANCHORED) == "CallerAnchored(at_s=0.1, sample=7, reason='first')"


class TestWhatIsInsideAnEvent:
    ITEM = {"item_id": "m", "role": "user", "text": None, "interrupted": False}  # noqa: RUF012

    def seen(self, **items: object) -> str:
        fields = {"type": "context_seen", "at_s": 1.0, "speech_id": "s", "earlier": 0}
        return json.dumps(fields | {"items": [self.ITEM, self.ITEM | items]})

    def test_an_item_that_is_whole_is_read(self):
        assert from_line(self.seen(text="hello"), where="e:1").items[1]["text"] == "hello"

    @pytest.mark.parametrize("field", ITEM)
    def test_a_field_that_is_missing_is_named_with_its_line(self, field):
        line = json.loads(self.seen())
        del line["items"][1][field]
        with pytest.raises(BadEvent, match=r"^e:1: context_seen bad items – mend the line"):
            from_line(json.dumps(line), where="e:1")

    def test_a_field_of_another_type_is_refused(self):
        with pytest.raises(BadEvent, match="context_seen bad items"):
            from_line(self.seen(text=7), where="e:1")

    def test_a_links_counts_are_numbers(self):
        way = {"packets": 1, "octets": 1, "lost": 0, "late_s": 0.0}
        line = {"type": "impaired_link", "at_s": 1.0, "loss": 0.1, "delay_s": 0.1, "seed": 1}
        line |= {"jitter_s": 0.0, "to_server": way, "paths": {}, "crossed": True}
        assert from_line(json.dumps(line | {"to_caller": way}), where="e:1").to_caller == way
        with pytest.raises(BadEvent, match="impaired_link bad to_caller"):
            from_line(json.dumps(line | {"to_caller": {"packets": 1}}), where="e:1")
