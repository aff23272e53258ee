"""Remove calls that are older than the retention time."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from livekit_barge.call.folder import lock_folder
from livekit_barge.call.formats import META_FILE
from livekit_barge.call.meta import VIRTUAL_SOURCES, CallMeta
from livekit_barge.errors import CallError


def remove_old_calls(calls_dir: Path, *, started_before_s: float) -> list[Path]:
    """Remove the Call folders right under ``calls_dir`` that began before then; return them.

    Only what says of itself that it is a call is touched, and never one that is being recorded, nor
    one of ``VIRTUAL_SOURCES``. A folder that cannot be removed stays: it is tried again with the
    next call.
    """
    removed = []
    for meta_file in sorted(calls_dir.glob(f"*/{META_FILE}")):
        with contextlib.suppress(CallError, OSError):
            meta = CallMeta.read(meta_file)
            if meta.source in VIRTUAL_SOURCES:
                continue
            with lock_folder(meta_file.parent) as locked:
                if locked and meta.started_wall_s < started_before_s:
                    shutil.rmtree(meta_file.parent)
                    removed.append(meta_file.parent)
    return removed
