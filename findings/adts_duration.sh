#!/usr/bin/env bash
# FFmpeg (through PyAV) gives an ADTS AAC stream a duration, though ADTS states none.
#
# Expected: no duration, or the sum of the frames' (ISO/IEC 13818-7: each frame holds 1024 samples).
# Seen: an estimate by the bit rate of the first frames; 60 s that begin quietly are said to last
#   far longer, by nothing that marks it as an estimate.
# Versions: PyAV 18.1.0 (libavformat 62.12).
# For users: do not compare a stream's duration with what was decoded to find truncated files.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q av==18.1.0 numpy==2.3.4
timeout 120 "$work/venv/bin/python" - "$work/call.aac" <<'PY'
import sys
import av
import numpy as np

path, rate = sys.argv[1], 16_000
audio = np.zeros((1, 60 * rate), np.float32)
audio[:, 30 * rate :] = np.random.default_rng(0).normal(0, 0.1, 30 * rate)
with av.open(path, "w", format="adts") as out:
    stream = out.add_stream("aac", rate=rate, layout="mono", bit_rate=64_000)
    for begin in range(0, audio.shape[1], 1024):
        frame = av.AudioFrame.from_ndarray(audio[:, begin : begin + 1024], "fltp", "mono")
        frame.sample_rate, frame.pts = rate, begin
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
with av.open(path, format="aac") as opened:
    stream = opened.streams.audio[0]
    stated = float(stream.duration * stream.time_base) if stream.duration else None
    held = sum(frame.samples for frame in opened.decode(stream)) / rate
print(f"PyAV {av.__version__}, libavformat {av.library_versions['libavformat']}")
print(f"expected: no duration, or {held:.2f} s; seen: {stated}")
sys.exit(0 if stated is not None and abs(stated - held) > 5 else 1)
PY
