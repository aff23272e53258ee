#!/usr/bin/env bash
# LiveKit Agents 1.8.9: an AgentSession that loses its adaptive interruption detector emits no `error` event.
#
# Expected: `ErrorEvent.source` of livekit-agents is typed `LLM | STT | TTS | RealtimeModel |
#   AdaptiveInterruptionDetector` (livekit/agents/voice/events.py), and a failed STT, LLM or TTS emits
#   `error` on the session. So a detector that fails for good should emit one as well.
# Seen: the connection to the detector's service is closed by the server; the detector gives up and the
#   session falls back to its VAD for the rest of the activity. `session.on("error")` hears nothing;
#   one log line at level INFO is all there is.
# Versions: livekit-agents 1.8.9, Python 3.11 or newer.
# For users: a service that is gone, a wrong key or a used-up quota looks like a working agent that has
#   begun to stop for every "mm-hm". Watch the logger `livekit.agents` for "falling back to VAD".
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "livekit-agents==1.8.9"

cat > "$work/lost.py" <<'PY'
import asyncio
import logging
import os
import sys

from aiohttp import web
from livekit import rtc
from livekit.agents import Agent, AgentSession, __version__, stt, utils, vad
from livekit.agents.voice import io


class Quiet(stt.STT):
    def __init__(self):
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))

    async def _recognize_impl(self, *args, **kwargs):
        raise NotImplementedError

    def stream(self, **kwargs):
        return QuietStream(stt=self, conn_options=kwargs["conn_options"])


class QuietStream(stt.RecognizeStream):
    async def _run(self):
        async for _ in self._input_ch:
            pass


class Deaf(vad.VAD):
    def __init__(self):
        super().__init__(capabilities=vad.VADCapabilities(update_interval=0.1))

    def stream(self):
        return DeafStream(self)


class DeafStream(vad.VADStream):
    async def _main_task(self):
        async for _ in self._input_ch:
            pass


class Silence(io.AudioInput):
    def __init__(self):
        super().__init__(label="silence")

    async def __anext__(self):
        await asyncio.sleep(0.05)
        return rtc.AudioFrame.create(24_000, 1, 1_200)


async def bargein(request):
    """Open a session, as LiveKit's service does, and close the connection."""
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    await ws.receive()
    await ws.send_json({"type": "session.created", "default_threshold": 0.6})
    await asyncio.sleep(0.5)
    await ws.close(code=1011)
    return ws


async def main():
    logged = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append((record.levelname, record.getMessage()))
    logger = logging.getLogger("livekit.agents")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)

    app = web.Application()
    app.router.add_get("/bargein", bargein)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    os.environ["LIVEKIT_INFERENCE_URL"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    os.environ["LIVEKIT_INFERENCE_API_KEY"] = "key"
    os.environ["LIVEKIT_INFERENCE_API_SECRET"] = "a-secret-of-at-least-thirty-two-bytes"

    errors = []
    async with utils.http_context.open():
        session = AgentSession(
            stt=Quiet(),
            vad=Deaf(),
            turn_handling={"turn_detection": "vad", "interruption": {"mode": "adaptive"}},
        )
        session.on("error", errors.append)
        session.input.audio = Silence()
        await session.start(Agent(instructions=""))
        await asyncio.sleep(3.0)
        await session.aclose()
    await runner.cleanup()

    fell_back = [line for line in logged if "falling back to VAD" in line[1]]
    print("livekit-agents", __version__)
    print("expected: the session's error event, once")
    print("seen: error events:", len(errors), "| log:", fell_back)
    sys.exit(0 if len(fell_back) == 1 and fell_back[0][0] == "INFO" and not errors else 1)


asyncio.run(main())
PY
timeout 60 "$work/venv/bin/python" "$work/lost.py"
