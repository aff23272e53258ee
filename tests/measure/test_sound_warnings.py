"""Named sounds as warnings of a scorecard."""

from livekit_barge.hearing.sounds.sound import Sound
from livekit_barge.measure.sound_warnings import caveats


def digit(at_s: float, key: str) -> Sound:
    return Sound("dtmf", at_s, at_s + 0.1, key)


def test_each_kind_on_each_side_is_one_with_its_count_and_places():
    sounds = [digit(1.0, "4"), digit(2.0, "2"), Sound("ringback", 5.0, 7.0, "425 Hz")]
    found = list(caveats([("caller", sounds), ("agent", [])]))
    assert [(caveat.code, caveat.text) for caveat in found] == [
        ("dtmf", "DTMF digits on the caller's channel, 2 times: at 1.00 s (4), 2.00 s (2)"),
        ("ringback", "ringback on the caller's channel, once: at 5.00 s (425 Hz)"),
    ]


def test_more_than_three_places_are_cut_short():
    (caveat,) = caveats([("agent", [digit(float(n), "1") for n in range(5)])])
    assert caveat.text.endswith("at 0.00 s (1), 1.00 s (1), 2.00 s (1), …")


def test_each_has_a_remedy():
    (caveat,) = caveats([("caller", [Sound("agc", 1.0, 2.0)])])
    assert caveat.remedy == "record without automatic gain control"
