"""A caller's microphone in a room: always on, and exact about when each sample was sent.

A sample is sent when it leaves the source's queue, not when it was pushed: the queue is kept full,
and plays one sample after the other. If this process is late with a frame the queue runs dry, and
what comes next is sent so much later.
"""

from __future__ import annotations

from collections.abc import Callable

from livekit import rtc

from livekit_barge.clock import CallClock
from livekit_barge.stage.track import CallerTrack, Pcm

FRAME_S = 0.02
"""The length of audio that WebRTC sends at a time."""
QUEUE_S = 0.08
"""The queue's length: longer than the stalls of an event loop on a busy machine."""
LEAD_S = QUEUE_S + FRAME_S
"""A sample is pushed this long before it is sent."""
# Rounding of stamps; a queue that ran dry is late by a stall.
_DRY_S = 0.001


class Microphone:
    """Pushes a track, frame by frame.

    ``on_sent`` is told of each frame, when its first sample is sent, and whether that is later than
    it should have been.
    """

    def __init__(
        self,
        track: CallerTrack,
        clock: CallClock,
        on_sent: Callable[[Pcm, float, bool], None],
        *,
        queue_s: float = QUEUE_S,
    ) -> None:
        self.frame_samples = round(FRAME_S * track.sample_rate)
        self.before_frame: Callable[[int], None] | None = None
        self.source = rtc.AudioSource(track.sample_rate, 1, queue_size_ms=round(queue_s * 1000))
        self._track = track
        self._clock = clock
        self._on_sent = on_sent
        self._ends_s = 0.0
        """The time at which the last sample that was pushed has left."""

    async def publish(self, room: rtc.Room, *, bitrate: int | None = None) -> None:
        """Publish it as a track, coded at this many bits a second; ``None``: LiveKit's default."""
        voice = rtc.LocalAudioTrack.create_audio_track("microphone", self.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        if bitrate is not None:
            options.audio_encoding.max_bitrate = bitrate
        await room.local_participant.publish_track(voice, options)

    def open(self) -> None:
        """Start the call: sample *n* of the track is sent *n* / rate after now."""
        self._ends_s = self._clock.at_s()
        self._track.send(round(self._ends_s * self._track.sample_rate))

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            if self.before_frame is not None:
                self.before_frame(self._track.sent)
            pcm = self._track.send(self.frame_samples)
            now_s = self._clock.at_s()
            dry = now_s - self._ends_s > _DRY_S
            begins_s = now_s if dry else self._ends_s
            self._ends_s = begins_s + len(pcm) / self._track.sample_rate
            self._on_sent(pcm, begins_s, dry)
            frame = rtc.AudioFrame(pcm.tobytes(), self._track.sample_rate, 1, len(pcm))
            await self.source.capture_frame(frame)

    def sample_at(self, at_s: float) -> int:
        """The sample of the track that leaves then."""
        return self._track.sent + round((at_s - self._ends_s) * self._track.sample_rate)
