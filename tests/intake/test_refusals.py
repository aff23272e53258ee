"""A file that cannot be scored is refused in one line that says why and what to do."""

from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest
import soundfile

from livekit_barge.call.audio import CALLER
from livekit_barge.errors import BargeError, IntakeError
from livekit_barge.intake import recording
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from tests.intake.made import made_call, write, write_av, write_m4a

ORDER = ScoreOptions.of(caller_channel=0)
RATE = 16_000


def refusal(path, order=ORDER) -> str:
    with pytest.raises(IntakeError) as caught:
        score(path, order)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    assert " – " in line, "no remedy"
    return line


@pytest.fixture
def wav(tmp_path):
    return write(tmp_path / "call.wav", made_call(RATE), RATE, "WAV", "PCM_16")


def test_no_such_file(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.wav")


def test_an_empty_file(tmp_path):
    (tmp_path / "call.wav").touch()
    assert "empty" in refusal(tmp_path / "call.wav")


def test_no_audio_in_it(tmp_path):
    path = write(tmp_path / "call.wav", np.zeros((0, 2)), RATE, "WAV", "PCM_16")
    assert "no audio" in refusal(path)


@pytest.mark.parametrize(
    "content",
    [b"hello", b"{}" * 5000, b"#EXTM3U\nfile:///etc/passwd\n", b"RIFF\x00\x00\x00\x00WAVE", b"ID3"],
    ids=["text", "json", "playlist", "bare WAV", "bare MP3"],
)
def test_what_is_not_audio(tmp_path, content):
    (tmp_path / "call.wav").write_bytes(content)
    assert "not audio" in refusal(tmp_path / "call.wav")


def test_a_device(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "no such file" in refusal(tmp_path / "pipe")


def test_mono(tmp_path):
    path = write(tmp_path / "call.wav", made_call(RATE)[:, 0], RATE, "WAV", "PCM_16")
    assert "mono" in refusal(path)


def test_a_mono_mix_in_two_channels(tmp_path):
    mix = made_call(RATE).sum(axis=1)
    path = write(tmp_path / "call.wav", np.stack([mix, 0.5 * mix], axis=1), RATE, "WAV", "PCM_16")
    assert "a mono mix" in refusal(path)


def test_an_offset_on_both_channels_makes_no_mix_of_a_soft_call(tmp_path):
    soft = 0.03 * made_call(RATE) + 0.01
    path = write(tmp_path / "call.wav", soft, RATE, "WAV", "FLOAT")
    assert score(path, ORDER).channels.caller == 0


def test_a_channel_of_nothing_but_an_offset_is_silent(tmp_path):
    call = made_call(RATE).copy()
    call[:, 1] = 0.01
    path = write(tmp_path / "call.wav", call, RATE, "WAV", "FLOAT")
    assert "channel 1 is silent" in refusal(path)


def test_a_mono_mix_is_known_after_a_codec(tmp_path):
    mix = made_call(48_000).sum(axis=1)
    path = write(tmp_path / "call", np.stack([mix, mix], axis=1), 48_000, "OGG", "OPUS")
    assert "a mono mix" in refusal(path)


@pytest.mark.parametrize("late_s", [-0.0005, 0.02, 0.2])
def test_a_mono_mix_that_comes_later_on_one_channel(tmp_path, late_s):
    mix = np.tile(made_call(RATE).sum(axis=1), 2)
    late = np.stack([mix, np.roll(mix, round(late_s * RATE))], axis=1)
    path = write(tmp_path / "call.wav", late, RATE, "WAV", "PCM_16")
    assert "the same speech in both channels" in refusal(path)


def test_two_parties_who_are_both_on_both_channels(tmp_path):
    mixed = made_call(RATE) @ np.array([[0.65, 0.35], [0.35, 0.65]], dtype=np.float32)
    path = write(tmp_path / "call.wav", mixed, RATE, "WAV", "PCM_16")
    assert "each party is on the other's channel, too" in refusal(path)


def test_four_channels(tmp_path):
    path = write(tmp_path / "call.wav", np.tile(made_call(RATE), 2), RATE, "WAV", "PCM_16")
    assert "4 channels" in refusal(path)


def test_a_silent_channel(tmp_path):
    call = made_call(RATE).copy()
    call[:, 1] = 0
    assert "channel 1 is silent" in refusal(
        write(tmp_path / "call.wav", call, RATE, "WAV", "PCM_16")
    )


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "ULAW"),
        ("FLAC", "PCM_16"),
        ("OGG", "OPUS"),
        ("OGG", "VORBIS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_a_truncated_file(tmp_path, kind, subtype):
    path = write(tmp_path / "call", made_call(48_000), 48_000, kind, subtype)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert "truncated" in (line := refusal(path)) or "damaged" in line


def test_a_truncated_m4a(tmp_path):
    path = write_m4a(tmp_path / "call", made_call(RATE), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "truncated: its header says" in refusal(path)


def test_a_truncated_webm(tmp_path):
    path = write_av(tmp_path / "call", made_call(48_000), 48_000, "webm", "libopus")
    score(path, ORDER)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])
    assert "truncated: its header says" in refusal(path)


def test_a_header_that_lies_about_its_length(wav):
    content = bytearray(wav.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = (3_000_000_000).to_bytes(4, "little")
    wav.write_bytes(content)
    tracemalloc.start()
    assert "longer than 12 h" in refusal(wav)
    assert "truncated: its header says 46875.0 s" in refusal(
        wav, ScoreOptions.of(caller_channel=0, long=True)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6


def test_longer_than_half_a_day_without_a_word(wav, monkeypatch):
    monkeypatch.setattr(recording, "LONG_S", 5.0)
    assert "--long" in refusal(wav)
    assert score(wav, ScoreOptions.of(caller_channel=0, long=True)).overlaps


def test_length_counts_where_the_header_does_not_say(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "LONG_S", 5.0)
    path = write(tmp_path / "call", made_call(48_000), 48_000, "OGG", "OPUS")
    assert "--long" in refusal(path)


def test_a_codec_that_is_not_known(tmp_path):
    path = write_av(tmp_path / "call", made_call(48_000), 48_000, "matroska", "pcm_s16le")
    path.write_bytes(path.read_bytes().replace(b"A_PCM/INT/LIT", b"A_PCM/INT/XXX"))
    assert "no audio that can be read" in refusal(path)


@pytest.mark.parametrize("rate", [4_000, 96_000])
def test_a_rate_out_of_range(tmp_path, rate):
    path = write(tmp_path / "call.wav", np.zeros((100, 2)), rate, "WAV", "PCM_16")
    assert f"{rate} samples a second" in refusal(path)


@pytest.mark.parametrize("sample", [np.nan, np.inf, -np.inf, 20_000.0])
def test_samples_that_are_none(tmp_path, sample):
    call = made_call(RATE).copy()
    call[500, 0] = sample
    path = write(tmp_path / "call.wav", call, RATE, "WAV", "FLOAT")
    assert "full scale is 1" in refusal(path)


def test_a_mono_source(wav):
    assert "bland records one mono file" in refusal(wav, ScoreOptions.of(source="bland"))


def test_an_unknown_source_names_the_nearest():
    with pytest.raises(IntakeError, match="did you mean twilio"):
        ScoreOptions.of(source="twillio")


def test_an_agents_start_without_its_file():
    with pytest.raises(IntakeError, match="no agent file to shift – add --agent-file"):
        ScoreOptions.of(agent_start_s=0.75)


def test_a_third_channel():
    with pytest.raises(IntakeError, match="give 0 or 1"):
        ScoreOptions.of(caller_channel=2)


class TestWhoIsWho:
    def test_a_guess_is_told_and_not_scored(self, wav):
        line = refusal(wav, ScoreOptions.of())
        assert "probably 0 (channel 1 is digitally silent" in line
        assert "% sure" in line

    def test_an_undocumented_order_is_a_guess_too(self, wav):
        assert "confirm with --caller-channel" in refusal(wav, ScoreOptions.of(source="retell"))

    def test_a_documented_map_is_used(self, wav):
        card = score(wav, ScoreOptions.of(source="vapi"))
        assert (card.channels.caller, card.channels.known_by) == (CALLER, "source")

    def test_channels_that_look_swapped_are_not_scored(self, wav):
        assert "look swapped" in refusal(wav, ScoreOptions.of(source="livekit-egress"))

    def test_a_confirmed_order_is_scored_with_a_warning(self, wav):
        card = score(wav, ScoreOptions.of(caller_channel=1))
        assert "looks_swapped" in [warning.code for warning in card.warnings]
        assert card.channels.caller == 1
        assert card.turns[0]["speaker"] == "caller"


class TestTwoFiles:
    def order(self, agent, **more) -> ScoreOptions:
        return ScoreOptions.of(agent_file=agent, **more)

    def pair(self, tmp_path, *, agent_rate=RATE, begin_s=0.0):
        caller = write(tmp_path / "caller", made_call(RATE)[:, 0], RATE, "WAV", "PCM_16")
        agent = made_call(agent_rate)[round(begin_s * agent_rate) :, 1]
        return caller, write(tmp_path / "agent", agent, agent_rate, "FLAC", "PCM_16")

    def test_are_one_call(self, tmp_path):
        caller, agent = self.pair(tmp_path)
        card = score(caller, self.order(agent))
        assert [round(overlap.time_to_yield_s, 2) for overlap in card.overlaps] == [0.4]
        assert card.channels.known_by == "files"

    def test_may_differ_in_rate(self, tmp_path):
        caller, agent = self.pair(tmp_path, agent_rate=48_000)
        [overlap] = score(caller, self.order(agent)).overlaps
        assert overlap.time_to_yield_s == pytest.approx(0.4, abs=0.005)

    def test_are_aligned_by_the_agents_start(self, tmp_path):
        caller, agent = self.pair(tmp_path, begin_s=0.75)
        [overlap] = score(caller, self.order(agent, agent_start_s=0.75)).overlaps
        assert overlap.time_to_yield_s == pytest.approx(0.4, abs=0.003)

    def test_the_agents_may_begin_first(self, tmp_path):
        caller, agent = self.pair(tmp_path)
        late = made_call(RATE)[round(0.5 * RATE) :, 0]
        write(caller, late, RATE, "WAV", "PCM_16")
        [overlap] = score(caller, self.order(agent, agent_start_s=-0.5)).overlaps
        assert overlap.onset_s == pytest.approx(2.6, abs=0.003)

    @pytest.mark.parametrize("start_s", [750, -750, float("nan")])
    def test_must_meet_in_time(self, tmp_path, start_s):
        caller, agent = self.pair(tmp_path)
        with pytest.raises(IntakeError, match=f"starts {start_s:g} s apart"):
            score(caller, self.order(agent, agent_start_s=start_s))

    def test_must_be_mono(self, wav, tmp_path):
        caller, _ = self.pair(tmp_path)
        with pytest.raises(IntakeError, match="2 channels, where --agent-file takes two mono"):
            score(caller, self.order(wav))


def test_a_call_folder_without_audio_says_so(tmp_path):
    with pytest.raises(BargeError, match=r"no call\.json"):
        score(tmp_path, ORDER)


def test_reading_names_no_format_of_another_kind():
    # every kind that is asked of libsndfile is one that it knows
    from livekit_barge.intake.decode import _KINDS

    assert set(_KINDS) <= set(soundfile.available_formats())
