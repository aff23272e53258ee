#!/usr/bin/env bash
# An Ogg file that FFmpeg writes moves a gap in the packets' stamps by up to a second.
#
# Expected: packets come back with the stamps that they were written with, as in WebM and MP4.
# Seen: only a page has a stamp, and FFmpeg's pages last a second: the packets of the page before the
#   gap come back as if they lay behind it. Audio from 2.0 to 2.1 s comes back at 2.4 to 2.5 s.
#   RFC 7845 section 4.1 wants a gap filled or marked by pages; FFmpeg's muxer does neither.
# Versions: PyAV 18.1.0 (libavformat 62.12). The muxer's option page_duration=1 avoids it.
# For users: where a recorder skips packets (DTX, loss), Ogg does not say when the rest was spoken.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q av==18.1.0 numpy==2.3.4
timeout 120 "$work/venv/bin/python" - "$work" <<'PY'
import sys
from pathlib import Path
import av
import numpy as np

work, rate = Path(sys.argv[1]), 48_000
audio = np.random.default_rng(0).normal(0, 0.1, (1, 5 * rate)).astype(np.float32)


def gap_at(kind: str, codec: str = "libopus", **options: str) -> float:
    path = str(work / kind)
    with av.open(path, "w", format=kind, options=options) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        for begin in (*range(0, audio.shape[1], 960), None):
            frame = None
            if begin is not None:
                piece = np.ascontiguousarray(audio[:, begin : begin + 960])
                frame = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
                frame.sample_rate, frame.pts = rate, begin
            for packet in stream.encode(frame):
                if not 2.1 <= float(packet.pts * packet.time_base) < 2.5:
                    out.mux(packet)
    with av.open(path) as opened:
        stamps = [float(p.pts * p.time_base) for p in opened.demux(audio=0) if p.pts is not None]
    return next(a for a, b in zip(stamps, stamps[1:]) if b - a > 0.1) + 0.02


print(f"PyAV {av.__version__}, libavformat {av.library_versions['libavformat']}")
webm, ogg, exact = gap_at("webm"), gap_at("ogg"), gap_at("ogg", page_duration="1")
print(f"expected: a gap from 2.1 s; seen: webm {webm:.2f} s, ogg {ogg:.2f} s, page a packet {exact:.2f} s")
sys.exit(0 if abs(webm - 2.1) < 0.05 and abs(exact - 2.1) < 0.05 and ogg < 2.05 else 1)
PY
