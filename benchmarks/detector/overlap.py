"""The overlap that LiveKit would open on a scene: its VAD decides whether and when it asks at all.

The VAD is LiveKit's Silero plugin with its defaults. A sound that it does not take for speech never
reaches the detector, and a soft start reaches it late.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from livekit.plugins.silero.onnx_model import OnnxModel, new_inference_session

from livekit_barge.call.audio import Float32

RATE = 16_000
WINDOW_S = 512 / RATE
_OPEN, _CLOSE, _KEPT = 0.5, 0.35, 0.35
"""Activation, deactivation and the filter's memory, as the plugin has them."""
_MIN_SPEECH_S, _MIN_SILENCE_S = 0.05, 0.55


def overlap_s(samples: Float32, onset_s: float) -> tuple[float, float] | None:
    """Return when the VAD reports speech and its end, in seconds; ``None``: it reports none.

    Speech that was already reported before the onset counts from the onset.
    """
    model = OnnxModel(onnx_session=_session(), sample_rate=RATE)
    smooth, speech_s, silence_s, since_s, opened = 0.0, 0.0, 0.0, 0.0, None
    for n in range(len(samples) // 512):
        smooth = _KEPT * smooth + (1 - _KEPT) * model(samples[n * 512 : (n + 1) * 512])
        at_s = (n + 1) * WINDOW_S
        if smooth >= _OPEN or (opened is not None and smooth > _CLOSE):
            speech_s, silence_s = speech_s + WINDOW_S, 0.0
            if opened is None and speech_s >= _MIN_SPEECH_S:
                opened = at_s
        else:
            speech_s, silence_s = 0.0, silence_s + WINDOW_S
            if opened is not None and silence_s >= _MIN_SILENCE_S:
                if at_s > onset_s:
                    return max(opened, onset_s), at_s
                opened = None
        since_s = at_s
    return None if opened is None else (max(opened, onset_s), since_s)


@cache
def _session() -> Any:
    return new_inference_session(force_cpu=True)
