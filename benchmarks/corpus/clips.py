"""Recorded sounds that Debian packages ship: read where they are installed, copied nowhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from livekit_barge.call.audio import Float32

_SHARE = Path("/usr/share")


@dataclass(frozen=True)
class Clips:
    """Files of one kind in one package."""

    package: str
    what: str
    patterns: tuple[str, ...]
    """Under /usr/share."""
    without: tuple[str, ...] = ()
    """Names with one of these in them are left out."""

    def paths(self) -> list[Path]:
        """Those that are installed, each content once, in order."""
        found: dict[str, Path] = {}
        for pattern in self.patterns:
            for path in sorted(_SHARE.glob(pattern)):
                if not any(part in path.name for part in self.without):
                    found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
        return list(found.values())

    def read(self, rate: int) -> list[Float32]:
        """All of them, in mono, at one rate."""
        return [read(path, rate) for path in self.paths()]


def read(path: Path, rate: int) -> Float32:
    """A file in mono at ``rate``."""
    samples, found = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), found, rate), dtype=np.float32)


PEOPLE = {
    "prompts": Clips(
        "asterisk-core-sounds-en-wav",
        "telephone prompts by one woman, 8 kHz",
        ("asterisk/sounds/en_US_f_Allison/[a-z]*.wav",),
        without=("tone", "beep"),
    ),
}
"""Recorded speech."""

_VOICES = "games/hedgewars/Data/Sounds/voices"
NO_SPEECH = {
    "coughs": Clips("hedgewars-data", "actors who cough", (f"{_VOICES}/*/PoisonCough.ogg",)),
    "keys": Clips("bucklespring-data", "a keyboard's keys, down and up", ("buckle/wav/*.wav",)),
    "doors and knocks": Clips(
        "sonic-pi-samples",
        "a door, a till, snaps, bells and knocks",
        ("sonic-pi/samples/perc_*.flac",),
    ),
    "signals": Clips(
        "sound-theme-freedesktop",
        "a computer's and a telephone's signals",
        tuple(
            f"sounds/freedesktop/stereo/{name}*.oga"
            for name in (
                "alarm",
                "audio-volume",
                "bell",
                "camera",
                "complete",
                "device",
                "dialog",
                "message",
                "network",
                "phone",
                "power",
                "screen",
                "service",
                "suspend",
                "trash",
                "window",
            )
        ),
    ),
    "music on hold": Clips(
        "asterisk-moh-opsound-wav", "tracks, 60 s of each", ("asterisk/moh/*.wav",)
    ),
}
"""Recorded sounds that are none."""
