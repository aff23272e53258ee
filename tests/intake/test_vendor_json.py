"""A vendor's JSON gives words, roles, an id and a start; a damaged one is one line or a warning."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from livekit_barge.errors import IntakeError
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from livekit_barge.intake.vendor_json import read_call_json
from tests.intake.made import made_call, write

RATE = 8_000
AGENT_SAID = "Your parcel left this morning, and it"
CALLER_SAID = "No wait, please send it to my office."

VAPI = {
    "id": "vapi-1",
    "assistantId": "a",
    "startedAt": "2026-03-01T10:00:00.000Z",
    "artifact": {
        "messages": [
            {"role": "system", "message": "You are …", "time": 0, "secondsFromStart": 0},
            {"role": "bot", "message": AGENT_SAID, "secondsFromStart": 1.1, "duration": 1900},
            {"role": "user", "message": CALLER_SAID, "secondsFromStart": 2.7, "duration": 1500},
        ]
    },
}
RETELL = {
    "call_id": "retell-1",
    "start_timestamp": 1772359200000,
    "transcript_object": [
        {"role": "agent", "words": [{"word": AGENT_SAID, "start": 1.0, "end": 3.1}]},
        {
            "role": "user",
            "words": [
                {"word": word, "start": 2.5 + 0.2 * number, "end": 2.7 + 0.2 * number}
                for number, word in enumerate(CALLER_SAID.split())
            ],
        },
    ],
}
TWILIO = {"call_sid": "CA1", "sid": "RE1", "start_time": "Sun, 01 Mar 2026 10:00:00 +0000"}


@pytest.fixture
def wav(tmp_path) -> Path:
    return write(tmp_path / "call.wav", made_call(RATE), RATE, "WAV", "PCM_16")


def lay(wav: Path, document: object) -> Path:
    path = wav.with_suffix(".json")
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("document", "source", "call_id"),
    [(VAPI, "vapi", "vapi-1"), (TWILIO, "twilio", "CA1")],
)
def test_it_names_the_source_the_call_and_its_start(wav, document, source, call_id):
    lay(wav, document)
    card = score(wav, ScoreOptions.of())
    assert (card.source, card.call_id, card.dated_by) == (source, call_id, "call-json")
    assert card.started_at == "2026-03-01T10:00:00+00:00"


def test_its_words_are_those_of_the_overlap(wav):
    lay(wav, VAPI)
    (overlap,) = score(wav, ScoreOptions.of()).overlaps
    assert overlap.words == CALLER_SAID


def test_with_words_that_have_times_those_count_that_came_before_the_caller_went_on(wav):
    lay(wav, RETELL)
    (overlap,) = score(wav, ScoreOptions.of()).overlaps
    assert overlap.words == "No wait, please send"


def test_it_says_who_is_on_which_channel_where_the_vendor_does_not(wav):
    lay(wav, RETELL)
    channels = score(wav, ScoreOptions.of()).channels
    assert (channels.caller, channels.known_by) == (0, "call-json")


def test_channels_against_its_times_are_refused_as_swapped(tmp_path):
    swapped = write(tmp_path / "call.wav", made_call(RATE)[:, ::-1], RATE, "WAV", "PCM_16")
    lay(swapped, VAPI)
    with pytest.raises(IntakeError, match="look swapped"):
        score(swapped, ScoreOptions.of())


def test_what_a_web_hook_posts_has_the_call_inside(wav):
    lay(wav, {"message": {"type": "end-of-call-report", "call": {"id": "inner"}, "artifact": {}}})
    assert score(wav, ScoreOptions.of()).call_id == "inner"


def test_one_file_for_both_parties_is_refused_by_its_json(wav):
    lay(wav, {"call_id": "b", "transcripts": [], "started_at": "2026-03-01T10:00:00Z"})
    with pytest.raises(IntakeError, match="bland records one mono file"):
        score(wav, ScoreOptions.of())


DAMAGED = {
    "no JSON": "{",
    "nested without end": "[" * 100_000,
    "a list": "[]",
    "another's": '{"name": "x"}',
    "no date": json.dumps(VAPI | {"startedAt": "yesterday"}),
    "a start past all dates": json.dumps(RETELL | {"start_timestamp": 1e20}),
    "a start before all dates": json.dumps(RETELL | {"start_timestamp": -1e15}),
    "a number for an id": json.dumps(TWILIO | {"call_sid": 7}),
}


BEFORE_NO = '{"word": "No"'
ODD_WORDS = {
    "no role": RETELL | {"transcript_object": [{"words": []}, *RETELL["transcript_object"]]},
    "a role that is a list": RETELL
    | {"transcript_object": [{"role": []}, *RETELL["transcript_object"]]},
    "a list for a word": json.loads(
        json.dumps(RETELL).replace('{"word": "No"', '[], {"word": "No"')
    ),
    "not finite and no text": json.loads(
        json.dumps(RETELL).replace(BEFORE_NO, f'{{"word": 7, "start": NaN}}, {BEFORE_NO}')
    ),
}


@pytest.mark.parametrize("document", ODD_WORDS.values(), ids=ODD_WORDS)
def test_an_odd_word_is_left_out_alone_and_counted(wav, document):
    whole, odd = read_call_json(lay(wav, RETELL)), read_call_json(lay(wav, document))
    assert odd.said == whole.said
    assert [caveat.text for caveat in odd.caveats] == [
        "1 of 10 pieces of the transcript have no text, role or time that can be used"
    ]


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_one_that_was_named_is_one_line(wav, tmp_path, text):
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(IntakeError) as refused:
        score(wav, ScoreOptions.of(caller_channel=0, call_json=tmp_path / "other.json"))
    assert refused.value.where.endswith("other.json")
    assert "\n" not in str(refused.value)


def test_a_pipe_that_was_named_is_one_line(wav, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IntakeError, match=r"pipe: cannot be read \(not a regular file\)"):
        score(wav, ScoreOptions.of(caller_channel=0, call_json=tmp_path / "pipe"))


def test_a_damaged_one_that_only_lies_there_is_a_warning(wav):
    wav.with_suffix(".json").write_text("{")
    card = score(wav, ScoreOptions.of(caller_channel=0))
    assert "call_json_unread" in [warning.code for warning in card.warnings]
    assert card.call_id == "call"


def test_words_outside_any_burst_are_left_out(wav):
    far = {"role": "user", "message": "Goodbye.", "secondsFromStart": 60, "duration": 500}
    call = read_call_json(lay(wav, VAPI | {"artifact": {"messages": [far]}}))
    assert call.transcripts([]) == []


class TestOfAnother:
    """A JSON that contradicts what is known of the recording is used, with a warning."""

    @staticmethod
    def said(card) -> list[str]:
        return [each.text for each in card.warnings if each.code == "call_json_of_another"]

    def test_another_source_than_was_told(self, wav):
        lay(wav, RETELL)
        assert self.said(score(wav, ScoreOptions.of(source="twilio"))) == [
            "the call's JSON is retell's, but --source is twilio"
        ]

    @pytest.mark.parametrize("told", ["twilio", "twilio-outbound"])
    def test_the_source_that_was_told(self, wav, told):
        lay(wav, TWILIO)
        assert self.said(score(wav, ScoreOptions.of(source=told, caller_channel=0))) == []

    def test_words_after_the_recordings_end(self, wav):
        far = {"role": "user", "message": "Goodbye.", "secondsFromStart": 60, "duration": 500}
        lay(wav, VAPI | {"artifact": {"messages": [far]}})
        assert self.said(score(wav, ScoreOptions.of())) == [
            "the transcript of the call's JSON begins at 60.0 s, when the recording is over"
        ]

    def test_words_within_the_recording(self, wav):
        lay(wav, VAPI)
        assert self.said(score(wav, ScoreOptions.of())) == []
