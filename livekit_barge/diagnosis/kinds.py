"""The kinds of findings: their stable codes, their meaning, and the change to make by default."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from livekit_barge.diagnosis.call_view import Story
from livekit_barge.diagnosis.finding import Finding, Sure


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of finding; its fields are those of :class:`Finding`."""

    code: str
    title: str
    symptom: int | None = None
    layer: str
    turn: str
    pipecat: str | None = None
    """The change to make in a Pipecat call; ``None``: the same, or never found in one."""

    def found(
        self,
        evidence: Iterable[str],
        *,
        story: Story | None = None,
        at_s: float | None = None,
        ruled_out: Iterable[str] = (),
        turn: str | None = None,
        layer: str | None = None,
        sure: Sure = "sure",
        needs: str | None = None,
    ) -> Finding:
        """Return a finding of this kind, in the story's overlap or at ``at_s``."""
        where_s = story.begin_s if at_s is None and story is not None else at_s
        return Finding(
            code=self.code,
            title=self.title,
            symptom=self.symptom,
            layer=self.layer if layer is None else layer,
            overlap=None if story is None else story.index,
            at_s=where_s,
            evidence=tuple(evidence),
            ruled_out=tuple(ruled_out),
            turn=self.turn if turn is None else turn,
            sure=sure,
            needs=needs,
        )


INTERRUPTIONS_OFF = Kind(
    code="interruptions-off",
    title="It talks on: interruptions are off",
    symptom=1,
    layer="gate",
    turn="allow_interruptions = true; protect single lines with say(…, allow_interruptions=False)",
    pipecat="enable_interruptions = true in the start strategies; protect single lines with "
    "user_mute",
)
WORDS_GATE = Kind(
    code="words-gate",
    title="It talks on: too few words were transcribed to pass the words gate",
    symptom=1,
    layer="gate",
    turn="min_interruption_words = 0, or 1 if noise is the problem",
    pipecat='min_words = 1 with use_interim = true; or user_turn_start = ["vad"]: no words gate',
)
DURATION_GATE = Kind(
    code="duration-gate",
    title="It talks on: nobody speaks as long as the duration gate asks",
    symptom=1,
    layer="gate",
    turn="min_interruption_duration = 0.5 or less",
    pipecat="start_secs = 0.2 or less",
)
AEC_WARMUP = Kind(
    code="aec-warmup",
    title="The echo canceller's warm-up swallowed the caller's speech",
    symptom=1,
    layer="gate",
    turn="aec_warmup_duration = 0 (off) if there is no echo, as on a phone line; otherwise 1.0",
)
TRANSCRIPT_DECIDES = Kind(
    code="transcript-decides",
    title="min_interruption_duration seems ignored: a transcript decides",
    symptom=2,
    layer="gate",
    turn="min_interruption_words, which holds transcripts back; min_interruption_duration does not",
)
SILENCE_COUNTS = Kind(
    code="silence-counts",
    title="min_interruption_duration seems ignored: the silence after a sound counts as speech",
    symptom=2,
    layer="gate",
    turn="min_interruption_duration above the sound's length plus min_silence_duration; for "
    "clicks, min_speech_duration = 0.1",
)
BUFFERED_AHEAD = Kind(
    code="buffered-ahead",
    title="It stops, but a syllable or more leaks: audio was sent too far ahead",
    symptom=3,
    layer="transport",
    turn="the transport's buffer: queue less ahead of the listener; drop it at pause and clear",
    pipecat="audio_out_10ms_chunks = 4 or less, since a chunk being written cannot be taken back; "
    "a buffer behind the transport that an interruption clears, or audio_out_queue_size_ms = 200",
)
CANCEL_LOST = Kind(
    code="cancel-lost",
    title="The interruption fires and the audio goes on: the cancel does not reach the transport",
    symptom=4,
    layer="output",
    turn="the output: forward pause(), resume() and clear_buffer() to the next in the chain, and "
    "take no frames while paused",
    pipecat="a processor that does not push frames it does not know: it must pass on the "
    "InterruptionFrame, like every frame",
)
QUEUE_PLAYS_OUT = Kind(
    code="queue-plays-out",
    title="Nothing new is spoken, but what was queued plays to its end",
    symptom=5,
    layer="output",
    turn="the output: pause() and clear_buffer() must drop the queued audio, not only refuse more",
    pipecat="the output transport: its process_frame must hand the InterruptionFrame to its base, "
    "and clear the buffers behind it",
)
CONTEXT_BROKEN = Kind(
    code="context-broken",
    title="What was cut is missing, doubled or out of order in the chat context",
    symptom=6,
    layer="context",
    turn="the code that edits the chat context: leave the interrupted message in, once, before the "
    "caller's answer to it",
    pipecat="a TTS that gives word timestamps, the assistant's aggregator behind "
    "transport.output(), and no code that reorders the context's messages",
)
SPEAKING_SILENT = Kind(
    code="speaking-silent",
    title="It is silent and its state says speaking",
    symptom=7,
    layer="state",
    turn="the code that holds the state: report playback_finished for every segment, and let "
    "LiveKit change the agent's state",
    pipecat="the processor that loses the TTSStoppedFrame: without it BotStoppedSpeakingFrame "
    "waits for 3 s of silence",
)
ECHO = Kind(
    code="echo",
    title="The agent's own echo stopped it",
    layer="caller's audio",
    turn="echo cancellation at the caller's end; without it, aec_warmup_duration and "
    "min_interruption_words = 1 hold an echo back",
    pipecat="echo cancellation at the caller's end; without it, user_mute covers the first speech, "
    'and user_turn_start = ["min_words"] holds an echo back',
)
ADAPTIVE_OFF = Kind(
    code="adaptive-off",
    title="Adaptive interruption was asked for, and plain voice activity decides",
    layer="gate",
    turn="LiveKit Cloud credentials, or LIVEKIT_INFERENCE_URL and its key for a detector of your "
    'own; or interruption_mode = "vad", for the same behaviour everywhere',
)
DEAD_AIR = Kind(
    code="dead-air",
    title="A false interruption left dead air",
    layer="gate",
    turn="false_interruption_timeout = 0.5; for fewer of them, raise min_speech_duration or "
    "activation_threshold",
    pipecat='raise start_secs, confidence or min_volume, or set user_turn_start = ["min_words"]: '
    "Pipecat never resumes a stopped speech",
)
LOST_PIECE = Kind(
    code="lost-piece",
    title="The resumed speech lost a piece",
    layer="output",
    turn="the output's queue: make it shorter, or play it again after resume()",
)
PROTECTED_CUT = Kind(
    code="protected-cut",
    title="A protected line was cut",
    layer="program",
    turn="the code that interrupts: avoid interrupt(force=True), and allow_interruptions = True "
    "while the line plays",
    pipecat="mute the caller while it plays (user_mute): interruptible = False protects its "
    "frames, but not the audio behind the transport",
)
PROTECTED_TALKED_OVER = Kind(
    code="protected-talked-over",
    title="The caller talked over a protected line",
    layer="program",
    turn="make the line shorter, or interruptible; discard_audio_if_uninterruptible = false keeps "
    "the caller's words",
    pipecat="make the line shorter, or mute the caller for less time (user_mute)",
)
DEAF = Kind(
    code="deaf",
    title="The agent is deaf: the caller speaks and its VAD hears nothing",
    layer="vad",
    turn="lower activation_threshold, or check the VAD's audio: its track, its rate, its gain",
    pipecat="lower confidence, min_volume or start_secs, or check the VAD's audio: track and gain",
)
NO_REPLY = Kind(
    code="no-reply",
    title="The caller interrupted, and no reply follows",
    layer="reply",
    turn="the step that should have answered: see where the trail ends",
)
OPTIONS_DIFFER = Kind(
    code="options-differ",
    title="The options in force are not those that were asked for",
    layer="options",
    turn="find what sets them: Agent(turn_handling=…), session.options, another turn_handling",
)
NOT_SEEN = Kind(
    code="not-seen",
    title="It did not do as it should, and this recording cannot show why",
    layer="unknown",
    turn="record the next call at the agent",
)
UNEXPLAINED = Kind(
    code="unexplained",
    title="It did not yield in time, and no known cause fits",
    layer="unknown",
    turn="read the overlap's events: livekit-barge show",
)

KINDS = tuple(kind for kind in list(globals().values()) if isinstance(kind, Kind))
"""All kinds, in the order of ``docs/reference/findings.md``: the seven symptoms first."""
