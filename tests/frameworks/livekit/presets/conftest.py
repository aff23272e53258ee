import os

import pytest


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    """No ``BARGE_*`` of the machine that runs the tests, and no hint of LiveKit's cloud."""
    for name in list(os.environ):
        if name.startswith(("BARGE_", "LIVEKIT_")):
            monkeypatch.delenv(name)
