"""The destination of a call: a server, a room, and who is to answer there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import aiohttp
from livekit import api, rtc

from livekit_barge.errors import RoomError, SettingsError

Kind = Literal["standard", "sip"]

_KEYS = ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
_ANSWER_WITHIN_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Dial:
    """A room on a server."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)
    room: str
    identity: str = "caller"
    agent_name: str | None = None
    """The agent to send into the room; ``None``: the server sends one by itself, or it is there."""
    agent_identity: str | None = None
    """The agent's identity; ``None``: the first participant that LiveKit marks as an agent."""
    kind: Kind = "standard"
    """The caller's identity in the room."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], *, url: str, room: str, **more: Any
    ) -> Self:
        """Make a destination with the key from the environment. Raises :class:`SettingsError`."""
        if missing := [name for name in _KEYS if not environment.get(name)]:
            raise SettingsError(
                f"not set: {', '.join(missing)}",
                where="environment",
                remedy="set the server's key and secret; `livekit-server --dev` has devkey, secret",
            )
        key, secret = (environment[name] for name in _KEYS)
        return cls(url=url, api_key=key, api_secret=secret, room=room, **more)

    async def connect(self, room: rtc.Room, *, by: str | None = None) -> None:
        """Join the room, through another address than the server's if needed.

        Raises :class:`RoomError`.
        """
        with self._one_line_errors("the room cannot be joined"):
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await room.connect(by or self.url, self._token())

    async def send_for_agent(self) -> None:
        """Ask the server to dispatch the agent of that name, if there is one.

        Raises :class:`RoomError`.
        """
        if self.agent_name is None:
            return
        request = api.CreateAgentDispatchRequest(agent_name=self.agent_name, room=self.room)
        with self._one_line_errors(f"{self.agent_name} cannot be dispatched"):
            async with (
                asyncio.timeout(_ANSWER_WITHIN_S),
                api.LiveKitAPI(self.url, self.api_key, self.api_secret) as server,
            ):
                await server.agent_dispatch.create_dispatch(request)

    def takes_for_agent(self, participant: rtc.RemoteParticipant) -> bool:
        """Tell if a participant is the one the call is for."""
        if self.agent_identity is not None:
            return participant.identity == self.agent_identity
        return participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

    def _token(self) -> str:
        token = api.AccessToken(self.api_key, self.api_secret).with_identity(self.identity)
        token = token.with_kind(self.kind)
        return token.with_grants(api.VideoGrants(room_join=True, room=self.room)).to_jwt()

    @contextmanager
    def _one_line_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise self._failed(what, f"no answer within {_ANSWER_WITHIN_S:g} s") from error
        except (rtc.ConnectError, aiohttp.ClientError, api.TwirpError) as error:
            raise self._failed(what, " ".join(str(error).split())) from error

    def _failed(self, what: str, why: str) -> RoomError:
        remedy = "check the address, the key and the secret"
        return RoomError(f"{what} ({why})", where=f"{self.url} {self.room}", remedy=remedy)
