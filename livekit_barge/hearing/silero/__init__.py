"""Silero VAD's network, run in numpy from the weights in LiveKit's plugin."""
