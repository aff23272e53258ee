"""The gate's verdicts as files: JSON, and JUnit for what shows a build's tests."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO
from xml.etree import ElementTree

from livekit_barge.report.terminal.gate_table import told, unsaid

if TYPE_CHECKING:
    from livekit_barge.suites.gate import Verdict

SCHEMA = "livekit-barge/gate/1"
# No XML 1.0 can hold these, not even escaped. Halves of surrogate pairs the file spells out.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_json(file: TextIO, verdicts: Sequence[Verdict]) -> None:
    """Write all verdicts as one document."""
    document = {
        "schema": SCHEMA,
        "passed": all(verdict.exit_code == 0 for verdict in verdicts),
        "verdicts": [verdict.to_json() for verdict in verdicts],
    }
    file.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_junit(file: TextIO, verdicts: Sequence[Verdict]) -> None:
    """Write a test suite per verdict, with a test per limit."""
    root = ElementTree.Element("testsuites", name="livekit-barge gate")
    for verdict in verdicts:
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=verdict.name,
            tests=str(len(verdict.held) + len(verdict.refused)),
            failures=str(sum(held.passed is False for held in verdict.held)),
            errors=str(len(verdict.refused) + sum(held.undecided for held in verdict.held)),
            skipped=str(sum(held.value is None for held in verdict.held)),
        )
        for held in verdict.held:
            test = ElementTree.SubElement(
                suite, "testcase", name=held.name, classname=f"gate.{verdict.name}"
            )
            if held.passed is None:
                why = "error" if held.undecided else "skipped"
                ElementTree.SubElement(test, why, message=unsaid(held))
            elif not held.passed:
                ElementTree.SubElement(test, "failure", message=told(held))
            if held.too_few:
                ElementTree.SubElement(test, "system-out").text = f"too few events: {held.of}"
        for line in verdict.refused:
            test = ElementTree.SubElement(
                suite, "testcase", name="could be judged", classname=f"gate.{verdict.name}"
            )
            ElementTree.SubElement(test, "error", message=line)
    ElementTree.indent(root)
    # ElementTree would declare the encoding of the machine; this is UTF-8.
    file.write('<?xml version="1.0" encoding="utf-8"?>\n')
    file.write(_FORBIDDEN.sub("", ElementTree.tostring(root, encoding="unicode")) + "\n")
