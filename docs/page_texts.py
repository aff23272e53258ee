"""The words of the generated pages that do not follow from the code."""

PRESETS = """\
A preset is a TOML file with knobs under LiveKit's names. Choose one in the environment, and set
single knobs on top:

    export BARGE_PRESET=snappy
    export BARGE_MIN_INTERRUPTION_DURATION=0.3

`livekit-barge presets show snappy` prints the options that LiveKit will get, and where each comes
from. Code overrides the environment, knob by knob, and the log says so once; `BARGE_FORCE=1` lets
the environment win. An unknown knob, a value out of range or a wrong unit is refused before the
call starts, in one line that names its source and the remedy. Options that do not do what they
seem to are explained once in the log. Pipecat has [presets of its own](pipecat.md)."""

VALUES = """\
An empty cell leaves LiveKit's default. Each value's reason is a comment in its file,
`configs/presets/NAME.toml`."""

THE_KNOBS = """\
*Clock* is what the knob moves: detection, the dead air after a false stop, or the response gap.
No knob of LiveKit's moves cancellation, which is the transport's. The traps are
[measured](evidence/traps.md). In a preset file of your own `based_on = "snappy"` takes over
another's values. `off` switches a knob off; leaving it out keeps LiveKit's default."""

VARIABLES = """\
All `BARGE_*` variables. An empty one counts as absent; an unknown one is refused, and the nearest
known name is suggested. `livekit-barge room` also reads LiveKit's own `LIVEKIT_URL`,
`LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`."""

SWITCHES = {
    "record_audio": "`0` leaves both audio files out.",
    "record_transcripts": "`0` leaves out what either side said.",
}

FILES = """\
Times are seconds from the call's start unless the field says otherwise; `None` is `null` in the
file: not known, or does not apply. Folders are 0700.

| file | content |
| --- | --- |
| `call.json` | who recorded the call, with which options |
| `audio.flac` | channel 0 the caller as they arrived, channel 1 the agent as it was played |
| `pushed.flac` | what the agent generated, played or not |
| `events.jsonl` | one [event](events.md) a line |
| `turns.jsonl` | one turn a line, derived: `livekit-barge turns CALL` measures them again |

A session in which no audio passes, such as a text evaluation, has `call.json` and `events.jsonl`
alone."""

EVENTS = """\
Each line of `events.jsonl` is one event: its `type`, `at_s` (seconds from the call's start, on one
monotonic clock), and the fields below. `livekit_at_s` is LiveKit's own stamp of the same thing,
brought onto that axis; LiveKit may back-date it, so the two differ."""

METRICS = """\
Every turn adds to the Prometheus registry that LiveKit's server serves. Histograms are in seconds.
[Production](../production.md) says how to turn them on. A label never holds what a caller says
or who calls: causes and outcomes are closed lists, and a preset is a shipped name, `file` or
`none`."""

API = """\
What README, docs and agents import. Times are seconds. Audio is float32 from −1 to 1, channel 0
the caller, channel 1 the agent. Every error is a `BargeError`, one line with its remedy."""

NOTES: dict[str, tuple[str, str]] = {
    "allow_interruptions": (
        "detection",
        "While it is false, what the caller says over the agent is lost as well, unless "
        "`discard_audio_if_uninterruptible` is false. To protect one line use "
        "`say(…, allow_interruptions=False)`.",
    ),
    "interruption_mode": (
        "detection",
        "Left out, LiveKit is adaptive in development and uses plain voice activity on your own "
        "production server. Setting it turns a realtime model's own turn detection off.",
    ),
    "min_interruption_duration": (
        "detection",
        "It holds back voice activity only: a final transcript or a committed turn stops the agent "
        "at any length. The silence after a sound counts until the VAD ends the speech.",
    ),
    "min_interruption_words": (
        "detection",
        "The STT's delay becomes the detection time, and the duration hardly matters. Words add up "
        "until a turn ends, so three “yeah”s pass a gate of three; a lone “Stop!” does not pass a "
        "gate of two.",
    ),
    "resume_false_interruption": (
        "dead air",
        "It does nothing if `false_interruption_timeout` is off or the output cannot pause: every "
        "stop then cuts the agent for good.",
    ),
    "false_interruption_timeout": (
        "dead air",
        "It begins when the VAD has ended the caller's speech, so `min_silence_duration` comes on "
        "top.",
    ),
    "discard_audio_if_uninterruptible": (
        "none",
        "True by default: a caller who starts before a protected line has ended loses those words.",
    ),
    "backchannel_boundary": (
        "detection",
        "It does nothing when the mode is `vad`. Inside the boundary the VAD decides.",
    ),
    "aec_warmup_duration": (
        "detection",
        "LiveKit's default is 3 s, once a call: voice activity cannot stop the greeting. A "
        "committed turn still can.",
    ),
    "turn_detection": ("response gap", "With `manual`, your program ends the turns."),
    "min_endpointing_delay": (
        "response gap",
        "A low value answers into the caller's pauses.",
    ),
    "max_endpointing_delay": (
        "response gap",
        "A turn that is committed this late can still stop the agent.",
    ),
    "activation_threshold": (
        "detection",
        "A high value holds back noise, and soft callers with it.",
    ),
    "min_speech_duration": (
        "detection",
        "It runs inside `min_interruption_duration`, so it costs no time: raise this one against "
        "clicks and coughs.",
    ),
    "min_silence_duration": (
        "dead air, response gap",
        "At or above `min_interruption_duration` it lets a short “uh” stop the agent.",
    ),
    "input_frame_s": ("detection", "A decision waits for the end of a frame."),
}
"""The clock that each knob moves, and its trap.

The traps are facts of livekit-agents 1.8; ``livekit_barge/frameworks/livekit/presets/advice.py``
logs those that apply to the options in force.
"""
