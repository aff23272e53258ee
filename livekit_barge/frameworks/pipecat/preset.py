"""``PipecatPreset``: a named set of Pipecat's knobs, from ``configs/pipecat/`` or from code.

::

    preset = chosen_preset()                          # BARGE_PRESET, else Pipecat's defaults
    transport = LiveKitTransport(..., params=LiveKitParams(**preset.transport()))
    user_params = preset.user_params()                # VAD, start, stop and mute strategies
    worker = PipelineWorker(..., observers=[BargeObserver(preset=preset.name)])
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams
from pipecat.turns import user_mute, user_start
from pipecat.turns.user_mute import BaseUserMuteStrategy
from pipecat.turns.user_start import BaseUserTurnStartStrategy
from pipecat.turns.user_stop import (
    BaseUserTurnStopStrategy,
    SpeechTimeoutUserTurnStopStrategy,
)
from pipecat.turns.user_turn_strategies import (
    UserTurnStrategies,
    default_user_turn_start_strategies,
)

from livekit_barge.frameworks.pipecat.adaptive_start import AdaptiveUserTurnStartStrategy
from livekit_barge.frameworks.pipecat.knobs import ADAPTIVE, MUTES, STARTS, check_value
from livekit_barge.frameworks.preset_shelf import PresetShelf
from livekit_barge.settings import Settings

SHELF = PresetShelf("pipecat", "pipecat-defaults", kind="Pipecat preset")

_VAD = ("confidence", "start_secs", "stop_secs", "min_volume")
_TRANSPORT = ("audio_out_10ms_chunks", "audio_out_queue_size_ms")


@dataclass(frozen=True)
class PipecatPreset:
    """A named set of Pipecat's knobs: a frozen value. A knob that it lacks is left to Pipecat.

    Raises:
        SettingsError: for a knob that the installed Pipecat lacks, or a value it cannot take.
    """

    name: str
    knobs: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    cost: str = ""
    where: str = "code"

    def __post_init__(self) -> None:
        checked = {
            name: check_value(name, value, where=self.where) for name, value in self.knobs.items()
        }
        object.__setattr__(self, "knobs", MappingProxyType(checked))

    @classmethod
    def load(cls, preset: str | Path) -> Self:
        """Load a preset by its name, or by the path of its file. Raises :class:`SettingsError`."""
        path = SHELF.find(preset, where="BARGE_PRESET")
        words, knobs = SHELF.read(path)
        return cls(path.stem, knobs, where=str(path), **words)

    def vad_params(self) -> VADParams:
        """Return Pipecat's own, with the preset's values."""
        return VADParams(**self._those(_VAD))

    def starts(self) -> list[BaseUserTurnStartStrategy]:
        """Make the strategies that may begin a caller's turn; each belongs to one pipeline."""
        if "user_turn_start" not in self.knobs and "enable_interruptions" not in self.knobs:
            return default_user_turn_start_strategies()
        made: list[BaseUserTurnStartStrategy] = []
        for name in self.knobs.get("user_turn_start", ("vad", "transcription")):
            arguments = self._those(("enable_interruptions",))
            if name == ADAPTIVE:
                made.append(AdaptiveUserTurnStartStrategy(**arguments))
                continue
            if name == "min_words":
                arguments |= {"min_words": 1} | self._those(("min_words", "use_interim"))
            made.append(getattr(user_start, STARTS[name])(**arguments))
        return made

    def mutes(self) -> list[BaseUserMuteStrategy]:
        """Make the strategies that mute the caller; each belongs to one pipeline."""
        return [getattr(user_mute, MUTES[name])() for name in self.knobs.get("user_mute", ())]

    def user_params(self, **more: Any) -> LLMUserAggregatorParams:
        """Return the parameters of the user's aggregator; ``more`` are further fields of it.

        Without ``user_speech_timeout`` the stop strategies are Pipecat's default: its local
        turn model.
        """
        stop: list[BaseUserTurnStopStrategy] | None = None
        if "user_speech_timeout" in self.knobs:
            stop = [
                SpeechTimeoutUserTurnStopStrategy(
                    user_speech_timeout=self.knobs["user_speech_timeout"]
                )
            ]
        fields: dict[str, Any] = {
            "vad_analyzer": SileroVADAnalyzer(params=self.vad_params()),
            "user_turn_strategies": UserTurnStrategies(start=self.starts(), stop=stop),
            "user_mute_strategies": self.mutes(),
        }
        return LLMUserAggregatorParams(**(fields | more))

    def transport(self) -> dict[str, Any]:
        """Return the preset's fields of ``LiveKitParams``."""
        return self._those(_TRANSPORT)

    def _those(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: self.knobs[name] for name in names if name in self.knobs}


def pipecat_preset_names() -> list[str]:
    """Return the shipped presets' names, Pipecat's defaults first."""
    return SHELF.names()


def chosen_preset() -> PipecatPreset:
    """Load the preset that ``BARGE_PRESET`` names, or else Pipecat's defaults.

    Raises :class:`~livekit_barge.errors.SettingsError` for an unknown preset or a bad file.
    """
    return PipecatPreset.load(Settings().preset or SHELF.defaults)
