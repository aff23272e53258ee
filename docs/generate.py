"""Writes the pages of docs/ that follow from the code: ``make docs``.

Field tables are read from the classes' source, where the text under a field says what it means, so
a page is wrong only where a docstring is. ``python -m docs.generate --check`` lists the pages that
are out of date and writes none.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prometheus_client import Counter, Histogram

from docs.page_texts import (
    API,
    EVENTS,
    FILES,
    METRICS,
    NOTES,
    PRESETS,
    SWITCHES,
    THE_KNOBS,
    VALUES,
    VARIABLES,
)
from livekit_barge.call.events import EVENT_TYPES, ContextItem, Event, LinkCounts
from livekit_barge.call.meta import CallMeta
from livekit_barge.diagnosis import KINDS
from livekit_barge.frameworks.livekit.presets.knobs import KNOBS, Knob, spell
from livekit_barge.frameworks.livekit.presets.preset import Preset, preset_names
from livekit_barge.measure.overlap import DecisionMade, Overlap, Verdict
from livekit_barge.measure.turns import Turn
from livekit_barge.recording import metrics
from livekit_barge.settings import PREFIX, Settings

DOCS = Path(__file__).parent
NOTICE = "<!-- Written by `make docs` from the code: change it there. -->\n"
PUBLIC = ("livekit_barge", "livekit_barge.testing", "livekit_barge.frameworks.pipecat")


def pages() -> dict[str, str]:
    """Return the text of each generated page, by its path under docs/."""
    return {
        "presets-and-knobs.md": presets_and_knobs(),
        "reference/variables.md": variables(),
        "reference/files.md": files(),
        "reference/events.md": events(),
        "reference/metrics.md": metric_page(),
        "reference/api.md": api(),
        "reference/findings.md": findings(),
    }


def presets_and_knobs() -> str:
    presets = [Preset.load(name) for name in preset_names()]
    whom = [(f"`{one.name}`", one.summary, one.cost) for one in presets]
    values = [
        (f"`{knob.name}`", *(_spelled(one.knobs.get(knob.name, "")) for one in presets))
        for knob in KNOBS
    ]
    knobs = [(f"`{k.name}`", _takes(k), k.moves, *NOTES[k.name]) for k in KNOBS]
    return _page(
        "Presets and knobs",
        PRESETS,
        "## The presets",
        _table(("preset", "for", "what it costs"), whom),
        "## Their values",
        VALUES,
        _table(("knob", *(one.name for one in presets)), values),
        "## The knobs",
        THE_KNOBS,
        _table(("knob", "takes", "what it is", "clock", "trap"), knobs),
    )


def variables() -> str:
    own = _fields(Settings)
    rows = []
    for name, field in Settings.model_fields.items():
        meaning = own[name][1] if name in own else f"a knob: {field.description}"
        default = "" if name not in own or field.default is None else f"`{_set_to(field.default)}`"
        rows.append((f"`{PREFIX}{name.upper()}`", default, meaning or SWITCHES[name]))
    return _page(
        "Environment variables",
        VARIABLES,
        _table(("variable", "default", "meaning"), rows),
    )


def files() -> str:
    return _page(
        "The files of a Call folder",
        FILES,
        *_section("`call.json`", CallMeta),
        "## `turns.jsonl`",
        *_section("A turn", Turn, level=3),
        *_section("An overlap", Overlap, level=3),
        *_section("An entry of `decisions`", DecisionMade, level=3),
        *_section("An entry of `verdicts`", Verdict, level=3),
    )


def events() -> str:
    parts = [EVENTS]
    for kind in EVENT_TYPES.values():
        parts += _section(f"`{kind.type}`", kind)
    parts += _section("An item of `context_seen`", ContextItem)
    parts += _section("The counts of `impaired_link`", LinkCounts)
    return _page("Events", *parts)


def metric_page() -> str:
    rows = []
    for one in vars(metrics).values():
        if isinstance(one, Counter | Histogram):
            [family] = one.describe()
            total = "_total" if family.type == "counter" else ""
            labels = ", ".join(f"`{label}`" for label in one._labelnames)
            rows.append((f"`{family.name}{total}`", family.type, family.documentation, labels))
    return _page(
        "Metrics",
        METRICS,
        _table(("metric", "type", "of", "labels"), rows),
    )


def api() -> str:
    parts = [API]
    for module in map(importlib.import_module, PUBLIC):
        parts.append(f"## {module.__name__}")
        for name in module.__all__:
            if not name.startswith("__"):
                parts += _described(name, getattr(module, name))
    parts.append("## livekit_barge.errors")
    errors = importlib.import_module("livekit_barge.errors")
    for name, error in vars(errors).items():
        if inspect.isclass(error) and error.__module__ == errors.__name__:
            parts.append(f"- `{name}`: {_first(error)}")
    return _page("Public API", *parts)


def findings() -> str:
    """Return the page as it is, with the findings' own titles at the head of their sections."""
    page = (DOCS / "reference/findings.md").read_text(encoding="utf-8")
    for kind in KINDS:
        title = re.sub(r"\w+_\w+", r"`\g<0>`", kind.title)
        page = re.sub(rf"(?m)^(### {kind.code}\n\n)(?:.+\n)+", rf"\g<1>{title}.\n", page)
    return page


def _described(name: str, thing: object) -> Iterator[str]:
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        yield f"### {name}"
        return
    node = _node(thing)
    yield f"### {name}"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield _code(name, node, thing)
        return
    yield _fenced(ast.get_docstring(node) or "", "text")
    if inspect.isclass(thing) and (fields := _fields(thing)):
        yield _field_table(fields)
    for member in node.body:
        if not isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if member.name == "__init__" or not member.name.startswith("_"):
            yield _code(f"{name}.{member.name}", member, None)


def _code(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, thing: object | None) -> str:
    kind = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    arguments = ast.unparse(node.args)
    if thing is None:
        arguments = re.sub(r"^(self|cls)(, )?", "", arguments)
    is_property = any(ast.unparse(one) == "property" for one in node.decorator_list)
    head = f"{name}{returns}" if is_property else f"{kind}{name}({arguments}){returns}"
    text = textwrap.indent(ast.get_docstring(node) or "", "    ")
    return _fenced(f"{textwrap.fill(head, 98, subsequent_indent='        ')}\n{text}", "text")


def _section(title: str, kind: type, *, level: int = 2) -> list[str]:
    """Return a heading, the class's first paragraph, and the table of its fields."""
    fields = _fields(kind)
    intro = (inspect.getdoc(kind) or "").split("\n\n")[0]
    heading = f"{'#' * level} {title}"
    return [heading, _plain(intro), *([_field_table(fields)] if fields else [])]


def _field_table(fields: Mapping[str, tuple[str, str]]) -> str:
    rows = [(f"`{name}`", f"`{kind}`", text) for name, (kind, text) in fields.items()]
    return _table(("field", "type", "meaning"), rows)


def _fields(kind: type) -> dict[str, tuple[str, str]]:
    """Return each annotated public field's type and meaning, the bases' fields first."""
    found: dict[str, tuple[str, str]] = {}
    for base in reversed(kind.__mro__):
        if base is Event or not base.__module__.startswith("livekit_barge") or "<" in base.__name__:
            continue
        if base.__name__.startswith("_"):
            continue
        body = _node(base).body
        for node, after in zip(body, [*body[1:], None], strict=True):
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            if node.target.id.startswith("_") or "ClassVar" in ast.unparse(node.annotation):
                continue
            text = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                text = str(after.value.value)
            found[node.target.id] = ast.unparse(node.annotation), _plain(text)
    return found


def _node(thing: object) -> ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef:
    [node] = ast.parse(textwrap.dedent(inspect.getsource(thing))).body  # type: ignore[arg-type]
    assert isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    return node


def _first(thing: type) -> str:
    return _plain((inspect.getdoc(thing) or "").split("\n\n")[0])


def _takes(knob: Knob) -> str:
    if knob.kind == "choice":
        wanted = ", ".join(f"`{choice}`" for choice in knob.choices)
    elif knob.kind == "switch":
        wanted = "`true`, `false`"
    else:
        wanted = f"{knob.low:g} to {knob.high:g} {knob.unit}".strip()
        wanted += ", or a pair" if knob.kind == "boundary" else ""
    return f"{wanted}, `off`" if knob.can_be_off else wanted


def _spelled(value: object) -> str:
    shown = spell(value)
    return str(shown).lower() if isinstance(shown, bool) else str(shown)


def _set_to(value: object) -> str:
    """Return a default as one would set the variable to it."""
    return str(int(value) if isinstance(value, bool) else value)


def _plain(text: object) -> str:
    """Return docstring text on one line as Markdown."""
    return re.sub(r":\w+:`[~.]*([^`]+)`", r"`\1`", _lines(" ".join(str(text).split())))


def _lines(text: str) -> str:
    return text.replace("``", "`")


def _fenced(text: str, kind: str) -> str:
    return f"```{kind}\n{text.strip()}\n```"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([c.replace("|", r"\|") for c in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", NOTICE.strip(), *parts]) + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages; with ``--check`` print the stale ones instead, and return 1 if any is."""
    stale = 0
    for name, text in pages().items():
        page = DOCS / name
        if page.is_file() and page.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            print(f"docs/{name} is out of date: make docs")
            stale = 1
        else:
            page.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
