"""The caller and the server learn nothing of each other's addresses but the relay's."""

import json

import pytest
from livekit.protocol import models, rtc

from livekit_barge.room.link import Link
from livekit_barge.room.signalling import ImpairedLink, without_callers_addresses

UDP = "candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host"
SDP = "v=0\r\na=mid:0\r\n{}a=end\r\n"


@pytest.fixture
async def link():
    opened = ImpairedLink("ws://127.0.0.1:1", Link(loss=0.1))
    await opened.open()
    yield opened
    await opened.close()


def told(link, **message):
    """Return what the caller receives of it."""
    rewritten = link.with_relays_addresses(rtc.SignalResponse(**message).SerializeToString())
    return None if rewritten is None else rtc.SignalResponse.FromString(rewritten)


def trickle(candidate):
    return rtc.TrickleRequest(candidateInit=json.dumps({"candidate": candidate, "sdpMid": "0"}))


def port(link):
    [(_, port)] = link.relay.addresses
    return port


async def test_a_udp_address_of_the_servers_becomes_the_relays(link):
    got = json.loads(told(link, trickle=trickle(UDP)).trickle.candidateInit)
    assert got == {"candidate": UDP.replace("7882", str(port(link))), "sdpMid": "0"}


async def test_in_an_offer_too(link):
    offer = rtc.SessionDescription(type="offer", sdp=SDP.format(f"a={UDP}\r\n"), id=3)
    got = told(link, offer=offer).offer
    assert got.sdp == offer.sdp.replace("7882", str(port(link)))
    assert got.id == 3


@pytest.mark.parametrize(
    "candidate",
    [
        UDP.replace("udp", "tcp") + " tcptype passive",
        "candidate:1 1 udp 1 192.0.2.9 3478 typ relay raddr 0.0.0.0 rport 0",
        "candidate:1 1 udp 1 fd00::2 7882 typ host",
    ],
)
async def test_no_other_address_is_told(link, candidate):
    assert told(link, trickle=trickle(candidate)) is None
    answer = rtc.SessionDescription(type="answer", sdp=SDP.format(f"a={candidate}\r\n"))
    assert told(link, answer=answer).answer.sdp == SDP.format("")


async def test_no_turn_server_is_told(link):
    join = rtc.JoinResponse(ice_servers=[rtc.ICEServer(urls=["turn:example.org"])])
    join.room.name = "kept"
    got = told(link, join=join).join
    assert (len(got.ice_servers), got.room.name) == (0, "kept")


async def test_what_holds_no_address_is_handed_on(link):
    speakers = rtc.SpeakersChanged(speakers=[models.SpeakerInfo(sid="one", level=0.5)])
    assert told(link, speakers_changed=speakers).speakers_changed == speakers


def test_no_address_of_the_callers_is_told():
    def told(**message):
        rewritten = without_callers_addresses(rtc.SignalRequest(**message).SerializeToString())
        return None if rewritten is None else rtc.SignalRequest.FromString(rewritten)

    assert told(trickle=trickle(UDP)) is None
    offer = rtc.SessionDescription(type="offer", sdp=SDP.format(f"a={UDP}\r\n"))
    assert told(offer=offer).offer.sdp == SDP.format("")
    assert told(sync_state=rtc.SyncState(answer=offer)).sync_state.answer.sdp == SDP.format("")


def report(link, *paths):
    return link.report(at_s=1.0, paths=dict(enumerate(paths)))


async def test_media_has_crossed_when_its_ways_are_the_relays_and_packets_came_through(link):
    told(link, trickle=trickle(UDP))
    own = f"udp 127.0.0.1:{port(link)}"
    assert not report(link, own).crossed
    for way in link.relay.counts.values():
        way.packets, way.lost = 10, 1
    assert report(link, own, own).crossed
    assert not report(link, own, "udp 192.0.2.2:7882").crossed
    assert not report(link, own.replace("udp", "tcp")).crossed
    assert not report(link).crossed


async def test_the_report_holds_the_links_faults_and_counts(link):
    made = report(link)
    assert (made.loss, made.delay_s, made.jitter_s, made.seed) == (0.1, 0.0, 0.0, 1)
    assert made.to_server == {"packets": 0, "octets": 0, "lost": 0, "late_s": 0.0}
