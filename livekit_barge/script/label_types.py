"""What a caller's line should bring about, and of which kind it is."""

from __future__ import annotations

from typing import Literal

Expect = Literal["yield", "hold", "protected"]
"""The agent should stop; go on, since nobody wants the floor; or go on, since it must."""
Kind = Literal["backchannel", "cough", "noise", "side talk", "false start", "echo"]
"""What it is that should be held through."""
