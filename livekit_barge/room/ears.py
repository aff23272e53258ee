"""Cuts what a caller in a room hears of the agent into speeches, by silence.

Counted in samples of the caller's own track: sample *n* is heard while sample *n* of the track
leaves.
"""

from __future__ import annotations

import numpy as np

from livekit_barge.stage.playout import AudioPosition, HeardAudio
from livekit_barge.stage.spoken_output import AgentSpeech
from livekit_barge.stage.track import FULL_SCALE, Pcm

AUDIBLE_MEAN_DBFS = -45.0
"""A frame's mean level: above a line's noise, below the quietest part of a word that matters."""
OVER_AFTER_S = 0.5
"""A speech is over when it has been silent for so long: longer than the pause between sentences."""
GOES_ON_S = 0.2
"""The longest gap within a speech: an agent audible more recently is still speaking."""


class Ears:
    """Hears frames as they arrive, and answers the director as a line's output does.

    The microphone is filled ahead, so a place is looked for in time that has not been heard yet:
    :meth:`heard_since` takes it that an agent who speaks now goes on.
    """

    def __init__(self, sample_rate: int, frame_samples: int) -> None:
        self.speeches: list[AgentSpeech] = []
        self._rate = sample_rate
        self._ahead = np.zeros(frame_samples, np.int16)
        self._began = 0
        """The sample at which the latest speech became audible."""
        self._audible_to = 0
        """The sample after its last audible frame so far."""
        self._heard_to = 0

    def hear(self, samples: Pcm, end: int) -> None:
        """The next frame; ``end`` is the sample after its last."""
        if is_audible(samples):
            if self.silent_for(OVER_AFTER_S):
                self._began = end - len(samples)
                self.speeches.append(AgentSpeech(len(self.speeches), self._rate, audible_start=0))
            self._audible_to = end
        self._heard_to = end

    def silent_for(self, seconds: float) -> bool:
        """Tell if the agent has not been audible for so long, or ever."""
        return not self.speeches or self._heard_to - self._audible_to >= seconds * self._rate

    def heard_since(self, sample: int) -> list[tuple[AgentSpeech, HeardAudio]]:
        """Take what is heard while the frame that begins with ``sample`` leaves."""
        if self.silent_for(GOES_ON_S):
            return []
        speech = self.speeches[-1]
        offset = max(sample - self._began, 0)
        return [(speech, HeardAudio(sample, self._ahead, AudioPosition(speech.number, offset)))]

    def done_at(self) -> int | None:
        """Return the sample after the latest speech's last audible one, if it is over."""
        return self._audible_to if self.speeches and self.silent_for(OVER_AFTER_S) else None


def is_audible(samples: Pcm) -> bool:
    """Tell if a frame's level is over :data:`AUDIBLE_MEAN_DBFS`."""
    power = float(np.mean((samples / FULL_SCALE) ** 2)) if len(samples) else 0.0
    return power > 10 ** (AUDIBLE_MEAN_DBFS / 10)
