"""Finds one channel's named sounds, as the audio comes: a step at a time, each 0.5 s.

Most steps cost a few levels. The sound itself is looked at only where the levels ask for it: where
they are steady (tones), or do not pause (music), or are zero (loss).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livekit_barge.call.audio import Float32
from livekit_barge.hearing.channel import Channel
from livekit_barge.hearing.levels import Powers
from livekit_barge.hearing.sounds.background import LineBackground
from livekit_barge.hearing.sounds.block import STEP_FRAMES, Block
from livekit_barge.hearing.sounds.dtmf import Dtmf
from livekit_barge.hearing.sounds.loss import ZERO, Loss
from livekit_barge.hearing.sounds.music import Music
from livekit_barge.hearing.sounds.sound import Kind, Sound, covered_s, joined
from livekit_barge.hearing.sounds.tones import Tones
from livekit_barge.hearing.span import Span

# A tone fades in and out beyond the windows that it fills.
_FADE_S: dict[Kind, float] = {"dtmf": 0.02, "tone": 0.1, "ringback": 0.1}
# Speech that is heard up to a tone continues into it: the gap between them is less than this.
_HIDES_S = 0.02
# This many frames at full scale in half a second are not chance.
_CLIPPED_LEAST = 3
# Losses are reported in frames, and the bursts beside them are dated by levels of this length.
_LOST_SLACK_S = 0.01
# Sounds of a kind this close are one.
_JOIN_S: dict[Kind, float] = {"clipping": 1.0, "music": 2.0, "hum": 30.0}
_ALSO: tuple[tuple[Kind, tuple[Kind, ...]], ...] = (
    ("cough", ("dtmf", "tone", "ringback", "music", "hum")),
    ("tone", ("dtmf", "music")),
    ("comfort_noise", ("dtmf", "tone", "ringback", "music", "hum")),
)
# Sounds that Silero may take for speech. A burst of which this share is such a sound is not speech;
# the sound's softness is judged over the seconds before.
_LIKE_SPEECH: tuple[Kind, ...] = ("music", "hum")
_MOSTLY, _BEFORE_S = 0.5, 10.0


class SoundFinder:
    """The named sounds of one channel: ``hear`` after each step that the channel was given."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._dtmf, self._tones = Dtmf(channel), Tones(channel)
        self._music, self._loss, self._background = Music(channel), Loss(channel), LineBackground()
        self._found: list[Sound] = []
        self._recent: list[Sound] = []
        """Those that a burst still to come may meet."""

    @property
    def decided_s(self) -> float:
        """Before this nothing will turn out to have been music."""
        return self._music.decided_s

    def hear(self, samples: Float32) -> None:
        """The samples that the channel was given last: whole steps, or the call's end."""
        block = Block.of(self._channel, samples)
        tones = [*self._dtmf.hear(block), *self._tones.hear(block)]
        more = [*tones, *self._dtmf.open(), *self._tones.open()]
        ended = [*tones, *self._loss.hear(block), *self._music.hear(block, more)]
        self._background.hear(block)
        self._found += ended + self._clipped(block)
        self._recent += ended

    def _clipped(self, block: Block) -> list[Sound]:
        """The steps with frames at full scale."""
        if not self._channel.clipped(block.first, block.first + block.powers.size):
            return []
        steps = range(0, block.powers.size, STEP_FRAMES)
        return [
            Sound("clipping", block.at_s(at), block.at_s(at + STEP_FRAMES))
            for at in steps
            if self._channel.clipped(block.first + at, block.first + at + STEP_FRAMES)
            >= _CLIPPED_LEAST
        ]

    def coughed(self, begin_s: float, end_s: float) -> None:
        """Record a cough: Silero half heard speech there, and it has no voice."""
        self._found.append(Sound("cough", begin_s, end_s))

    def silent_between(self, end_s: float, begin_s: float) -> None:
        """Nobody spoke there."""
        self._background.between(end_s, begin_s)

    def levels_db(self, begin_s: float, end_s: float) -> Powers:
        """The 50 ms levels of a stretch that a burst still to come may meet, or of 10 s before."""
        return self._background.levels_db(begin_s, end_s)

    def finish(self) -> None:
        """No more audio comes."""
        self._found += [*self._dtmf.finish(), *self._tones.finish()]

    def found(self) -> list[Sound]:
        """All so far, in order; those of a kind that are close together as one."""
        every = _named_once([*self._found, *self._background.found()])
        kinds = sorted({sound.kind for sound in every})
        return sorted(
            (
                sound
                for kind in kinds
                for sound in joined((s for s in every if s.kind == kind), _JOIN_S.get(kind, 0.0))
            ),
            key=lambda sound: (sound.start_s, sound.kind),
        )

    def tones(self, first: int, count: int) -> npt.NDArray[np.bool_]:
        """Mark which of ``count`` frames from ``first`` on are a tone and not speech."""
        marks = np.zeros(count, dtype=np.bool_)
        begin_s = self._channel.seconds(first)
        for tone in self._faded_tones(begin_s):
            begin, end = (
                round(max(at_s - begin_s, 0.0) * self._channel.rate / self._channel.frame)
                for at_s in tone
            )
            marks[begin:end] = True
        return marks

    def hidden_by_tones_s(self, onset_s: float, end_s: float) -> tuple[float, float]:
        """Return how much earlier a burst may begin, and later end, inside a tone beside it.

        Speech that is heard up to a tone, or from its end on, may reach into it.
        """
        before_s = after_s = 0.0
        for begin_s, stop_s in self._faded_tones(onset_s - _HIDES_S):
            if begin_s < onset_s <= stop_s + _HIDES_S:
                before_s = max(before_s, onset_s - begin_s)
            if begin_s - _HIDES_S <= end_s < stop_s:
                after_s = max(after_s, stop_s - end_s)
        return before_s, after_s

    def _faded_tones(self, after_s: float) -> list[Span]:
        """The tones that end after a moment, as far as they can be heard."""
        tones = (*self._recent, *self._dtmf.open(), *self._tones.open())
        # A key is a tone as well, and known better than that.
        return [
            Span(sound.start_s - fade_s, sound.end_s + fade_s)
            for sound in _named_once([sound for sound in tones if sound.kind in _FADE_S])
            if sound.end_s + (fade_s := _FADE_S[sound.kind]) > after_s
        ]

    def is_music(self, begin_s: float, end_s: float, level_dbfs: float) -> bool:
        """Return whether a burst is mostly music or hum, with no speech over it."""
        return any(self._is(kind, begin_s, end_s, level_dbfs) for kind in _LIKE_SPEECH)

    def _is(self, kind: Kind, begin_s: float, end_s: float, level_dbfs: float) -> bool:
        sounds = joined((s for s in self._recent if s.kind == kind), 0.0)
        if covered_s(sounds, begin_s, end_s) <= _MOSTLY * (end_s - begin_s):
            return False
        since_s = next(s.start_s for s in sounds if s.end_s > begin_s)
        levels_db = self._background.levels_db(max(since_s, begin_s - _BEFORE_S), end_s)
        return not self._music.is_spoken_over(kind, begin_s, end_s, level_dbfs, levels_db)

    def may_be_lost_at(self, at_s: float) -> bool:
        """Return whether a moment is followed by digital silence, from the second frame on."""
        frame = self._channel.frame_at(at_s) + 2
        powers = self._channel.powers(frame, frame + 1)
        return bool(powers.size and powers[0] <= ZERO)

    def lost_between(self, begin_s: float, end_s: float) -> bool:
        """Return whether a gap consists of lost packets alone."""
        return any(
            sound.kind == "packet_loss"
            and sound.start_s <= begin_s + _LOST_SLACK_S
            and sound.end_s >= end_s - _LOST_SLACK_S
            for sound in self._recent
        )

    def forget(self, before_s: float) -> None:
        """Nothing before this is asked for any more, but for the background of a minute."""
        self._background.forget(before_s)
        self._music.forget(before_s)
        self._recent = [sound for sound in self._recent if sound.end_s > before_s]


def _named_once(sounds: list[Sound]) -> list[Sound]:
    """Without what is a sound of another name as well: a digit is a tone, and music has tones."""
    kept = sounds
    for kind, others in _ALSO:
        named = [sound for sound in sounds if sound.kind in others]
        kept = [
            sound
            for sound in kept
            if sound.kind != kind
            or not any(one.start_s < sound.end_s and one.end_s > sound.start_s for one in named)
        ]
    return kept
