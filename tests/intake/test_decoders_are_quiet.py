"""Decoders print nothing of their own: a command's lines are ours."""

from __future__ import annotations

import pytest

from livekit_barge.errors import IntakeError
from livekit_barge.intake.decode import decode, probe
from tests.intake.made import bursts, write, write_av

RATE = 16_000


def made(path, kind):
    if kind == "MP3":
        return write(path, bursts(RATE), RATE, "MP3", "MPEG_LAYER_III")
    return write_av(path, bursts(RATE), RATE, kind, "aac")


@pytest.mark.parametrize("kind", ["MP3", "adts", "mp4"])
@pytest.mark.parametrize("spoilt", [slice(0, 0), slice(3_000, 3_004), slice(8_856, 9_756)])
def test_a_damaged_file_makes_no_decoder_speak(tmp_path, capfd, kind, spoilt):
    path = made(tmp_path / "call", kind)
    content = bytearray(path.read_bytes())
    content[spoilt] = b"\xa5" * len(content[spoilt])
    path.write_bytes(content)
    try:
        for _ in decode(path, probe(path)):
            pass
    except IntakeError:
        pass
    assert capfd.readouterr() == ("", "")
