"""``Settings``: the ``BARGE_*`` variables of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from livekit_barge.errors import SettingsError
from livekit_barge.files.did_you_mean import nearest
from livekit_barge.frameworks.livekit.presets.knobs import KNOBS, Knob, check_value
from livekit_barge.frameworks.livekit.presets.preset import LEAVE
from livekit_barge.recording.turn_log import LogFormat

PREFIX = "BARGE_"


def _variable(knob: Knob) -> tuple[Any, Any]:
    """Return the field of a knob; an absent one leaves LiveKit's default."""

    def check(value: object) -> Any:
        return LEAVE if value is LEAVE else check_value(knob, value, where=knob.variable)

    return Annotated[Any, BeforeValidator(check)], Field(LEAVE, description=knob.moves)


def _adaptive(value: str | None) -> str | None:
    if value is None or value in ("local", "off"):
        return value
    parts = urlsplit(value)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname:
        return value.rstrip("/")
    raise SettingsError(
        f"adaptive is {value!r}",
        where="BARGE_ADAPTIVE",
        remedy="give local, off, or the URL of a service, such as http://127.0.0.1:8089/v1",
    )


if TYPE_CHECKING:
    _KnobVariables = BaseSettings
else:
    _KnobVariables = create_model(
        "_KnobVariables", __base__=BaseSettings, **{knob.name: _variable(knob) for knob in KNOBS}
    )


class Settings(_KnobVariables):
    """The settings of the environment, as a frozen value.

    Besides the fields below there is one for each knob (``BARGE_MIN_INTERRUPTION_DURATION``, …). An
    empty variable counts as absent.

    Raises:
        SettingsError: naming the variable, for a value or a ``BARGE_*`` name that cannot be used.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    preset: str | None = None
    """The name of a shipped preset, or the path of a preset file."""
    force: bool = False
    """The environment overrides the code."""
    calls_dir: Path = Path("calls")
    """The directory in which calls are saved."""
    log: LogFormat = "auto"
    """The form of the turn log; ``auto`` is pretty on a terminal, else JSON."""
    record_audio: bool = True
    record_transcripts: bool = True
    retention_days: float | None = Field(None, gt=0)
    """The age at which calls are removed; absent: never."""
    adaptive: Annotated[str | None, AfterValidator(_adaptive)] = None
    """The service that answers LiveKit's adaptive mode: ``local`` (inside this process), a URL, or
    ``off``. Absent: the one that LiveKit finds itself."""
    adaptive_model: Path | None = None
    """A detector's weights for ``local``. Absent: the shipped ones."""
    limits: Path | None = None
    """A file with limits that replace those of ``limits.toml``."""

    def __init__(self, **values: Any) -> None:
        _check_names(type(self).model_fields)
        try:
            super().__init__(**values)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            raise SettingsError(
                f"{name} is {first['input']!r}",
                where=f"{PREFIX}{name.upper()}",
                remedy=first["msg"][0].lower() + first["msg"][1:],
            ) from error

    @property
    def knobs(self) -> Mapping[str, Any]:
        """The knobs that have a variable of their own."""
        values = {knob.name: getattr(self, knob.name) for knob in KNOBS}
        return {name: value for name, value in values.items() if value is not LEAVE}


def _check_names(fields: Mapping[str, Any]) -> None:
    known = [f"{PREFIX}{name.upper()}" for name in fields]
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise SettingsError(
                f"no setting is called {name}", where="environment", remedy=nearest(name, known)
            )
