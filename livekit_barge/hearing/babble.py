"""Voices behind the talker: a background that Silero hears as speech.

Between sentences a channel's background is what it carries there. Where others talk behind, Silero
hears the nearest of them, in the pauses too, so that hardly a pause is left to take the background
from. It is then taken from what stays under the talker's level for longer than any part of a word,
heard as speech or not; what is louder than nearly all of that is the talker.
"""

from __future__ import annotations

import numpy as np

from livekit_barge.hearing.edges import AUDIBLE_MARGIN_DB, runs
from livekit_barge.hearing.levels import NOISE_MOST_DB, Background, Powers, quantiles

# How much is looked at before an island, and of levels of 50 ms how many must be under it.
CROWD_S, _LEAST = 10.0, 40
# They stay 4 dB under the talker's active level for 0.4 s; the first and the last may be a word's.
_UNDER_DB, _LASTS, _TRIM = 4.0, 8, 1
# A word that fades out to a quiet line falls further than this under its talker. So do the gaps of
# a far crowd, most of which sounds above the margin D; but those are not as far under its middle as
# the silence in which a hum or a tune began.
_FADED_DB, _MOSTLY, _HEARD_DB = AUDIBLE_MARGIN_DB + 3.0, 0.25, AUDIBLE_MARGIN_DB + 1.0
_GAPS_DB = 12.0
# One level in ten of a crowd is this far under their middle; of steady noise, half a dB.
_LIVELY_DB = 1.5
# What the talker must exceed: nearly all of the levels and what 10 ms have more, or as far above
# their middle as twice the lowest tenth is below it, where the louder half may be cut off.
_TOP, _MORE_DB, _MIRRORED = 0.95, 2.0, 2.0


def crowd(levels_db: Powers, talker_db: float) -> Background | None:
    """The background that a crowd makes, from levels of 50 ms; ``None``: there is no crowd."""
    lasting = [
        levels_db[begin + _TRIM : end - _TRIM]
        for begin, end in runs(levels_db < talker_db - _UNDER_DB)
        if end - begin >= _LASTS
    ]
    behind = np.concatenate(lasting) if lasting else np.zeros(0)
    if behind.size < _LEAST:
        return None
    low, quiet, middle, high = quantiles(behind, 0.1, _MOSTLY, 0.5, _TOP).tolist()
    if low < talker_db - _FADED_DB and (quiet < talker_db - _HEARD_DB or low < middle - _GAPS_DB):
        return None
    # What is under the margin is not heard, and counts as if it were on it.
    low = max(low, talker_db - AUDIBLE_MARGIN_DB)
    if middle - low < _LIVELY_DB:
        return None
    top_db = max(high + _MORE_DB, middle + _MIRRORED * (middle - low))
    return Background(top_db - NOISE_MOST_DB, NOISE_MOST_DB / 4)
