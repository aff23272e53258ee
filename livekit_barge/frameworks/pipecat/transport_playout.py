"""Place the bot's audio: what the output transport got, what it wrote, and when that played.

Pipecat has two queues in a row. The output transport takes all that a TTS makes, cuts it into
chunks (``audio_out_10ms_chunks``) and drops what is left at an interruption. What it has written
lies in the far buffer: in a room LiveKit's ``AudioSource``, elsewhere in a socket or a browser. A
segment is *handed over* to the first and *written* to the second; it plays when it leaves that.
Where the transport tells how much lies there (:mod:`.far`), places are exact to a chunk's jitter;
else audio is taken to have played out when its write returned, and the call says so in a note.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection

from livekit_barge.call.events import (
    Event,
    PlaybackFinished,
    PlaybackProgressed,
    PlaybackStarted,
    SegmentFlushed,
    SegmentStarted,
)
from livekit_barge.frameworks.pipecat.audio_piece import BotSegment, PlayedSpan

# A write that comes later than this after the one before has played left a gap in between.
_GAP_S = 0.06
# What is still queued so long after an interruption was not dropped by it.
_CLEAR_TAKES_S = 0.04
# The far buffer's own account is exact to its frames.
_ACCOUNT_S = 0.03
# An output without anything to play for so long has been given all that there is for now.
_DRY_S = 0.5


class TransportPlayout:
    """The agent's audio as events; feed it in the order in which things happened."""

    def __init__(self, write: Callable[[Event], None]) -> None:
        self._write = write
        self._segments: deque[BotSegment] = deque()
        self._next_id = 0
        self._handed_s = 0.0
        self._heard: set[str] = set()

    @property
    def now(self) -> BotSegment | None:
        """The segment that plays."""
        return next((segment for segment in self._segments if segment.started), None)

    def queued_s(self, now_s: float) -> float:
        """Seconds that were handed to the transport and have not played."""
        left = (segment.handed_s - segment.played_s(now_s) for segment in self._segments)
        return round(max(sum(left), 0.0), 6)

    def is_done(self, speech_id: str) -> bool:
        """Return whether nothing of the speech is left to play."""
        return all(segment.speech_id != speech_id for segment in self._segments)

    def is_heard(self, speech_id: str) -> bool:
        """Return whether any of the speech has begun to play."""
        return speech_id in self._heard

    def handed(self, speech_id: str, seconds: float, at_s: float) -> bool:
        """A frame reached the transport; whether it is the first of a segment."""
        last = self._segments[-1] if self._segments else None
        new = last is None or last.flushed or last.speech_id != speech_id
        if new:
            if last is not None:
                self.flush(at_s)
            last = BotSegment(self._next_id, speech_id, round(self._handed_s, 6), at_s)
            self._next_id += 1
            self._segments.append(last)
            self._write(
                SegmentStarted(
                    at_s=at_s,
                    segment_id=last.segment_id,
                    speech_id=speech_id,
                    pushed_offset_s=last.offset_s,
                )
            )
        assert last is not None
        last.handed_s += seconds
        last.last_frame_at_s = at_s
        self._handed_s += seconds
        return new

    def flush(self, at_s: float, *, complete: bool | None = None) -> None:
        """No more frames come for what was handed over last."""
        if self._segments and not self._segments[-1].flushed:
            self._flush(self._segments[-1], at_s, complete=complete)

    def begins(self, at_s: float, queued_s: float | None) -> None:
        """The transport is about to write the first chunk: ``BotStartedSpeakingFrame``."""
        segment = next((s for s in self._segments if s.written_s == 0.0), None)
        if segment is not None:
            self._start(segment, at_s, at_s + (queued_s or 0.0))

    def written(self, seconds: float, at_s: float, queued_s: float | None) -> None:
        """A chunk was written; ``queued_s``: what lies in the far buffer with it, if it tells."""
        segment = self._being_written()
        if segment is None:
            return
        segment.chunk_s = seconds
        # The last chunk is filled up with silence.
        left_s = max(segment.handed_s - segment.written_s, 0.0)
        length_s = min(seconds, left_s) if segment.flushed else seconds
        ends_s = at_s + (queued_s or 0.0) - (seconds - length_s)
        stretch = segment.stretch
        if stretch is None or ends_s - length_s - stretch.ended_s > _GAP_S:
            self._report(segment, ends_s - length_s)
            stretch = segment.stretch = PlayedSpan(ends_s - length_s, segment.written_s, ends_s)
        else:
            stretch.ended_s += length_s
            if segment.cut_at_s is not None and queued_s is not None:
                stretch.ended_s = min(stretch.ended_s, ends_s)
        segment.written_s += length_s
        self._start(segment, at_s, stretch.started_s)

    def cut(self, at_s: float, *, kept: Collection[str] = ()) -> None:
        """The order to stop reached the transport: it writes no more of what it holds.

        Of the speeches in ``kept`` it does; but what lies in the far buffer goes with the rest.
        """
        for segment in list(self._segments):
            if segment.speech_id in kept:
                segment.kept_at_s = at_s
                continue
            segment.cut_at_s = at_s if segment.cut_at_s is None else segment.cut_at_s
            self._flush(segment, at_s)
            if not segment.started:
                self._finish(segment, at_s)

    def tick(
        self,
        now_s: float,
        queued_s: float | None,
        *,
        is_made: Callable[[str], bool | None] = lambda _: None,
    ) -> None:
        """Finish what has played out or was dropped by now.

        ``is_made`` says of a speech whether its TTS has made all of it.
        """
        for segment in list(self._segments):
            if segment.kept_at_s is not None and queued_s is not None:
                self._skip(segment, segment.kept_at_s, now_s, now_s + queued_s)
            if segment.cut_at_s is not None:
                self._settle_cut(segment, segment.cut_at_s, now_s, queued_s)
            elif segment.stretch is not None:
                self._settle(segment, segment.stretch, now_s, is_made)

    def close(self, now_s: float) -> None:
        """The call ends: place what has played by now."""
        for segment in list(self._segments):
            self._flush(segment, now_s)
            self._finish(segment, now_s)

    def _being_written(self) -> BotSegment | None:
        for segment in self._segments:
            if segment.written_s < segment.handed_s - 1e-6 or not segment.flushed:
                return segment
        return None

    def _skip(self, segment: BotSegment, kept_at_s: float, now_s: float, held_s: float) -> None:
        """Leave out what an interruption dropped from the far buffer, all played by ``held_s``."""
        stretch = segment.stretch
        if now_s - kept_at_s < _CLEAR_TAKES_S:
            return
        segment.kept_at_s = None
        if stretch is None or stretch.started_s >= kept_at_s:
            return
        if stretch.ended_s - max(held_s, kept_at_s) < _ACCOUNT_S:
            return  # nothing was dropped
        since_s = max(held_s - kept_at_s, 0.0)
        stretch.ended_s = kept_at_s
        self._report(segment, kept_at_s)
        segment.stretch = PlayedSpan(kept_at_s, segment.written_s - since_s, kept_at_s + since_s)

    def _settle(
        self,
        segment: BotSegment,
        stretch: PlayedSpan,
        now_s: float,
        is_made: Callable[[str], bool | None],
    ) -> None:
        left_s = segment.handed_s - segment.written_s
        if segment.flushed:
            if left_s < 1e-6 and now_s >= stretch.ended_s:
                self._finish(segment, now_s)
        elif left_s < segment.chunk_s and now_s - stretch.ended_s >= _DRY_S:
            # A TTS that pauses goes on in a new segment; one that never says that it has stopped
            # leaves the piece of a chunk unwritten.
            self._flush(segment, now_s, complete=is_made(segment.speech_id))
            self._finish(segment, now_s)

    def _settle_cut(
        self, segment: BotSegment, cut_at_s: float, now_s: float, queued_s: float | None
    ) -> None:
        stretch = segment.stretch
        # Without an account, the chunk that was being written may still come.
        wait_s = _CLEAR_TAKES_S if queued_s is not None else _CLEAR_TAKES_S + segment.chunk_s
        if now_s - cut_at_s < wait_s:
            return
        if stretch is not None and queued_s is not None:
            held_s = now_s + queued_s
            if queued_s > 0 and held_s > stretch.ended_s + _ACCOUNT_S:
                return  # a chunk that is being written; its write has not returned
            if queued_s < _ACCOUNT_S and stretch.ended_s - now_s > _ACCOUNT_S:
                stretch.ended_s = max(cut_at_s, stretch.started_s)  # it was dropped
            elif held_s + _ACCOUNT_S < stretch.ended_s and queued_s > 0:
                stretch.ended_s = held_s
        if stretch is None or now_s >= stretch.ended_s:
            self._finish(segment, now_s)

    def _start(self, segment: BotSegment, at_s: float, heard_from_s: float) -> None:
        if not segment.started:
            segment.started = True
            self._heard.add(segment.speech_id)
            self._write(
                PlaybackStarted(
                    at_s=at_s,
                    segment_id=segment.segment_id,
                    livekit_at_s=round(heard_from_s, 6),
                )
            )

    def _flush(self, segment: BotSegment, at_s: float, *, complete: bool | None = None) -> None:
        if not segment.flushed:
            segment.flushed = True
            self._write(
                SegmentFlushed(
                    at_s=at_s,
                    segment_id=segment.segment_id,
                    speech_id=segment.speech_id,
                    last_frame_at_s=segment.last_frame_at_s,
                    pushed_s=round(segment.handed_s, 6),
                    complete=complete,
                )
            )

    def _report(self, segment: BotSegment, now_s: float) -> None:
        stretch = segment.stretch
        if stretch is None:
            return
        length_s = min(stretch.ended_s, now_s) - stretch.started_s
        length_s = min(length_s, segment.handed_s - stretch.offset_s)
        if length_s > 0:
            self._write(
                PlaybackProgressed(
                    at_s=now_s,
                    segment_id=segment.segment_id,
                    started_at_s=round(stretch.started_s, 6),
                    offset_s=round(stretch.offset_s, 6),
                    duration_s=round(length_s, 6),
                )
            )

    def _finish(self, segment: BotSegment, now_s: float) -> None:
        self._report(segment, now_s)
        self._segments.remove(segment)
        self._write(
            PlaybackFinished(
                at_s=now_s,
                segment_id=segment.segment_id,
                position_s=round(min(segment.played_s(now_s), segment.handed_s), 6),
                interrupted=segment.cut_at_s is not None,
            )
        )
