"""The models' delays as distributions: a :class:`~.models.Timing` for each call, by its seed.

The medians are those of :class:`~.models.Timing`, which says where each comes from. Each delay is
log-normal about its median, since a service has a least delay and a long tail. How wide is an
assumption, told here as the 95th percentile over the median: vendors publish medians at best.

| delay | p95 / median | why so |
|---|---|---|
| ``stt_interim_s`` | 1.6 | interims come in steps of 0.1 to 0.2 s: a step more or less |
| ``stt_final_s`` | 2.5 | where an utterance ends is a guess, late when the voice trails off |
| ``llm_first_token_s`` | 2.4 | a queue before a shared model |
| ``llm_word_s`` | 1.5 | once it runs, it runs evenly |
| ``tts_first_byte_s`` | 1.8 | a shorter queue, and the way there and back |
| ``tts_speed`` | 2.0 | twice to eight times the audio's own pace |

Whoever knows their own providers' measures those, and makes a :class:`TimingSpread` of them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from livekit_barge.stage.models import Timing

# The standard normal's 95 %: what lies below it is 95 in 100.
_Z95 = 1.644854

P95_OVER_MEDIAN: Mapping[str, float] = MappingProxyType(
    {
        "stt_interim_s": 1.6,
        "stt_final_s": 2.5,
        "llm_first_token_s": 2.4,
        "llm_word_s": 1.5,
        "tts_first_byte_s": 1.8,
        "tts_speed": 2.0,
    }
)


@dataclass(frozen=True, kw_only=True)
class TimingSpread:
    """Draws the delays of a call's models."""

    median: Timing = field(default_factory=Timing)
    p95_over_median: Mapping[str, float] = field(default_factory=lambda: P95_OVER_MEDIAN)
    """1: that delay does not vary; so does one that is not named."""

    def draw(self, seed: int) -> Timing:
        """Return the timing of the call with this seed: always the same."""
        rng = np.random.default_rng((seed, *b"timing"))
        drawn: dict[str, Any] = {}
        for name in P95_OVER_MEDIAN:  # in one order, whatever is asked for
            chance = float(rng.standard_normal())
            sigma = math.log(self.p95_over_median.get(name, 1.0)) / _Z95
            drawn[name] = round(getattr(self.median, name) * math.exp(sigma * chance), 4)
        return dataclasses.replace(self.median, **drawn)


FIXED = TimingSpread(p95_over_median={})
"""Each call has the medians."""
