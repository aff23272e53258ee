"""Without the extra the rest works, and one line says how to get it."""

from __future__ import annotations

import subprocess
import sys

_WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "pipecat":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "pipecat" else found(name, *more)
import livekit_barge, livekit_barge.cli.app
try:
    import livekit_barge.frameworks.pipecat
except livekit_barge.errors.BargeError as error:
    print(error)
"""


def test_without_pipecat_the_package_works_and_its_adapter_says_how_to_get_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == (
        "livekit_barge.frameworks.pipecat needs Pipecat – "
        "install livekit-barge with the extra pipecat\n"
    )


def test_the_package_itself_never_imports_pipecat() -> None:
    script = "import sys, livekit_barge, livekit_barge.cli.app; print('pipecat' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"
