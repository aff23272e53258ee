"""Has LiveKit ask a service of one's own: ``BARGE_ADAPTIVE``.

LiveKit reads the service's address, key and secret from the environment whenever it makes a
detector: when a session starts, and at each handoff. So that is what is set here, for the whole
process, and nothing else of LiveKit's is touched:

- ``local``: a service inside this process. If LiveKit's credentials are set, it takes the same
  ones, so that the tokens of other inference calls stay valid at the gateway they are forwarded
  to; otherwise it makes a key of its own.
- a URL: the service there (``livekit-barge adaptive serve``), with the credentials that are set.

LiveKit takes its HTTP session from the job. Outside a job there is none, and its detector would die
with a ``RuntimeError`` in a task; so one is opened, by LiveKit's own function, and closed with the
last session that uses it.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from livekit import api
from livekit.agents.utils import http_context

from livekit_barge.adaptive.load import load_detector
from livekit_barge.adaptive.local import local_service, own_credentials
from livekit_barge.adaptive.service import Credentials, Service
from livekit_barge.adaptive.verdict import Detector
from livekit_barge.errors import SettingsError

LOCAL = "local"
OFF = "off"

_URL, _KEY, _SECRET = (f"LIVEKIT_INFERENCE_{name}" for name in ("URL", "API_KEY", "API_SECRET"))
_CLOUD = "https://agent-gateway.livekit.cloud/v1"
_STAGING = "https://agent-gateway.staging.livekit.cloud/v1"
# On the same network an answer takes milliseconds; a call must not wait for a service that is dead.
_PROBE_S = 1.0


class AdaptiveService:
    """The service that one session asks, as ``BARGE_ADAPTIVE`` names it."""

    def __init__(
        self,
        setting: str | None,
        model: Path | None = None,
        *,
        load: Callable[[Path | None], Detector] = load_detector,
    ) -> None:
        self._setting = None if setting == OFF else setting
        self._model = model
        self._load = load
        self._http: _Http | None = None
        self._notes: list[str] = []
        self.fault: str | None = None
        """Why LiveKit will not be able to ask it; ``None``: nothing known stands in the way."""

    async def begin(self) -> None:
        """Point LiveKit at the service, before the session starts.

        Raises:
            SettingsError: if no credentials are set for the URL, or the model cannot be used.
            ServiceError: if the local service cannot listen.
        """
        if self._setting is None:
            return
        if self._setting == LOCAL:
            url, set_by_us = await asyncio.to_thread(self._start_local)
        else:
            url = self._setting
            set_by_us = _point_at(url, _required(url))
            self.fault = await _probe(url)
        if set_by_us:
            self._notes.append(
                f"BARGE_ADAPTIVE={self._setting}: {', '.join(set_by_us)} set for this process, so "
                f"every inference.* call that is made from now on goes to {url}"
            )
        if self.fault is not None:
            self._notes.append(f"BARGE_ADAPTIVE={self._setting}: {self.fault}; the VAD will decide")
        self._http = await _Http.open()

    def notes(self, options: Mapping[str, Any]) -> list[str]:
        """Return what the user should know, given the options in force."""
        if self._setting is None:
            return []
        mode = options.get("interruption_mode")
        if mode == "adaptive":
            return self._notes
        unused = (
            f"BARGE_ADAPTIVE={self._setting} is not used: interruption_mode is "
            f"{mode or 'left to LiveKit'}; choose the preset adaptive, or set it to adaptive"
        )
        return [*self._notes, unused]

    def end(self) -> None:
        """Let go of LiveKit's HTTP session, when the session has closed."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _start_local(self) -> tuple[str, list[str]]:
        given = _given()

        def make() -> Service:
            # Without credentials the gateway would refuse every call, so none is forwarded.
            gateway = None if given is None else _default_gateway()
            return Service(self._load(self._model), given or own_credentials(), gateway=gateway)

        service = local_service(make)
        return service.url, _point_at(service.url, service.credentials)


def _given() -> Credentials | None:
    """Return the credentials that LiveKit would use, or ``None``."""
    key = os.environ.get(_KEY) or os.environ.get("LIVEKIT_API_KEY")
    secret = os.environ.get(_SECRET) or os.environ.get("LIVEKIT_API_SECRET")
    return Credentials(key, secret) if key and secret else None


def _required(url: str) -> Credentials:
    given = _given()
    if given is None:
        raise SettingsError(
            f"no key and secret are set for {url}",
            where="BARGE_ADAPTIVE",
            remedy=f"set {_KEY} and {_SECRET} to those of the service",
        )
    return given


def _default_gateway() -> str:
    """Return where LiveKit's inference calls would go now, by LiveKit's own rule."""
    if url := os.environ.get(_URL):
        return url
    return _STAGING if ".staging.livekit.cloud" in os.environ.get("LIVEKIT_URL", "") else _CLOUD


def _point_at(url: str, credentials: Credentials) -> list[str]:
    """Set what LiveKit reads; return the variables that had another value."""
    wanted = {_URL: url}
    if _given() != credentials:
        wanted |= {_KEY: credentials.key, _SECRET: credentials.secret}
    changed = [name for name, value in wanted.items() if os.environ.get(name) != value]
    os.environ.update(wanted)
    return changed


async def _probe(url: str) -> str | None:
    """Ask a service whether it would take LiveKit's token; return why it would not."""
    given = _given()
    assert given is not None
    grants = api.access_token.InferenceGrants(perform=True)
    token = api.AccessToken(given.key, given.secret).with_inference_grants(grants).to_jwt()
    address = url.replace("ws", "http", 1) if url.startswith("ws") else url
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PROBE_S)) as client,
            client.get(
                f"{address}/bargein", headers={"Authorization": f"Bearer {token}"}
            ) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"nothing answers there ({str(error) or type(error).__name__})"
    if status == 401:
        return f"the service does not take this key and secret ({_KEY}, {_SECRET})"
    # A WebSocket's address answers a plain GET with "upgrade required".
    return None if status in (400, 426) else f"the service answers {status}"


@dataclass
class _Http:
    """An HTTP session of LiveKit's that we opened, and how many of our sessions use it."""

    opening: AbstractAsyncContextManager[aiohttp.ClientSession]
    """Never left: leaving it in another task would not undo what it set in this one."""
    context: contextvars.Context
    users: int = 1

    @classmethod
    async def open(cls) -> _Http | None:
        """Open one unless there is one; ``None``: it is somebody else's."""
        if (ours := _OURS.get()) is not None:
            ours.users += 1
            return ours
        try:
            http_context.http_session()
        except RuntimeError:  # LiveKit's way to say that there is none
            opening = http_context.open()
            await opening.__aenter__()
            ours = cls(opening, contextvars.copy_context())
            _OURS.set(ours)
            return ours
        return None

    def close(self) -> None:
        """Close it when nobody uses it any more. LiveKit opens it anew if it is asked again."""
        self.users -= 1
        if self.users == 0:
            _spawn(self.context.run(http_context.http_session).close())


_OURS: contextvars.ContextVar[_Http | None] = contextvars.ContextVar("barge_http", default=None)
_closing: set[asyncio.Task[None]] = set()


def _spawn(closing: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(closing)
    _closing.add(task)  # asyncio itself keeps a weak reference only
    task.add_done_callback(_closing.discard)
