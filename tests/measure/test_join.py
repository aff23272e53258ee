"""Two folders of one call, made from the same audio with known ways between.

The agent's clock started 5 s after the caller's. The way in takes 60 ms, the way out 40.
"""

import dataclasses

import numpy as np
import pytest

from livekit_barge.call.events import AgentAnchored, CallerAnchored
from livekit_barge.call.folder import Call
from livekit_barge.call.meta import CallMeta
from livekit_barge.errors import CallError
from livekit_barge.measure.join import align, join
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.disk import CallFiles
from tests.measure.known import RATE, spoken

AHEAD_S = 5.0
WAY_IN_S, WAY_OUT_S = 0.06, 0.04
CALLER = spoken("Wait a moment, I have a question about that.")
AGENT = spoken("Our opening hours are from nine in the morning until six in the evening.")


def write(path, end, caller_s, agent_s, *, now_s, wall_s, caller=CALLER, agent=AGENT):
    """Both sides' audio from these times on."""
    meta = CallMeta(
        call_id=path.name,
        source="room",
        capture_point="caller",
        started_wall_s=wall_s,
        started_now_s=now_s,
    )
    files = CallFiles(path, meta, pytest.fail)
    files.samples("caller", caller, RATE)
    files.samples("agent", agent, RATE)
    files.event(CallerAnchored(at_s=caller_s, sample=0, reason="first"))
    files.event(AgentAnchored(at_s=agent_s, sample=0, reason="first"))
    files.close(15.0, 0.001)
    files.release()
    call = Call.open(path)
    return dataclasses.replace(call, meta=dataclasses.replace(call.meta, capture_point=end))


@pytest.fixture
def ends(tmp_path):
    """``ends(boot_s)``: the two folders; the agent's host was started so much later."""

    def make(boot_s=0.0, **agents):
        caller = write(tmp_path / "caller", "caller", 8.0, 6.0, now_s=100.0, wall_s=1_000.0)
        agent = write(
            tmp_path / "agent",
            "agent",
            8.0 + WAY_IN_S - AHEAD_S,
            6.0 - WAY_OUT_S - AHEAD_S,
            now_s=105.0 - boot_s,
            wall_s=1_005.0,
            **agents,
        )
        return caller, agent

    return make


def test_on_one_host_the_clocks_tell(ends):
    alignment = align(*ends())
    assert (alignment.by, alignment.offset_s) == ("clocks", AHEAD_S)
    assert alignment.uncertainty_s == 0.002
    assert alignment.way_in_s == pytest.approx(WAY_IN_S, abs=0.0002)
    assert alignment.way_out_s == pytest.approx(WAY_OUT_S, abs=0.0002)


def test_on_two_hosts_the_audio_tells_to_half_of_both_ways(ends):
    alignment = align(*ends(boot_s=70.0))
    assert alignment.by == "audio"
    assert alignment.offset_s == pytest.approx(AHEAD_S + (WAY_OUT_S - WAY_IN_S) / 2, abs=0.0002)
    assert alignment.uncertainty_s == pytest.approx(0.002 + (WAY_IN_S + WAY_OUT_S) / 2, abs=0.0002)


def test_other_audio_on_another_host_is_another_call(ends):
    noise = np.random.default_rng(0).normal(0, 3_000, 4 * RATE).astype(np.int16)
    with pytest.raises(CallError, match="shares no audio"):
        align(*ends(boot_s=70.0, caller=noise, agent=noise[::-1]))


def test_the_folders_in_the_wrong_order_are_refused(ends):
    caller, agent = ends()
    with pytest.raises(CallError, match=r"recorded at the agent .* caller's folder first"):
        join(agent, caller, [], [])


def joined(ends, caller: Overlap, *agent: Overlap):
    """Join one overlap of the caller's."""
    turns = [
        [Turn(speaker="agent", started_s=0.0, ended_s=9.0, overlaps=seen)]
        for seen in ((caller,), agent)
    ]
    [overlap] = join(*ends(), *turns).overlaps
    return overlap


HEARD = Overlap(onset_s=8.0, silent_s=8.7, talk_over_s=0.7, outcome="yielded")
SEEN = Overlap(
    onset_s=3.06, decision_s=3.57, silent_s=3.64, talk_over_s=0.6, outcome="yielded", cause="vad"
)


def test_each_step_from_the_callers_onset_to_what_the_caller_hears_end(ends):
    overlap = joined(ends, HEARD, SEEN)
    steps = (overlap.way_in_s, overlap.detection_s, overlap.stopping_s, overlap.way_out_s)
    assert steps == (0.06, 0.51, 0.07, 0.06)
    assert overlap.time_to_yield_s == 0.7


def test_an_overlap_a_second_away_is_another_one(ends):
    overlap = joined(ends, HEARD, dataclasses.replace(SEEN, onset_s=4.0))
    assert (overlap.agent, overlap.way_in_s, overlap.time_to_yield_s) == (None, None, 0.7)


def test_between_sentences_the_caller_heard_no_cut(ends):
    overlap = joined(ends, HEARD, dataclasses.replace(SEEN, quiet_at_decision=True))
    assert (overlap.detection_s, overlap.silent_s, overlap.time_to_yield_s) == (0.51, None, None)


def test_where_the_agent_came_in_on_the_caller_there_is_no_way_in(ends):
    overlap = joined(ends, dataclasses.replace(HEARD, agent_over_caller=True), SEEN)
    assert (overlap.way_in_s, overlap.detection_s, overlap.way_out_s) == (None, None, None)
