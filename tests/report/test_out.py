"""What a command could not do."""

from __future__ import annotations

from livekit_barge.report.out import refuse


def test_what_cannot_be_done_is_one_line_whatever_the_file_is_called(capsys):
    refuse("a\nb\udcff.wav: no audio")
    assert capsys.readouterr().err == "livekit-barge: a b\\udcff.wav: no audio\n"
