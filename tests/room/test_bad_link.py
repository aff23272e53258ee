"""A caller from the telephone, over a link that loses packets and delays the others."""

from __future__ import annotations

import asyncio

import pytest

from livekit_barge.call.events import ImpairedLink
from livekit_barge.room.link import DIRECTIONS, Link
from livekit_barge.script.script import Script, caller_line
from tests.room.calls import UNBROKEN, BothEnds, play_script
from tests.room.lateness import measurably
from tests.vendors.voice import speak

BREAK_IN = "Please hold on a moment because I have a question."
BREAKS_IN = Script(
    name="breaks-in",
    agent=(),
    caller=(caller_line(BREAK_IN, "after the agent has spoken 3.2 s", "yield"),),
)


@pytest.fixture(scope="module")
def ends(livekit_server, tmp_path_factory) -> BothEnds:
    speak(UNBROKEN), speak(BREAK_IN, voice="joe-high")  # no call's event loop shall wait for it

    def play(number: int) -> BothEnds:
        name = f"bad-link-{number}"
        link = Link(loss=0.05, delay_s=0.05, jitter_s=0.01)
        call = play_script(
            livekit_server,
            name,
            tmp_path_factory.mktemp(name),
            BREAKS_IN,
            text=UNBROKEN,
            kind="sip",
            link=link,
            preset="snappy",
            aec_warmup_duration=None,
        )
        return asyncio.run(call)

    return measurably(play, lambda ends: ends.stopped)


@pytest.fixture
def link(ends) -> ImpairedLink:
    [event] = [event for event in ends.caller.events if isinstance(event, ImpairedLink)]
    return event


def test_the_agent_stops_for_this_caller_too(ends):
    assert ends.stopped


def test_all_media_crosses_the_link_by_udp_and_nothing_goes_round_it(link):
    assert link.crossed
    assert all(path.startswith("udp 127.0.0.1:") for path in link.paths.values())


def test_packets_are_lost_both_ways_and_most_are_not(link):
    for way in (getattr(link, direction) for direction in DIRECTIONS):
        assert 0 < way["lost"] < way["packets"] / 2


def test_the_folder_says_what_the_link_was(link):
    assert (link.loss, link.delay_s, link.jitter_s, link.seed) == (0.05, 0.05, 0.01, 1)


def test_both_folders_say_that_the_caller_came_from_the_telephone(ends):
    assert (ends.caller.caller_kind, ends.agent.caller_kind) == ("sip", "sip")
    assert ends.joined.caller_kind == "sip"
