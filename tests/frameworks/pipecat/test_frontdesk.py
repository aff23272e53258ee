"""agents/pipecat_frontdesk.py says in one line what keeps it from answering."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENTRYPOINT = Path(__file__).parents[3] / "agents" / "pipecat_frontdesk.py"


def test_what_is_missing_is_told_in_one_line_before_any_call(tmp_path: Path) -> None:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, str(ENTRYPOINT), "a-room"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    told = [line for line in done.stderr.splitlines() if line.startswith("pipecat_frontdesk: ")]
    assert len(told) == 1
    assert "Traceback" not in done.stderr
    assert "not set: LIVEKIT_URL, " in told[0]
