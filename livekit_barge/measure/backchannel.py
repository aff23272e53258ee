"""Recognises backchannels, with which the caller only shows that they listen.

The label of the recording's maker decides if there is one, else the caller's words if there are
any, else their length.
"""

from __future__ import annotations

import re
from typing import Literal

from livekit_barge.measure.episodes import Episode
from livekit_barge.measure.limits import Limits


def is_backchannel(
    episode: Episode, words: str | None, limits: Limits, *, labelled: bool = False
) -> bool:
    """Return whether all words are on the list of ``limits.toml``, or the sound is that short.

    ``labelled``: the recording's maker labels it as one.
    """
    if labelled:
        return True
    if said := listening_words(words, limits):
        return said == "only"
    return sum(span.length_s for span in episode.spoken) <= limits.backchannel_max_s


def listening_words(words: str | None, limits: Limits) -> Literal["only", "more"] | None:
    """Return ``only`` if every word is a backchannel's, else ``more``; ``None``: no words came."""
    said = re.findall(r"[\w'-]+", (words or "").casefold())
    if not said:
        return None
    return "only" if all(word in limits.backchannels for word in said) else "more"


def why_backchannel(words: str | None, limits: Limits, *, labelled: bool = False) -> str:
    """Name the evidence that it is a backchannel."""
    if labelled:
        return "a backchannel by the vendor's label"
    return f"a backchannel by its {'words' if listening_words(words, limits) else 'length'}"
