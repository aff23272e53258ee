"""Scripted calls to a real Pipecat pipeline, without network.

The pipeline's transports are Pipecat's own base transports, paced; its Silero VAD, turn strategies,
aggregators and TTS base are Pipecat's, on real audio. The models behind them are stand-ins with
stated timing. The virtual clock of :mod:`livekit_barge.stage.time.virtual` carries it.
"""

from livekit_barge.script.pipecat_call import Bot, play_pipecat_call

__all__ = ["Bot", "play_pipecat_call"]
