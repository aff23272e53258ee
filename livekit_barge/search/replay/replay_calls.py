"""Replays calls under settings, one after another, and reports those that cannot be replayed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from livekit_barge.call.folder import Call
from livekit_barge.errors import BargeError, SettingsError
from livekit_barge.frameworks.livekit.presets.knobs import BY_NAME
from livekit_barge.frameworks.livekit.presets.preset import Preset
from livekit_barge.measure.limits import Limits
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.search.axes import BASE, Axis, Setting, check_axes, one_at_a_time
from livekit_barge.search.replay.compare import Replayed, compare
from livekit_barge.search.replay.recorded_call import Recorded, preset_in_force
from livekit_barge.search.replay.replay_stage import replay_call
from livekit_barge.stage.offline_recorder import check_writable

AS_IT_WAS = "as it was"


@dataclass(frozen=True)
class Under:
    """The settings of a replay: a preset, or changes of the options the call had."""

    preset: Preset | None = None
    setting: Setting = BASE

    @property
    def name(self) -> str:
        if self.preset is not None:
            return self.preset.name
        return AS_IT_WAS if self.setting == BASE else self.setting.name

    def of(self, call: Call) -> Preset:
        """Return the preset to request."""
        if self.preset is not None:
            return self.preset
        return Preset(self.name, **{**preset_in_force(call).knobs, **self.setting.knobs})


def settings_of(presets: Sequence[str], vary: Sequence[str]) -> list[Under]:
    """Return the settings: as it was, then each preset, then each value of each axis alone.

    Raises :class:`SettingsError`.
    """
    axes = [Axis.parse(text) for text in vary]
    for axis in axes:
        if axis.name not in BY_NAME:
            raise SettingsError(
                f"{axis.name} cannot be changed in a replay",
                where="--vary",
                remedy="vary a preset's knobs",
            )
    if axes:
        check_axes(axes)
    alone = one_at_a_time(axes)[1:]
    return [
        Under(),
        *(Under(preset=Preset.load(name)) for name in presets),
        *(Under(setting=setting) for setting in alone),
    ]


def replay_calls(
    calls: Sequence[Path],
    settings: Sequence[Under],
    *,
    calls_dir: Path | None = None,
    limits: Path | None = None,
    on_done: Callable[[], None] = lambda: None,
) -> Iterator[list[Replayed] | str]:
    """Yield each call's replays, one for each setting, or why it cannot be replayed.

    Raises :class:`SettingsError` where no replay can be kept.
    """
    Limits.load(limits)  # before a call is replayed
    if calls_dir is not None:
        check_writable(calls_dir)
    for path in calls:
        try:
            recorded = Recorded.read(path)
            yield [_replay(recorded, under, limits, calls_dir, on_done) for under in settings]
        except BargeError as error:
            yield str(error)


def _replay(
    recorded: Recorded,
    under: Under,
    limits: Path | None,
    calls_dir: Path | None,
    on_done: Callable[[], None],
) -> Replayed:
    judging = Limits.load(limits)
    with tempfile.TemporaryDirectory() as scratch:
        call = replay_call(
            recorded,
            under.of(recorded.call),
            calls_dir=calls_dir or Path(scratch),
            call_id=f"{recorded.call.meta.call_id} {under.name}",
            limits=limits,
        )
        would_be = measure_call(call, judging)
    on_done()
    was = measure_call(recorded.call, judging)
    return compare(recorded, was, call, would_be, under.name)
