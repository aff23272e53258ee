import io

import pytest
import structlog
from rich.console import Console

from livekit_barge import Call
from livekit_barge.cli import demo
from livekit_barge.errors import SettingsError
from livekit_barge.script.script import Script


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """What the demo prints of one of its calls."""
    monkeypatch.setattr(demo, "SCRIPTS", ("new-sentence",))
    console = Console(file=io.StringIO(), width=100)
    demo.run_demo(console, calls_dir=tmp_path)
    return console.file.getvalue()


def test_it_puts_both_presets_side_by_side_and_keeps_every_call(shown, tmp_path, capsys):
    assert "Please renew all of them." in shown
    assert "mm-hm" in shown
    for preset in demo.PRESETS:
        call = Call.open(tmp_path / f"new-sentence-{preset}")
        assert call.meta.preset == preset
        assert call.path.name in shown
    assert "found no place" not in shown
    assert capsys.readouterr().err == ""  # the turn log would run into the progress bar
    assert not structlog.is_configured()


@pytest.mark.parametrize("below", ["", "further/down"])
def test_where_no_call_can_be_kept_none_is_played(tmp_path, below):
    (tmp_path / "file").touch()
    with pytest.raises(
        SettingsError, match=r"no calls can be kept there \(.*\) – point --calls-dir"
    ):
        demo.run_demo(Console(), calls_dir=tmp_path / "file" / below)


def test_every_script_of_the_demo_has_a_break_in_and_a_backchannel():
    for name in demo.SCRIPTS:
        assert [line.expect for line in Script.load(name).caller if line.expect] == [
            "yield",
            "hold",
        ]
