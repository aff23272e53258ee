"""The faults: a scripted call each, with exactly one thing wrong, and the code that names it."""

from __future__ import annotations

from functools import partial

from livekit_barge.diagnosis import kinds
from livekit_barge.faults.agents import (
    CutNotice,
    Editing,
    Meddling,
    Notice,
    Silent,
    cut_doubled,
    cut_last,
    cut_removed,
)
from livekit_barge.faults.faulty_inputs import BehindVAD, DeafVAD
from livekit_barge.faults.loopback_detector import AskingSession
from livekit_barge.faults.sessions import (
    StuckSession,
    echoing,
    late_end,
    no_orders,
    session_of,
    stalling,
)
from livekit_barge.faults.trial import AGAIN, LATER, LONG_ANSWERS, Trial, interrupts
from livekit_barge.frameworks.livekit.presets import vad_knobs
from livekit_barge.script.scripted_call import Conditions
from livekit_barge.stage.models import Timing

FAULTS = (
    # Symptom 1: no decision.
    Trial(
        name="interruptions-off",
        code=kinds.INTERRUPTIONS_OFF.code,
        session=session_of(interruption={"enabled": False}),
    ),
    Trial(
        name="words-gate-of-twelve",
        code=kinds.WORDS_GATE.code,
        session=session_of(interruption={"min_words": 12}),
    ),
    Trial(
        name="one-word-at-a-words-gate-of-two",
        code=kinds.WORDS_GATE.code,
        caller=(interrupts("Stop!"),),
        session=session_of(interruption={"min_words": 2}),
    ),
    Trial(
        name="duration-gate-of-ten-seconds",
        code=kinds.DURATION_GATE.code,
        session=session_of(
            lacks=("stt",), turn_detection="manual", interruption={"min_duration": 10.0}
        ),
    ),
    Trial(
        name="duration-gate-of-two-seconds",
        code=kinds.DURATION_GATE.code,
        session=session_of(lacks=("stt",), interruption={"min_duration": 1.8}),
    ),
    Trial(
        name="warmup-of-livekits-default",
        code=kinds.AEC_WARMUP.code,
        caller=(interrupts(at="after the agent has spoken 0.6 s"),),
        session=session_of(aec_warmup_duration=3.0),
    ),
    # Symptom 2: something else decides.
    Trial(
        name="transcript-before-the-duration",
        code=kinds.TRANSCRIPT_DECIDES.code,
        session=session_of(interruption={"min_duration": 5.0}),
    ),
    Trial(
        name="slow-transcript-at-the-words-gate",
        code=kinds.TRANSCRIPT_DECIDES.code,
        session=session_of(interruption={"min_words": 2}),
        timing=Timing(stt_interim_s=1.2, stt_final_s=1.3),
    ),
    Trial(
        name="silence-counted-as-speech",
        code=kinds.SILENCE_COUNTS.code,
        caller=(interrupts("Stop."),),
        session=session_of(
            vad=vad_knobs.load({"min_silence_duration": 0.9}), interruption={"min_duration": 0.7}
        ),
        timing=Timing(stt_interim_s=1.0, stt_final_s=1.1),
    ),
    # Symptoms 3 to 5: audible beyond the decision.
    Trial(
        name="transport-with-a-deep-buffer",
        code=kinds.BUFFERED_AHEAD.code,
        conditions=Conditions(pause_delay_s=0.7, clear_delay_s=0.7),
    ),
    Trial(
        name="output-without-orders-slow-voice",
        code=kinds.CANCEL_LOST.code,
        session=session_of(rewire=no_orders),
        timing=Timing(tts_speed=1.05),
    ),
    Trial(
        name="output-without-orders-fast-voice",
        code=kinds.QUEUE_PLAYS_OUT.code,
        session=session_of(rewire=no_orders),
        timing=Timing(tts_speed=50.0),
    ),
    # Symptom 6: the context.
    Trial(
        name="cut-speech-removed",
        code=kinds.CONTEXT_BROKEN.code,
        agent=partial(Editing, cut_removed),
    ),
    Trial(
        name="cut-speech-doubled",
        code=kinds.CONTEXT_BROKEN.code,
        agent=partial(Editing, cut_doubled),
    ),
    Trial(
        name="cut-speech-out-of-order",
        code=kinds.CONTEXT_BROKEN.code,
        agent=partial(Editing, cut_last),
    ),
    # Symptom 7: the state.
    Trial(
        name="state-stuck-at-speaking",
        code=kinds.SPEAKING_SILENT.code,
        caller=(),
        session=session_of(kind=StuckSession),
    ),
    Trial(
        name="output-reports-its-end-late",
        code=kinds.SPEAKING_SILENT.code,
        caller=(),
        session=session_of(rewire=late_end),
    ),
    Trial(
        name="voice-stalls",
        code=kinds.SPEAKING_SILENT.code,
        caller=(),
        session=stalling(session_of()),
    ),
    Trial(
        name="spoken-into-a-hole-of-the-voice",
        code=kinds.SPEAKING_SILENT.code,
        caller=(interrupts("Hello, are you there?", "12 s after the call starts"),),
        session=stalling(session_of()),
    ),
    # Beyond the seven.
    Trial(
        name="loudspeaker-echo",
        code=kinds.ECHO.code,
        caller=(),
        session=session_of(
            rewire=echoing, interruption={"false_interruption_timeout": 0.5, "min_duration": 0.3}
        ),
    ),
    Trial(
        name="adaptive-without-the-cloud",
        code=kinds.ADAPTIVE_OFF.code,
        session=session_of(interruption={"mode": "adaptive"}),
    ),
    Trial(
        name="adaptive-connection-lost",
        code=kinds.ADAPTIVE_OFF.code,
        caller=(interrupts(), interrupts(AGAIN, "after the agent has spoken 1.6 s")),
        session=session_of(kind=AskingSession, fails=True, interruption={"mode": "adaptive"}),
        answers=LONG_ANSWERS,
    ),
    Trial(
        name="a-sound-without-words",
        code=kinds.DEAD_AIR.code,
        sound="What a day it is.",
        conditions=Conditions(queue_s=0.05),
    ),
    Trial(
        name="a-sound-that-is-never-taken-back",
        code=kinds.DEAD_AIR.code,
        caller=(interrupts(), LATER),
        sound="No?",
        session=session_of(interruption={"resume_false_interruption": False, "min_duration": 0.3}),
    ),
    Trial(
        name="resume-drops-a-second",
        code=kinds.LOST_PIECE.code,
        sound="What a day it is.",
        session=session_of(interruption={"false_interruption_timeout": 0.1}),
        conditions=Conditions(queue_s=1.0),
    ),
    Trial(name="notice-cut-by-force", code=kinds.PROTECTED_CUT.code, agent=CutNotice),
    Trial(name="notice-talked-over", code=kinds.PROTECTED_TALKED_OVER.code, agent=Notice),
    Trial(
        name="vad-hears-nothing",
        code=kinds.DEAF.code,
        session=session_of(vad=DeafVAD(), lacks=("stt",)),
    ),
    Trial(
        name="response-stopped",
        code=kinds.NO_REPLY.code,
        caller=(interrupts(), LATER),
        agent=Silent,
    ),
    Trial(
        name="option-set-at-run-time",
        code=kinds.OPTIONS_DIFFER.code,
        session=session_of(interruption={"min_duration": 0.3}),
        agent=Meddling,
    ),
    # What cannot be known.
    Trial(
        name="a-recording-alone",
        code=kinds.NOT_SEEN.code,
        session=session_of(interruption={"enabled": False}),
        events=False,
    ),
    Trial(
        name="vad-a-second-behind",
        code=kinds.UNEXPLAINED.code,
        session=session_of(vad=BehindVAD()),
    ),
)
"""The planted faults, each with the one code that names it."""
