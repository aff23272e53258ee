"""``BargeSession``: an ``AgentSession`` with the instruments on.

::

    from livekit_barge import BargeSession

    session = BargeSession(stt=..., llm=..., tts=...)   # was: AgentSession(...)

Every argument and method of ``AgentSession`` works as before. Without a preset, from an argument
or ``BARGE_PRESET``, no option changes either: the session is only measured.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livekit.agents import Agent, AgentSession, Plugin, RunResult
from livekit.agents.voice.agent_session import Userdata_T

from livekit_barge import __version__
from livekit_barge.frameworks.livekit.adaptive_session import AdaptiveService
from livekit_barge.frameworks.livekit.instruments import Instruments, runs
from livekit_barge.frameworks.livekit.presets.advice import advise, facts_of
from livekit_barge.frameworks.livekit.presets.options import knobs_in, options_in_force
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.frameworks.livekit.resolve import ResolvedKnobs, resolve_knobs
from livekit_barge.frameworks.livekit.user_line import warnings_name
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.turns import Turn
from livekit_barge.recording.recording_config import RecordingConfig
from livekit_barge.recording.turn_log import TurnLog, turn_logger
from livekit_barge.settings import Settings

if TYPE_CHECKING:
    from livekit_barge.frameworks.livekit.session_signature import SignedSession as _Base
else:
    _Base = AgentSession


class BargeSession(_Base[Userdata_T]):
    """A drop-in for ``AgentSession`` that records, measures and logs each call.

    Args:
        preset: A preset, its name, or the path of its file. The environment's ``BARGE_PRESET`` and
            single knobs are merged with it, knob by knob; the program wins unless ``BARGE_FORCE``
            is set.
        settings: The settings to use. Default: read them from the environment now.
        call_id: The name of the call's folder. Default: the time of its start and a random suffix.
        **session: Every argument of ``AgentSession``.

    Raises:
        SettingsError: before the call starts, if a knob or setting cannot be used.
    """

    instruments: Instruments
    _chosen: ResolvedKnobs

    if not TYPE_CHECKING:  # type checkers see AgentSession's arguments and overloads

        def __init__(
            self,
            *,
            preset: Preset | str | Path | None = None,
            settings: Settings | None = None,
            call_id: str | None = None,
            **session: Any,
        ) -> None:
            settings = Settings() if settings is None else settings
            self._chosen = resolve_knobs(preset, knobs_in(session), settings)
            arguments = self._chosen.session_arguments(session)
            with warnings_name(sys._getframe(1), instead_of=__file__):
                super().__init__(**arguments)
            self._adaptive = AdaptiveService(settings.adaptive, settings.adaptive_model)
            self.on("close", lambda _: self._adaptive.end())
            self.instruments = _instruments(
                self,
                settings,
                self._chosen,
                self._adaptive,
                call_id=call_id,
                turn_detection_given="turn_detection" in (arguments.get("turn_handling") or {}),
            )

        async def start(self, agent: Agent, **options: Any) -> RunResult[Any] | None:
            """Start as ``AgentSession.start`` does. The call's clock starts here."""
            await self._adaptive.begin()
            try:
                return await super().start(agent, **self._chosen.start_arguments(options))
            except BaseException:
                if not runs(self):
                    self._adaptive.end()
                raise

    @property
    def knobs(self) -> Mapping[str, Any]:
        """The knobs that were asked for, by name; LiveKit's own defaults are not among them."""
        return self._chosen.knobs

    @property
    def call_dir(self) -> Path | None:
        """The folder of the latest call; ``None`` before the session is started."""
        return self.instruments.call_dir

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the latest call that are settled so far, in order."""
        return self.instruments.turns

    async def finished(self) -> None:
        """Wait until the folder of the latest call is complete; close the session first.

        The wait is bounded: if the folder is not complete after some seconds, an error is logged.
        """
        await self.instruments.finished()


def instrument(
    session: AgentSession[Any],
    *,
    settings: Settings | None = None,
    calls_dir: Path | None = None,
    call_id: str | None = None,
) -> Instruments:
    """Record, measure and log the calls of a session that was built elsewhere.

    Call it before the session's ``start``. The session's options stay as they are. What it returns
    has ``call_dir``, ``turns`` and ``finished()``, as :class:`BargeSession` has.

    Args:
        session: Any ``AgentSession``.
        settings: The settings to use. Default: read them from the environment now.
        calls_dir: The folder for calls, instead of ``BARGE_CALLS_DIR``.
        call_id: The name of the call's folder. Default: the time of its start and a random suffix.

    Raises:
        SettingsError: if a setting cannot be used.
    """
    settings = Settings() if settings is None else settings
    return _instruments(session, settings, None, None, calls_dir=calls_dir, call_id=call_id)


def _instruments(
    session: AgentSession[Any],
    settings: Settings,
    chosen: ResolvedKnobs | None,
    adaptive: AdaptiveService | None,
    *,
    calls_dir: Path | None = None,
    call_id: str | None = None,
    turn_detection_given: bool | None = None,
) -> Instruments:
    preset = None if chosen is None else chosen.name
    config = RecordingConfig(
        calls_dir=settings.calls_dir if calls_dir is None else calls_dir,
        call_id=call_id,
        audio=settings.record_audio,
        transcripts=settings.record_transcripts,
        retention_days=settings.retention_days,
        preset=preset,
        asked={} if chosen is None else chosen.asked,
        limits=Limits.load(settings.limits),
    )
    return Instruments(
        session,
        config,
        TurnLog(turn_logger(settings.log), preset=preset),
        in_force=partial(options_in_force, session),
        advice=lambda options: [
            *(() if chosen is None else chosen.notes),
            *(() if adaptive is None else adaptive.notes(options)),
            *advise(options, facts_of(session)),
        ],
        turn_detection_given=turn_detection_given,
    )


class _BargePlugin(Plugin):
    """A plugin with nothing to download; LiveKit lists us with its other plugins through it."""

    def __init__(self) -> None:
        super().__init__("livekit_barge", __version__, "livekit_barge")


# LiveKit registers plugins on the main thread only; a job may import us in another thread.
if threading.current_thread() is threading.main_thread():
    Plugin.register_plugin(_BargePlugin())
