"""The README keeps what it promises to a newcomer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_test_passes():
    code = re.search(r"tests/test_readme.py runs this -->\n```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    namespace: dict[str, Any] = {}
    exec(code[1], namespace)
    namespace["test_a_correction_stops_the_agent"]()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z-]+)", README))))
def test_its_make_targets_exist(target):
    rules = (ROOT / "Makefile").read_text() + (ROOT / "configs/livekit-server/build.mk").read_text()
    assert re.search(rf"^{target}:.*##", rules, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bBARGE_[A-Z_]+\b", README))))
def test_its_variables_are_settings(name):
    from livekit_barge.settings import Settings

    assert name.removeprefix("BARGE_").lower() in Settings.model_fields
