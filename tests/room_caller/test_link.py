"""The fate of the n-th packet on a bad link follows from its seed and n."""

import pytest

from livekit_barge.errors import SettingsError
from livekit_barge.room.link import Link


def fates(link, count=2_000, direction="to_server"):
    drawn = link.fates(direction)
    return [drawn.next() for _ in range(count)]


def test_one_seed_gives_one_run():
    link = Link(loss=0.1, delay_s=0.05, jitter_s=0.02, seed=7)
    assert fates(link) == fates(link)
    assert fates(link) != fates(Link(loss=0.1, delay_s=0.05, jitter_s=0.02, seed=8))


def test_each_direction_has_a_run_of_its_own():
    link = Link(loss=0.5)
    assert fates(link) != fates(link, direction="to_caller")


def test_so_many_are_lost():
    assert fates(Link(loss=0.05)).count(None) == pytest.approx(100, abs=30)


def test_the_others_are_late_by_the_delay_give_or_take_the_jitter():
    late_s = fates(Link(delay_s=0.05, jitter_s=0.02))
    assert 0.03 <= min(late_s) < 0.0301
    assert 0.0699 < max(late_s) <= 0.07


def test_more_loss_leaves_the_delays_of_the_packets_that_come_as_they_were():
    few, many = (fates(Link(loss=p, delay_s=0.05, jitter_s=0.02)) for p in (0.0, 0.3))
    assert all(b in (a, None) for a, b in zip(few, many, strict=True))


def test_it_is_written_as_people_write_it():
    asked = Link.of(loss=5, delay="50ms", jitter="0.01s", seed=1)
    assert asked == Link(loss=0.05, delay_s=0.05, jitter_s=0.01)


def test_with_nothing_wrong_there_is_no_link():
    assert Link.of(loss=0, delay="0", jitter="0ms", seed=1) is None


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"delay": "50"}, "--delay: '50' is not a time"),
        ({"delay": "-1ms"}, "--delay: '-1ms' is not a time"),
        ({"loss": 100}, "--loss: 100 % of the packets lost"),
        ({"jitter": "20ms"}, "the jitter may not exceed the delay"),
        ({"delay": "1m"}, "--delay: '1m' is not a time"),
        ({"delay": "60s"}, "nor the delay 10 s"),
    ],
)
def test_what_no_link_can_do_is_refused(asked, wrong):
    with pytest.raises(SettingsError, match=wrong):
        Link.of(**({"loss": 0, "delay": "0", "jitter": "0", "seed": 1} | asked))
