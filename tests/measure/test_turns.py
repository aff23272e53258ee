"""Whose turn it was, what was said in it, and how long the answer took."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from livekit_barge.call.events import ConversationItem, SegmentStarted, SpeechDone
from livekit_barge.call.placement import AgentTimeline, place_agent
from livekit_barge.measure.conversation import Conversation
from livekit_barge.measure.turns import Turn
from tests.measure.timeline import LIMITS, Said, bursts, turns


def spoken(told: list[Turn]) -> list[tuple[str, float, float]]:
    return [(turn.speaker, turn.started_s, turn.ended_s) for turn in told]


def test_turns_stand_in_the_order_of_their_start():
    caller = ".....#####.................#####....."
    agent = ".............##########.............."
    assert spoken(turns(caller, Said(agent))) == [
        ("caller", 0.5, 1.0),
        ("agent", 1.3, 2.3),
        ("caller", 2.7, 3.2),
    ]


def test_a_callers_pause_does_not_end_their_turn():
    caller = ".....#####..............#####........"
    assert spoken(turns(caller)) == [("caller", 0.5, 2.9)]


def test_a_long_pause_does():
    caller = ".....#####................#####......"
    assert spoken(turns(caller)) == [("caller", 0.5, 1.0), ("caller", 2.6, 3.1)]


def test_the_response_gap_is_from_the_callers_end_to_the_agents_first_sample():
    caller = ".....#####..........................."
    agent = "...........----##########............"
    told = turns(caller, Said(agent))
    assert [turn.response_gap_s for turn in told] == [None, 0.5]


def test_an_agent_that_speaks_twice_answers_once():
    caller = ".....#####..........................."
    first = Said(".............#####...................")
    second = Said("...........................######....", speech_id="s2")
    assert [turn.response_gap_s for turn in turns(caller, first, second)] == [None, 0.3, None]


def test_a_speech_that_follows_a_held_one_answers_nobody():
    caller = "...............###..................."
    first = Said("..........###########................")
    second = Said("........................##########...", speech_id="s2")
    told = [turn for turn in turns(caller, first, second) if turn.speaker == "agent"]
    assert [turn.response_gap_s for turn in told] == [None, None]


def test_an_agent_that_opens_the_call_answers_nobody():
    assert [turn.response_gap_s for turn in turns("....", Said(".........####"))] == [None]


def test_a_damaged_folder_that_names_a_segment_twice_is_measured():
    first = Said("..#####...................")
    second = Said("..............#####.......", speech_id="s2")
    begun = next(e for e in second.events(1) if isinstance(e, SegmentStarted))
    told = turns("", first, second, also=[replace(begun, segment_id=0)])
    assert "agent" in [turn.speaker for turn in told]


def test_the_words_of_a_turn_are_its_final_transcripts():
    caller = ".....#####......................#####....."
    told = turns(caller, words=[(1.4, "Hello?"), (1.8, "Anyone?"), (4.0, "No.")])
    assert [turn.words for turn in told] == ["Hello? Anyone?", "No."]


def test_the_words_of_an_overlap_are_those_of_the_turn_it_began():
    caller = "....................####....######......"
    agent = Said("..........#############.................", unplayed_s=1.0, interrupted_s=2.3)
    told = turns(caller, agent, words=[(3.9, "Wait, I have a question.")])
    assert told[0].overlaps[0].words == "Wait, I have a question."


def test_words_that_come_before_the_caller_goes_on_are_the_overlaps_own():
    caller = "....................####..........#####.."
    agent = Said("..........#############.................", unplayed_s=1.0, interrupted_s=2.3)
    told = turns(caller, agent, words=[(2.8, "Mm-hm."), (4.3, "Goodbye.")])
    assert told[0].overlaps[0].words == "Mm-hm."
    assert told[1].words == "Mm-hm. Goodbye."


def test_livekits_own_latencies_ride_along_with_the_turn_they_are_of():
    item = ConversationItem(
        at_s=2.4,
        item_id="item_1",
        role="assistant",
        text="Good day.",
        interrupted=False,
        metrics={"e2e_latency": 0.7},
    )
    done = SpeechDone(at_s=2.3, speech_id="s1", interrupted=False, item_ids=["item_1"])
    agent = Said(".............##########..............", done=False)
    [turn] = turns("", agent, also=[item, done])
    assert turn.livekit_metrics == {"e2e_latency": 0.7}
    assert turn.words == "Good day."


def test_a_speech_that_was_never_audible_is_no_turn():
    assert turns("", Said(".....-------.......")) == []


def test_without_stamps_the_recording_alone_gives_the_time_to_yield():
    caller = "....................#########......"
    told = unstamped(caller, "..........#############............")
    [overlap] = told[0].overlaps
    assert (overlap.time_to_yield_s, overlap.outcome) == (0.3, "yielded")
    assert (overlap.detection_s, overlap.cancellation_s, overlap.cause) == (None, None, None)


def unstamped(caller: str, agent: str) -> list[Turn]:
    conversation = Conversation(LIMITS)
    conversation.caller(bursts(caller))
    conversation.agent(bursts(agent))
    return list(conversation.settled(60.0, closed=True))


def test_a_turn_is_a_line_of_json():
    caller = "....................#########......"
    told = turns(caller, Said("..........#############............"))
    line = json.loads(json.dumps(told[0].to_json()))
    assert line["speaker"] == "agent"
    assert line["overlaps"][0]["onset_s"] == 2.0


# A conversation of some minutes: calls of one line each, put one after the other.
parts = st.lists(
    st.tuples(
        st.text("#....", min_size=5, max_size=30),
        st.text("##-.", min_size=5, max_size=30),
        st.sampled_from([None, 0.3, 0.8, 1.7]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(parts, st.sampled_from([0.7, 1.0, 3.1]))
def test_a_call_measured_while_it_runs_reads_the_same_from_its_folder(parts, step_s):
    caller, said, column = "", [], 0
    for index, (heard, agent, decision_s, resumed) in enumerate(parts):
        if set(agent) & {"#", "-"}:
            begin_s = column / 10
            decisions = [] if decision_s is None else [(begin_s + decision_s, "pause", "vad")]
            held = [(at, at + 0.6) for at, *_ in decisions] if resumed else []
            said.append(Said("." * column + agent, f"s{index}", decisions, held))
        caller += heard.ljust(len(agent), ".")
        column = len(caller)
    ended_s = column / 10 + 1.0
    assert live(caller, said, step_s, ended_s) == turns(caller, *said, ended_s=ended_s)


def live(caller: str, said: list[Said], step_s: float, ended_s: float) -> list[Turn]:
    """Told bit by bit, each burst and place once it is over."""
    events = sorted(
        (event for index, speech in enumerate(said) for event in speech.events(index)),
        key=lambda event: event.at_s,
    )
    caller_bursts = bursts(caller)
    agent_bursts = sorted((b for s in said for b in bursts(s.line)), key=lambda b: b.onset_s)
    conversation, timeline = Conversation(LIMITS), AgentTimeline()
    told: list[Turn] = []
    now_s = 0.0
    while now_s < ended_s:
        now_s += step_s
        while events and events[0].at_s <= now_s:
            conversation.event(events[0])
            conversation.place(timeline.feed(events.pop(0)))
        settled_s = timeline.settled_s(now_s)
        for found, take, known_s in (
            (caller_bursts, conversation.caller, now_s),
            (agent_bursts, conversation.agent, settled_s),
        ):
            while found and found[0].end_s + 0.2 <= known_s:
                take([found.pop(0)])
            if found:
                settled_s = min(settled_s, found[0].onset_s)
        told += conversation.settled(settled_s)
    for event in events:
        conversation.event(event)
        conversation.place(timeline.feed(event))
    conversation.place(timeline.close(ended_s))
    conversation.caller(caller_bursts)
    conversation.agent(agent_bursts)
    return told + list(conversation.settled(ended_s, closed=True))


def test_the_places_of_a_drawn_call_are_as_drawn():
    said = Said("..##--##..", unplayed_s=1.0)
    [placed] = place_agent(said.events(0), ended_s=9.0)
    assert (placed.at_s, placed.duration_s) == (0.2, 0.6)
