"""A bad link in a line."""

import dataclasses

from livekit_barge.call.events import ImpairedLink
from livekit_barge.report.terminal.link_line import link_note

LINK = ImpairedLink(
    at_s=30.0,
    loss=0.05,
    delay_s=0.05,
    jitter_s=0.01,
    seed=3,
    to_server={"packets": 800, "octets": 90_000, "lost": 41, "late_s": 0.002},
    to_caller={"packets": 900, "octets": 99_000, "lost": 44, "late_s": 0.003},
    paths={"publisher": "udp 127.0.0.1:4000"},
    crossed=True,
)


def test_it_names_the_faults_the_counts_and_the_proof():
    assert link_note(LINK) == (
        "link: 5 % loss, 50 ms ± 10 ms each way, seed 3; 41/800 packets lost to the server, "
        "44/900 packets lost to the caller; forwarded at most 3 ms late; "
        "all media crossed it, by UDP"
    )


def test_media_that_went_round_it_are_named():
    around = dataclasses.replace(LINK, crossed=False, paths={"publisher": "tcp 192.0.2.2:7881"})
    assert link_note(around).endswith("NOT all media crossed it: tcp 192.0.2.2:7881")


def test_what_the_client_does_not_tell_is_not_claimed():
    untold = dataclasses.replace(LINK, crossed=False, paths={})
    assert link_note(untold).endswith("the route of the media is unknown")
