"""Every file name and schema name that this package writes, in one place.

A document names its schema and the schema's version; a reader refuses one that it does not know.
"""

from __future__ import annotations

# A Call folder.
CALL_SCHEMA_NAME = "livekit-barge/call/"
CALL_SCHEMA = f"{CALL_SCHEMA_NAME}1"
META_FILE = "call.json"
AUDIO_FILE = "audio.flac"
PUSHED_FILE = "pushed.flac"
EVENTS_FILE = "events.jsonl"
TURNS_FILE = "turns.jsonl"
# The audio of a call while it is recorded.
CALLER_SPOOL = "caller.s16"
PUSHED_SPOOL = "pushed.s16"

# What `score` makes of a recording.
SCORECARD_SCHEMA = "livekit-barge/scorecard/2"
SCORECARD_OF_ALL_SCHEMA = "livekit-barge/scorecard-of-all/2"
REFUSED_SCHEMA = "livekit-barge/refused/1"
CARD_FILE = "scorecard.json"
REFUSED_FILE = "refused.json"

# The folder of a bench run.
BENCH_SCHEMA = "livekit-barge/bench/1"
RESULTS_FILE = "results.jsonl"
RUN_FILE = "run.json"

# The folder of a sweep or a search.
SWEEP_SCHEMA = "livekit-barge/sweep/1"
SWEEP_FILE = "sweep.json"
HELD_OUT = "held-out"
"""The folder beside the sweep's file for the calls that the search of ``tune`` has not heard."""

GATE_SCHEMA = "livekit-barge/gate/1"
