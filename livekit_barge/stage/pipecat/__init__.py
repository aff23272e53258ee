"""The line and the models of a scripted Pipecat call.

The pipeline's transports are Pipecat's own base transports, paced; its Silero VAD, turn strategies,
aggregators and TTS base are Pipecat's, on real audio. The models behind them are stand-ins with
stated timing. The virtual clock of ``stage.time.virtual`` carries it.
"""
