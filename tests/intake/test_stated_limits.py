"""The limits that a scorecard states: the recorder's alignment, and the codec's blur of an edge."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from livekit_barge.cli.app import main
from livekit_barge.hearing.burst import Burst
from livekit_barge.intake.vendor_json import read_call_json
from tests.intake.made import made_call, write

RATE = 16_000


@pytest.fixture
def card(tmp_path, monkeypatch, capsys):
    """``card(kind, subtype, *options)``: the scorecard that the command prints of the made call."""

    def score(kind: str, subtype: str, *options: str) -> dict:
        path = write(tmp_path / f"call.{kind.lower()}", made_call(RATE), RATE, kind, subtype)
        words = ["score", str(path), "--json", "-", *options]
        monkeypatch.setattr(sys, "argv", ["livekit-barge", *words])
        with pytest.raises(SystemExit):
            main()
        return json.loads(capsys.readouterr().out)

    return score


def test_livekit_s_recorder_may_put_the_channels_a_tenth_of_a_second_apart(card):
    found = card("WAV", "PCM_16", "--source", "livekit-agents")
    assert found["alignment_s"] == 0.1
    (overlap,) = found["overlaps"]
    assert 0.1 < overlap["uncertainty_s"] < 0.11


def test_linear_samples_blur_no_edge(card):
    found = card("WAV", "PCM_16", "--caller-channel", "0")
    assert (found["alignment_s"], found["edge_blur_s"], found["end_blur_s"]) == (None, 0.0, 0.0)


def test_opus_blurs_an_onset_by_half_a_frame_and_an_end_by_three(card):
    found = card("OGG", "OPUS", "--caller-channel", "0")
    assert (found["edge_blur_s"], found["end_blur_s"]) == (0.010, 0.060)
    (overlap,) = found["overlaps"]
    assert overlap["uncertainty_s"] >= math.hypot(0.010, 0.060)


def test_mp3_blurs_an_edge_by_a_granule(card):
    found = card("MP3", "MPEG_LAYER_III", "--caller-channel", "0")
    assert found["edge_blur_s"] == found["end_blur_s"] == 576 / RATE


class TestChannelsByAVendorsTimes:
    """Who is on which channel: by seconds of speech that agree with the vendor's transcript."""

    @staticmethod
    def channel(tmp_path: Path, agent_s: float, *, across_s: float = 0.0) -> int | None:
        """Channel 1 speaks for ``agent_s`` when the agent does, channel 0 for ``across_s``."""
        said = {"role": "bot", "message": "Hello", "secondsFromStart": 10.0, "duration": 20_000}
        path = tmp_path / "call.json"
        document = {"id": "c", "assistantId": "a", "artifact": {"messages": [said]}}
        path.write_text(json.dumps(document))
        channels = [Burst(10.0, 10.0 + across_s, -20.0)], [Burst(10.0, 10.0 + agent_s, -20.0)]
        guess = read_call_json(path).guess(channels)
        return None if guess is None else guess.caller_channel

    def test_two_seconds_that_agree_are_enough(self, tmp_path):
        assert self.channel(tmp_path, 2.0) == 0

    def test_less_than_two_seconds_are_not(self, tmp_path):
        assert self.channel(tmp_path, 1.9) is None

    def test_twice_as_much_as_agrees_the_other_way_round_is_clear(self, tmp_path):
        assert self.channel(tmp_path, 6.0, across_s=2.9) == 0

    def test_less_than_twice_as_much_is_not(self, tmp_path):
        assert self.channel(tmp_path, 6.0, across_s=3.1) is None


@pytest.mark.parametrize(("late_s", "words"), [(0.45, ["Stop"]), (0.55, [])])
def test_a_word_belongs_to_a_burst_within_half_a_second_of_it(tmp_path, late_s, words):
    said = {"role": "user", "message": "Stop", "secondsFromStart": 3.0 + late_s, "duration": 0.3}
    path = tmp_path / "call.json"
    document = {"id": "c", "assistantId": "a", "artifact": {"messages": [said]}}
    path.write_text(json.dumps(document))
    heard = read_call_json(path).transcripts([Burst(2.0, 3.0, -20.0)])
    assert [one.text for one in heard] == words
