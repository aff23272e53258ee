"""A suite's calls into rooms, with a stand-in for the call itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livekit_barge.errors import CallError
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.suites import play_in_room
from livekit_barge.suites.event_results import CaseResult
from livekit_barge.suites.suite import Suite

LINE = {"say": "Wait!", "at": "after the agent has spoken 1 s", "expect": "yield"}
CALL = {"name": "short", "count": {"tuning": 3}, "agent": ["We are open."], "caller": [LINE]}
CASES = Suite.parse({"calls": [CALL]}, name="mine").cases()


class Calls:
    """The calls that were made; those of these numbers fail, as on a full disk."""

    def __init__(self, *failing: int) -> None:
        self.failing = failing
        self.made: list[dict[str, Any]] = []

    async def __call__(self, *_: object, **how: Any) -> PlayedCall:
        self.made.append(how)
        if len(self.made) in self.failing:
            raise CallError("cannot be written (No space left on device)", where="call")
        return PlayedCall((), (), (), 1.0, None)


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret")

    def run(calls: Calls, limits: Path | None = None) -> list[CaseResult]:
        monkeypatch.setattr(play_in_room, "call_room", calls)
        how = {"called": "an agent", "out": tmp_path, "url": "ws://nowhere"}
        return list(play_in_room.run_in_room(CASES, **how, limits=limits))

    return run


def test_what_keeps_a_later_call_from_being_made_is_told_in_its_result(run):
    errors = [result.error for result in run(Calls(2))]
    assert errors == [None, "call: cannot be written (No space left on device)", None]


def test_what_keeps_the_first_call_from_being_made_ends_the_run(run):
    with pytest.raises(CallError, match="No space left"):
        run(Calls(1))


def test_limits_of_one_s_own_reach_the_calls(run, tmp_path):
    strict = tmp_path / "strict.toml"
    strict.write_text("[judging]\nyield_within_s = 0.01")
    calls = Calls()
    run(calls, strict)
    assert {how["limits"].yield_within_s for how in calls.made} == {0.01}
