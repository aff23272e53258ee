"""The stand-ins on an event loop of their own, in a thread: for agents in other processes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from tests.vendors.loopback import Loopback


@contextlib.contextmanager
def in_background(*servers: Loopback) -> Iterator[None]:
    """Run the servers until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="vendors")
    thread.start()
    try:
        with contextlib.ExitStack() as entered:
            for server in servers:
                _on(loop, server.__aenter__())
                entered.callback(
                    lambda server=server: _on(loop, server.__aexit__(None, None, None))
                )
            yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _leave(loop: asyncio.AbstractEventLoop, server: Loopback) -> None:
    _on(loop, server.__aexit__(None, None, None))


def _on(loop: asyncio.AbstractEventLoop, work: object) -> None:
    asyncio.run_coroutine_threadsafe(work, loop).result(10)  # type: ignore[arg-type]
