"""Stand-ins for the models of a scripted call, with stated timing.

They are real subclasses of livekit's ``stt.STT``, ``llm.LLM`` and ``tts.TTS``: a session drives
them as it drives a provider's. What they say is known beforehand, and so is when; nothing else of
a call is simulated.
"""

from livekit_barge.stage.models.language import ScriptedLLM
from livekit_barge.stage.models.recogniser import Ear, HeardWord, ScriptedSTT, Utterance
from livekit_barge.stage.models.timing import Timing
from livekit_barge.stage.models.voice import VoiceTTS

__all__ = ["Ear", "HeardWord", "ScriptedLLM", "ScriptedSTT", "Timing", "Utterance", "VoiceTTS"]
