"""The gate's verdicts as a JUnit report, which build servers show as tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from livekit_barge.report.terminal.gate_table import told, unsaid

if TYPE_CHECKING:
    from livekit_barge.suites.gate import Verdict

# XML 1.0 cannot hold these, not even escaped. Halves of surrogate pairs the file spells out.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Junit:
    """Renders each verdict as a test suite, with one test per limit."""

    def render(self, verdicts: Sequence[Verdict], /) -> str:
        root = ElementTree.Element("testsuites", name="livekit-barge gate")
        for verdict in verdicts:
            _add_suite(root, verdict)
        ElementTree.indent(root)
        text = _FORBIDDEN.sub("", ElementTree.tostring(root, encoding="unicode"))
        # ElementTree would declare the encoding of the machine; this is UTF-8.
        return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _add_suite(root: ElementTree.Element, verdict: Verdict) -> None:
    classname = f"gate.{verdict.name}"
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
        test = ElementTree.SubElement(suite, "testcase", name=check.name, classname=classname)
        if check.passed is None:
            why = "error" if check.undecided else "skipped"
            ElementTree.SubElement(test, why, message=unsaid(check))
        elif not check.passed:
            ElementTree.SubElement(test, "failure", message=told(check))
        if check.too_few:
            ElementTree.SubElement(test, "system-out").text = f"too few events: {check.of}"
    for line in verdict.refused:
        test = ElementTree.SubElement(
            suite, "testcase", name="could be judged", classname=classname
        )
        ElementTree.SubElement(test, "error", message=line)
