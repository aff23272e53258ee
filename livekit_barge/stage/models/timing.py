"""The delays of the stand-ins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The delay of each model, in seconds. The defaults are what providers and users report.

    They are round on purpose: a stand-in claims no provider's exact latency.
    """

    stt_interim_s: float = 0.25
    """From a word's end to the interim transcript with it. Deepgram promises under 0.3 for its
    streaming models."""
    stt_final_s: float = 0.3
    """From the end of what was said to its final transcript. LiveKit's Deepgram plugin asks for an
    endpoint after 0.025 of silence; users measure the final 0.1 to 0.3 after the end."""
    llm_first_token_s: float = 0.35
    """From the request to the first token: what is reported for small models (gpt-4o-mini)."""
    llm_word_s: float = 0.02
    """From word to word: 50 a second, ten times as fast as speech."""
    tts_first_byte_s: float = 0.15
    """From the first sentence to the first audio: Cartesia states 0.09 for its model, the rest is
    the way there and back."""
    tts_speed: float = 4.0
    """Seconds of audio that arrive per second, once it arrives."""
    tts_chunk_s: float = 0.1
    """Seconds of audio per chunk: providers' websocket messages hold about as much."""
