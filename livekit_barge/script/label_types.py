"""The labels of a caller's line: the behaviour expected, and the kind of sound."""

from __future__ import annotations

from typing import Literal

Expect = Literal["yield", "hold", "protected"]
"""The agent should stop; continue, since nobody wants the floor; or continue, since it must."""
Kind = Literal["backchannel", "cough", "noise", "side talk", "false start", "echo"]
"""The kind of sound that should be held through."""
