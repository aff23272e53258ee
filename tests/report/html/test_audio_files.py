"""The audio beside a page."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from livekit_barge.report.html.audio_files import Tracks

RATE = 24_000
INT16 = np.random.default_rng(1).integers(-32_768, 32_768, (2, RATE), dtype=np.int16)


def written(folder, codec, rate=RATE):
    audio = INT16.astype(np.float32) / 32_768
    with Tracks(folder, rate, codec) as tracks:
        for begin in range(0, audio.shape[1], 7_000):
            tracks.add(audio[:, begin : begin + 7_000])
    return [folder / name for name in tracks.names]


def test_flac_holds_the_call_s_own_samples_a_side_a_file(tmp_path):
    for file, side in zip(written(tmp_path, "flac"), INT16, strict=True):
        samples, rate = soundfile.read(file, dtype="int16")
        assert rate == RATE
        assert np.array_equal(samples, side)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_opus_lasts_as_long_as_the_call_at_any_rate(tmp_path, rate):
    files = written(tmp_path, "opus", rate)
    assert [file.name for file in files] == ["caller.opus", "agent.opus"]
    for file in files:
        found = soundfile.info(file)
        # 20 ms: a frame of Opus is filled up
        assert found.frames / found.samplerate == pytest.approx(RATE / rate, abs=0.02)
