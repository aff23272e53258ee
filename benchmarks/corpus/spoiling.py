"""What a line does to speech: noise, babble, codecs. Each gives audio, and blur in seconds.

The blur is what intake states for the codec that it finds in the file; noise has none. A file that
was coded is laid back on its samples by correlation: both channels of a recording are late alike.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

from livekit_barge.call.audio import Float32
from livekit_barge.intake.decode import decode, probe

Blur = tuple[float, float]
"""Of an onset and of an end, in seconds."""
NONE: Blur = (0.0, 0.0)
Spoil = Callable[[Float32, int, np.random.Generator], tuple[Float32, Blur]]

# Of 3 s of the file, so much of a codec's delay is looked for.
_DELAY_MOST_S = 0.2


def white(dbfs: float) -> Spoil:
    """White noise."""

    def spoil(audio: Float32, _rate: int, dice: np.random.Generator) -> tuple[Float32, Blur]:
        noise = dice.normal(0, 10 ** (dbfs / 20), len(audio))
        return audio + noise.astype(np.float32), NONE

    return spoil


def babble(dbfs: float, voices: Callable[[], list[Float32]], rate: int, talkers: int = 6) -> Spoil:
    """Several people at once, none of them near: ``voices`` gives what they say, at ``rate``."""

    def spoil(audio: Float32, to: int, dice: np.random.Generator) -> tuple[Float32, Blur]:
        sentences = voices()
        crowd = np.zeros(round(len(audio) * rate / to) + 1, dtype=np.float32)
        for _ in range(talkers):
            order = dice.permutation(len(sentences))
            said = np.concatenate([sentences[n] for n in order])
            crowd += np.resize(np.roll(said, dice.integers(len(said))), len(crowd))
        crowd = soxr.resample(crowd, rate, to)[: len(audio)]
        crowd = np.pad(crowd, (0, len(audio) - len(crowd)))
        crowd *= np.float32(10 ** (dbfs / 20) / np.sqrt(np.mean(np.square(crowd))))
        return audio + crowd, NONE

    return spoil


def offset(audio: Float32, _rate: int, _dice: np.random.Generator) -> tuple[Float32, Blur]:
    """A constant added, as cheap microphones do."""
    return audio + np.float32(0.02), NONE


def clipped(audio: Float32, _rate: int, _dice: np.random.Generator) -> tuple[Float32, Blur]:
    """12 dB too loud for full scale."""
    return np.clip(audio * 4, -1, 1), NONE


def sixteen_bits(audio: Float32, _rate: int, _dice: np.random.Generator) -> tuple[Float32, Blur]:
    """Rounded, as a WAV file is."""
    return (np.round(np.clip(audio, -1, 1) * 32_767) / 32_768).astype(np.float32), NONE


def mu_law(audio: Float32, rate: int, _dice: np.random.Generator) -> tuple[Float32, Blur]:
    """There and back through 8-bit µ-law."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "call.wav"
        soundfile.write(path, np.clip(audio, -1, 1), rate, subtype="ULAW")
        return _back(path, audio, rate)


def coded(codec: str, bit_rate: int) -> Spoil:
    """There and back through ``libopus`` or ``libmp3lame``."""

    def spoil(audio: Float32, rate: int, _dice: np.random.Generator) -> tuple[Float32, Blur]:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / ("call.ogg" if codec == "libopus" else "call.mp3")
            _encode(path, audio, rate, codec, bit_rate)
            return _back(path, audio, rate)

    return spoil


def _encode(path: Path, audio: Float32, rate: int, codec: str, bit_rate: int) -> None:
    samples = np.round(np.clip(audio, -1, 1) * 32_767).astype(np.int16)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate)
        stream.bit_rate = bit_rate
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            part.pts = None
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))


def _back(path: Path, audio: Float32, rate: int) -> tuple[Float32, Blur]:
    """What intake reads, on the samples of ``audio``."""
    found = probe(path)
    decoded = np.concatenate(list(decode(path, found)), axis=1)[0]
    if found.sample_rate != rate:
        decoded = soxr.resample(decoded, found.sample_rate, rate)
    late = _delay(audio, decoded, rate)
    placed = np.zeros(len(audio), dtype=np.float32)
    kept = decoded[max(late, 0) :][: len(audio) - max(-late, 0)]
    placed[max(-late, 0) :][: len(kept)] = kept
    return placed, (found.edge_blur_s, found.end_blur_s)


def _delay(audio: Float32, decoded: Float32, rate: int) -> int:
    """How many samples ``decoded`` is later."""
    most, count = round(_DELAY_MOST_S * rate), min(len(audio), len(decoded), 30 * rate)
    size = 2 * count
    crossed = np.fft.irfft(
        np.fft.rfft(decoded[:count], size) * np.conj(np.fft.rfft(audio[:count], size)), size
    )
    near = np.concatenate([crossed[-most:], crossed[: most + 1]])
    return int(np.argmax(near)) - most
