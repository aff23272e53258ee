"""Both clocks of a barge-in, on live LiveKit sessions, scripted calls and recordings.

What stands in ``__all__`` is public, with :mod:`livekit_barge.errors`,
:mod:`livekit_barge.testing` and ``livekit_barge.frameworks.pipecat.__all__``; everything else may
move. A name loads on first use, so reading and measuring calls imports neither livekit nor pipecat.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livekit_barge.call.folder import Call as Call
    from livekit_barge.diagnosis.finding import Finding as Finding
    from livekit_barge.diagnosis.rule_limits import RuleLimits as RuleLimits
    from livekit_barge.diagnosis.rules import diagnose as diagnose
    from livekit_barge.frameworks.livekit.presets.preset import Preset as Preset
    from livekit_barge.frameworks.livekit.resolve import check_settings as check_settings
    from livekit_barge.frameworks.livekit.session import BargeSession as BargeSession
    from livekit_barge.frameworks.livekit.session import instrument as instrument
    from livekit_barge.measure.join import join as join
    from livekit_barge.measure.limits import Limits as Limits
    from livekit_barge.measure.measure_call import measure_call as measure_call
    from livekit_barge.measure.overlap import Overlap as Overlap
    from livekit_barge.measure.turns import Turn as Turn
    from livekit_barge.room.caller import call_room as call_room
    from livekit_barge.room.destination import Dial as Dial
    from livekit_barge.room.link import Link as Link
    from livekit_barge.room.server import LivekitServer as LivekitServer
    from livekit_barge.room.server import running_server as running_server
    from livekit_barge.room.signalling import impaired as impaired
    from livekit_barge.room.worker import agents_folder as agents_folder
    from livekit_barge.room.worker import running_worker as running_worker
    from livekit_barge.script.script import Script as Script
    from livekit_barge.settings import Settings as Settings
    from livekit_barge.stage.models import ScriptedLLM as ScriptedLLM
    from livekit_barge.stage.models import VoiceTTS as VoiceTTS
    from livekit_barge.stage.voices import sentences as sentences
    from livekit_barge.stage.voices import voice_named as voice_named

__version__ = "0.1.0"

_HOME = {
    # Live: record, measure and tune a session.
    "BargeSession": "livekit_barge.frameworks.livekit.session",
    "Preset": "livekit_barge.frameworks.livekit.presets.preset",
    "Settings": "livekit_barge.settings",
    "check_settings": "livekit_barge.frameworks.livekit.resolve",
    "instrument": "livekit_barge.frameworks.livekit.session",
    # Afterwards: open a call, measure it, ask why.
    "Call": "livekit_barge.call.folder",
    "RuleLimits": "livekit_barge.diagnosis.rule_limits",
    "Finding": "livekit_barge.diagnosis.finding",
    "Overlap": "livekit_barge.measure.overlap",
    "Limits": "livekit_barge.measure.limits",
    "Turn": "livekit_barge.measure.turns",
    "diagnose": "livekit_barge.diagnosis.rules",
    "join": "livekit_barge.measure.join",
    "measure_call": "livekit_barge.measure.measure_call",
    # Local models, and a scripted caller in a real room (extra ``bench``).
    "Dial": "livekit_barge.room.destination",
    "Link": "livekit_barge.room.link",
    "LivekitServer": "livekit_barge.room.server",
    "Script": "livekit_barge.script.script",
    "ScriptedLLM": "livekit_barge.stage.models",
    "VoiceTTS": "livekit_barge.stage.models",
    "agents_folder": "livekit_barge.room.worker",
    "call_room": "livekit_barge.room.caller",
    "impaired": "livekit_barge.room.signalling",
    "running_server": "livekit_barge.room.server",
    "running_worker": "livekit_barge.room.worker",
    "sentences": "livekit_barge.stage.voices",
    "voice_named": "livekit_barge.stage.voices",
}

__all__ = [
    "BargeSession",
    "Call",
    "Dial",
    "Finding",
    "Limits",
    "Link",
    "LivekitServer",
    "Overlap",
    "Preset",
    "RuleLimits",
    "Script",
    "ScriptedLLM",
    "Settings",
    "Turn",
    "VoiceTTS",
    "__version__",
    "agents_folder",
    "call_room",
    "check_settings",
    "diagnose",
    "impaired",
    "instrument",
    "join",
    "measure_call",
    "running_server",
    "running_worker",
    "sentences",
    "voice_named",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
