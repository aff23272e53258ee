"""Each vendor is one module and one row of the registry."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from livekit_barge.errors import IntakeError
from livekit_barge.intake import vendors
from livekit_barge.intake.sources import SOURCES, source_named
from livekit_barge.intake.vendors import VENDORS

MODULES = {
    path.stem
    for path in Path(vendors.__file__).parent.glob("*.py")
    if path.stem not in ("__init__", "vendor")
}


def test_every_vendors_module_has_its_row_in_the_registry():
    registered = {stem for stem in MODULES if getattr(vendors, stem).VENDOR in VENDORS}
    assert registered == MODULES
    assert len(VENDORS) == len(MODULES)


def test_no_two_vendors_share_a_sources_name():
    names = Counter(source.name for vendor in VENDORS for source in vendor.sources)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "caller_channel"),
    [
        ("livekit-agents", 0),
        ("livekit-egress", 1),
        ("livekit-egress-alternate", None),
        ("pipecat", 0),
        ("vapi", 0),
        ("retell", None),
        ("bland", None),
        ("twilio", 0),
        ("twilio-outbound", None),
        ("twilio-conference", None),
        ("freeswitch", 0),
        ("freeswitch-swap", 1),
    ],
)
def test_a_source_puts_the_caller_where_its_vendor_documents(name, caller_channel):
    assert source_named(name).caller_channel == caller_channel


def test_every_source_is_listed_above():
    marks = test_a_source_puts_the_caller_where_its_vendor_documents.pytestmark
    assert {name for name, _ in marks[0].args[1]} == set(SOURCES)


def test_only_livekit_agents_documents_how_far_its_channels_may_be_apart():
    known = {name: s.alignment_s for name, s in SOURCES.items() if s.alignment_s is not None}
    assert known == {"livekit-agents": 0.1}


def test_an_unknown_source_is_refused_with_the_nearest_name():
    with pytest.raises(IntakeError, match=r"no source is called vapy – did you mean vapi"):
        source_named("vapy")
