"""The rooms of the package: which may import which, and what none may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "livekit_barge"

FLOORS = (
    "errors clock",
    "files",
    "call",
    "hearing",
    "measure",
    "diagnosis work",
    "intake recording adaptive frameworks.preset_shelf",
    "frameworks.contract",
    "batch frameworks.livekit.presets",
    "settings",
    "frameworks.livekit frameworks.pipecat",
    "stage",
    "script",
    "room faults",
    "suites",
    "search",
    "report",
    "testing",
    "cli pytest_plugin",
)
"""From the ground up. A room may import from the floors below it."""

FRAMEWORK_FREE = ("files", "call", "hearing", "measure", "diagnosis", "work", "intake", "batch")
"""Everything right of the Call folder reads calls without a framework installed."""


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def room_of(module: str) -> str:
    parts = module.split(".")[1:] or [module]
    if parts[0] != "frameworks":
        return parts[0]
    return ".".join(parts[: 3 if parts[2:3] == ["presets"] else 2])


def imports_of(module: str) -> set[str]:
    """The package's modules that a module imports, wherever in its text it does."""
    found = set()
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (members & FILES.keys()) or {node.module}
    return found & FILES.keys() - {"livekit_barge"}


def test_a_room_imports_only_from_the_floors_below_it():
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms.split()}
    upward = [
        f"{module} imports {target}"
        for module in FILES
        if module != "livekit_barge"
        for target in imports_of(module)
        if room_of(target) != room_of(module) and floor[room_of(target)] >= floor[room_of(module)]
    ]
    assert upward == []


def test_no_room_holds_more_than_an_eighth_of_the_package():
    lines: Counter[str] = Counter()
    for module, file in FILES.items():
        if module != "livekit_barge":
            lines[room_of(module)] += file.read_text().count("\n")
    room, most = lines.most_common(1)[0]
    assert most <= sum(lines.values()) / 8, room


def test_no_file_name_stands_in_two_rooms():
    # What every framework gives has one name in each framework's room; a command's file has the
    # command's name.
    twins = {"causes", "framework", "knobs", "options", "preset", "stamps"}
    places = defaultdict(list)
    for module, file in FILES.items():
        if room_of(module) != "cli" and file.stem not in {"__init__", "__main__"} | twins:
            places[file.stem].append(module)
    assert [modules for modules in places.values() if len(modules) > 1] == []


def test_every_module_says_what_it_is_for():
    silent = [m for m, file in FILES.items() if not ast.get_docstring(ast.parse(file.read_text()))]
    assert silent == []


@pytest.mark.parametrize("room", FRAMEWORK_FREE)
def test_what_reads_a_call_loads_no_framework(room):
    modules = [module for module in FILES if room_of(module) == room]
    program = (
        "import sys, importlib\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print([name for name in ('livekit', 'pipecat') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
