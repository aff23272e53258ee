"""configs/grafana/: every query asks for metrics and labels that are exported."""

from __future__ import annotations

import json
import re

import pytest
from prometheus_client import REGISTRY

from livekit_barge.files.resources import configs_dir

DASHBOARD = json.loads((configs_dir() / "grafana" / "livekit-barge.json").read_text())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}
QUERIES = [
    *(target["expr"] for panel in PANELS.values() for target in panel["targets"]),
    *(v["query"]["query"] for v in DASHBOARD["templating"]["list"] if v["type"] == "query"),
]
# Samples of each family, and the labels that each may be asked for.
LABELS = {
    name: {*family._labelnames, *(["le"] if name.endswith("_bucket") else [])}
    for family in REGISTRY._collector_to_names
    for name in REGISTRY._collector_to_names[family]
    if name.startswith("livekit_barge")
}


def test_every_panel_has_a_query():
    assert all(panel["targets"] for panel in PANELS.values())


@pytest.mark.parametrize("query", QUERIES)
def test_it_asks_for_what_is_exported(query):
    asked = re.findall(r"livekit_barge_\w+", query)
    assert asked
    labels = {
        label
        for found in re.findall(r"by \(([^)]*)\)|(\w+)=~|label_values\(\w+, (\w+)\)", query)
        for group in found
        for label in re.split(r",\s*", group)
        if label
    }
    for name in asked:
        assert name in LABELS
        assert labels <= LABELS[name]


def test_every_exported_metric_is_shown():
    asked = {name for query in QUERIES for name in re.findall(r"livekit_barge_\w+", query)}
    families = {re.sub(r"_(total|bucket)$", "", name) for name in asked}
    exported = {family._name for family in REGISTRY._collector_to_names if "barge" in str(family)}
    assert families == exported
