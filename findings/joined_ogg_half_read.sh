#!/usr/bin/env bash
# libsndfile reads only the first of two Ogg files put end to end, without an error.
#
# Expected: all of it, or an error. RFC 3533 section 4 calls such a file a chained bitstream and
#   valid, and RFC 7845 section 4 expects players of Opus to take it.
# Seen: half of the audio; the same file has all of it in FFmpeg, where Vorbis gains some
#   milliseconds at the joint.
# Versions: soundfile 0.13.1 (libsndfile 1.2.2), PyAV 18.1.0.
# For users: a recorder that was restarted into the same file seems to have recorded half a call.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q av==18.1.0 soundfile==0.13.1 numpy==2.3.4
timeout 120 "$work/venv/bin/python" - "$work" <<'PY'
import sys
from pathlib import Path
import av
import numpy as np
import soundfile

work, rate, same = Path(sys.argv[1]), 16_000, True
audio = np.random.default_rng(0).normal(0, 0.1, 5 * rate)
print(f"soundfile {soundfile.__version__}, {soundfile.__libsndfile_version__}; PyAV {av.__version__}")
for subtype in ("OPUS", "VORBIS"):
    parts = []
    for name in "ab":
        soundfile.write(work / f"{name}.ogg", audio, rate, format="OGG", subtype=subtype)
        parts.append((work / f"{name}.ogg").read_bytes())
    (work / "ab.ogg").write_bytes(b"".join(parts))
    sndfile_s = len(soundfile.read(work / "ab.ogg")[0]) / rate
    with av.open(str(work / "ab.ogg"), format="ogg") as opened:
        ffmpeg_s = sum(f.samples / f.sample_rate for f in opened.decode(audio=0))
    print(f"{subtype}: expected 10.000 s; libsndfile {sndfile_s:.3f} s, FFmpeg {ffmpeg_s:.3f} s")
    same &= abs(sndfile_s - 5) < 0.1 and ffmpeg_s > 9.9
sys.exit(0 if same else 1)
PY
