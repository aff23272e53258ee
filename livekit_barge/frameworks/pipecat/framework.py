"""Pipecat as a :class:`~livekit_barge.frameworks.contract.Framework`."""

from __future__ import annotations

from livekit_barge.frameworks.contract import Framework
from livekit_barge.frameworks.pipecat.bot_speeches import BotSpeeches
from livekit_barge.frameworks.pipecat.causes import Causes
from livekit_barge.frameworks.pipecat.knobs import PIPECAT_KNOBS
from livekit_barge.frameworks.pipecat.observer import BargeObserver
from livekit_barge.frameworks.pipecat.options import options_in_force
from livekit_barge.frameworks.pipecat.preset import SHELF, PipecatPreset
from livekit_barge.frameworks.pipecat.stamps import PipecatStamps

FRAMEWORK = Framework(
    name="pipecat",
    shelf=SHELF,
    knobs=PIPECAT_KNOBS,
    load_preset=PipecatPreset.load,
    options_in_force=options_in_force,
    causes=Causes,
    stamps=PipecatStamps,
    speeches=BotSpeeches,
    instruments=BargeObserver,
)
