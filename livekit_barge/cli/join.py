"""``livekit-barge join``: both ends of a call on one timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.cli.options import LimitsFile
from livekit_barge.report.screen import Screen


def join(
    caller_call: Annotated[Path, typer.Argument(help="Call folder that `room` wrote.")],
    agent_call: Annotated[Path, typer.Argument(help="Call folder that the agent wrote.")],
    limits: LimitsFile = None,
) -> None:
    """Align both ends of one call, and show where the time goes."""
    from livekit_barge.call.folder import Call
    from livekit_barge.measure.join import join as join_calls
    from livekit_barge.measure.limits import Limits
    from livekit_barge.measure.measure_call import measure_call
    from livekit_barge.report.terminal.both_ends import LEGEND, joined_table

    caller, agent = Call.open(caller_call), Call.open(agent_call)
    judging = Limits.load(limits)
    joined = join_calls(caller, agent, measure_call(caller, judging), measure_call(agent, judging))
    console = Screen()
    console.print(joined_table(joined))
    console.print(LEGEND, highlight=False)
