"""The messages of ``/bargein``, LiveKit's protocol for adaptive interruption.

Read in ``livekit/agents/inference/interruption.py`` of livekit-agents 1.8.9 and in
``@livekit/agents`` 1.9.0. A client opens a WebSocket and sends text messages (JSON with a ``type``)
and binary ones (a request: eight bytes ``created_at``, little-endian, then the caller's audio).

| from | message | what it holds |
|---|---|---|
| client | ``session.create`` | sample_rate, num_channels, threshold?, min_frames, encoding |
| server | ``session.created`` | ``default_threshold`` |
| client | a request | ``created_at``, 16 kHz mono s16le audio, 3 s at most |
| server | ``inference_done``, ``bargein_detected`` | created_at, prediction_duration, … |
| client | ``session.close`` | |
| server | ``session.closed`` | |
| server | ``error`` | message, code, session_id |

``created_at`` is the client's key for its request, and only that: Python sends nanoseconds of its
own clock, Node whole milliseconds. It is handed back as it came.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
FRAME_SAMPLES = 400
"""25 ms: a probability for each."""
MAX_AUDIO_S = 3.0
"""LiveKit's detectors refuse to be built with more."""
# Whatever a client's own rounding adds to its 3 s, one LiveKit frame is more than enough.
_SLACK_S = 0.05
MAX_REQUEST_BYTES = 8 + 2 * round((MAX_AUDIO_S + _SLACK_S) * SAMPLE_RATE)
MAX_TEXT_BYTES = 4096

Pcm16 = npt.NDArray[np.int16]


class BadMessage(Exception):
    """A client's message that cannot be used; ``code`` is an HTTP status."""

    def __init__(self, what: str, *, code: int = 400) -> None:
        super().__init__(what)
        self.code = code


@dataclass(frozen=True)
class SessionCreate:
    """The client opens its session; a field it leaves out is ``None``."""

    threshold: float | None
    min_frames: int


@dataclass(frozen=True)
class SessionClose:
    """The client is done."""


@dataclass(frozen=True)
class Request:
    """Is the end of this audio an interruption?"""

    created_at: int
    audio: Pcm16
    """16 kHz, mono; what was heard before the overlap comes first."""


def parse_text(data: str) -> SessionCreate | SessionClose:
    """Read a client's text message.

    Raises:
        BadMessage: for anything but the two that a client may send.
    """
    if len(data) > MAX_TEXT_BYTES:
        raise BadMessage(f"a text message of {len(data)} characters", code=413)
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        raise BadMessage("a text message that is not JSON") from None
    kind = message.get("type") if isinstance(message, dict) else None
    if kind == "session.close":
        return SessionClose()
    if kind != "session.create":
        raise BadMessage(f"a message of type {str(kind)[:40]!r}")
    settings = message.get("settings")
    if not isinstance(settings, dict):
        raise BadMessage("session.create without settings")
    return _session_create(settings)


def _session_create(settings: dict[str, Any]) -> SessionCreate:
    for name, only in (("sample_rate", SAMPLE_RATE), ("num_channels", 1), ("encoding", "s16le")):
        if settings.get(name) != only:
            raise BadMessage(f"{name} {str(settings.get(name))[:20]!r}; this service takes {only}")
    threshold, min_frames = settings.get("threshold"), settings.get("min_frames")
    if not (threshold is None or (_is_number(threshold) and 0 <= threshold <= 1)):
        raise BadMessage(f"threshold {str(threshold)[:20]}; give a number from 0 to 1")
    most = round(MAX_AUDIO_S * SAMPLE_RATE / FRAME_SAMPLES)
    if type(min_frames) is not int or not 1 <= min_frames <= most:
        raise BadMessage(f"min_frames {str(min_frames)[:20]}; give a whole number from 1 to {most}")
    return SessionCreate(None if threshold is None else float(threshold), min_frames)


def parse_request(data: bytes) -> Request:
    """Read a client's binary message.

    Raises:
        BadMessage: for one that is too long, too short, or holds half a sample.
    """
    if len(data) > MAX_REQUEST_BYTES:
        raise BadMessage(f"a request of {len(data)} bytes, over {MAX_REQUEST_BYTES}", code=413)
    if len(data) < 10 or len(data) % 2:
        raise BadMessage(f"a request of {len(data)} bytes; give 8 bytes and s16le audio")
    (created_at,) = struct.unpack_from("<Q", data)
    return Request(created_at, np.frombuffer(data, "<i2", offset=8).astype(np.int16, copy=False))


def session_created(default_threshold: float) -> str:
    """Answer ``session.create``. Without a threshold LiveKit's client would give up."""
    return json.dumps({"type": "session.created", "default_threshold": default_threshold})


def session_closed() -> str:
    """Answer ``session.close``."""
    return json.dumps({"type": "session.closed"})


def answer(
    created_at: int,
    *,
    interruption: bool,
    prediction_s: float,
    probabilities: Sequence[float] | npt.NDArray[np.float32],
) -> str:
    """Answer a request. ``probabilities``: one for each 25 ms of its audio, or none."""
    return json.dumps(
        {
            "type": "bargein_detected" if interruption else "inference_done",
            "created_at": created_at,
            "prediction_duration": round(prediction_s, 6),
            "probabilities": [round(float(each), 4) for each in probabilities],
        }
    )


def error(what: str, *, code: int, session_id: str) -> str:
    """Say what is wrong; the connection is closed after it."""
    return json.dumps({"type": "error", "message": what, "code": code, "session_id": session_id})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
