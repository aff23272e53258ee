"""Reads the pages of an Ogg file, which say how exactly a gap can be placed.

Only a page carries a time stamp: where its last packet ends. If packets are missing from the middle
of a page, nothing says between which of its packets they were.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from livekit_barge.intake.stamped_timeline import Gap

_HEADER = 27
# Granules that stand for none: no packet ends on such a page.
_NONE = (1 << 64) - 1


def page_ends(path: Path) -> Iterator[tuple[int, int]]:
    """Yield each page's end in samples, and how many packets end on it.

    Stops where the pages do. A file of several streams gives the pages of all.
    """
    with path.open("rb") as file:
        while len(head := file.read(_HEADER)) == _HEADER and head[:4] == b"OggS":
            sizes = file.read(head[26])
            granule = int.from_bytes(head[6:14], "little")
            if granule not in (0, _NONE):
                yield granule, sum(size < 255 for size in sizes)
            file.seek(sum(sizes), os.SEEK_CUR)


def doubts(path: Path, rate: int, gaps: Sequence[Gap]) -> Iterator[tuple[float, float]]:
    """Yield the stretches of a recording in which a gap lies at a place that is not known.

    ``rate`` is in samples per second. Gaps are given as ``stamped_timeline.Timeline``
    found them: at the beginning of their page, and so at the earliest place that is possible.
    """
    pages = page_ends(path)
    end, packets = 0, 0
    for gap in gaps:
        while end <= gap.stamp_s * rate and (page := next(pages, None)) is not None:
            end, packets = page
        late_s = end / rate - gap.stamp_s
        if packets > 1 and late_s > 0:
            yield gap.at_s, gap.at_s + gap.length_s + late_s
