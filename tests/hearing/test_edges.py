"""Change points and runs, on values whose answer is known."""

import numpy as np
import pytest

from livekit_barge.hearing.edges import (
    Edge,
    IslandFrames,
    bridged,
    change_point,
    edges,
    onset_sample,
    runs,
)
from livekit_barge.hearing.levels import Background


def stretch(
    *levels_db: float, background_db: float = -60.0, least_db: float = -90.0
) -> IslandFrames:
    background = Background(background_db, 0.0)
    powers = 10 ** (np.array(levels_db) / 10)
    core = (0, len(levels_db))
    return IslandFrames(powers, core, background, background, least_db)


def edges_of(steps: IslandFrames) -> tuple[Edge, Edge]:
    """Return the edges of all that is audible, as one run."""
    audible = np.flatnonzero(steps.audible())
    [found] = edges([(steps, (int(audible[0]), int(audible[-1]) + 1))])
    return found


def test_runs_are_found_at_both_ends_too():
    assert runs(np.array([True, False, True, True])) == [(0, 1), (2, 4)]


def test_no_marks_make_no_runs():
    assert runs(np.zeros(3, dtype=bool)) == []


def test_a_gap_of_just_the_limit_is_not_bridged():
    assert bridged([(0, 1), (4, 5), (7, 9)], 3) == [(0, 1), (4, 9)]


def test_the_change_point_is_where_the_weights_turn():
    assert change_point(np.array([-1.0, -2.0, 3.0, -1.0, 3.0])) == 2


def test_a_change_of_power_is_found_at_its_sample():
    noise = np.random.default_rng(1).normal(0, 1, 120).astype(np.float32)
    noise[:70] *= 0.01
    assert onset_sample(noise, 1e-4, 1.0) == pytest.approx(70, abs=1)


def test_where_nothing_changes_the_middle_is_taken():
    assert onset_sample(np.zeros(10, dtype=np.float32), 1.0, 1.0) == 5


def test_the_change_point_is_the_first_where_no_sum_falls():
    assert change_point(np.array([1.0, -1.0, 3.0])) == 0


def test_an_onset_is_dated_to_its_frame():
    onset, _ = edges_of(stretch(*[-60] * 20, *[-30] * 20))
    assert onset.frame == 20


def test_an_end_is_dated_to_its_frame():
    _, end = edges_of(stretch(*[-30] * 15, *[-60] * 25))
    assert end.frame == 15


def test_a_last_short_sound_after_a_closure_is_kept():
    steps = stretch(*[-30] * 10, *[-80] * 20, -30, *[-80] * 20, background_db=-100, least_db=-55)
    _, end = edges_of(steps)
    assert end.frame == 31


def test_sound_from_the_first_frame_to_the_last_has_its_edges_there():
    onset, end = edges_of(stretch(*[-30] * 5))
    assert (onset.frame, end.frame) == (0, 5)


def test_edges_are_the_same_alone_and_among_others():
    # What lies around the short one in memory only is near the line, and over it.
    long, short = stretch(*[-58.5] * 80, *[-30] * 90, *[-58.5] * 70), stretch(-60, -30, -40)
    found = [(long, (80, 170)), (short, (1, 3)), (long, (82, 168))]
    assert edges(found) == [edge for one in found for edge in edges([one])]


def test_the_power_at_an_edge_is_that_of_two_frames_of_sound():
    onset, end = edges_of(stretch(*[-60] * 20, -30, -40, -40, -20, *[-60] * 20))
    assert (onset.inside, end.inside) == pytest.approx(((1e-3 + 1e-4) / 2, (1e-2 + 1e-4) / 2))


def test_where_the_background_differs_before_and_after_it_is_drawn_straight_across():
    powers = np.full(40, 10 ** (-50 / 10))
    before, after = Background(-60.0, 0.0), Background(-40.0, 0.0)
    steps = IslandFrames(powers, (0, 40), before, after, -90.0)
    # It rises by half a dB a frame, and must be exceeded by 1.5 dB.
    assert runs(steps.audible()) == [(0, 17)]


def test_what_the_margin_leaves_out_is_not_audible():
    assert not stretch(*[-50] * 8, background_db=-100, least_db=-45).audible().any()


def test_a_soft_edge_is_less_certain_than_a_sharp_one():
    sharp, _ = edges_of(stretch(*[-60] * 20, *[-30] * 20))
    soft, _ = edges_of(stretch(*[-60] * 20, *np.linspace(-60, -30, 20)))
    assert soft.uncertainty_s > sharp.uncertainty_s


def test_the_more_the_background_hides_the_less_certain_an_edge_is():
    masked, _ = edges_of(stretch(*[-60] * 20, *[-30] * 20, least_db=-75))
    barely, _ = edges_of(stretch(*[-60] * 20, *[-30] * 20, least_db=-62))
    assert masked.uncertainty_s > barely.uncertainty_s


def test_an_end_in_noise_is_less_certain_than_an_onset():
    onset, end = edges_of(stretch(*[-60] * 20, *[-30] * 20, *[-60] * 20, least_db=-75))
    assert end.uncertainty_s > onset.uncertainty_s
