"""An agent's channel that goes dead in the middle of a call is not an agent that yields."""

from __future__ import annotations

import numpy as np
import pytest

from livekit_barge.measure.dead_channel import LastSound, caveat, dead_from_s, withheld
from livekit_barge.measure.offline_turns import measure_turns
from livekit_barge.measure.turns import Turn
from tests.measure.timeline import LIMITS, bursts

#          0         1         2         3         4         5         6
AGENT = "..........#############"
CALLER = "....................#########........................#####......"
ENDED_S = 20.0


def turns(caller: str = CALLER, agent: str = AGENT) -> list[Turn]:
    return measure_turns(bursts(caller), bursts(agent), [], LIMITS, ended_s=ENDED_S)


def dead(last_sound_s: float, caller: str = CALLER, ended_s: float = ENDED_S) -> float | None:
    return dead_from_s(last_sound_s, bursts(caller), ended_s, LIMITS)


def test_a_channel_that_stays_blank_while_the_caller_waits_and_speaks_again_is_dead():
    assert dead(2.3) == 2.3


def test_a_call_that_ends_soon_after_shows_nothing():
    assert dead(2.3, ended_s=12.2) is None


def test_a_caller_who_speaks_on_without_waiting_shows_nothing():
    assert dead(2.3, "....................#########.....####......####......") is None


def test_a_caller_who_had_waited_before_it_went_blank_shows_nothing():
    assert dead(8.0) is None


def test_an_overlap_that_it_cuts_off_is_unmeasurable_with_a_lower_bound():
    [overlap] = [o for turn in withheld(turns(), 2.3) for o in turn.overlaps]
    assert (overlap.outcome, overlap.yielded, overlap.silent_s) == ("unmeasurable", None, None)
    assert (overlap.time_to_yield_s, overlap.lower_bound) == (0.3, True)
    assert overlap.reason == "the agent's channel is dead from 2.30 s on"


def test_a_codecs_tail_after_the_last_word_does_not_hide_it():
    [overlap] = [o for turn in withheld(turns(), 2.8) for o in turn.overlaps]
    assert overlap.outcome == "unmeasurable"


def test_an_agent_that_fell_silent_while_its_channel_lived_yielded():
    [overlap] = [o for turn in withheld(turns(), 2.9) for o in turn.overlaps]
    assert (overlap.outcome, overlap.time_to_yield_s) == ("yielded", 0.3)


def test_a_channel_that_is_not_dead_changes_nothing():
    assert withheld(turns(), None) == turns()
    assert caveat(None, ENDED_S) == ()


def test_the_warning_says_from_when_and_for_how_long():
    [warning] = caveat(2.3, ENDED_S)
    assert warning.code == "agent_channel_dead"
    assert "from 2.30 s to the end, for 17.7 s" in warning.text


@pytest.mark.parametrize("block", [7, 100, 1000])
def test_the_last_sound_is_found_in_blocks_of_any_length(block):
    audio = np.zeros((2, 1000), dtype=np.float32)
    audio[0, :299] = np.where(np.arange(299) % 2, 0.01, -0.01)
    audio[1, 798] = 2 / 32_768
    last = LastSound(100)
    for begin in range(0, 1000, block):
        last.add(audio[:, begin : begin + block])
    assert last.ends_s == (3.0, 8.0)


def test_one_step_of_16_bits_is_no_sound_nor_is_a_constant():
    last = LastSound(100)
    steps = np.arange(100) % 2 / 32_768
    last.add(np.stack([steps, np.full(100, -1e-5)]).astype(np.float32))
    last.add(np.stack([steps, np.full(100, 8 / 32_768)]).astype(np.float32))
    last.add(np.stack([steps, np.full(100, 8 / 32_768)]).astype(np.float32))
    assert last.ends_s == (0.0, 1.01)
