"""The messages: what is read, and what is refused with a reason."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from livekit.agents.inference.interruption import InterruptionWSMessage

from livekit_barge.adaptive import protocol
from livekit_barge.adaptive.protocol import BadMessage, SessionClose, SessionCreate
from tests.adaptive.made import SETTINGS


def create(**settings):
    return json.dumps({"type": "session.create", "settings": SETTINGS | settings})


def test_a_session_is_created_with_the_clients_threshold():
    assert protocol.parse_text(create(threshold=0.7)) == SessionCreate(0.7, 2)


def test_a_client_may_leave_the_threshold_to_the_service():
    assert protocol.parse_text(create()) == SessionCreate(None, 2)


def test_a_session_is_closed():
    assert protocol.parse_text('{"type": "session.close"}') == SessionClose()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "not JSON"),
        ("[" * 4000, "not JSON"),
        ("[]", "of type 'None'"),
        ('{"type": "session.created"}', "of type 'session.created'"),
        ('{"type": "session.create"}', "without settings"),
        (create(sample_rate=8000), "sample_rate '8000'; this service takes 16000"),
        (create(num_channels=2), "num_channels '2'; this service takes 1"),
        (create(encoding="opus"), "encoding 'opus'; this service takes s16le"),
        (create(threshold=60), "threshold 60; give a number from 0 to 1"),
        (create(threshold=True), "threshold True"),
        (create(threshold=float("nan")), "threshold nan"),
        (create(min_frames=0), "min_frames 0; give a whole number from 1 to 120"),
        (create(min_frames="2"), "min_frames 2"),
        (" " * 5000, "5000 characters"),
    ],
)
def test_a_text_message_that_cannot_be_used_says_why(text, reason):
    with pytest.raises(BadMessage, match=reason):
        protocol.parse_text(text)


def test_a_request_holds_its_key_and_its_audio():
    request = protocol.parse_request(struct.pack("<Q", 2**63 + 5) + struct.pack("<3h", 1, -2, 3))
    assert request.created_at == 2**63 + 5
    np.testing.assert_array_equal(request.audio, [1, -2, 3])


def test_three_seconds_are_taken_and_more_is_not():
    assert len(protocol.parse_request(bytes(8 + 2 * 48_000)).audio) == 48_000
    with pytest.raises(BadMessage, match="over 97608") as error:
        protocol.parse_request(bytes(8 + 2 * 48_801))
    assert error.value.code == 413


@pytest.mark.parametrize("size", [0, 8, 11])
def test_half_a_request_is_refused(size):
    with pytest.raises(BadMessage, match=f"a request of {size} bytes"):
        protocol.parse_request(bytes(size))


@pytest.mark.parametrize(
    "message",
    [
        protocol.session_created(0.6),
        protocol.session_closed(),
        protocol.answer(7, interruption=True, prediction_s=0.004, probabilities=[0.25, 1.0]),
        protocol.answer(7, interruption=False, prediction_s=0.0, probabilities=[]),
        protocol.error("too much", code=429, session_id="s"),
    ],
)
def test_livekits_own_model_reads_every_answer_and_loses_nothing(message):
    read = InterruptionWSMessage.validate_json(message)
    assert json.loads(read.model_dump_json()) == json.loads(message)
