"""The session on the stage's line, as the tests of the recording have it."""

from tests.recording.conftest import play, speech, talk, uh, vad

__all__ = ["play", "speech", "talk", "uh", "vad"]
