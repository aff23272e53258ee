"""``livekit-barge adaptive``: the detector's service, on its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from livekit_barge.errors import SettingsError

adaptive_app = typer.Typer(
    help="Adaptive interruption, self-hosted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@adaptive_app.callback()
def adaptive() -> None:
    """Adaptive interruption, self-hosted."""


@adaptive_app.command()
def serve(
    host: Annotated[str, typer.Option(help="Listen at this address.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Listen at this port; 0: any free one.")
    ] = 8089,
    api_key: Annotated[
        str, typer.Option(help="Agents sign with it; default: LIVEKIT_[INFERENCE_]API_KEY.")
    ] = "",
    api_secret: Annotated[
        str, typer.Option(help="And with this; default: LIVEKIT_[INFERENCE_]API_SECRET.")
    ] = "",
    gateway: Annotated[
        str | None, typer.Option(help="Forward other inference calls there; default: refuse.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="A detector of your own; default: the shipped one.")
    ] = None,
    sessions: Annotated[int, typer.Option(min=1, help="Serve so many at a time.")] = 256,
) -> None:
    """Answer LiveKit's adaptive mode for any number of agents, in Python or Node.

    An agent finds it by LIVEKIT_INFERENCE_URL, or by BARGE_ADAPTIVE; /healthz and /metrics are for
    your monitoring.
    """
    from livekit_barge.adaptive.connection import ServiceBounds
    from livekit_barge.adaptive.load import load_detector
    from livekit_barge.adaptive.service import Credentials, Service

    key = api_key or _either("API_KEY")
    secret = api_secret or _either("API_SECRET")
    if not key or not secret:
        raise SettingsError(
            "no key and secret are given",
            where="adaptive serve",
            remedy="set LIVEKIT_INFERENCE_API_KEY and LIVEKIT_INFERENCE_API_SECRET, for the "
            "service and for its agents alike",
        )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    service = Service(
        load_detector(model),
        Credentials(key, secret),
        gateway=gateway,
        limits=ServiceBounds(sessions=sessions),
    )
    asyncio.run(_serve(service, host, port))


async def _serve(service: object, host: str, port: int) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    from livekit_barge.adaptive.service import Service, running

    assert isinstance(service, Service)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises there
            loop.add_signal_handler(number, stop.set)
    async with running(service, host=host, port=port) as url:
        print(f"LIVEKIT_INFERENCE_URL={url}", flush=True)
        await stop.wait()


def _either(name: str) -> str:
    """Return what LiveKit would take: its inference variable, or its own."""
    return os.environ.get(f"LIVEKIT_INFERENCE_{name}") or os.environ.get(f"LIVEKIT_{name}", "")
