"""The outline that a page draws."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest

from livekit_barge.report.html.envelope import COARSE_FINE, COARSE_S, FINE_S, TILE_S, Outline, bins

RATE = 8_000
PER_BIN = 2  # samples in 0.25 ms at 8 kHz


def amplitudes(text: str) -> np.ndarray:
    """What a page makes of a text: shape ``(channel, least or greatest, bin)``, full scale 1.0."""
    values = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.int8).astype(float)
    return (np.sign(values) * (values / 127) ** 2).reshape(2, 2, -1)


def outlined(audio: np.ndarray, grain: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """The coarse bins and the tiles of audio that comes ``grain`` samples at a time."""
    tiles: list[np.ndarray] = []
    outline = Outline(RATE, lambda _, text: tiles.append(amplitudes(text)))
    for begin in range(0, audio.shape[1], grain):
        outline.add(audio[:, begin : begin + grain])
    coarse, count = outline.finish()
    assert count == len(tiles)
    return amplitudes(coarse), tiles


def test_a_click_is_in_its_bin_of_its_channel_and_in_no_other():
    audio = np.zeros((2, RATE), np.float32)
    audio[1, 4_001] = -0.5
    found = bins(audio, RATE)
    assert np.argwhere(found).tolist() == [[1, 0, 4_001 // PER_BIN]]


@pytest.mark.parametrize("amplitude", [1.0, 0.5, 0.01, -0.01, -1.0])
def test_loud_and_quiet_come_back_within_a_step_of_the_root(amplitude):
    audio = np.full((2, RATE), amplitude, np.float32)
    coarse, _ = outlined(audio, RATE)
    # Half a step of the root, 1/254, is worth 2·√a times that.
    assert coarse == pytest.approx(amplitude, abs=2 * abs(amplitude) ** 0.5 / 254 + 1e-4)


def test_a_coarse_bin_holds_the_extremes_of_its_fine_ones():
    audio = np.random.default_rng(1).uniform(-1, 1, (2, RATE)).astype(np.float32)
    coarse, [tile] = outlined(audio, RATE)
    first = tile[:, :, :COARSE_FINE]
    assert coarse[:, 0, 0].tolist() == first[:, 0].min(axis=1).tolist()
    assert coarse[:, 1, 0].tolist() == first[:, 1].max(axis=1).tolist()


def test_tiles_are_whole_and_the_last_one_holds_the_rest():
    seconds = 2 * TILE_S + 1.0
    audio = np.zeros((2, int(seconds * RATE)), np.float32)
    coarse, tiles = outlined(audio, 10 * RATE)
    assert [tile.shape[2] * FINE_S for tile in tiles] == [TILE_S, TILE_S, 1.0]
    assert coarse.shape[2] * COARSE_S == pytest.approx(seconds, abs=COARSE_S)


def test_how_the_audio_was_cut_does_not_matter():
    audio = np.random.default_rng(1).uniform(-1, 1, (2, 70 * RATE)).astype(np.float32)
    one, other = outlined(audio, RATE), outlined(audio, 12_345)
    assert np.array_equal(one[0], other[0])
    assert all(map(np.array_equal, one[1], other[1]))


def test_no_audio_is_no_bins():
    coarse, tiles = outlined(np.zeros((2, 0), np.float32), RATE)
    assert (coarse.shape, tiles) == ((2, 2, 0), [])


def test_a_rate_that_no_bin_divides_keeps_time():
    rate = 44_100
    audio = np.zeros((2, rate), np.float32)
    audio[0, rate // 2] = 1.0
    found = bins(audio, rate)
    assert found.shape[2] == 4_000
    assert np.argwhere(found)[:, 2].tolist() == [2_000]
