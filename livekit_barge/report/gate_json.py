"""The gate's verdicts as a JSON document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from livekit_barge.call.formats import GATE_SCHEMA

if TYPE_CHECKING:
    from livekit_barge.suites.gate import Verdict


class GateJson:
    """Renders all verdicts as one JSON document."""

    def render(self, verdicts: Sequence[Verdict], /) -> str:
        document = {
            "schema": GATE_SCHEMA,
            "passed": all(verdict.exit_code == 0 for verdict in verdicts),
            "verdicts": [verdict.to_json() for verdict in verdicts],
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
