"""Warnings about named sounds, to read before trusting a scorecard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from livekit_barge.hearing.sounds.sound import Kind, Sound
from livekit_barge.measure.scorecard import Caveat

# What each is called, and what to do about it.
_TOLD: dict[Kind, tuple[str, str]] = {
    "dtmf": ("DTMF digits", "none is needed: digits are not scored as speech"),
    "ringback": ("ringback", "record from the answer on"),
    "tone": ("steady tones", "none is needed: tones are not scored as speech"),
    "music": ("music", "leave the time on hold out: soft speech under music is lost"),
    "hum": ("mains hum", "look at the grounding of this side"),
    "cough": ("sounds like a cough", "listen: a faint word without a voice would be lost, too"),
    "comfort_noise": ("noise that is switched on and off", "turn comfort noise off"),
    "clipping": ("clipping", "lower the recording level"),
    "agc": ("a gain that follows the talker", "record without automatic gain control"),
    "packet_loss": ("audio missing in or beside a sound", "look at the network of this side"),
}
_PLACES_MOST = 3


def caveats(sides: Iterable[tuple[str, Sequence[Sound]]]) -> Iterator[Caveat]:
    """One for each kind on each side, ``("caller", its sounds)``: how many, and where."""
    for side, sounds in sides:
        for kind, (name, remedy) in _TOLD.items():
            found = [sound for sound in sounds if sound.kind == kind]
            if found:
                times = "once" if len(found) == 1 else f"{len(found)} times"
                text = f"{name} on the {side}'s channel, {times}: {_places(found)}"
                yield Caveat(kind, text, remedy)


def _places(sounds: Sequence[Sound]) -> str:
    """``at 12.30 s (5), 13.10 s (9), …``"""
    shown = [
        f"{sound.start_s:.2f} s" + (f" ({sound.detail})" if sound.detail else "")
        for sound in sounds[:_PLACES_MOST]
    ]
    return "at " + ", ".join(shown) + (", …" if len(sounds) > _PLACES_MOST else "")
