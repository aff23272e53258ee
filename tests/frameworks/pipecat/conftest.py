"""A scripted call to a Pipecat bot, played once for all that look at it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from loguru import logger

from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script

with warnings.catch_warnings():  # Pipecat uses audioop, which Python 3.13 has no more
    warnings.simplefilter("ignore", DeprecationWarning)
    from livekit_barge.script.pipecat_call import play_pipecat_call

logger.remove()

BARGE_IN = Script.parse(
    {
        "agent": [
            "Your parcel is on its way and it will reach you on Tuesday afternoon at four.",
            "I have changed the address for you.",
        ],
        "caller": [
            {
                "say": "No, wait, I moved house last week.",
                "at": "in mid-word, after 1 s",
                "expect": "yield",
            }
        ],
    },
    name="barge-in",
)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> PlayedCall:
    calls = tmp_path_factory.mktemp("pipecat")
    return play_pipecat_call(BARGE_IN, calls_dir=Path(calls), call_id="barge-in")


@pytest.fixture(scope="session")
def barge_in() -> Script:
    return BARGE_IN
