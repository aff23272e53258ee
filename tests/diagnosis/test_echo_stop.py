"""Likeness: a signal is like itself, later and through a room, and not like another one."""

import numpy as np
import pytest

from livekit_barge.diagnosis.echo_stop import likeness
from livekit_barge.stage.voices import voice_named


def spoken(text, voice):
    return voice_named(voice).speak(text).trimmed().samples.astype(np.float32) / 32_768


SAID = spoken("We are open from Monday to Friday.", "joe")
OTHER = spoken("No, wait, I need something else.", "joe-high")
WINDOW = 4_800


def window(voice, at):
    return voice[at : at + WINDOW]


def test_an_echo_is_found_at_its_delay():
    said = SAID[10_000 - 2_400 : 10_000 + WINDOW]
    heard = 0.1 * window(SAID, 10_000 - 1_234)
    alike, delay = likeness(said, heard)
    assert (alike, delay) == (pytest.approx(1.0, abs=1e-3), 1_234)


def test_another_voice_is_not_alike():
    alike = [
        likeness(SAID[at - 2_400 : at + WINDOW], window(OTHER, at))[0]
        for at in range(6_000, 24_000, 2_000)
    ]
    assert max(alike) < 0.5


@pytest.mark.parametrize("silent", ["said", "heard"])
def test_silence_is_like_nothing(silent):
    said, heard = SAID[5_000 : 7_400 + WINDOW], window(SAID, 7_000)
    none = np.zeros_like(said if silent == "said" else heard)
    pair = (none, heard) if silent == "said" else (said, none)
    assert likeness(*pair) == (0.0, 0)
