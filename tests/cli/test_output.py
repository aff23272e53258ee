"""What a command could not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from livekit_barge.cli.output import opened, refuse
from livekit_barge.errors import SettingsError


def test_what_cannot_be_done_is_one_line_whatever_the_file_is_called(capsys):
    refuse("a\nb\udcff.wav: no audio")
    assert capsys.readouterr().err == "livekit-barge: a b\\udcff.wav: no audio\n"


@pytest.mark.parametrize("text", ["a", "a" * 1_000_000], ids=["at its end", "on the way"])
def test_a_disk_that_fills_up_is_one_line_with_the_file(text):
    full = r"^/dev/full: cannot be written \(No space left on device\) – free some space"
    with pytest.raises(SettingsError, match=full), opened(Path("/dev/full")) as file:
        file.write(text)
