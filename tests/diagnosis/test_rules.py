"""Findings that the rules withhold: evidence is missing, or something else explains it."""

from livekit_barge.call.events import (
    AgentHandoff,
    ContextSeen,
    Decision,
    OptionsInForce,
    OverlappingSpeech,
    SegmentFlushed,
    SegmentStarted,
    SpeechDone,
    Transcript,
    UserState,
)
from livekit_barge.call.folder import Call
from livekit_barge.call.meta import CallMeta
from livekit_barge.diagnosis import diagnose
from livekit_barge.measure.overlap import Overlap
from livekit_barge.measure.turns import Turn

SPOKEN = (
    SegmentStarted(at_s=1.0, segment_id=0, speech_id="s", pushed_offset_s=0.0),
    SegmentFlushed(at_s=1.1, segment_id=0, speech_id="s", last_frame_at_s=1.1, pushed_s=6.0),
)
MISSED = Overlap(onset_s=3.0, caller_end_s=5.0, talk_over_s=2.0, outcome="missed")
AGENT = Turn(speaker="agent", started_s=1.0, ended_s=7.0, speech_id="s", overlaps=(MISSED,))
CALLER = Turn(speaker="caller", started_s=3.0, ended_s=5.0)


def diagnosed(tmp_path, *turns, events=(), capture_point="agent", source="made", asked=None):
    meta = CallMeta(
        call_id="made",
        source=source,
        capture_point=capture_point,
        started_wall_s=0.0,
        started_now_s=0.0,
        audio_recorded=False,
        duration_s=30.0,
        asked=asked or {},
    )
    ordered = tuple(sorted(events, key=lambda event: event.at_s))
    return diagnose(Call(tmp_path, meta, ordered, ()), turns)


def test_a_recording_of_another_system_names_the_instrument_that_would_decide(tmp_path):
    [finding] = diagnosed(tmp_path, AGENT, CALLER, capture_point="import")
    assert (finding.code, finding.sure, finding.symptom) == ("not-seen", "undecided", None)
    assert "BargeSession" in finding.needs


def test_a_recording_of_the_callers_end_names_the_agents(tmp_path):
    [finding] = diagnosed(tmp_path, AGENT, CALLER, capture_point="caller")
    assert "the agent's own folder" in finding.needs


def test_a_speech_that_nobody_stamped_as_heard_is_deafness(tmp_path):
    [finding] = diagnosed(tmp_path, AGENT, CALLER, events=SPOKEN)
    assert finding.code == "deaf"


def test_a_vad_that_decided_is_not_deaf(tmp_path):
    decided = Decision(at_s=4.0, speech_id="s", path="pause", cause="vad")
    found = diagnosed(tmp_path, AGENT, CALLER, events=(*SPOKEN, decided))
    assert "deaf" not in [finding.code for finding in found]


def test_a_turn_that_is_too_short_to_be_missed_is_no_deafness(tmp_path):
    cough = Turn(speaker="caller", started_s=10.0, ended_s=10.4)
    assert diagnosed(tmp_path, cough, events=SPOKEN) == []


def options(tmp_path, in_force):
    asked = {"min_interruption_duration": {"value": 0.3, "source": "code"}}
    event = OptionsInForce(at_s=0.0, options={"min_interruption_duration": in_force})
    return [finding.code for finding in diagnosed(tmp_path, events=(event,), asked=asked)]


def test_an_option_with_another_value_than_asked_for_is_named(tmp_path):
    assert options(tmp_path, 0.5) == ["options-differ"]


def test_an_option_that_cannot_be_read_is_not_known_to_differ(tmp_path):
    assert options(tmp_path, None) == []


def context(tmp_path, items, *, earlier=0, more=()):
    """A speech that was cut, and the context as the next one began."""
    cut = Turn(speaker="agent", started_s=1.0, ended_s=4.0, speech_id="s")
    before = item("system"), item("old")
    events = (
        ContextSeen(at_s=1.0, speech_id="s", items=before, earlier=0),
        SpeechDone(at_s=4.2, speech_id="s", interrupted=True, item_ids=["cut"]),
        ContextSeen(at_s=6.0, speech_id="t", items=items, earlier=earlier),
    )
    return [finding.code for finding in diagnosed(tmp_path, cut, events=(*SPOKEN, *events, *more))]


def item(item_id, role="assistant", text=None):
    return {"item_id": item_id, "role": role, "text": text, "interrupted": item_id == "cut"}


def test_a_cut_message_that_stands_in_the_context_is_right(tmp_path):
    assert context(tmp_path, [item("old"), item("cut"), item("answer", "user")]) == []


def test_a_cut_message_that_is_not_there_is_missing(tmp_path):
    assert context(tmp_path, [item("old"), item("answer", "user")]) == ["context-broken"]


def test_a_context_that_has_grown_past_the_cut_message_says_nothing(tmp_path):
    tools = [item(f"tool {number}", "function_call") for number in range(8)]
    assert context(tmp_path, tools, earlier=4) == []


def test_texts_that_are_alike_because_they_are_short_are_no_double(tmp_path):
    twins = [item("cut", text="All right."), item("mine", text="All right.")]
    assert context(tmp_path, twins) == []


def test_a_text_that_no_speech_said_is_a_double(tmp_path):
    text = "We are open from Monday to Friday."
    assert context(tmp_path, [item("cut", text=text), item("mine", text=text)]) == [
        "context-broken"
    ]


def test_a_call_of_pipecats_is_told_pipecats_knobs(tmp_path):
    [finding] = diagnosed(tmp_path, AGENT, CALLER, events=SPOKEN, source="pipecat")
    assert finding.code == "deaf"
    assert "confidence" in finding.turn
    assert "activation_threshold" not in finding.turn


def words_gate(tmp_path, *strategies):
    options = {"min_words": 3, "user_turn_start": [*strategies, "MinWordsUserTurnStartStrategy"]}
    events = (*SPOKEN, OptionsInForce(at_s=0.0, options=options))
    found = diagnosed(tmp_path, AGENT, CALLER, events=events, source="pipecat")
    return "words-gate" in [finding.code for finding in found]


def test_pipecats_words_gate_is_open_beside_a_strategy_that_asks_for_no_words(tmp_path):
    assert words_gate(tmp_path)
    assert not words_gate(tmp_path, "VADUserTurnStartStrategy")


def unanswered(tmp_path, source):
    """A barge-in that was transcribed, and never became a message of the caller's."""
    yielded = Overlap(
        onset_s=3.0, caller_end_s=5.0, talk_over_s=0.3, silent_s=3.3, outcome="yielded"
    )
    agent = Turn(speaker="agent", started_s=1.0, ended_s=3.3, speech_id="s", overlaps=(yielded,))
    events = (*SPOKEN, Transcript(at_s=5.1, text="How much is that?", is_final=True))
    found = diagnosed(tmp_path, agent, CALLER, events=events, source=source)
    return next(finding.turn for finding in found if finding.code == "no-reply")


def test_where_the_trail_of_a_reply_ends_is_told_in_the_frameworks_own_words(tmp_path):
    assert "StopResponse" in unanswered(tmp_path, "livekit-agents")
    assert "user_speech_timeout" in unanswered(tmp_path, "pipecat")


HANDOFF = AgentHandoff(at_s=5.0, old="first", new="second")


def test_a_context_that_the_next_agent_brought_along_lacks_nothing(tmp_path):
    assert context(tmp_path, [item("system", "system"), item("own")], more=(HANDOFF,)) == []


def test_a_context_that_was_handed_on_without_the_cut_message_is_broken(tmp_path):
    assert context(tmp_path, [item("old"), item("own")], more=(HANDOFF,)) == ["context-broken"]


def one_word(tmp_path, *, text="Stop!"):
    """The caller says one word over a speech that goes on; the words gate asks for two."""
    missed = Overlap(onset_s=3.0, caller_end_s=3.4, talk_over_s=0.37, outcome="missed")
    agent = Turn(speaker="agent", started_s=1.0, ended_s=7.0, speech_id="s", overlaps=(missed,))
    options = {"min_interruption_words": 2, "min_interruption_duration": 0.5}
    events = (
        *SPOKEN,
        OptionsInForce(at_s=0.0, options=options),
        UserState(at_s=3.1, old="listening", new="speaking", livekit_at_s=3.05),
        UserState(at_s=3.9, old="speaking", new="listening"),
        Transcript(at_s=3.6, text=text, is_final=True),
    )
    return diagnosed(tmp_path, agent, events=events)


def test_one_word_at_a_words_gate_of_two_is_named_however_short_it_is(tmp_path):
    [finding] = one_word(tmp_path)
    assert (finding.code, finding.sure) == ("words-gate", "sure")


def test_a_words_gate_is_only_likely_where_the_words_were_not_kept(tmp_path):
    [finding] = one_word(tmp_path, text=None)
    assert (finding.code, finding.sure) == ("words-gate", "likely")
    assert any("not kept" in line for line in finding.evidence)


def adaptive(tmp_path, onset_s, *, verdict_s=None, options=None):
    """An overlap that the VAD decided in adaptive mode; the speech began at 1.0 s."""
    overlap = Overlap(
        onset_s=onset_s,
        decision_s=onset_s + 0.5,
        silent_s=onset_s + 0.5,
        caller_end_s=onset_s + 1.0,
        talk_over_s=0.5,
        cause="vad",
        outcome="yielded",
    )
    agent = Turn(speaker="agent", started_s=1.0, ended_s=7.0, speech_id="s", overlaps=(overlap,))
    reply = Turn(speaker="agent", started_s=8.0, ended_s=9.0, speech_id="t")
    in_force = {"interruption_mode": "adaptive", **(options or {})}
    events = [*SPOKEN, OptionsInForce(at_s=0.0, options=in_force)]
    if verdict_s is not None:
        events.append(OverlappingSpeech(at_s=verdict_s, is_interruption=False))
    found = diagnosed(tmp_path, agent, reply, events=events)
    return [finding for finding in found if finding.code == "adaptive-off"]


def test_a_detector_that_is_silent_after_its_first_verdict_is_lost(tmp_path):
    [finding] = adaptive(tmp_path, 4.0, verdict_s=2.5)
    assert "last verdict at 2.50 s" in finding.evidence[0]


def test_a_detector_that_gave_a_verdict_later_is_not_lost(tmp_path):
    assert adaptive(tmp_path, 4.0, verdict_s=6.0) == []


def test_what_adaptive_leaves_to_the_vad_at_the_beginning_of_a_speech_is_no_loss(tmp_path):
    assert adaptive(tmp_path, 1.9) == []


def test_a_detector_of_ones_own_is_named_by_its_host_and_not_as_livekits_cloud(tmp_path):
    [finding] = adaptive(tmp_path, 4.0, options={"inference_url": "127.0.0.1:8080"})
    assert "127.0.0.1:8080" in finding.turn
    assert "Cloud" not in finding.turn


def test_a_sound_without_words_that_stopped_the_agent_for_good_is_not_laid_to_the_stt(tmp_path):
    stopped = Overlap(
        onset_s=3.0, caller_end_s=3.3, talk_over_s=0.3, silent_s=3.5, outcome="yielded", cause="vad"
    )
    agent = Turn(speaker="agent", started_s=1.0, ended_s=3.5, speech_id="s", overlaps=(stopped,))
    options = OptionsInForce(at_s=0.0, options={"resume_false_interruption": False})
    [finding] = diagnosed(tmp_path, agent, events=(*SPOKEN, options))
    assert (finding.code, finding.sure) == ("dead-air", "likely")
    assert finding.turn.startswith("resume_false_interruption = true")
