"""All that the diagnosis can name: stable codes, what each means, and what to turn by default."""

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
        """A finding of this kind, in the story's overlap or at ``at_s``."""
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
    turn="min_interruption_words = 0, or 1 where noise is the trouble",
    pipecat='min_words = 1 with use_interim = true; or user_turn_start = ["vad"], for no words',
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
    turn="aec_warmup_duration = 0 (off) where there is no echo, as on a phone line; else 1.0",
)
TRANSCRIPT_DECIDES = Kind(
    code="transcript-decides",
    title="min_interruption_duration seems ignored: a transcript decides",
    symptom=2,
    layer="gate",
    turn="min_interruption_words holds transcripts back, min_interruption_duration does not",
)
SILENCE_COUNTS = Kind(
    code="silence-counts",
    title="min_interruption_duration seems ignored: the silence after a sound counts as speech",
    symptom=2,
    layer="gate",
    turn="min_interruption_duration over the sound's length plus min_silence_duration; for clicks "
    "min_speech_duration = 0.1",
)
BUFFERED_AHEAD = Kind(
    code="buffered-ahead",
    title="It stops, but a syllable or more leaks: audio was sent too far ahead",
    symptom=3,
    layer="transport",
    turn="the transport's buffer: queue less ahead of the listener, and drop it at pause and clear",
    pipecat="audio_out_10ms_chunks = 4 or less, for a chunk being written cannot be taken back; a "
    "buffer behind the transport that an interruption clears, else audio_out_queue_size_ms = 200",
)
CANCEL_LOST = Kind(
    code="cancel-lost",
    title="The interruption fires and the audio goes on: the cancel does not reach the transport",
    symptom=4,
    layer="output",
    turn="the output: forward pause(), resume() and clear_buffer() to the next in the chain, and "
    "take no frames while paused",
    pipecat="a processor that does not push on what it does not know: it must pass the "
    "InterruptionFrame on, as every frame",
)
QUEUE_PLAYS_OUT = Kind(
    code="queue-plays-out",
    title="Nothing new is spoken, but what was queued plays to its end",
    symptom=5,
    layer="output",
    turn="the output: pause() and clear_buffer() must drop what it holds, not only take no more",
    pipecat="the output transport: its process_frame must hand the InterruptionFrame to its base, "
    "and clear what lies behind it",
)
CONTEXT_BROKEN = Kind(
    code="context-broken",
    title="What was cut is missing, doubled or out of order in the chat context",
    symptom=6,
    layer="context",
    turn="the code that edits the chat context: leave the interrupted message in, once, before the "
    "caller's answer to it",
    pipecat="a TTS that gives the times of its words, the assistant's aggregator behind "
    "transport.output(), and no code that reorders the context's messages",
)
SPEAKING_SILENT = Kind(
    code="speaking-silent",
    title="It is silent and its state says speaking",
    symptom=7,
    layer="state",
    turn="what holds the state: report playback_finished for every segment, and let LiveKit change "
    "the agent's state",
    pipecat="what loses the TTSStoppedFrame: without it BotStoppedSpeakingFrame waits for 3 s of "
    "nothing",
)
ECHO = Kind(
    code="echo",
    title="The agent's own echo stopped it",
    layer="caller's audio",
    turn="echo cancellation at the caller's end; without it aec_warmup_duration and "
    "min_interruption_words = 1 hold an echo back",
    pipecat="echo cancellation at the caller's end; without it user_mute covers the first speech, "
    'and user_turn_start = ["min_words"] holds an echo back',
)
ADAPTIVE_OFF = Kind(
    code="adaptive-off",
    title="Adaptive interruption was asked for, and plain voice activity decides",
    layer="gate",
    turn="LiveKit Cloud credentials, or LIVEKIT_INFERENCE_URL and its key for a detector of your "
    'own; or interruption_mode = "vad", to have the same everywhere',
)
DEAD_AIR = Kind(
    code="dead-air",
    title="A false interruption left dead air",
    layer="gate",
    turn="false_interruption_timeout = 0.5; to have fewer, min_speech_duration or "
    "activation_threshold up",
    pipecat='start_secs, confidence or min_volume up, or user_turn_start = ["min_words"]: what '
    "Pipecat has stopped stays stopped",
)
LOST_PIECE = Kind(
    code="lost-piece",
    title="The resumed speech lost a piece",
    layer="output",
    turn="the output's queue: shorter, or played again after resume(); fewer false stops cost less",
)
PROTECTED_CUT = Kind(
    code="protected-cut",
    title="A protected line was cut",
    layer="program",
    turn="the code that interrupts: no interrupt(force=True), and no allow_interruptions = True "
    "while the line plays",
    pipecat="mute the caller while it plays (user_mute): interruptible = False keeps its frames, "
    "and not what waits behind the transport",
)
PROTECTED_TALKED_OVER = Kind(
    code="protected-talked-over",
    title="The caller talked over a protected line",
    layer="program",
    turn="make the line shorter, or let it be interrupted; discard_audio_if_uninterruptible = "
    "false keeps what the caller said",
    pipecat="make the line shorter, or mute the caller for less (user_mute)",
)
DEAF = Kind(
    code="deaf",
    title="The agent is deaf: the caller speaks and its VAD hears nothing",
    layer="vad",
    turn="activation_threshold down, or the VAD's audio: its track, its rate, its gain",
    pipecat="confidence, min_volume or start_secs down, or the VAD's audio: its track, its gain",
)
NO_REPLY = Kind(
    code="no-reply",
    title="The caller interrupted, and no reply follows",
    layer="reply",
    turn="what should have answered: see where the trail ends",
)
OPTIONS_DIFFER = Kind(
    code="options-differ",
    title="The options in force are not those that were asked for",
    layer="options",
    turn="find what sets them: Agent(turn_handling=…), session.options, a second turn_handling",
)
NOT_SEEN = Kind(
    code="not-seen",
    title="It did not do as it should, and this recording cannot show why",
    layer="unknown",
    turn="record the next call where the agent runs",
)
UNEXPLAINED = Kind(
    code="unexplained",
    title="It did not yield in time, and no known cause fits",
    layer="unknown",
    turn="read the overlap's events: livekit-barge show",
)

KINDS = tuple(kind for kind in list(globals().values()) if isinstance(kind, Kind))
"""All of them, in the order of the page: the seven symptoms first."""
