"""Breaks lines of the package one at a time, and reports the breaks that no test notices.

    python -m benchmarks.mutate --named                         # those of benchmarks/mutations.toml
    python -m benchmarks.mutate --count 60 --seed 1 hearing measure

A mutant is run in a copy of the tree, by the tests of its room, until the first one fails; running
out of time counts as noticed. Cosmic Ray and mutmut were tried on paper: both move a constant by 1
only, and a limit of 0.25 s that becomes 1.25 s says nothing about how well 0.25 s is held.
"""

from __future__ import annotations

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "livekit_barge"
COPIED = (PACKAGE, "configs", "tests", "benchmarks", "agents", "pyproject.toml")
NAMED = Path(__file__).with_name("mutations.toml")
# Beside a room's own tests: the short accuracy test hears with all of hearing/.
TESTS = {
    "hearing": ("tests/hearing", "tests/measure/test_accuracy_short.py"),
    "measure": ("tests/measure",),
}
# Seconds for one mutant. The tests of a room take about 20 s of CPU; a loop without end takes all.
LIMIT_S = 240.0

COMPARED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
COMPUTED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*"}


@dataclass(frozen=True)
class Mutation:
    """One change of a source file, and the tests that mean to notice it."""

    file: str
    line: int
    old: str
    new: str
    begin: int
    """Where ``old`` stands in the file, in characters."""
    tests: tuple[str, ...]

    def apply(self, text: str) -> str:
        return text[: self.begin] + self.new + text[self.begin + len(self.old) :]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.old.strip()} -> {self.new.strip() or '(nothing)'}"


def mutations_of(file: Path, tests: tuple[str, ...]) -> Iterator[Mutation]:
    """All the changes that the tool knows in a file."""
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]

    def at(row: int, byte: int) -> int:
        return starts[row - 1] + len(lines[row - 1].encode()[:byte].decode())

    for node in ast.walk(ast.parse(text)):
        for before, after, new in _changes(node):
            begin, end = at(*before), at(*after)
            old = text[begin:end]
            if new is None:
                new = _operator(node, old)
            if new is not None:
                name = str(file.relative_to(ROOT))
                yield Mutation(name, before[0], old, new, begin, tests)


Place = tuple[int, int]


def _changes(node: ast.AST) -> Iterator[tuple[Place, Place, str | None]]:
    """The pieces of text that a node can change, and into what; ``None``: its operator."""
    match node:
        case ast.Constant(value=bool(value)):
            yield _begin(node), _end(node), str(not value)
        case ast.Constant(value=int(value) | float(value)) if value:
            yield _begin(node), _end(node), f"({value!r} * 2)"
            if isinstance(value, float):
                yield _begin(node), _end(node), f"({value!r} / 2)"
        case ast.Compare(left=left, ops=[_], comparators=[right]):
            yield _end(left), _begin(right), None
        case ast.BinOp(left=left, right=right):
            yield _end(left), _begin(right), None
        case ast.BoolOp(values=[left, right]):
            yield _end(left), _begin(right), None


def _operator(node: ast.AST, between: str) -> str | None:
    """The text between two operands with another operator in it."""
    match node:
        case ast.Compare(ops=[operator]):
            old, new = _TEXT.get(type(operator)), COMPARED.get(type(operator))
        case ast.BinOp(op=operator):
            old, new = _TEXT.get(type(operator)), COMPUTED.get(type(operator))
        case ast.BoolOp(op=ast.And()):
            old, new = "and", "or"
        case ast.BoolOp(op=ast.Or()):
            old, new = "or", "and"
        case _:
            return None
    if old is None or new is None or between.count(old) != 1 or "#" in between:
        return None
    return between.replace(old, new)


_TEXT: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
}  # fmt: skip


def _begin(node: ast.AST) -> Place:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _end(node: ast.AST) -> Place:
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def named() -> Iterator[Mutation]:
    """The listed mutations. A line that is not there exactly once has moved: refused by name."""
    places = [*(ROOT / PACKAGE).rglob("*.py"), *(ROOT / "configs").rglob("*.toml")]
    texts = {file: file.read_text(encoding="utf-8") for file in places}
    for each in tomllib.loads(NAMED.read_text(encoding="utf-8"))["mutation"]:
        found = [(file, text) for file, text in texts.items() if each["old"] in text]
        if len(found) != 1 or found[0][1].count(each["old"]) != 1:
            raise SystemExit(f"{NAMED.name}: {each['old']!r} is not found exactly once; update it")
        [(file, text)] = found
        begin = text.index(each["old"])
        line = text.count("\n", 0, begin) + 1
        name = str(file.relative_to(ROOT))
        yield Mutation(name, line, each["old"], each["new"], begin, tuple(each["tests"]))


def sampled(rooms: Sequence[str], count: int, seed: int) -> list[Mutation]:
    """So many mutations of the rooms, drawn by ``seed``."""
    every = [
        mutation
        for room in rooms
        for file in sorted((ROOT / PACKAGE / room).rglob("*.py"))
        for mutation in mutations_of(file, _tests_of(room, file))
    ]
    return random.Random(seed).sample(every, min(count, len(every)))


def _tests_of(room: str, file: Path) -> tuple[str, ...]:
    """The module's own test first, if there is one: it is the likeliest to fail."""
    inside = file.relative_to(ROOT / PACKAGE)
    own = Path("tests") / inside.with_name(f"test_{inside.name}")
    return (*([str(own)] if (ROOT / own).exists() else []), *TESTS[room])


def survives(mutation: Mutation, tree: Path) -> bool:
    """Whether the tests pass all the same, in the copy ``tree``."""
    file = tree / mutation.file
    text = file.read_text(encoding="utf-8")
    file.write_text(mutation.apply(text), encoding="utf-8")
    try:
        return _passes(mutation.tests, tree)
    finally:
        file.write_text(text, encoding="utf-8")


def _passes(tests: Sequence[str], tree: Path) -> bool:
    # With -m the copy comes before the installed package, for pytest's plugins as well.
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=tree, timeout=LIMIT_S, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1, 2):
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rooms", nargs="*", default=list(TESTS), help="hearing, measure")
    parser.add_argument("--named", action="store_true", help=f"those of {NAMED.name}")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if unknown := [room for room in given.rooms if room not in TESTS]:
        parser.error(f"no tests are known for {', '.join(unknown)}: one of {', '.join(TESTS)}")
    mutations = list(named()) if given.named else sampled(given.rooms, given.count, given.seed)
    survivors = []
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, tree / name)
        if not _passes(sorted({test for each in mutations for test in each.tests}), tree):
            raise SystemExit("the tests fail without any mutation: mend them first")
        for number, mutation in enumerate(mutations, start=1):
            survived = survives(mutation, tree)
            survivors += [mutation] if survived else []
            verdict = "SURVIVED" if survived else "noticed"
            print(f"{number}/{len(mutations)} {verdict} {mutation}", flush=True)
    print(f"{len(survivors)} of {len(mutations)} mutations survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
