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

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.files.resources import configs_dir
from livekit_barge.files.toml import read_toml
from livekit_barge.frameworks.pipecat.adaptive_start import AdaptiveUserTurnStartStrategy
from livekit_barge.frameworks.pipecat.knobs import ADAPTIVE, MUTES, STARTS, check_value
from livekit_barge.settings import Settings

DEFAULTS = "pipecat-defaults"

_VAD = ("confidence", "start_secs", "stop_secs", "min_volume")
_TRANSPORT = ("audio_out_10ms_chunks", "audio_out_queue_size_ms")


@dataclass(frozen=True)
class PipecatPreset:
    """A frozen value; a knob that it does not hold is left to Pipecat.

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
        """A preset by its name, or by the path of its file. Raises :class:`SettingsError`."""
        path = Path(preset)
        if path.suffix != ".toml" and len(path.parts) == 1:
            if str(preset) not in pipecat_preset_names():
                raise SettingsError(
                    f"no Pipecat preset is called {preset}",
                    where="BARGE_PRESET",
                    remedy=nearest(str(preset), pipecat_preset_names()),
                )
            path = configs_dir() / "pipecat" / f"{preset}.toml"
        values = read_toml(path)
        words = {word: str(values.pop(word, "")) for word in ("summary", "cost")}
        return cls(path.stem, values, where=str(path), **words)

    def vad_params(self) -> VADParams:
        """Pipecat's, with the preset's values."""
        return VADParams(**self._those(_VAD))

    def starts(self) -> list[BaseUserTurnStartStrategy]:
        """Who may begin the caller's turn, made anew: a strategy belongs to one pipeline."""
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
        """When the caller is not heard, made anew."""
        return [getattr(user_mute, MUTES[name])() for name in self.knobs.get("user_mute", ())]

    def user_params(self, **more: Any) -> LLMUserAggregatorParams:
        """All that the user's aggregator takes; ``more`` are further fields of it.

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
        """Fields of ``LiveKitParams``."""
        return self._those(_TRANSPORT)

    def _those(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: self.knobs[name] for name in names if name in self.knobs}


def pipecat_preset_names() -> list[str]:
    """The shipped presets, Pipecat's defaults first."""
    names = sorted(path.stem for path in (configs_dir() / "pipecat").glob("*.toml"))
    return sorted(names, key=lambda name: name != DEFAULTS)


def chosen_preset() -> PipecatPreset:
    """What ``BARGE_PRESET`` asks for, else Pipecat's defaults."""
    return PipecatPreset.load(Settings().preset or DEFAULTS)
