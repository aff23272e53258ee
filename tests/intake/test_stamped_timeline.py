"""The container's time stamps place the audio, and what they change is reported.

```
written   0.5  1.5  2.5  3.5  4.5      0.1 s of noise each
packets   ──────────────╳╳╳──────      2.7 to 3.3 s are lost, their neighbours' stamps kept
decoded   0.5  1.5  2.5  3.5  4.5      and not 2.9, 3.9
```
"""

from __future__ import annotations

import pytest

from livekit_barge.errors import IntakeError
from livekit_barge.intake.decode import decode, probe
from livekit_barge.intake.recording import Recording
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from livekit_barge.intake.stamped_timeline import StampedTimeline
from tests.intake.made import bursts, heard_at, made_call, write, write_av

AT = [0.5, 1.5, 2.5, 3.5, 4.5]
LOST = (2.7, 3.3)
STAMPED = [
    ("webm", "libopus", 48_000),
    ("matroska", "aac", 16_000),
    ("mp4", "aac", 16_000),
    ("mp4", "libopus", 48_000),
]


def notes_of(path) -> dict[str, str]:
    recording = Recording.open(path)
    for _ in recording.blocks():
        pass
    return {note.code: note.text for note in recording.notes}


def two_sided(rate):
    """The bursts with other noise on the agent's channel, so that they are no mix."""
    call = bursts(rate)
    call[:, 1] = call[::-1, 1]
    return call


@pytest.mark.parametrize(("kind", "codec", "rate"), STAMPED)
def test_lost_packets_leave_a_gap_and_shift_nothing(tmp_path, kind, codec, rate):
    path = write_av(tmp_path / "call", two_sided(rate), rate, kind, codec, lost=LOST)
    assert heard_at(path) == pytest.approx(AT, abs=0.015)
    assert "has a gap in its time stamps, 0." in notes_of(path)["gaps"]


@pytest.mark.parametrize(("kind", "codec", "rate"), STAMPED)
def test_a_whole_file_has_no_gap(tmp_path, kind, codec, rate):
    path = write_av(tmp_path / "call", two_sided(rate), rate, kind, codec)
    assert heard_at(path) == pytest.approx(AT, abs=0.015)
    assert notes_of(path) == {}


@pytest.mark.parametrize("subtype", ["OPUS", "VORBIS"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_a_whole_ogg_file_has_no_gap(tmp_path, subtype, rate):
    path = write(tmp_path / "call", two_sided(rate), rate, "OGG", subtype)
    assert heard_at(path) == pytest.approx(AT, abs=0.03)
    assert notes_of(path) == {}


@pytest.mark.parametrize(("kind", "codec", "rate"), [*STAMPED, ("ogg", "libopus", 48_000)])
def test_a_track_that_starts_late_by_its_stamps_is_placed_late(tmp_path, kind, codec, rate):
    call = two_sided(rate)
    path = write_av(tmp_path / "call", call, rate, kind, codec, start_s=1.25)
    assert heard_at(path) == pytest.approx([at_s + 1.25 for at_s in AT], abs=0.015)
    assert "starts 1." in notes_of(path)["starts_late"]


def test_a_gap_inside_an_ogg_page_makes_what_is_beside_it_unmeasurable(tmp_path):
    # The pages of FFmpeg hold a second: the caller's burst at 2.6 s lies on the one with the gap.
    lost = (2.1, 2.5)
    caller = write_av(
        tmp_path / "caller", made_call(48_000)[:, 0], 48_000, "ogg", "libopus", lost=lost
    )
    agent = write(tmp_path / "agent", made_call(48_000)[:, 1], 48_000, "WAV", "PCM_16")
    card = score(caller, ScoreOptions.of(agent_file=agent))
    assert [overlap.outcome for overlap in card.overlaps] == ["unmeasurable"]
    assert "gaps" in [warning.code for warning in card.warnings]


def test_one_packet_a_page_places_a_gap_exactly(tmp_path):
    caller = write_av(
        tmp_path / "caller",
        made_call(48_000)[:, 0],
        48_000,
        "ogg",
        "libopus",
        lost=(2.1, 2.59),
        page_duration="1",
    )
    agent = write(tmp_path / "agent", made_call(48_000)[:, 1], 48_000, "WAV", "PCM_16")
    [overlap] = score(caller, ScoreOptions.of(agent_file=agent)).overlaps
    assert overlap.onset_s == pytest.approx(2.6, abs=0.015)
    assert overlap.time_to_yield_s == pytest.approx(0.4, abs=0.02)


class TestTimeline:
    def test_a_stamp_within_its_rounding_is_no_gap(self, tmp_path):
        timeline = StampedTimeline(tmp_path)
        assert timeline.silence_s(1.0, 1.007, 1.027) == 0.0
        assert timeline.silence_s(1.0, 1.02, 1.04) == pytest.approx(0.02)

    def test_small_leaps_add_up_to_a_gap(self, tmp_path):
        timeline = StampedTimeline(tmp_path)
        assert timeline.silence_s(1.0, 1.006, None) == 0.0
        assert timeline.silence_s(2.0, 2.012, None) == pytest.approx(0.012)

    def test_stamps_that_begin_anew_continue_the_audio(self, tmp_path):
        timeline = StampedTimeline(tmp_path)
        assert timeline.silence_s(26.0, 0.0, 0.02) == 0.0
        assert timeline.silence_s(27.0, 1.5, 1.52) == pytest.approx(0.5)
        assert timeline.joints == [26.0]

    def test_the_first_stamp_of_a_joined_file_may_be_the_last_ones(self, tmp_path):
        timeline = StampedTimeline(tmp_path)
        assert timeline.silence_s(26.0, 26.08, 0.02) == 0.0
        assert timeline.gaps == []

    def test_a_leap_of_hours_is_refused(self, tmp_path):
        with pytest.raises(IntakeError, match=r"leap from 1\.0 s to 36001\.0 s – convert"):
            StampedTimeline(tmp_path).silence_s(1.0, 36_001.0, None)


def test_a_late_start_does_not_hide_a_truncated_end(tmp_path):
    call = two_sided(16_000)
    path = write_av(tmp_path / "call", call, 16_000, "mp4", "aac", start_s=3.0)
    found = probe(path)
    short = type(found)(**vars(found) | {"claimed_s": found.claimed_s + 2.0})
    with pytest.raises(IntakeError, match="truncated"):
        list(decode(path, short))
