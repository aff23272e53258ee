"""LiveKit Agents as a :class:`~livekit_barge.frameworks.contract.Framework`."""

from __future__ import annotations

from livekit_barge.frameworks.contract import Framework
from livekit_barge.frameworks.livekit.causes import Causes
from livekit_barge.frameworks.livekit.instruments import Instruments
from livekit_barge.frameworks.livekit.presets.knobs import KNOBS
from livekit_barge.frameworks.livekit.presets.options import options_in_force
from livekit_barge.frameworks.livekit.presets.preset import SHELF, Preset
from livekit_barge.frameworks.livekit.speech_handles import SpeechStamps
from livekit_barge.frameworks.livekit.stamps import SessionStamps

FRAMEWORK = Framework(
    name="livekit",
    shelf=SHELF,
    knobs=KNOBS,
    load_preset=Preset.load,
    options_in_force=options_in_force,
    causes=Causes,
    stamps=SessionStamps,
    speeches=SpeechStamps,
    instruments=Instruments,
)
