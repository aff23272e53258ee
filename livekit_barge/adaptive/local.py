"""A service inside this process, one for all its sessions, on a thread and a port of its own."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import secrets
import threading
from collections.abc import Callable

from livekit_barge.adaptive.service import Credentials, Service, running

_STOP_WITHIN_S = 3.0


class LocalService:
    """A service that runs until :meth:`stop`. Its sessions may live on any thread."""

    def __init__(self, service: Service) -> None:
        """Start it, and return once it listens.

        Raises:
            ServiceError: if it cannot listen on loopback.
        """
        self.url = ""
        self.credentials = service.credentials
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(service, ready)),
            name="barge-adaptive",
            daemon=True,
        )
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Close its sessions and its port."""
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):  # its loop has ended
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_WITHIN_S)

    async def _run(self, service: Service, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with running(service) as self.url:
                ready.set()
                await self._stop.wait()
        except BaseException as error:
            if ready.is_set():
                raise
            self._failure = error
        finally:
            ready.set()


_lock = threading.Lock()
_here: tuple[int, LocalService] | None = None


def local_service(make: Callable[[], Service]) -> LocalService:
    """Return this process's service; the first to ask has it made.

    A forked child has none of its parent's threads, so it makes one of its own.
    """
    global _here
    with _lock:
        if _here is None or _here[0] != os.getpid():
            _here = (os.getpid(), LocalService(make()))
        return _here[1]


def stop_local_service() -> None:
    """Stop this process's service, if there is one."""
    global _here
    with _lock:
        here, _here = _here, None
    if here is not None and here[0] == os.getpid():
        here[1].stop()


def own_credentials() -> Credentials:
    """Return a key and a secret that nobody else knows."""
    return Credentials(f"barge-{secrets.token_hex(4)}", secrets.token_urlsafe(32))


atexit.register(stop_local_service)
