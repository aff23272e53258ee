"""Who speaks in the corpus: voices of the stage, test voices where installed, recorded people.

Piper's ``joe`` and its variants come with the extra ``bench``. Debian's flite and espeak-ng are
test tools: where they are missing their talkers are, too. Recorded people come out of Debian
packages (:mod:`benchmarks.corpus.clips`), a clip a sentence.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from benchmarks.corpus.clips import PEOPLE, Clips, read
from livekit_barge.call.audio import Float32, to_float
from livekit_barge.stage.voices import SAMPLE_RATE, VOICES

RATE = SAMPLE_RATE

SENTENCES = {
    "tuning": (
        "Stop.", "Hello?", "Wait a second.", "She sells them.", "How much is that?", "Fine.",
        "I need help.", "Sorry, what?", "That is not right.", "Five, six, seven.", "Thanks a lot.",
        "Half past four.", "Check the address.", "No way.", "Please go on.", "Who is this?",
        "Hold on.", "Yes.", "Excuse me.", "Just a moment.", "Can you repeat that?", "Speak slower.",
        "Hm, okay.", "My name is Susan.", "Forty three fifty.", "This is the first.", "Perhaps.",
        "Let me think.", "He has left.", "Which office?", "Good morning.", "Twelve o'clock.",
    ),
    "figures": (
        "Go ahead.", "Not really.", "What about Friday?", "I would like to cancel.", "Sure thing.",
        "Could you check?", "It was yesterday.", "Seventeen.", "Uh, never mind.", "Please stop.",
        "Her phone is broken.", "The second one.", "Okay then.", "Fourteen Oak Street.", "Why not?",
        "Hang on a minute.", "Send it by mail.", "I already paid.", "That sounds good.", "Ask her.",
        "Is anyone there?", "Change the date.", "Exactly.", "Let us talk about price.",
        "How about Sunday?", "She said so.", "Hundreds of them.", "So what?", "He hung up.",
        "Several times.",
    ),
}  # fmt: skip
"""A good part of them begins softly, with /h/, /s/ or /sh/."""


@dataclass(frozen=True)
class Talker:
    """One voice of a part of the corpus."""

    name: str
    tool: str
    """``piper``, ``flite``, ``espeak-ng`` or ``recorded``."""
    voice: str

    def says(self, part: str, *, soft: bool = False) -> list[Float32]:
        """What it says there, with its natural edges, at :data:`RATE`; or what begins softly."""
        if self.tool == "recorded":
            return [] if soft else _recorded(self.voice, part)
        texts = [text for text in SENTENCES[part] if not soft or text[0] in "HS"]
        return [_say(self.tool, self.voice, text) for text in texts]


_TALKERS = {
    "tuning": (
        Talker("joe-low", "piper", "joe-low"),
        Talker("joe", "piper", "joe"),
        Talker("flite rms", "flite", "rms"),
        Talker("espeak-ng en-us", "espeak-ng", "en-us"),
        Talker("recorded prompts", "recorded", "prompts"),
    ),
    "figures": (
        Talker("joe-high", "piper", "joe-high"),
        Talker("joe", "piper", "joe"),
        Talker("flite slt", "flite", "slt"),
        Talker("flite awb", "flite", "awb"),
        Talker("espeak-ng en-gb+f3", "espeak-ng", "en-gb+f3"),
        Talker("recorded prompts", "recorded", "prompts"),
    ),
}


def talkers(part: str) -> list[Talker]:
    """Those of a part that are installed here."""
    return [talker for talker in _TALKERS[part] if _is_there(talker)]


def missing(part: str) -> list[str]:
    """What to install for the talkers of a part that are not there."""
    absent = [talker for talker in _TALKERS[part] if not _is_there(talker)]
    tools = {talker.tool for talker in absent if talker.tool != "recorded"}
    return sorted(
        tools | {PEOPLE[talker.voice].package for talker in absent if talker.tool == "recorded"}
    )


def _is_there(talker: Talker) -> bool:
    if talker.tool == "recorded":
        return bool(PEOPLE[talker.voice].paths())
    return talker.tool == "piper" or shutil.which(talker.tool) is not None


@cache
def _say(tool: str, voice: str, text: str) -> Float32:
    if tool == "piper":
        return to_float(VOICES[voice].speak(text).samples)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "said.wav"
        said = ["-voice", voice, "-t", text, "-o"] if tool == "flite" else ["-v", voice, text, "-w"]
        subprocess.run([tool, *said, path], check=True, timeout=30, stdin=subprocess.DEVNULL)
        samples, rate = soundfile.read(path, dtype="float32")
    return np.asarray(soxr.resample(samples, rate, RATE), dtype=np.float32)


@cache
def _recorded(name: str, part: str) -> list[Float32]:
    """The clips of 0.4 to 4 s, every other one for a part, at most 60."""
    clips: Clips = PEOPLE[name]
    kept: list[Float32] = []
    for path in clips.paths()[part == "figures" :: 2]:
        samples = read(path, RATE)
        if 0.4 <= len(samples) / RATE <= 4.0:
            kept.append(samples)
        if len(kept) == 60:
            break
    return kept
