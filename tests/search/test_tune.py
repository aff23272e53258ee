"""Tests of tune around its search, whose calls are made up here."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from livekit_barge.errors import BargeError, SettingsError
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.search import tune
from livekit_barge.search.axes import BASE, Setting
from livekit_barge.search.search import Found
from livekit_barge.search.sweep import Point
from livekit_barge.search.tune import TuneOptions, run_tune
from livekit_barge.search.tune_plan import TunePlan
from livekit_barge.suites.event_results import CaseResult
from livekit_barge.suites.sweep_file import read_sweep
from livekit_barge.work.progress import Bar, progress_bar
from tests.search.made import event, point, tally

SUITE = """
calls:
  - name: one
    count: {tuning: 1, held-out: 1}
    agent: [$answer]
    caller: []
"""
QUICK = Setting((("min_interruption_duration", 0.2),))


class World:
    """A search that finds ``QUICK``, and held-out calls that play as they are told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.searched = False
        self.refused: tuple[str, ...] = ()
        """The presets under which no call can be played."""
        self.played: list[dict[str, object]] = []
        """The knobs of each held-out call."""
        (folder / "short.yaml").write_text(SUITE)

    def points(self, settings):
        return {s: Point(s, tally(yields_s=[0.3] * 10)) for s in settings}

    def search(self, judge, budget, **_):
        self.searched = True
        judge.points = self.points([BASE, QUICK])
        return Found.of(judge, budget, judge.points[QUICK])

    def explain(self, judge, _):
        judge.points |= self.points([Setting((("min_interruption_words", 1),))])
        return []

    def run_cases(self, cases, **_):
        for case in cases:
            self.played.append(dict(case.chosen().knobs))
            yield CaseResult(
                case_id=case.case_id,
                preset=case.preset,
                events=(event("yield", "yielded", time_to_yield_s=0.3),),
                error="no clip" if case.preset in self.refused else None,
            )

    def tune(self, **options):
        given = {"suite": str(self.folder / "short.yaml"), "budget": "missed<=1%"}
        given |= {"preset": "livekit-defaults", "trials": 8, "seed": 0, "times": 1, "jobs": 1}
        given |= {"scheduler": None, "limits": None, "out": self.folder / "out", "write": None}
        (self.folder / "out").mkdir(exist_ok=True)
        with Progress(disable=True) as progress:
            return run_tune(TuneOptions.of(**given | options), Bar(progress, progress.add_task("")))


@pytest.fixture
def world(tmp_path, monkeypatch) -> World:
    world = World(tmp_path)
    for name in ("search", "explain", "run_cases"):
        monkeypatch.setattr(tune, name, getattr(world, name))
    monkeypatch.setattr(tune, "pruned", lambda _, __, chosen: chosen)
    monkeypatch.setattr(tune, "preset_names", lambda: ["snappy"])
    return world


def test_a_preset_written_over_its_base_is_written_once_that_has_been_played(world):
    mine = world.folder / "mine.toml"
    mine.write_text("min_interruption_duration = 0.7\n")
    world.tune(preset=str(mine), write=mine)
    assert [knobs["min_interruption_duration"] for knobs in world.played[:3]] == [0.7, 0.2, 0.7]
    assert Preset.load(mine).knobs["min_interruption_duration"] == 0.2


def test_held_out_calls_that_cannot_be_played_are_told_with_their_preset(world):
    world.refused = ("snappy",)
    assert world.tune().failed == ["snappy: no clip"]


def test_held_out_calls_that_cannot_be_played_at_all_are_refused_before_the_search(world):
    world.refused = ("livekit-defaults",)
    with pytest.raises(BargeError, match="the part held-out: no clip"):
        world.tune()
    assert not world.searched


def test_without_optuna_no_call_is_played(world, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SettingsError, match="with the extra tune"):
        world.tune()
    assert world.played == []


def test_a_suite_without_held_out_calls_is_refused_before_the_search(world):
    (world.folder / "short.yaml").write_text(SUITE.replace(", held-out: 1", ""))
    with pytest.raises(BargeError, match="no calls in the part held-out"):
        world.tune()
    assert not world.searched


def test_a_file_that_is_no_preset_is_refused_before_the_search(world):
    with pytest.raises(BargeError, match=r"out\.preset is not a preset file – such as mine\.toml"):
        world.tune(write=Path("out.preset"))
    assert not world.searched


def test_what_was_tried_to_explain_the_choice_is_kept_as_well(world):
    points = read_sweep(world.tune().sweep_file).points
    assert [point.name for point in points] == [
        "base",
        "min_interruption_duration=0.2",
        "min_interruption_words=1",
    ]


def test_the_summary_says_which_limit_judged_nothing(world):
    tuned = world.tune(budget="missed<=1%, broken<=0%")
    assert Preset.load(tuned.preset_file).summary.endswith(
        "within missed ≤ 1 %, broken ≤ 0 %; broken: nothing to judge."
    )


def test_a_search_that_is_stopped_writes_the_best_so_far(world, monkeypatch):
    def stop(judge, *_, **__):
        judge.points = world.points([BASE]) | {QUICK: point(0.2, 0, QUICK)}
        raise KeyboardInterrupt

    monkeypatch.setattr(tune, "search", stop)
    tuned = world.tune()
    assert Preset.load(tuned.preset_file).knobs["min_interruption_duration"] == 0.2
    assert list(tuned.held_out) == ["livekit-defaults"]


def test_a_search_that_is_stopped_before_the_base_was_judged_writes_nothing(world, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(tune, "search", stop)
    with pytest.raises(KeyboardInterrupt):
        world.tune()
    assert not (world.folder / "out" / "tuned.toml").exists()


def test_what_remains_at_most_is_said_beforehand_and_with_each_phase():
    console = Console(file=io.StringIO(), width=200)
    with progress_bar(console) as bar:
        plan = TunePlan(bar, 8, 4, presets=2, trials=8)
        plan.begin("checking on unheard calls", 12)
        plan.say_how_long()
    # 8 for the base, 64 proposed, 600 on knobs, 120 to explain, 12 unheard.
    assert "at most 804 calls to come" in console.file.getvalue()
    assert bar.total == 12
