"""A user's type checker sees our types, and ``BargeSession`` with ``AgentSession``'s arguments."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

from livekit.agents import AgentSession

from livekit_barge.frameworks.livekit.session_signature import SignedSession

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def mypy(program: str, folder: Path) -> str:
    """Check a program as a user does: strict, from another folder, our package as installed."""
    cache = ROOT / ".mypy_cache" / "users"
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, "--config-file="]
    done = subprocess.run(
        [*command, HERE / program], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_a_users_strict_program_has_no_type_error(tmp_path):
    assert mypy("user_agent.py", tmp_path) == "Success: no issues found in 1 source file\n"


def test_a_users_mistakes_are_named_line_by_line(tmp_path):
    program = (HERE / "mistaken_agent.py").read_text().splitlines()
    wrong = {
        int(line) for line in re.findall(r":(\d+): error:", mypy("mistaken_agent.py", tmp_path))
    }
    assert {program[line - 1].strip() for line in wrong} == {
        "session = BargeSession(userdata=1, preset=3)",
        "BargeSession[None](min_consecutive_speech_delays=0.1)",
        "session.userdata.append(1)",
        'await session.start(Agent(instructions="…"), rooms=None)',
    }


def test_the_spelled_out_arguments_are_those_of_the_installed_agent_session():
    ours = dict(inspect.signature(SignedSession.__init__).parameters)
    for name in ("preset", "settings", "call_id"):
        del ours[name]
    assert ours == dict(inspect.signature(AgentSession.__init__).parameters)
