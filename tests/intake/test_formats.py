"""Every format of a recording gives the same score, within what its codec may do to an edge."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from livekit_barge.intake.decode import decode, probe
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from tests.intake.made import ONSET_S, SILENT_S, made_call, write, write_m4a

ORDER = ScoreOptions.of(caller_channel=0)

EXACT = [
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "PCM_32"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("WAVEX", "PCM_16"),
    ("RF64", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("FLAC", "PCM_24"),
]
COARSE = [("WAV", "PCM_U8"), ("WAV", "ULAW"), ("WAV", "ALAW"), ("WAV", "IMA_ADPCM")]
CODED = [("OGG", "OPUS"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")]


def the_overlap(path):
    card = score(path, ORDER)
    [overlap] = card.overlaps
    assert overlap.outcome == "yielded"
    return card, overlap


@pytest.mark.parametrize(("kind", "subtype"), EXACT)
def test_linear_samples_date_both_edges_to_3_ms(tmp_path, kind, subtype):
    path = write(tmp_path / "call", made_call(16_000), 16_000, kind, subtype)
    _, overlap = the_overlap(path)
    assert overlap.onset_s == pytest.approx(ONSET_S, abs=0.003)
    assert overlap.silent_s == pytest.approx(SILENT_S, abs=0.003)


@pytest.mark.parametrize(("kind", "subtype"), COARSE + CODED)
@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_codecs_are_off_by_no_more_than_is_said(tmp_path, kind, subtype, rate):
    card, overlap = the_overlap(write(tmp_path / "call", made_call(rate), rate, kind, subtype))
    error_s = abs(overlap.time_to_yield_s - (SILENT_S - ONSET_S))
    assert error_s <= card.uncertainty_s(overlap) + 0.002


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_m4a_too(tmp_path, rate):
    card, overlap = the_overlap(write_m4a(tmp_path / "call", made_call(rate), rate))
    assert card.codec == "aac"
    error_s = abs(overlap.time_to_yield_s - (SILENT_S - ONSET_S))
    assert error_s <= card.uncertainty_s(overlap) + 0.002


def test_opus_is_the_same_in_blocks_of_any_length(tmp_path):
    """Also in such as are shorter than a frame, 20 ms, and no multiple of one."""
    path = write(tmp_path / "call", made_call(48_000), 48_000, "OGG", "OPUS")
    found = probe(path)
    at_once = np.concatenate([*decode(path, found)], axis=1)
    for block_s in (0.013, 0.05):
        assert np.array_equal(np.concatenate([*decode(path, found, block_s)], axis=1), at_once)


@pytest.mark.parametrize("kind", ["PCM_16", "PCM_24", "PCM_32", "PCM_U8", "ULAW", "ALAW"])
def test_integers_stay_within_the_scale_that_they_are_trusted_to_keep(tmp_path, kind):
    path = write(tmp_path / "call", np.tile([[2.0], [-2.0]], 8_000).T, 8_000, "WAV", kind)
    found = probe(path)
    assert found.within_scale
    assert max(np.abs(block).max() for block in decode(path, found)) <= 1.0


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_any_rate_from_8_to_48_khz(tmp_path, rate):
    _, overlap = the_overlap(write(tmp_path / "call", made_call(rate), rate, "WAV", "PCM_16"))
    assert overlap.time_to_yield_s == pytest.approx(SILENT_S - ONSET_S, abs=0.005)


@pytest.mark.parametrize("name", ["call", "call.mp3", "call.raw", "call.txt", "a call\n.ogg"])
def test_the_content_counts_and_not_the_name(tmp_path, name):
    card, _ = the_overlap(write(tmp_path / name, made_call(16_000), 16_000, "WAV", "PCM_16"))
    assert card.codec == "wav/pcm_16"


def test_a_wav_from_a_pipe_that_does_not_know_its_length(tmp_path):
    path = write(tmp_path / "call.wav", made_call(16_000), 16_000, "WAV", "PCM_16")
    head = bytearray(path.read_bytes())
    for at in (4, head.index(b"data") + 4):
        head[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(head)
    the_overlap(path)


def test_a_wav_is_scored_without_livekit_and_without_ffmpeg(tmp_path):
    path = write(tmp_path / "call.wav", made_call(16_000), 16_000, "WAV", "PCM_16")
    code = (
        "import sys; from pathlib import Path; "
        "from livekit_barge.intake.score_options import ScoreOptions; "
        "from livekit_barge.intake.scoring import score; "
        f"score(Path({str(path)!r}), ScoreOptions.of(caller_channel=0)); "
        "assert not {'livekit', 'av', 'onnxruntime'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
