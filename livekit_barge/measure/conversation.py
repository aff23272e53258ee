"""Gathers a call's events and bursts, and gives out each turn once it can no longer change.

A turn is settled when the speech is done (the caller: has been quiet), and the call is known for
``decision_reach_s`` beyond: by then every decision, word and reply that belongs to it has come. So
it does not matter whether the call is measured while it runs or read from its folder.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from livekit_barge.call.events import (
    CallerDetached,
    ConversationItem,
    Decision,
    Event,
    OutputPaused,
    OutputResumed,
    OverlappingSpeech,
    ProtectedEnded,
    ProtectedStarted,
    SegmentFlushed,
    SegmentStarted,
    SessionClosed,
    SpeechCreated,
    SpeechDone,
    SpeechInterrupted,
    Transcript,
)
from livekit_barge.call.placement import Placement
from livekit_barge.hearing.burst import Burst
from livekit_barge.hearing.span import Span
from livekit_barge.measure.agent_speech import Hold, Speech
from livekit_barge.measure.agent_stop import EpisodeContext
from livekit_barge.measure.caller_turn import CallerTurn, Protection
from livekit_barge.measure.episodes import Episode, episodes
from livekit_barge.measure.judge import judge
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.overlap import Overlap, Verdict
from livekit_barge.measure.transcripts import Transcripts, metrics_of
from livekit_barge.measure.turns import Turn
from livekit_barge.measure.unstamped_agent import UnstampedAgent


class Conversation:
    """Accepts events, placements and each side's bursts in order, in chunks of any size."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._speeches: dict[str | None, Speech] = {}
        self._of_segment: dict[int, Speech] = {}
        self._holds: list[Hold] = []
        self._protections: list[Protection] = []
        self._said = Transcripts()
        self._verdicts: list[Verdict] = []
        self._caller: list[Burst] = []
        self._heard_only = UnstampedAgent(limits)
        self._given_s = -math.inf
        """The end of the caller's latest turn that was given out."""
        self._starts: list[float] = []
        """The onsets of the speeches that were given out."""
        self._previous: Speech | None = None
        """The agent's latest speech that was given out."""

    def event(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case SpeechCreated():
                self._speeches[event.speech_id] = Speech(event.speech_id)
            case SegmentStarted():
                speech = self._speeches.setdefault(event.speech_id, Speech(event.speech_id))
                speech.begin(event.segment_id)
                self._of_segment[event.segment_id] = speech
            case OverlappingSpeech():
                self._verdicts.append(Verdict.of(event))
            case CallerDetached() | SessionClosed():
                for speech in self._speeches.values():
                    speech.close(event.at_s)
            case OutputResumed():
                while self._holds:
                    self._holds.pop().resumed_at_s = event.at_s
            case ProtectedStarted():
                self._protections.append(Protection(event.reason, event.speech_id, event.at_s))
            case ProtectedEnded():
                for protection in self._protections:
                    protection.end(event)
            case Transcript() | ConversationItem():
                self._said.hear(event)
            case SegmentFlushed() if flushed := self._of_segment.get(event.segment_id):
                flushed.flush(event.segment_id, event.at_s, event.pushed_s)
            case Decision() | OutputPaused() | SpeechInterrupted() | SpeechDone():
                if known := self._speeches.get(event.speech_id):
                    self._befall(known, event)

    def _befall(
        self, speech: Speech, event: Decision | OutputPaused | SpeechInterrupted | SpeechDone
    ) -> None:
        match event:
            case Decision():
                speech.decide(event)
            case OutputPaused():
                speech.holds.append(Hold(event.at_s))
                self._holds.append(speech.holds[-1])
            case SpeechInterrupted():
                speech.interrupted_at_s, speech.interrupted_by = event.at_s, event.source
            case SpeechDone():
                speech.done_at_s, speech.item_ids = event.at_s, frozenset(event.item_ids)

    def place(self, placements: Iterable[Placement]) -> None:
        """Take placements of the agent's audio, before their bursts."""
        for placement in placements:
            if speech := self._of_segment.get(placement.segment_id):
                speech.play(placement)

    def caller(self, bursts: Iterable[Burst]) -> None:
        """Take the caller's next bursts."""
        self._caller += bursts

    def agent(self, bursts: Iterable[Burst]) -> None:
        """Take the agent's next bursts."""
        for burst in bursts:
            heard = Span(burst.onset_s, burst.end_s)
            stamped = [speech for speech in self._speeches.values() if speech.played_in(heard)]
            for speech in stamped:
                speech.hear(burst)
            if not stamped:
                self._heard_only.hear(burst)

    def settled(self, until_s: float, *, closed: bool = False) -> Iterator[Turn]:
        """Yield the further turns that can no longer change, in order of their start.

        The call is known up to ``until_s``; ``closed``: there is no more to come.
        """
        self._heard_only.join(self._caller)
        caller = [turn for turn in self._caller_turns() if turn.started_s > self._given_s]
        sides: list[CallerTurn | Speech] = [*caller, *self._audible_speeches()]
        sides.sort(key=_started_s)
        for side in sides:
            if not closed and until_s < self._settles_s(side):
                until_s = min(until_s, _started_s(side))
                break
            if isinstance(side, Speech):
                yield self._agent_turn(side, until_s)
                self._forget_speech(side)
            else:
                yield self._caller_turn(side)
                self._given_s = side.ended_s
        self._forget_before(until_s)

    # The sides of the conversation, and when each can no longer change.

    def _audible_speeches(self) -> list[Speech]:
        return [s for s in [*self._speeches.values(), *self._heard_only.speeches] if s.runs]

    def _caller_turns(self) -> list[CallerTurn]:
        """The caller's bursts that are still kept, as turns; some may have been given out."""
        audible = self._audible_speeches()
        starts = sorted([*self._starts, *(speech.runs[0].onset_s for speech in audible)])
        turns: list[CallerTurn] = []
        for burst in self._caller:
            if turns and self._goes_on(turns[-1], burst, starts):
                turns[-1].bursts.append(burst)
            else:
                turns.append(CallerTurn([burst]))
        return turns

    def _goes_on(self, turn: CallerTurn, burst: Burst, starts: Sequence[float]) -> bool:
        if burst.onset_s - turn.ended_s > self._limits.turn_gap_s:
            return False
        following = bisect_left(starts, turn.ended_s)
        return following == len(starts) or starts[following] >= burst.onset_s

    def _settles_s(self, side: CallerTurn | Speech) -> float:
        """Return how far the call must be known for the side to be final."""
        if isinstance(side, CallerTurn):
            return side.ended_s + self._limits.decision_reach_s
        if side.done_at_s is None:
            return math.inf
        ends = [self._said_until_s(episode) for episode in self._episodes(side)]
        return max(side.done_at_s, side.runs[-1].end_s, *ends) + self._limits.decision_reach_s

    # Turns.

    def _caller_turn(self, turn: CallerTurn) -> Turn:
        reach_s = self._reach_s(turn.ended_s)
        items = self._said.of_caller(turn.started_s, reach_s)
        return Turn(
            speaker="caller",
            started_s=turn.started_s,
            ended_s=turn.ended_s,
            words=self._said.words(turn.started_s, reach_s),
            livekit_metrics=metrics_of(items),
        )

    def _agent_turn(self, speech: Speech, until_s: float) -> Turn:
        items = self._said.of_speech(speech.item_ids)
        found = self._episodes(speech)
        begins_s = [*(episode.begin_s for episode in found), math.inf]
        return Turn(
            speaker="agent",
            started_s=speech.runs[0].onset_s,
            ended_s=speech.runs[-1].end_s,
            speech_id=speech.speech_id,
            response_gap_s=self._response_gap_s(speech),
            start_delayed_s=speech.start_delayed_s(),
            words=" ".join(item.text for item in items if item.text) or None,
            livekit_metrics=metrics_of(items),
            overlaps=tuple(
                self._overlap(episode, speech, until_s, before_s)
                for episode, before_s in zip(found, begins_s[1:], strict=True)
            ),
        )

    def _episodes(self, speech: Speech) -> list[Episode]:
        return episodes(speech, self._caller, self._limits, self._verdicts)

    def _overlap(
        self, episode: Episode, speech: Speech, until_s: float, before_s: float
    ) -> Overlap:
        """Return the judged episode; ``before_s`` is where the speech's next episode begins."""
        at_s = episode.begin_s if episode.onset_s is None else episode.onset_s
        protected = {p.reason for p in self._protections if p.covers(at_s, speech)}
        around = EpisodeContext(
            words=self._words_of(episode, before_s),
            protected=tuple(sorted(protected)),
            caller=self._caller,
            seen_until_s=until_s,
            next_run=self._next_run(speech),
            labelled=self._said.labelled(*self._when_said(episode, before_s)),
        )
        return judge(episode, speech, around, self._limits)

    def _next_run(self, speech: Speech) -> Burst | None:
        """Return the agent's next burst after the speech."""
        runs = [
            run for other in self._audible_speeches() if other is not speech for run in other.runs
        ]
        later = [run for run in runs if run.onset_s >= speech.runs[-1].end_s]
        return min(later, key=lambda run: run.onset_s, default=None)

    def _words_of(self, episode: Episode, before_s: float) -> str | None:
        """Return the words heard before the caller resumed, or else all that they began to say."""
        return self._said.words(*self._when_said(episode, before_s))

    def _when_said(self, episode: Episode, before_s: float) -> tuple[float, float]:
        """Return from when to when an episode's words come.

        Words that come once the next episode has begun (``before_s``) are that episode's.
        """
        at_once_s = self._reach_s(episode.end_s)
        if self._said.words(episode.begin_s, at_once_s):
            return episode.begin_s, at_once_s
        whole_s = self._reach_s(self._said_until_s(episode))
        return episode.begin_s, min(whole_s, before_s)

    def _said_until_s(self, episode: Episode) -> float:
        """Return the end of the turn that the caller began in the episode; it may outlast that."""
        for turn in self._caller_turns():
            if episode.caller and episode.caller[-1] in turn.bursts:
                return turn.ended_s
        return episode.end_s

    def _reach_s(self, end_s: float) -> float:
        """Return until when stamps still belong to the caller's speech that ended at ``end_s``."""
        further = (burst.onset_s for burst in self._caller if burst.onset_s > end_s)
        return min([end_s + self._limits.decision_reach_s, *further])

    def _response_gap_s(self, speech: Speech) -> float | None:
        """Return the gap since the caller's turn that this answers; ``None``: it answers none."""
        first_s = speech.runs[0].onset_s
        ends = [burst.end_s for burst in self._caller if burst.onset_s < first_s]
        if not ends or ends[-1] > first_s:
            return None
        if (previous := self._previous) is not None:
            went_on = previous.runs[-1].end_s > ends[-1] and previous.interrupted_at_s is None
            if ends[-1] < previous.runs[0].onset_s or went_on:
                return None
        return round(first_s - ends[-1], 6)

    # What is no longer needed.

    def _forget_speech(self, speech: Speech) -> None:
        self._previous = speech
        self._starts.append(speech.runs[0].onset_s)
        if speech in self._heard_only.speeches:
            self._heard_only.speeches.remove(speech)
        else:
            self._drop(speech)

    def _drop(self, speech: Speech) -> None:
        del self._speeches[speech.speech_id]
        for segment_id in speech.segment_ids:
            self._of_segment.pop(segment_id, None)  # a damaged folder may name one twice

    def _forget_before(self, until_s: float) -> None:
        """Drop what no turn to come can ask for, so that an hour's call costs what a minute's does.

        The caller's last burst before is kept: the agent's next speech may be the answer to it.
        """
        self._said.forget_before(until_s)
        self._verdicts = [each for each in self._verdicts if each.at_s >= until_s]
        self._protections = [
            p for p in self._protections if p.ended_s is None or p.ended_s > until_s
        ]
        over = sum(burst.end_s < until_s for burst in self._caller)
        self._caller = self._caller[max(over - 1, 0) :]
        since_s = min([until_s, *(burst.onset_s for burst in self._caller)])
        self._starts = [start_s for start_s in self._starts if start_s >= since_s]
        for speech in list(self._speeches.values()):
            if not speech.runs and speech.done_at_s is not None and speech.done_at_s < until_s:
                self._drop(speech)


def _started_s(side: CallerTurn | Speech) -> float:
    return side.started_s if isinstance(side, CallerTurn) else side.runs[0].onset_s
