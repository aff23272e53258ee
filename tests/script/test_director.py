"""A clip without anything audible cannot be a line."""

import struct

import numpy as np
import pytest
import soundfile

from livekit_barge.errors import ScriptError
from livekit_barge.script.director import speech_of
from livekit_barge.script.script import CallerLine
from livekit_barge.stage.line_triggers import place_from

RATE = 48_000
TONE = 0.3 * np.sin(2 * np.pi * 150 * np.arange(RATE) / RATE)


def written(file, samples):
    soundfile.write(file, samples, RATE, subtype="FLOAT")
    return file


def heard(file):
    return speech_of(CallerLine(wav=file, at=place_from("in mid-word")), "joe")


@pytest.mark.parametrize(
    ("samples", "complaint"),
    [
        (TONE[:0], "nothing audible"),
        (TONE[50:51], "nothing audible"),
        (0 * TONE, "nothing audible"),
        (np.append(TONE, np.nan), "a sample is not a number"),
        (np.append(TONE, np.inf), "a sample is not a number"),
    ],
    ids=["empty", "one sample", "silent", "not a number", "infinite"],
)
def test_a_clip_with_nothing_to_hear_is_refused_by_its_name(tmp_path, samples, complaint):
    file = written(tmp_path / "clip.wav", samples)
    with pytest.raises(ScriptError, match=complaint) as raised:
        heard(file)
    assert raised.value.where == str(file)


@pytest.mark.parametrize("kept_s", [0.0, 0.5])
def test_a_clip_shorter_than_its_header_says_is_refused(tmp_path, kept_s):
    file = written(tmp_path / "clip.wav", TONE)
    whole = file.read_bytes()
    head = whole.index(b"data") + 8
    file.write_bytes(whole[: head + round(kept_s * RATE) * 4])
    with pytest.raises(ScriptError, match=rf"its header says 1 s, it holds {kept_s:g} s"):
        heard(file)


def test_a_clip_whose_writer_did_not_know_its_length_is_heard_to_its_end(tmp_path):
    file = written(tmp_path / "clip.wav", TONE)
    whole = file.read_bytes()
    size = whole.index(b"data") + 4
    file.write_bytes(whole[:size] + struct.pack("<I", 0xFFFFFFFF) + whole[size + 4 :])
    assert heard(file).duration_s == pytest.approx(1, abs=0.001)
