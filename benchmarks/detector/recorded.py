"""Recorded people and sounds out of Debian packages, and the stage's made sounds, split by speaker.

A speaker or a sound effect stands in one part only. Game voices laugh, cough, grunt and hum, and
shout whole phrases: both classes come from the same microphones.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
import soxr

from benchmarks.detector.clips import RATE, Clip, ClipStore
from livekit_barge.call.audio import Float32, to_float
from livekit_barge.stage.noises import SOUNDS, make_sound
from livekit_barge.stage.voices import SAMPLE_RATE

# Prompts of telephone exchanges: one person each, whole sentences, digits and single words.
_PROMPTS = {
    "fr_CA_f_June": ("train", 150), "it_IT_f_Menardi": ("train", 150),
    "ru_RU_f_IvrvoiceRU": ("train", 150), "es": ("judged", 60), "it_IT_m_Carlo": ("choice", 120),
    "en_US_f_Allison": ("judged", 220), "fr": ("judged", 40),
}  # fmt: skip
# Says yes, or is a single letter or digit that sounds like a hum.
_NOT_CLEAR = ("letters", "silence", "beep", "tone", "monkeys", "weasels", "priv-")

_GAME_VOICES = {
    "Classic": "train", "Pirate": "train", "Russian": "train", "HillBilly": "train",
    "Mobster": "train", "Default_es": "train", "Default_pl": "train", "Russian_pl": "train",
    "Surfer": "choice",
    "Default_ru": "choice", "British": "judged", "Default": "judged", "Default_uk": "judged",
    "Singer": "judged",
}  # fmt: skip
_GAME_NOISES = {
    "Hmm": "hum", "Uh-oh": "hum", "Laugh": "laugh", "PoisonCough": "cough", "PoisonMoan": "grunt",
    **{f"Ooff{n}": "grunt" for n in (1, 2, 3)}, **{f"Ow{n}": "grunt" for n in (1, 2, 3, 4)},
    "Ouch": "grunt", "Firepunch1": "grunt", "Firepunch2": "grunt", "Firepunch3": "grunt",
}  # fmt: skip
_GAME_PHRASES = (
    "Comeonthen", "Cutitout", "Gonnagetyou", "Hello", "Hurry", "Illgetyou", "Incoming",
    "Justyouwait",
    "Leavemealone", "Nooo", "Reinforcements", "Runaway", "Takecover", "Thisoneismine", "Watchit",
    "Watchthis", "Whatthe", "Youllregretthat", "Stupid", "Coward", "Flyaway", "Enemydown",
    "Firstblood",
)  # fmt: skip

# Spontaneous and read speech of other people, cut where they breathe.
_TALKS = ("wav/ve9qrp.wav", "wav/vk5qi.wav", "wav/hts1a.wav", "wav/hts2a.wav", "wav/morig.wav",
          "wav/forig.wav", "wav/david4.wav", "wav/mmt1.wav", "wav/cross.wav", "wav/vk2tpm_004.wav",
          "wav/wia_16kHz.wav")  # fmt: skip


def recorded_clips(store: ClipStore, unpacked: Path) -> None:
    """Keep the recorded clips that the unpacked Debian packages hold."""
    share = unpacked / "usr" / "share"
    for person, (part, most) in _PROMPTS.items():
        files = sorted((share / "asterisk" / "sounds" / person).rglob("*.wav"))
        files = [f for f in files if not any(word in str(f) for word in _NOT_CLEAR)]
        chosen = np.random.default_rng(7).permutation(len(files))[:most]
        _keep(store, [files[n] for n in chosen], part, "prompt", True, person, at_least_s=0.4)
    voices = share / "games" / "hedgewars" / "Data" / "Sounds" / "voices"
    for pack, part in _GAME_VOICES.items():
        for stem, kind in _GAME_NOISES.items():
            _keep(store, [voices / pack / f"{stem}.ogg"], part, kind, False, f"game-{pack}")
        shouts = [voices / pack / f"{stem}.ogg" for stem in _GAME_PHRASES]
        _keep(store, shouts, part, "shout", True, f"game-{pack}")
    effects = sorted(voices.parent.glob("*.ogg"))
    for number, path in enumerate(effects):
        part = ("train", "judged", "train", "choice")[number % 4]
        _keep(store, [path], part, "noise", False, f"effect-{path.stem}", at_most_s=2.0)
    talks = [share / "codec2" / name for name in _TALKS]
    talks += sorted((share / "pocketsphinx" / "test" / "data").rglob("*.wav"))
    for path in talks:
        for number, piece in enumerate(_pieces(_read(path)) if path.exists() else ()):
            clip = Clip(
                f"talk-{path.stem}-{number}",
                "judged",
                "talk",
                True,
                f"talk-{path.stem}",
                "recorded",
                "",
            )
            if clip.name not in store:
                store.add(clip, piece)


def made_clips(store: ClipStore) -> None:
    """Make the stage's coughs, keys, traffic and music: seeds of their own for each part."""
    for first, part, count in (
        (10_000, "train", 60),
        (20_000, "choice", 12),
        (30_000, "judged", 30),
    ):
        for kind in SOUNDS:
            for seed in range(first, first + count):
                name = f"made-{kind}-{seed}"
                if name not in store:
                    sound = soxr.resample(to_float(make_sound(kind, seed)), SAMPLE_RATE, RATE)
                    called = "cough" if kind in ("cough", "throat") else "noise"
                    clip = Clip(name, part, called, False, f"made-{kind}", "made", kind)
                    store.add(clip, np.asarray(sound[: 3 * RATE], np.float32))


def _keep(
    store: ClipStore, paths: Iterable[Path], part: str, kind: str, interrupts: bool, speaker: str,
    *, at_least_s: float = 0.08, at_most_s: float = 60.0,
) -> None:  # fmt: skip
    for path in paths:
        name = f"{speaker}-{path.stem}"
        if not path.exists() or name in store:
            continue
        samples = _read(path)
        if at_least_s <= len(samples) / RATE <= at_most_s:
            store.add(
                Clip(name, part, kind, interrupts, speaker, "recorded", path.stem),
                samples[: 4 * RATE],
            )


def _read(path: Path) -> Float32:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, RATE), np.float32)


def _pieces(samples: Float32) -> list[Float32]:
    """Cut speech at pauses of 0.25 s or more; keep pieces of at least 0.8 s."""
    grain = RATE // 100
    rows = samples[: len(samples) // grain * grain].reshape(-1, grain)
    power = np.convolve(np.square(rows).mean(axis=1), np.ones(5) / 5, "same")
    quiet = power < np.quantile(power, 0.9) * 10**-3
    pieces, begun, silent = [], None, 25
    for n, still in enumerate([*quiet, *([True] * 25)]):
        silent = silent + 1 if still else 0
        if not still and begun is None:
            begun = n
        if begun is not None and silent == 25:
            if n - 25 - begun >= 80:
                pieces.append(samples[begun * grain : min(n - 24, begun + 400) * grain])
            begun = None
    return pieces
