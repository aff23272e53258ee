"""Sounds that are no speech."""

import numpy as np
import pytest

from livekit_barge.stage.noises import SOUNDS, make_sound
from livekit_barge.stage.voices import ACTIVE_DBFS, SAMPLE_RATE


@pytest.mark.parametrize("name", SOUNDS)
class TestEach:
    def test_is_the_same_for_a_seed_and_another_for_another(self, name):
        one, other = make_sound(name, 1), make_sound(name, 2)
        make_sound.cache_clear()
        assert np.array_equal(make_sound(name, 1), one)
        assert not np.array_equal(one[:2_000], other[:2_000])

    def test_has_the_level_of_a_voice(self, name):
        for seed in range(5):
            frames = make_sound(name, seed).astype(float)
            frames = frames[: len(frames) // 480 * 480].reshape(-1, 480)
            power = (frames**2).mean(axis=1)
            active = power[power > power.max() / 1000].mean()
            assert 10 * np.log10(active / 32_768**2) == pytest.approx(ACTIVE_DBFS, abs=1.0)


def test_dtmf_has_one_tone_of_each_group():
    clip = make_sound("dtmf", 4)[: SAMPLE_RATE // 10].astype(float)
    spectrum = np.abs(np.fft.rfft(clip * np.hanning(len(clip)), 8 * len(clip)))
    hz = np.fft.rfftfreq(8 * len(clip), 1 / SAMPLE_RATE)
    low = hz[spectrum * (hz < 1_000) == (spectrum * (hz < 1_000)).max()][0]
    high = hz[spectrum * (hz > 1_000) == (spectrum * (hz > 1_000)).max()][0]
    assert min(abs(low - f) for f in (697, 770, 852, 941)) < 5
    assert min(abs(high - f) for f in (1209, 1336, 1477)) < 5
