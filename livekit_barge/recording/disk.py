"""The files of a running call. If the disk fails, the call continues; you lose the folder."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from livekit_barge.call.audio import Int16
from livekit_barge.call.events import Event, to_line
from livekit_barge.call.fields import encode
from livekit_barge.call.finish import finish_call, write_meta
from livekit_barge.call.folder import lock_folder, read_events
from livekit_barge.call.formats import (
    CALLER_SPOOL,
    EVENTS_FILE,
    META_FILE,
    PUSHED_SPOOL,
    TURNS_FILE,
)
from livekit_barge.call.meta import CallMeta
from livekit_barge.files import private
from livekit_barge.measure.turns import Turn

_SPOOLS = {"caller": CALLER_SPOOL, "agent": PUSHED_SPOOL}


class CallFiles:
    """A Call folder that is being written.

    Every write goes to the kernel at once, so a killed process loses nothing that was written. The
    first ``OSError`` is reported through ``on_failure``, once; after it nothing is tried again.
    """

    def __init__(self, path: Path, meta: CallMeta, on_failure: Callable[[OSError], None]) -> None:
        self.path = path
        self.meta = meta
        self._on_failure = on_failure
        self._failed = False
        self._open = ExitStack()
        self._descriptors: dict[str, int] = {}
        self._attempt(self._create)

    def event(self, event: Event) -> None:
        """Append one event."""
        self._attempt(self._append, EVENTS_FILE, encode(to_line(event) + "\n"))

    def turn(self, turn: Turn) -> None:
        """Append one measured turn."""
        line = json.dumps(turn.to_json(), ensure_ascii=False)
        self._attempt(self._append, TURNS_FILE, encode(line + "\n"))

    def samples(self, side: str, samples: Int16, sample_rate: int) -> None:
        """Append a side's samples; its rate is noted with the first of them."""
        if not self.meta.audio_recorded:
            return
        if side not in self.meta.sample_rates:
            rates = {**self.meta.sample_rates, side: sample_rate}
            self._describe(dataclasses.replace(self.meta, sample_rates=rates))
        self._attempt(self._append, _SPOOLS[side], samples.astype("<i2", copy=False).tobytes())

    def options(self, options: Mapping[str, Any]) -> None:
        """Note the options in force."""
        self._describe(dataclasses.replace(self.meta, options=options))

    def close(self, ended_s: float, alignment_uncertainty_s: float | None) -> None:
        """Put the audio together and mark the call as complete in ``call.json``."""
        self.meta = dataclasses.replace(self.meta, alignment_uncertainty_s=alignment_uncertainty_s)
        self._attempt(self._finish, ended_s)

    def release(self) -> None:
        """Release the folder, complete or not: from now on it can be opened."""
        for descriptor in self._descriptors.values():
            os.close(descriptor)
        self._descriptors.clear()
        self._open.close()

    def _create(self) -> None:
        # It may be there already: making it is how a call takes its name. One in use is left alone.
        private.make_folder(self.path)
        if (self.path / META_FILE).exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path))
        self._open.enter_context(lock_folder(self.path))
        write_meta(self.path, self.meta)

    def _finish(self, ended_s: float) -> None:
        # Read again, since a list of them grows by some megabytes an hour, mostly playback reports.
        events, _ = read_events(self.path / EVENTS_FILE)
        self.meta = finish_call(self.path, self.meta, events, ended_s=ended_s)

    def _describe(self, meta: CallMeta) -> None:
        self.meta = meta
        self._attempt(write_meta, self.path, meta)

    def _append(self, name: str, data: bytes) -> None:
        if name not in self._descriptors:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._descriptors[name] = os.open(self.path / name, flags, 0o600)
        while data:
            data = data[os.write(self._descriptors[name], data) :]

    def _attempt(self, write: Callable[..., None], *args: object) -> None:
        if self._failed:
            return
        try:
            write(*args)
        except OSError as error:
            self._failed = True
            self._on_failure(error)
