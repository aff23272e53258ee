"""Coughs and the like: what Silero half takes for speech, and has no voice that lasts.

Silero is sure (0.8) of nearly every word at some moment, and of no cough of the corpus. Where it is
not, a voice is looked for: in windows of 40 ms, the strongest correlation with the sound of one
pitch period later (Boersma 1993 without its corrections). A cough's noise drowns its pitch.
"""

from __future__ import annotations

import numpy as np

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import Channel
from livekit_barge.hearing.levels import Powers
from livekit_barge.hearing.sounds.block import thinned, thinning

_WINDOW_S, _HOP_S = 0.04, 0.01
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 400.0
# So many windows in a row that are loud, within 20 dB of the loudest, must be this much alike. An
# "uh-huh", of which most is breath, has two, other unsure words more; recorded coughs have none.
_ALIKE, _IN_A_ROW, _LOUD = 0.88, 2, 0.01


def has_voice(samples: Float32, channel: Channel) -> bool:
    """Return whether a short sound has a pitch that lasts."""
    by = thinning(channel.rate, channel.frame)
    whole = samples[: len(samples) // by * by]  # a call's last frame may be short
    alike, powers = alikeness(thinned(whole, by), channel.rate / by)
    voiced = (alike >= _ALIKE) & (powers >= _LOUD * powers.max(initial=0.0))
    lasting = sum(voiced[n : len(voiced) - _IN_A_ROW + 1 + n].astype(int) for n in range(_IN_A_ROW))
    return bool(np.any(lasting == _IN_A_ROW))


def alikeness(samples: Float32, rate: float) -> tuple[Powers, Powers]:
    """Return each window's correlation with the sound one pitch period later, and its power."""
    size, hop = round(_WINDOW_S * rate), round(_HOP_S * rate)
    shortest, longest = round(rate / _HIGHEST_HZ), round(rate / _LOWEST_HZ)
    if len(samples) < size + longest:
        return np.zeros(0), np.zeros(0)
    every = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), size)
    begins = np.arange(0, len(every) - longest, hop)
    here = every[begins]
    energy = np.einsum("ij,ij->i", here, here)
    best = np.zeros(len(begins))
    for lag in range(shortest, longest + 1):
        later = every[begins + lag]
        both = energy * np.einsum("ij,ij->i", later, later)
        crossed = np.einsum("ij,ij->i", here, later)
        best = np.maximum(best, crossed / np.sqrt(np.maximum(both, 1e-30)))
    return best, energy / size
