"""How long WebRTC's codec rings on after a sharp cut, with no room in between.

    python -m benchmarks.room_codec     # seconds

The cuts of ``benchmarks.room_stub`` go through libopus and back, set as WebRTC sets it. That tells
what of a caller's figure is codec, and what is room and ruler.
"""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import soxr

from benchmarks.room_stub import MARKER_AFTER_S, cut_speech, marker
from livekit_barge.call.audio import Float32
from livekit_barge.hearing.edges import AUDIBLE_MARGIN_DB
from livekit_barge.stage.track import Pcm
from livekit_barge.stage.voices import SAMPLE_RATE

DEFAULT_BITRATE = 48_000
"""What LiveKit's client asks for where nothing is said: ``target_bitrate`` in its statistics."""
CODEC_RATE = 48_000
# Where in the codec's 20 ms a cut falls is chance in a room; here each of these.
PHASES_S = (0.0, 0.005, 0.010, 0.015)
_LEAD_S = 0.5


def ringing_s(heard: Float32, cut: int, rate: int) -> float:
    """Until the last millisecond after sample ``cut`` that is audible.

    Audible is less than 35 dB below the half second before. The ruler has no part in this.
    """
    millisecond = rate // 1000
    active = float(np.mean(heard[cut - rate // 2 : cut] ** 2))
    after = heard[cut : cut + 100 * millisecond].reshape(100, -1)
    audible = np.flatnonzero((after**2).mean(axis=1) > active * 10 ** (-AUDIBLE_MARGIN_DB / 10))
    return (int(audible[-1]) + 1) / 1000 if len(audible) else 0.0


def codecs_ringing_s(round_number: int, bitrate: int) -> list[float]:
    """Of one of the stub's cuts, for each phase."""
    speech, found = cut_speech(round_number), []
    for phase_s in PHASES_S:
        silences = (_LEAD_S + phase_s, MARKER_AFTER_S, _LEAD_S)
        lead, gap, rest = (np.zeros(round(each * SAMPLE_RATE), np.int16) for each in silences)
        heard = through_codec(np.concatenate([lead, speech, gap, marker(), rest]), bitrate)
        cut = len(lead) + len(speech)
        sought = marker().astype(np.float32)
        begin = cut + len(gap)
        late = int(np.argmax(np.correlate(heard[begin : begin + len(sought) * 3], sought)))
        found.append(ringing_s(heard, cut + late, SAMPLE_RATE))
    return found


def through_codec(samples: Pcm, bitrate: int) -> Float32:
    """Coded and decoded, at the rate it came with."""
    fine = soxr.resample(samples.astype(np.float32) / 32_768, SAMPLE_RATE, CODEC_RATE)
    coder = av.CodecContext.create("libopus", "w")
    coder.sample_rate, coder.layout, coder.format = CODEC_RATE, "mono", "flt"  # type: ignore[attr-defined]
    coder.bit_rate = bitrate
    coder.options = {"application": "voip", "frame_duration": "20", "fec": "1"}
    coder.open()
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = CODEC_RATE, "mono"  # type: ignore[attr-defined]
    decoder.open()
    heard, size = [], CODEC_RATE // 50
    for begin in range(0, len(fine) - size + 1, size):
        piece = np.ascontiguousarray(fine[None, begin : begin + size])
        frame = av.AudioFrame.from_ndarray(piece, format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = CODEC_RATE, begin, Fraction(1, CODEC_RATE)
        for packet in coder.encode(frame):  # type: ignore[attr-defined]
            heard += [back.to_ndarray().ravel() for back in decoder.decode(packet)]  # type: ignore[attr-defined]
    again = np.concatenate(heard).astype(np.float32)  # its scale means nothing here
    return np.asarray(soxr.resample(again, CODEC_RATE, SAMPLE_RATE), np.float32)


def main() -> None:
    """Print."""
    for bitrate in (DEFAULT_BITRATE, 128_000):
        rings = [ms for number in range(20) for ms in codecs_ringing_s(number, bitrate)]
        least, middle, most = (round(p * 1000) for p in np.percentile(rings, (0, 50, 100)))
        print(f"{bitrate // 1000} kbit/s: rings on for {middle} ({least} to {most}) ms")


if __name__ == "__main__":
    main()
