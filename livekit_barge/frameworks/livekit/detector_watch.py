"""Notices that LiveKit has given adaptive interruption up, which it says at log level info only.

A session that asked for adaptive mode and cannot have it, or loses it in mid-call, uses its VAD for
the rest of the activity and sends no ``error`` event. The detector itself announces why; the way to
it leads through two private names, so where those are missing nothing is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from livekit.agents import AgentSession, inference

SOURCE = "AdaptiveInterruptionDetector"
"""Names LiveKit's detector as the source of a ``SessionError``."""


class DetectorWatch:
    """Looks at the detector of each activity; ``lost`` is called once for each that is lost."""

    def __init__(self, session: AgentSession[Any], lost: Callable[[str], None]) -> None:
        self._session = session
        self._lost = lost
        self._activity: object = None

    def look(self, options: Mapping[str, Any]) -> None:
        """Follow the activity that runs now, given the options in force."""
        activity = getattr(self._session, "_activity", None)
        if activity is None or activity is self._activity:
            return
        self._activity = activity
        detector = getattr(activity, "_interruption_detector", self)  # self: it has another name
        if isinstance(detector, inference.AdaptiveInterruptionDetector):
            detector.on("error", self._failed)
            if getattr(activity, "_interruption_detection_enabled", True) is False:
                self._lost("it failed as the session started")
        elif detector is None and options.get("interruption_mode") == "adaptive":
            self._lost(_why_none(self._session, options))

    def _failed(self, error: Any) -> None:
        if not error.recoverable:
            self._lost(str(error.error))


def _why_none(session: AgentSession[Any], options: Mapping[str, Any]) -> str:
    """Say why LiveKit made no detector, as far as it can be told from outside."""
    agent = session.current_agent
    without = [
        name
        for name, given, own in (
            ("an STT", agent.stt, session.stt),
            ("a VAD", agent.vad, session.vad),
        )
        if (own if not given and given is not None else given) is None
    ]
    if without:
        return f"LiveKit made no detector: the session has not {' and '.join(without)}"
    if options.get("turn_detection") in ("manual", "realtime_llm"):
        return f"LiveKit made no detector: turn_detection is {options['turn_detection']}"
    if options.get("allow_interruptions") is False:
        return "LiveKit made no detector: allow_interruptions is false"
    return "LiveKit made no detector; it may lack an API key and secret"
