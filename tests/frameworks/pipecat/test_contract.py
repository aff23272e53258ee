"""Each framework provides what the protocol asks for; mypy checks the types of the same rows."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from livekit_barge import frameworks
from livekit_barge.errors import SettingsError
from livekit_barge.files.resources import configs_dir
from livekit_barge.frameworks import contract
from livekit_barge.frameworks.contract import Framework

ROOMS = sorted(path.parent.name for path in Path(frameworks.__file__).parent.glob("*/__init__.py"))


def framework(room: str) -> Framework:
    found = import_module(f"livekit_barge.frameworks.{room}.framework").FRAMEWORK
    assert isinstance(found, Framework)
    return found


def members(asked: type) -> set[str]:
    return {name for name in vars(asked) if not name.startswith("_")}


def test_both_frameworks_are_found() -> None:
    assert [framework(room).name for room in ROOMS] == ["livekit", "pipecat"]


@pytest.mark.parametrize("room", ROOMS)
class TestEachFramework:
    @pytest.mark.parametrize(
        ("row", "asked"),
        [
            ("causes", contract.CausesLike),
            ("stamps", contract.StampsLike),
            ("speeches", contract.SpeechesLike),
            ("instruments", contract.RecordedCalls),
        ],
    )
    def test_gives_classes_with_every_member_asked_for(
        self, room: str, row: str, asked: type
    ) -> None:
        given = getattr(framework(room), row)
        assert {name for name in members(asked) if not hasattr(given, name)} == set()

    def test_has_instruments_whose_finished_can_be_awaited(self, room: str) -> None:
        assert inspect.iscoroutinefunction(framework(room).instruments.finished)

    def test_says_of_each_knob_its_place_and_what_it_moves(self, room: str) -> None:
        knobs = framework(room).knobs
        assert [knob.name for knob in knobs if not (knob.place and knob.moves)] == []
        assert len({knob.name for knob in knobs}) == len(knobs)

    def test_ships_presets_of_its_own_knobs(self, room: str) -> None:
        given = framework(room)
        names = given.shelf.names()
        assert names[0] == given.shelf.defaults
        assert {f"{name}.toml" for name in names} == {
            path.name for path in (configs_dir() / given.shelf.folder).glob("*.toml")
        }
        knobs = {knob.name for knob in given.knobs}
        for name in names:
            preset = given.load_preset(name)
            assert preset.name == name
            assert preset.summary
            assert preset.cost
            assert preset.knobs.keys() <= knobs

    def test_refuses_a_file_whose_summary_is_not_a_text(self, room: str, tmp_path: Path) -> None:
        path = tmp_path / "mine.toml"
        path.write_text("summary = 3")
        with pytest.raises(SettingsError, match=r"mine\.toml: summary is 3 – give a text"):
            framework(room).load_preset(str(path))

    def test_refuses_an_unknown_preset_with_the_nearest_name(self, room: str) -> None:
        with pytest.raises(SettingsError, match=r"preset is called snapy – did you mean snappy\?"):
            framework(room).load_preset("snapy")
