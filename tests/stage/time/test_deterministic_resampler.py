"""In virtual time LiveKit's resampler gives the same samples each time, and nearly LiveKit's."""

import threading

import numpy as np
import pytest
from livekit import rtc

from livekit_barge.stage.time import deterministic_resampler as undithered_module
from livekit_barge.stage.time.deterministic_resampler import undithered

NOISE = (np.random.default_rng(1).standard_normal(24_000) * 2_000).astype(np.int16)
QUICK = rtc.AudioResamplerQuality.QUICK


def resampled(resampler, frame, channels=1):
    frames = []
    for at in range(0, len(NOISE), frame * channels):
        piece = NOISE[at : at + frame * channels]
        frames.append(
            resampler.push(
                rtc.AudioFrame(piece.tobytes(), 24_000, channels, len(piece) // channels)
            )
        )
    frames.append(resampler.flush())
    return [sum(f.samples_per_channel for f in some) for some in frames], np.concatenate(
        [np.frombuffer(f.data, np.int16) for some in frames for f in some]
    )


@pytest.mark.parametrize("frame", [480, 1_200])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("quality", [QUICK, rtc.AudioResamplerQuality.MEDIUM])
def test_it_gives_within_two_steps_what_livekit_s_gives_at_the_same_times(frame, channels, quality):
    options = {"num_channels": channels, "quality": quality}
    counts, samples = resampled(rtc.AudioResampler(24_000, 16_000, **options), frame, channels)
    with undithered():
        ours = resampled(rtc.AudioResampler(24_000, 16_000, **options), frame, channels)
    assert ours[0] == counts
    assert np.abs(ours[1].astype(int) - samples).max() <= 2


def test_it_gives_the_same_each_time():
    with undithered():
        one, other = (
            resampled(rtc.AudioResampler(24_000, 16_000, quality=QUICK), 480)[1] for _ in range(2)
        )
    assert np.array_equal(one, other)


def test_other_threads_and_what_comes_after_have_livekit_s():
    made = []
    with undithered():
        thread = threading.Thread(target=lambda: made.append(rtc.AudioResampler(24_000, 16_000)))
        thread.start()
        thread.join()
    assert made[0]._stream is None
    assert not hasattr(rtc.AudioResampler(24_000, 16_000), "_stream")


def test_what_one_has_resampled_another_need_not_and_gives_the_same_also_where_they_part(
    monkeypatch,
):
    pieces = [NOISE[at : at + 480] for at in range(0, 4_800, 480)]
    parting = pieces[:6] + pieces[2:5]

    def given(audio):
        resampler = rtc.AudioResampler(24_000, 16_000, quality=QUICK)
        frames = [resampler.push(bytearray(piece.tobytes())) for piece in audio]
        return [bytes(frame.data) for some in [*frames, resampler.flush()] for frame in some]

    with undithered():
        alone = given(parting)
    with undithered():
        given(pieces)
        heard = []
        resampled_by = undithered_module._Undithered._resampled
        monkeypatch.setattr(
            undithered_module._Undithered,
            "_resampled",
            lambda self, pcm, **last: heard.append(pcm) or resampled_by(self, pcm, **last),
        )
        resampler = rtc.AudioResampler(24_000, 16_000, quality=QUICK)
        for piece in pieces:
            resampler.push(bytearray(piece.tobytes()))
        assert not heard
        assert given(parting) == alone
