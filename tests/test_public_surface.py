"""The public names, and that README, docs and agents ask users to import nothing else."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import livekit_barge

ROOT = Path(__file__).parents[1]
MODULES = ("livekit_barge.errors", "livekit_barge.testing")
"""Public as a whole."""
PIPECAT = "livekit_barge.frameworks.pipecat"
PIPECAT_NAMES = re.findall(
    r'"(\w+)"',
    (ROOT / f"{PIPECAT.replace('.', '/')}/__init__.py").read_text().partition("__all__ =")[2],
)
"""Read, not imported: importing Pipecat warns, which only its own tests allow."""


def programs() -> dict[str, str]:
    """The Python of each page and agent, by its path."""
    found = {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.glob("agents/*.py")}
    for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))):
        for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.S)):
            found[f"{page.relative_to(ROOT)} ({number})"] = block
    return found


def imports(program: str) -> set[tuple[str, str]]:
    """Each of our names that a program imports, with its module; a page's programs have gaps."""
    found = re.findall(r"^ *from (livekit_barge[\w.]*) import (\([^)]*\)|[^#\n]*)", program, re.M)
    return {(module, name) for module, names in found for name in re.findall(r"\w+", names)}


def is_public(module: str, name: str) -> bool:
    if module in MODULES:
        return hasattr(importlib.import_module(module), name)
    if module.startswith(PIPECAT):
        return name in PIPECAT_NAMES
    homes = (livekit_barge.__name__, livekit_barge._HOME.get(name))
    return name in livekit_barge.__all__ and module in homes


@pytest.mark.parametrize("place", programs())
def test_readers_are_asked_to_import_public_names_only(place):
    private = [each for each in imports(programs()[place]) if not is_public(*each)]
    assert private == []


def test_each_public_name_has_a_home_and_loads():
    assert sorted(livekit_barge.__all__) == sorted([*livekit_barge._HOME, "__version__"])
    assert all(getattr(livekit_barge, name) for name in livekit_barge.__all__)
    assert dir(livekit_barge) == sorted(livekit_barge.__all__)


def test_type_checkers_see_each_public_name_in_its_home():
    tree = ast.parse(Path(livekit_barge.__file__).read_text())
    seen = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("livekit_barge")
        for alias in node.names
    }
    assert seen == livekit_barge._HOME


@pytest.mark.parametrize("name", sorted(livekit_barge._HOME))
def test_each_public_class_and_function_is_documented(name):
    assert (getattr(livekit_barge, name).__doc__ or "").strip()


def test_measuring_a_call_loads_no_framework():
    program = (
        "import sys\n"
        "from livekit_barge import Call, Limits, diagnose, join, measure_call\n"
        "print([name for name in ('livekit', 'pipecat') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_package_says_that_it_is_typed():
    assert Path(livekit_barge.__file__).with_name("py.typed").is_file()
