"""The detector class of LiveKit's agents for Node, unmodified, asks our service.

Without the package the tests are skipped here, and fail in CI.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from livekit_barge.adaptive.connection import ServiceBounds
from livekit_barge.adaptive.service import Credentials
from tests.adaptive.made import CREDENTIALS, Running, serving

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".cache" / "node-agents" / "node_modules"


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is not None and MODULES.exists():
        return found
    why = "no Node – https://nodejs.org" if found is None else "run `make node-agents` once"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no agents for Node: {why}")
    raise AssertionError


async def verdicts(
    node: str, service: Running, credentials: Credentials = CREDENTIALS
) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        node,
        str(Path(__file__).with_name("detector.mjs")),
        str(MODULES),
        service.url,
        credentials.key,
        credentials.secret,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return [json.loads(line) for line in out.splitlines()]


async def test_nodes_own_detector_takes_the_verdicts_of_our_service(node: str) -> None:
    async with serving(limits=ServiceBounds(answer_within_s=60.0)) as service:
        [nod, interruption] = await verdicts(node, service)
    assert nod["isInterruption"] is False
    assert nod["numRequests"] >= 3
    assert nod["probabilities"] > 40  # its second before the overlap, and the overlap
    assert interruption["isInterruption"] is True


async def test_nodes_own_detector_is_refused_with_a_wrong_key(node: str) -> None:
    wrong = Credentials(CREDENTIALS.key, "another-secret-of-thirty-two-bytes")
    async with serving() as service:
        [heard] = await verdicts(node, service, wrong)
    assert heard == {"error": "WebSocket connection rejected with status 401"}
