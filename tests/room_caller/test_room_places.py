"""The places that a script may use in a room."""

import pytest

from livekit_barge.errors import ScriptError
from livekit_barge.room.place_finder import check_places
from livekit_barge.script.script import Script, caller_line


def script(at: str) -> Script:
    return Script(name="mine", agent=(), caller=(caller_line("Hello.", at),))


@pytest.mark.parametrize(
    "at",
    [
        "after the agent has spoken 1.2 s",
        "0.6 s after the agent stops",
        "0.1 s after the caller stops",
        "2 s after the call starts",
    ],
)
def test_what_can_be_heard_may_be_asked_for(at):
    check_places(script(at))


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("in mid-word, after 1 s", "where words lie"),
        ("just as a new sentence starts", "where sentences lie"),
        ("in the last 200 ms", "how much of a speech is left"),
        ("while the agent thinks, after 0.2 s", "when the agent thinks"),
        ("0.5 s after the agent stops", "give 0.6 s or more"),
    ],
)
def test_what_cannot_is_refused_with_its_line(at, says):
    with pytest.raises(ScriptError, match=f"mine: caller 1: {at}.*{says}"):
        check_places(script(at))
