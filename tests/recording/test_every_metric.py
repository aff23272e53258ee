"""Every metric that is exported moves when a call with its matter in it is played."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from tests.recording.conftest import say_for
from tests.recording.standins import OneLineLLM, TimedSTT, ToneTTS

PREFIX = "livekit_barge_"
ENDINGS = ("_total", "_count")
"""What counts in a counter, and in a histogram."""


def counts() -> dict[str, float]:
    """What every metric has counted, over all its labels."""
    found: dict[str, float] = {}
    for metric in REGISTRY.collect():
        if metric.name.startswith(PREFIX):
            found[metric.name.removeprefix(PREFIX)] = sum(
                sample.value for sample in metric.samples if sample.name.endswith(ENDINGS)
            )
    return found


@pytest.fixture
def moved():
    """What each metric has counted since the test began, without those that stayed."""
    before = counts()

    def since() -> dict[str, float]:
        after = counts()
        return {
            name: value - before.get(name, 0.0)
            for name, value in after.items()
            if value != before.get(name, 0.0)
        }

    return since


def test_a_call_counts_itself_its_barge_in_and_the_answer(play, speech, talk, moved):
    async def script(stand):
        await say_for(stand, talk, 12)

    kept = play(
        script,
        caller=[(speech, 2.0)],
        stt=TimedSTT([(4.4, True, "wait a moment")]),
        llm=OneLineLLM("Yes?"),
        tts=ToneTTS(),
    )
    assert [overlap.outcome for overlap in kept.overlaps] == ["yielded"]
    assert moved() == {
        "calls": 1,
        "overlaps": 1,
        "detection_seconds": 1,
        "cancellation_seconds": 1,
        "time_to_yield_seconds": 1,
        "response_gap_seconds": 1,
    }


def test_a_stop_for_nothing_counts_its_dead_air(play, uh, talk, moved):
    async def script(stand):
        await say_for(stand, talk, 12)

    play(
        script,
        caller=[(uh, 2.0)],
        stt=TimedSTT(),
        interruption={"min_duration": 0.2, "false_interruption_timeout": 1.0},
    )
    assert moved()["dead_air_seconds"] == 1


def test_a_barge_in_that_the_program_answers_has_no_detection_and_counts_as_unmeasured(
    play, speech, talk, moved
):
    async def script(stand):
        handle = await say_for(stand, talk, 3.2, allow_interruptions=False)
        handle.interrupt(force=True)
        await asyncio.sleep(6)

    kept = play(script, caller=[(speech, 2.0)])
    assert [(o.cause, o.detection_s) for o in kept.overlaps] == [("programmatic", None)]
    assert moved()["unmeasured"] == 1


def test_an_overlap_that_the_end_of_the_call_leaves_open_counts_as_unmeasured(
    play, speech, talk, moved
):
    async def script(stand):
        await say_for(stand, talk, 2.8, allow_interruptions=False)

    kept = play(script, caller=[(speech, 2.0)])
    assert [overlap.outcome for overlap in kept.overlaps] == ["unmeasurable"]
    assert moved()["unmeasured"] >= 1


def test_a_call_that_cannot_be_kept_counts_a_fault(play, speech, tmp_path, moved, log):
    (tmp_path / "calls").write_text("a file where the calls should go")

    async def script(stand):
        await say_for(stand, speech, 3)

    play(script, calls_dir=tmp_path / "calls")
    assert [line["level"] for line in log].count("error") == 1
    assert moved()["faults"] == 1


def test_an_adaptive_mode_without_a_detector_counts_itself(play, speech, moved):
    async def script(stand):
        await say_for(stand, speech, 3)

    # LiveKit makes no detector for a session without an STT.
    play(script, interruption={"mode": "adaptive"})
    assert moved()["adaptive_lost"] == 1


def test_no_metric_is_exported_that_these_calls_do_not_move():
    assert counts().keys() == {
        "calls",
        "overlaps",
        "detection_seconds",
        "cancellation_seconds",
        "time_to_yield_seconds",
        "response_gap_seconds",
        "dead_air_seconds",
        "unmeasured",
        "faults",
        "adaptive_lost",
    }
