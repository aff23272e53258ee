"""Plays a script into a room, and measures the call from there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
from livekit import rtc
from livekit.rtc.room import EventTypes

from livekit_barge.call.events import CallerLinked
from livekit_barge.call.meta import CallMeta
from livekit_barge.clock import CallClock
from livekit_barge.errors import RoomError
from livekit_barge.measure.limits import Limits
from livekit_barge.recording.recording_config import make_call_dir
from livekit_barge.room.caller_recorder import Record
from livekit_barge.room.destination import Dial
from livekit_barge.room.ears import OVER_AFTER_S, Ears
from livekit_barge.room.link import Link
from livekit_barge.room.microphone import FRAME_S, Microphone
from livekit_barge.room.paths import media_paths
from livekit_barge.room.place_finder import check_places
from livekit_barge.room.signalling import ImpairedLink, impaired
from livekit_barge.script.director import Director
from livekit_barge.script.played_call import PlayedCall
from livekit_barge.script.script import Script
from livekit_barge.stage.track import CallerTrack, Pcm
from livekit_barge.stage.voices import SAMPLE_RATE

ANSWER_WITHIN_S = 30.0
"""A worker starts a process for a call, and loads its models."""
QUIET_S = 3.0
"""Once all lines are spoken, the call ends when the agent has been silent for this long."""
WAITING_S = 15.0
"""The same, while lines are left that have found no place: longer than a language model
that is slow to answer."""
LOST_AFTER_S = 8.0
"""A server that is gone for so long does not come back into this call."""
LONGEST_S = 600.0

_NOISE_DBFS = -65.0  # a microphone in a quiet room
_LOOK_S = 0.1
_LEAVE_WITHIN_S = 3.0
_ROOM_EVENTS: tuple[EventTypes, ...] = (
    "track_subscribed",
    "participant_connected",
    "participant_disconnected",
    "reconnecting",
    "reconnected",
    "disconnected",
)


async def call_room(
    script: Script,
    dial: Dial,
    *,
    calls_dir: Path,
    call_id: str | None = None,
    link: Link | None = None,
    limits: Limits | None = None,
) -> PlayedCall:
    """Call, speak the script's lines at their places, hang up, measure.

    A ``link`` is put between this caller and the server. ``limits``: other limits than the
    shipped ones.

    Raises :class:`ScriptError` for a place that a room does not show, before anybody is called, and
    :class:`RoomError` where the room cannot be joined or no agent speaks in it.
    """
    check_places(script)
    director = Director(script)  # makes the caller's voice say all lines, beforehand
    with contextlib.nullcontext() if link is None else impaired(dial.url, link) as over:
        room = rtc.Room()
        await dial.connect(room, by=None if over is None else over.url)
        path = make_call_dir(calls_dir, call_id or dial.room)
        call = _Call(room, dial, director, path, limits)
        try:
            await call.open_microphone()
            await dial.send_for_agent()
            await call.until_over()
        finally:
            await call.hang_up(over)
            turns = await asyncio.to_thread(call.record.finish)
    if not call.output.speeches:
        raise RoomError(
            f"no agent was heard within {ANSWER_WITHIN_S:g} s",
            where=f"{dial.url} {dial.room}",
            remedy="is its worker running? --agent-name dispatches an agent that waits for one, "
            "--agent-identity names one that LiveKit does not know as an agent",
        )
    return PlayedCall(
        tuple(turns), tuple(director.placed), director.waiting, call.ended_s, call.path
    )


class _Call:
    """A call under way: a line that the director drives, and what happens on it."""

    def __init__(
        self,
        room: rtc.Room,
        dial: Dial,
        director: Director,
        path: Path,
        limits: Limits | None,
    ) -> None:
        self.path = path
        self.ended_s = 0.0
        self._clock = CallClock.start()
        meta = _meta(path, dial, self._clock)
        self.record = Record(path, meta, self._clock, SAMPLE_RATE, limits)
        self.caller = CallerTrack(SAMPLE_RATE, noise_dbfs=_NOISE_DBFS)
        self.input = Microphone(self.caller, self._clock, self._on_sent)
        self.output = Ears(SAMPLE_RATE, self.input.frame_samples)
        director.direct(self)
        self._director = director
        self._told = 0
        """The number of placed lines that the record knows of."""
        self._room = room
        self._dial = dial
        self._tasks: set[asyncio.Task[None]] = set()
        self._agent: str | None = None
        """The participant who is or was last listened to; ``None``: nobody yet."""
        self._listening = False
        self._over = False
        self._lost_at_s: float | None = None
        for event in _ROOM_EVENTS:
            room.on(event, getattr(self, f"_{event}"))

    async def open_microphone(self) -> None:
        """Publish the caller's audio to the room."""
        await self.input.publish(self._room)
        self.record.event(CallerLinked(at_s=self._clock.at_s(), kind=self._dial.kind))
        self.input.open()
        self._start(self.input.run())

    async def until_over(self) -> None:
        """Wait until all is said, or no more can come."""
        silent_s = 0.0
        while self._clock.at_s() < LONGEST_S and not self._over:
            await asyncio.sleep(_LOOK_S)
            for task in self._tasks:
                if task.done():
                    task.result()  # a fault of ours ends the call
            talking = self._director.caller_done > self.caller.sent or (
                not self.output.silent_for(OVER_AFTER_S)
            )
            silent_s = 0.0 if talking else silent_s + _LOOK_S
            if silent_s >= self._ends_after_s():
                return
            if self._lost_at_s is not None and self._clock.at_s() > self._lost_at_s + LOST_AFTER_S:
                return

    def _ends_after_s(self) -> float:
        if not self.output.speeches:
            return ANSWER_WITHIN_S
        return WAITING_S if self._director.waiting else QUIET_S

    async def hang_up(self, over: ImpairedLink | None) -> None:
        """Leave the room, even if the server is no longer there."""
        self.ended_s = self._clock.at_s()
        await self._look_at_paths(over)
        for event in _ROOM_EVENTS:
            self._room.off(event, getattr(self, f"_{event}"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_WITHIN_S):
                await self._room.disconnect()
        await self.input.source.aclose()

    async def _look_at_paths(self, over: ImpairedLink | None) -> None:
        """Record the media's path: without a bad link, only if it is unexpected."""
        paths = await media_paths(self._room)
        if over is not None:
            self.record.event(over.report(at_s=self._clock.at_s(), paths=paths))
        elif not all(path.startswith("udp ") for path in paths.values()):
            self.record.note(f"media went by {', '.join(paths.values())}")

    def _on_sent(self, pcm: Pcm, begins_s: float, late: bool) -> None:
        self.record.sent(pcm, begins_s, late)
        for line in self._director.placed[self._told :]:
            if line.end > self.caller.sent:
                break
            self._told += 1
            if line.line.text:
                ended_s = begins_s + (line.end - self.caller.sent + len(pcm)) / SAMPLE_RATE
                self.record.said(line.line.text, ended_s)

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream.from_track(
            track=track, sample_rate=SAMPLE_RATE, frame_size_ms=round(FRAME_S * 1000)
        )
        try:
            async for event in stream:
                arrived_s = self._clock.at_s()
                pcm = np.frombuffer(bytes(event.frame.data), np.int16)
                self.record.heard(pcm, arrived_s)
                self.output.hear(pcm, self.input.sample_at(arrived_s))
        finally:
            self._listening = False
            await stream.aclose()

    # What the room tells.

    def _track_subscribed(
        self, track: rtc.Track, _: rtc.RemoteTrackPublication, talker: rtc.RemoteParticipant
    ) -> None:
        if track.kind != rtc.TrackKind.KIND_AUDIO or not self._dial.takes_for_agent(talker):
            return
        if self._listening:
            self.record.note(f"{talker.identity} has another audio track, which is not recorded")
            return
        self._agent, self._listening = talker.identity, True
        self._start(self._listen(track))

    def _participant_connected(self, participant: rtc.RemoteParticipant) -> None:
        if not self._dial.takes_for_agent(participant):
            self.record.note(f"{participant.identity} came into the room and is not recorded")

    def _participant_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._agent and self._lost_at_s is None:
            self.record.note("the agent left")
            self._over = True

    def _reconnecting(self) -> None:
        self._lost_at_s = self._clock.at_s()
        self.record.connection("lost")

    def _reconnected(self) -> None:
        self._lost_at_s = None
        self.record.connection("back")

    def _disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        name = rtc.DisconnectReason.Name(reason).lower().replace("_", " ")
        self.record.note(f"the server ended the call ({name})")
        self._over = True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(work))


def _meta(path: Path, dial: Dial, clock: CallClock) -> CallMeta:
    return CallMeta(
        call_id=path.name,
        source="room",
        capture_point="caller",
        started_wall_s=clock.started_wall_s,
        started_now_s=clock.started_now_s,
        room=dial.room,
    )
