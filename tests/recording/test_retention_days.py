"""``BARGE_RETENTION_DAYS`` counts days of 24 hours before the start of the next call."""

from __future__ import annotations

import dataclasses

from livekit_barge.call.formats import META_FILE
from tests.recording.conftest import say_for
from tests.recording.made import META
from tests.recording.standins import tone

HOUR_S = 3600.0


def test_a_call_is_kept_for_the_days_that_the_environment_says(play, tmp_path, monkeypatch):
    async def script(stand):
        await say_for(stand, tone(0.5), 1)

    # Virtual time begins at the same moment in every call.
    now_s = play(script, call_id="first").call.meta.started_wall_s
    for name, hours in (("younger", 35.5), ("older", 36.5)):
        (tmp_path / name).mkdir()
        meta = dataclasses.replace(
            META, source="livekit-agents", started_wall_s=now_s - hours * HOUR_S, duration_s=1.0
        )
        (tmp_path / name / META_FILE).write_text(meta.to_json())
    monkeypatch.setenv("BARGE_RETENTION_DAYS", "1.5")
    play(script, call_id="next")
    assert {path.name for path in tmp_path.iterdir()} == {"first", "younger", "next"}
