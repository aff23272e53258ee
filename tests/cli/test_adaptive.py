"""``livekit-barge adaptive serve``, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CREDENTIALS = {
    "LIVEKIT_INFERENCE_API_KEY": "a-key",
    "LIVEKIT_INFERENCE_API_SECRET": "a-secret-of-thirty-two-bytes-and-more",
}
# The command with a detector that needs no weights.
PROGRAM = """
from livekit_barge.adaptive import load
from tests.adaptive.made import LoudnessDetector
load.load_detector = lambda model: LoudnessDetector()
from livekit_barge.cli.app import main
main()
"""


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LIVEKIT_", "BARGE_"))}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "adaptive", "serve", *arguments],
        env=clean | environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = start("--port", "0", *arguments, **CREDENTIALS)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("LIVEKIT_INFERENCE_URL=http://127.0.0.1:"), process.communicate()
        yield process, line.strip().partition("=")[2]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop_and_says_nothing_more(number):
    with serving() as (process, url):
        with urllib.request.urlopen(url.removesuffix("/v1") + "/healthz") as answer:
            assert answer.status == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("--port", str(port), **CREDENTIALS)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.startswith(f"livekit-barge: 127.0.0.1:{port}: cannot listen there")
    assert err.count("\n") == 1


def test_without_a_key_it_does_not_start():
    process = start()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err == (
        "livekit-barge: adaptive serve: no key and secret are given – set "
        "LIVEKIT_INFERENCE_API_KEY and LIVEKIT_INFERENCE_API_SECRET, for the service and for its "
        "agents alike\n"
    )
