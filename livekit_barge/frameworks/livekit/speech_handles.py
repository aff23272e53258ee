"""Stamps the life of each speech handle, and when its audio could not be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit.agents import SpeechCreatedEvent
from livekit.agents.voice import SpeechHandle

from livekit_barge.call.events import (
    ProtectedEnded,
    ProtectedStarted,
    SpeechCreated,
    SpeechDone,
    SpeechInterrupted,
)
from livekit_barge.frameworks.livekit.output_tap import OutputStamps
from livekit_barge.recording.stamp_context import CallLog, guarded


class SpeechStamps:
    """Every handle of a session, from its creation to its end."""

    def __init__(self, log: CallLog, output: OutputStamps) -> None:
        self.log = log
        self._output = output
        self._handles: dict[str, SpeechHandle] = {}
        self._interrupted: set[str] = set()
        self._protected: str | None = None

    def created(self, event: SpeechCreatedEvent) -> None:
        handle = event.speech_handle
        self._handles[handle.id] = handle
        self.log.write(
            SpeechCreated(
                at_s=self.log.now_s(),
                speech_id=handle.id,
                source=event.source,
                user_initiated=event.user_initiated,
                allow_interruptions=handle.allow_interruptions,
                livekit_at_s=self.log.from_wall(event.created_at),
            )
        )
        _watch_interrupt(handle, self._handle_interrupted)
        handle.add_done_callback(self._handle_done)

    def check_protection(self) -> None:
        """See whether the speech that plays may be interrupted.

        A handle announces no change of ``allow_interruptions``, so this looks whenever something
        passes: with caller audio coming in, every frame.
        """
        playing = self._output.playing
        handle = self._handles.get(playing.speech_id or "") if playing else None
        protected = handle.id if handle and not handle.allow_interruptions else None
        if protected == self._protected:
            return
        now_s = self.log.now_s()
        if self._protected is not None:
            ended = ProtectedEnded(at_s=now_s, reason="uninterruptible", speech_id=self._protected)
            self.log.write(ended)
        if protected is not None:
            started = ProtectedStarted(at_s=now_s, reason="uninterruptible", speech_id=protected)
            self.log.write(started)
        self._protected = protected

    @guarded
    def _handle_interrupted(self, handle: SpeechHandle, source: str | None) -> None:
        self._interrupted.add(handle.id)
        self.log.write(SpeechInterrupted(at_s=self.log.now_s(), speech_id=handle.id, source=source))
        self._output.interrupted(handle.id, source)

    @guarded
    def _handle_done(self, handle: SpeechHandle) -> None:
        if handle.interrupted and handle.id not in self._interrupted:
            # Discarded from inside LiveKit, not through the handle: it gave no source.
            self._handle_interrupted(handle, None)
        error = handle.exception()
        self.log.write(
            SpeechDone(
                at_s=self.log.now_s(),
                speech_id=handle.id,
                interrupted=handle.interrupted,
                error=None if error is None else f"{type(error).__name__}: {error}",
                item_ids=[item.id for item in handle.chat_items],
            )
        )
        self._handles.pop(handle.id, None)
        self._interrupted.discard(handle.id)


def _watch_interrupt(
    handle: SpeechHandle, on_interrupt: Callable[[SpeechHandle, str | None], None]
) -> None:
    """Have ``on_interrupt`` called in the very step in which the handle is interrupted.

    LiveKit calls the handle's public ``interrupt`` and names its source there; done callbacks come
    only after the teardown.
    """
    interrupt = handle.interrupt

    def watched(**options: Any) -> SpeechHandle:
        before = handle.interrupted
        interrupt(**options)
        if handle.interrupted and not before:
            on_interrupt(handle, options.get("source", "programmatic"))
        return handle

    handle.interrupt = watched  # type: ignore[method-assign]
