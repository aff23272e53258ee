"""Spans: an overlap becomes a span under LiveKit's own of the speech, with the decision in it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from livekit.agents import telemetry
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from livekit_barge import BargeSession
from livekit_barge.measure.overlap import Overlap
from livekit_barge.recording.spans import DECISION, SPAN
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.testing import line, play


@pytest.fixture(scope="module")
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = telemetry.tracer._tracer_provider
    telemetry.set_tracer_provider(provider)
    yield exporter
    telemetry.tracer.set_provider(before)


@pytest.fixture(scope="module")
def call(exported: InMemorySpanExporter) -> PlayedCall:  # noqa: ARG001
    return play(
        session=partial(BargeSession, preset="snappy"),
        replies=["Your parcel left this morning. It will reach you on Tuesday before noon."],
        script=[line("No, wait, that is wrong!", "after the agent has spoken 1 s", expect="yield")],
    )


@pytest.fixture(scope="module")
def spans(call: PlayedCall, exported: InMemorySpanExporter) -> list[ReadableSpan]:  # noqa: ARG001
    return list(exported.get_finished_spans())


@pytest.fixture(scope="module")
def span(spans: list[ReadableSpan]) -> ReadableSpan:
    (found,) = [span for span in spans if span.name == SPAN]
    return found


@pytest.fixture(scope="module")
def overlap(call: PlayedCall) -> Overlap:
    (found,) = call.overlaps
    return found


def test_it_lasts_from_the_onset_to_the_agents_last_sample(span, overlap):
    lasted_s = (span.end_time - span.start_time) / 1e9
    assert lasted_s == pytest.approx(overlap.time_to_yield_s, abs=1e-6)


def test_the_decision_stands_in_it_when_it_was_made(span, overlap):
    after_s = [
        (event.timestamp - span.start_time) / 1e9 for event in span.events if event.name == DECISION
    ]
    assert after_s[0] == pytest.approx(overlap.detection_s, abs=1e-6)


def test_it_carries_what_the_turn_log_says(span, overlap):
    assert span.attributes["livekit_barge.detection_s"] == overlap.detection_s
    assert span.attributes["livekit_barge.outcome"] == "yielded"
    assert span.attributes["livekit_barge.preset"] == "snappy"


def test_no_word_that_was_said_is_in_it(span):
    assert "wrong" not in span.to_json()


def test_its_parent_is_livekits_span_of_the_speech(span, spans):
    by_id = {each.context.span_id: each for each in spans}
    ancestors, parent = [], span.parent
    while parent is not None:
        ancestors.append(by_id[parent.span_id])
        parent = ancestors[-1].parent
    assert "agent_turn" in [each.name for each in ancestors]
    assert ancestors[-1].name == "agent_session"
    turn = next(each for each in ancestors if each.name == "agent_turn")
    assert turn.attributes["lk.speech_id"] == span.attributes["lk.speech_id"]
