"""The known sources of recordings, by the name that ``--source`` takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from livekit_barge.errors import IntakeError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.intake.vendors import VENDORS
from livekit_barge.intake.vendors.vendor import Source

SOURCES: Mapping[str, Source] = MappingProxyType(
    {source.name: source for vendor in VENDORS for source in vendor.sources}
)
"""Every known source, by its name."""


def source_named(name: str) -> Source:
    """Return the source of that name. Raises :class:`IntakeError` with the nearest names."""
    if name in SOURCES:
        return SOURCES[name]
    raise IntakeError(
        f"no source is called {name}", where="--source", remedy=nearest(name, SOURCES)
    )
