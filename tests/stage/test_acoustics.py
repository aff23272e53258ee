"""The microphone's surroundings, sample by sample."""

import numpy as np
import pytest

from livekit_barge.stage.acoustics import Air, PhoneLine
from livekit_barge.stage.playout import HeardAudio
from livekit_barge.stage.surroundings import Echo, Noise, Phone, Surroundings
from livekit_barge.stage.voices import ACTIVE_DBFS, SAMPLE_RATE

FRAME = SAMPLE_RATE // 20
SECOND = np.random.default_rng(0).integers(-9_000, 9_000, SAMPLE_RATE).astype(np.int16)


def dbfs(samples):
    return 20 * np.log10(np.sqrt((samples.astype(float) ** 2).mean()) / 32_768)


def tone(hz, seconds=1.0):
    at_s = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.rint(8_000 * np.sin(2 * np.pi * hz * at_s)).astype(np.int16)


class TestEcho:
    def of(self, **fields):
        air = Air(Surroundings(echo=Echo(**fields)))
        frames = range(0, 2 * SAMPLE_RATE, FRAME)
        return np.concatenate(
            [air.between(first, first + FRAME, [HeardAudio(0, SECOND)])[0] for first in frames]
        )

    def test_it_comes_after_its_delay_and_so_much_lower(self):
        came = self.of(level_db=-20, delay_s=0.1)
        delay = SAMPLE_RATE // 10
        assert not came[:delay].any()
        assert np.abs(came[delay : delay + SAMPLE_RATE] - SECOND / 10).max() <= 0.5

    def test_a_canceller_that_has_converged_leaves_nothing(self):
        came = self.of(level_db=-20, delay_s=0.1, for_s=0.5)
        assert came[SAMPLE_RATE // 10 : SAMPLE_RATE * 6 // 10].any()
        assert not came[SAMPLE_RATE * 6 // 10 :].any()


class TestNoise:
    @pytest.mark.parametrize("kind", ["white", "traffic", "keyboard", "music"])
    def test_it_lies_so_far_below_a_voice(self, kind):
        air = Air(Surroundings(noise=Noise(kind=kind, snr_db=12), seed=5))
        (bed,) = air.between(0, 12 * SAMPLE_RATE, [])
        assert dbfs(bed) == pytest.approx(ACTIVE_DBFS - 12, abs=0.1)

    def test_it_does_not_depend_on_the_frames(self):
        whole, cut = (Air(Surroundings(noise=Noise(snr_db=12), seed=5)) for _ in range(2))
        pieces = [cut.between(first, first + FRAME, [])[0] for first in range(0, 4 * FRAME, FRAME)]
        assert np.array_equal(whole.between(0, 4 * FRAME, [])[0], np.concatenate(pieces))


class TestPhone:
    @pytest.mark.parametrize(("hz", "passes"), [(100, False), (1_000, True), (5_000, False)])
    def test_only_its_band_passes(self, hz, passes):
        lost_db = dbfs(tone(hz)) - dbfs(PhoneLine(Phone(), 0)(tone(hz))[2_400:])
        assert lost_db < 1.5 if passes else lost_db > 15

    def test_it_does_not_depend_on_the_frames(self):
        line, whole = PhoneLine(Phone(loss=0.2), 3), PhoneLine(Phone(loss=0.2), 3)
        pieces = [line(piece) for piece in np.split(SECOND, [100, 1_300, 7_001])]
        assert np.array_equal(np.concatenate(pieces), whole(SECOND))

    def test_its_code_has_256_values(self):
        from livekit_barge.stage.acoustics import _mu_law

        every = np.arange(-32_768, 32_768).astype(float)
        assert len(np.unique(_mu_law(every))) == 255  # as G.711: two of them are zero

    def test_so_many_packets_are_lost(self):
        from livekit_barge.stage.acoustics import _Loss

        loss, lost = _Loss(0.05, 1), 0
        for _ in range(20_000):
            loss(np.ones(160))
            lost += loss._lost
        assert lost / 20_000 == pytest.approx(0.05, abs=0.01)
