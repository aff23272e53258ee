"""A backchannel: the caller only shows that they listen. Told by the label of the system that made
the recording if it gave one, else by their words if there are any, else by their length."""

from __future__ import annotations

import re
from typing import Literal

from livekit_barge.measure.episodes import Episode
from livekit_barge.measure.thresholds import Thresholds


def is_backchannel(
    episode: Episode, words: str | None, limits: Thresholds, *, labelled: bool = False
) -> bool:
    """Whether all words are on the list of ``limits.toml``, or what was said is that short.

    ``labelled``: the recording's maker says that it is one.
    """
    if labelled:
        return True
    if said := listening_words(words, limits):
        return said == "only"
    return sum(span.length_s for span in episode.spoken) <= limits.backchannel_max_s


def listening_words(words: str | None, limits: Thresholds) -> Literal["only", "more"] | None:
    """``only``: every word is a backchannel's; ``more``: not; ``None``: no words were heard."""
    said = re.findall(r"[\w'-]+", (words or "").casefold())
    if not said:
        return None
    return "only" if all(word in limits.backchannels for word in said) else "more"


def why_backchannel(words: str | None, limits: Thresholds, *, labelled: bool = False) -> str:
    """By what it was taken for one."""
    if labelled:
        return "a backchannel by the vendor's label"
    return f"a backchannel by its {'words' if listening_words(words, limits) else 'length'}"
