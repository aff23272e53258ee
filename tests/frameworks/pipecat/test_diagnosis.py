"""The diagnosis of Pipecat's calls proposes knobs that Pipecat has."""

from __future__ import annotations

import re
import tomllib

import pytest

from livekit_barge.diagnosis import KINDS, Kind
from livekit_barge.frameworks.livekit.presets.knobs import KNOBS
from livekit_barge.frameworks.pipecat.knobs import BY_NAME, check_value

# Rules that look at what Pipecat has not: a warm-up, LiveKit's count of speech, the adaptive
# detector, a speech that is resumed, options that were asked for.
NOT_IN_PIPECAT = {
    "aec-warmup",
    "transcript-decides",
    "silence-counts",
    "adaptive-off",
    "lost-piece",
    "options-differ",
}
LIVEKITS = {knob.name for knob in KNOBS} - set(BY_NAME) | {"clear_buffer", "playback_finished"}
WORDED = [kind for kind in KINDS if kind.pipecat is not None]


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_no_knob_of_livekits_is_proposed(kind: Kind) -> None:
    if kind.code not in NOT_IN_PIPECAT:
        assert not words(kind.pipecat or kind.turn) & LIVEKITS


@pytest.mark.parametrize("kind", WORDED, ids=lambda kind: kind.code)
def test_values_that_are_proposed_are_taken(kind: Kind) -> None:
    assert kind.pipecat is not None
    for name, value in re.findall(r"(\w+) = ([\d.]+|true|false|\[.*?\])", kind.pipecat):
        if name != "interruptible":  # a frame's, not a preset's
            check_value(name, tomllib.loads(f"x = {value}")["x"], where=kind.code)
