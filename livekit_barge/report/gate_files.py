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
            tests=str(len(verdict.checks) + len(verdict.refused)),
            failures=str(sum(check.passed is False for check in verdict.checks)),
            errors=str(len(verdict.refused) + sum(check.undecided for check in verdict.checks)),
            skipped=str(sum(check.value is None for check in verdict.checks)),
        )
        for check in verdict.checks:
            test = ElementTree.SubElement(
                suite, "testcase", name=check.name, classname=f"gate.{verdict.name}"
            )
            if check.passed is None:
                why = "error" if check.undecided else "skipped"
                ElementTree.SubElement(test, why, message=unsaid(check))
            elif not check.passed:
                ElementTree.SubElement(test, "failure", message=told(check))
            if check.too_few:
                ElementTree.SubElement(test, "system-out").text = f"too few events: {check.of}"
        for line in verdict.refused:
            test = ElementTree.SubElement(
                suite, "testcase", name="could be judged", classname=f"gate.{verdict.name}"
            )
            ElementTree.SubElement(test, "error", message=line)
    ElementTree.indent(root)
    # ElementTree would declare the encoding of the machine; this is UTF-8.
    file.write('<?xml version="1.0" encoding="utf-8"?>\n')
    file.write(_FORBIDDEN.sub("", ElementTree.tostring(root, encoding="unicode")) + "\n")
