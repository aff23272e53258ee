"""A recording is read to its end, whatever its header says of it, or is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import soundfile

from livekit_barge.errors import IntakeError
from livekit_barge.intake import riff
from livekit_barge.intake.decode import decode, probe
from livekit_barge.intake.header import claim
from livekit_barge.intake.recording import Recording
from livekit_barge.intake.score_options import ScoreOptions
from livekit_barge.intake.scoring import score
from tests.intake.made import bursts, heard_at, made_call, write, write_av

RATE = 16_000
AT = [0.5, 1.5, 2.5, 3.5, 4.5]
TWICE = [*AT, *(at_s + 5.0 for at_s in AT)]


def wav_claiming(path, size: int, kind: str = "PCM_16", behind: bytes = b""):
    write(path, bursts(RATE), RATE, "WAV", kind)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = size.to_bytes(4, "little")
    path.write_bytes(content + behind)
    return path


def joined(path, *parts):
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


class TestWavSizes:
    @pytest.mark.parametrize("size", [0, 0x7FFF_F000, 0x7FFF_EFDC, 0x7FFF_FFFF, 0xFFFF_FFFF])
    @pytest.mark.parametrize("kind", ["PCM_16", "PCM_24", "FLOAT", "ULAW", "ALAW"])
    def test_a_placeholder_is_read_to_the_end(self, tmp_path, size, kind):
        assert heard_at(wav_claiming(tmp_path / "call", size, kind)) == pytest.approx(AT, abs=0.001)

    @pytest.mark.parametrize("size", [36, 100_000])
    def test_audio_that_the_header_does_not_count_is_refused(self, tmp_path, size):
        with pytest.raises(IntakeError, match=r"s follow that it does not count – .* its header"):
            probe(wav_claiming(tmp_path / "call", size))

    def test_a_second_wav_behind_the_first_is_refused(self, tmp_path):
        one = write(tmp_path / "one", bursts(RATE), RATE, "WAV", "PCM_16")
        with pytest.raises(IntakeError, match=r"counts 5\.0 s of audio, and 5\.0 s follow"):
            probe(joined(tmp_path / "two", one, one))

    def test_chunks_behind_the_audio_are_none_of_it(self, tmp_path):
        chunk = b"LIST" + (40_000).to_bytes(4, "little") + bytes(40_000)
        path = wav_claiming(tmp_path / "call", 5 * RATE * 4, behind=chunk)
        assert sum(block.shape[1] for block in decode(path, probe(path))) == 5 * RATE

    def test_a_size_that_wrapped_is_read_whole(self, tmp_path, monkeypatch):
        # A size of 16 bits, so that 320,000 bytes wrap four times.
        monkeypatch.setattr(riff, "WRAP", 1 << 16)
        assert heard_at(wav_claiming(tmp_path / "call", 320_000 % (1 << 16))) == pytest.approx(
            AT, abs=0.001
        )

    @pytest.mark.parametrize("size", [700_000_000, 0xFFFF_FFFF, 0xFFFF_FFFF - 35])
    def test_five_gigabytes_are_not_taken_for_less(self, tmp_path, size):
        path = wav_claiming(tmp_path / "call", size)
        held = (1 << 32) + 700_000_000 if size == 700_000_000 else 5_000_000_000
        with path.open("r+b") as file:
            file.truncate(44 + held)  # sparse: no disk is filled
        claimed = claim(path)
        assert claimed.to_end
        assert claimed.seconds in (None, held / 64_000)

    def test_g722_is_read(self, tmp_path):
        path = write_av(tmp_path / "call", bursts(RATE, sides=1), RATE, "wav", "adpcm_g722")
        assert heard_at(path) == pytest.approx(AT, abs=0.015)
        assert probe(path).codec == "wav/adpcm_g722"


class TestJoinedFiles:
    @pytest.mark.parametrize(
        ("kind", "subtype", "rate"),
        [
            ("OGG", "VORBIS", 16_000),
            ("OGG", "OPUS", 16_000),
            ("OGG", "OPUS", 48_000),
            ("MP3", "MPEG_LAYER_III", 16_000),
            ("FLAC", "PCM_16", 16_000),
        ],
    )
    def test_are_read_whole_and_reported(self, tmp_path, kind, subtype, rate):
        call = bursts(rate)
        call[:, 1] = call[::-1, 1]
        one, two = (write(tmp_path / name, call, rate, kind, subtype) for name in "ab")
        recording = Recording.open(joined(tmp_path / "ab", one, two))
        samples = sum(block.shape[1] for block in recording.blocks())
        assert samples / rate / (48_000 / rate if subtype == "OPUS" else 1) == pytest.approx(
            10.0, abs=0.2
        )
        assert "joined" in [note.code for note in recording.notes]
        assert heard_at(recording.path) == pytest.approx(TWICE, abs=0.2)

    @pytest.mark.parametrize("kind", ["OGG", "MP3", "FLAC"])
    def test_one_alone_is_not_called_joined(self, tmp_path, kind):
        call = bursts(RATE)
        call[:, 1] = call[::-1, 1]
        subtype = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III", "FLAC": "PCM_16"}[kind]
        recording = Recording.open(write(tmp_path / "call", call, RATE, kind, subtype))
        assert sum(block.shape[1] for block in recording.blocks()) == pytest.approx(80_000, abs=100)
        assert recording.notes == []


class TestWhatStatesNoLength:
    def test_adts_is_whole_though_ffmpeg_estimates_it_longer(self, tmp_path):
        path = write_av(tmp_path / "call", bursts(RATE), RATE, "adts", "aac")
        assert heard_at(path) == pytest.approx(AT, abs=0.015)
        assert probe(path).claimed_s is None

    def test_flac_from_a_pipe_counts_no_samples(self, tmp_path):
        path = write(tmp_path / "call", bursts(RATE), RATE, "FLAC", "PCM_16")
        content = bytearray(path.read_bytes())
        content[21] &= 0xF0
        content[22:26] = bytes(4)
        path.write_bytes(content)
        assert heard_at(path) == pytest.approx(AT, abs=0.015)

    def test_an_ogg_file_without_an_end_mark_is_scored_with_a_warning(self, tmp_path):
        path = write(tmp_path / "call", made_call(48_000), 48_000, "OGG", "OPUS")
        content = path.read_bytes()
        path.write_bytes(content[: content.rindex(b"OggS")])
        card = score(path, ScoreOptions.of(caller_channel=0))
        assert [overlap.outcome for overlap in card.overlaps] == ["yielded"]
        [warning] = [warning for warning in card.warnings if warning.code == "no_end_mark"]
        assert "cut short between two pages" in warning.text


class TestWhatTheEncoderPutInFront:
    def test_is_taken_off_in_an_mp3_without_lames_note(self, tmp_path):
        with soundfile.SoundFile(
            tmp_path / "call", "w", RATE, 2, format="MP3", subtype="MPEG_LAYER_III"
        ) as file:
            file.write(bursts(RATE))
        content = (tmp_path / "call").read_bytes()
        # Without the frame that holds the note: it begins as every frame does.
        sync = content[:2]
        noted = content.index(b"Info") if b"Info" in content else content.index(b"Xing")
        path = tmp_path / "bare"
        path.write_bytes(content[content.index(sync, noted) :])
        assert heard_at(path) == pytest.approx(AT, abs=0.015)
        assert probe(path).start_blur_s == pytest.approx(576 / RATE)

    def test_is_taken_off_in_a_fragmented_mp4(self, tmp_path):
        path = write_av(
            tmp_path / "call",
            bursts(RATE),
            RATE,
            "mp4",
            "aac",
            movflags="frag_keyframe+empty_moov",
        )
        assert heard_at(path) == pytest.approx(AT, abs=0.015)
        assert probe(path).start_blur_s == pytest.approx(1088 / RATE)

    def test_widens_what_is_stated_of_two_files(self, tmp_path):
        caller = write_av(tmp_path / "caller", made_call(RATE)[:, 0], RATE, "adts", "aac")
        agent = write(tmp_path / "agent", made_call(RATE)[:, 1], RATE, "WAV", "PCM_16")
        card = score(caller, ScoreOptions.of(agent_file=agent))
        [overlap] = card.overlaps
        assert overlap.time_to_yield_s == pytest.approx(0.4, abs=0.02)
        # What AAC does to an edge, and what is not known of its start.
        assert card.edge_blur_s == pytest.approx(math.hypot(1024, 1088) / RATE)


def test_opus_that_merged_the_channels_is_refused_for_its_bit_rate(tmp_path):
    # An encoder in the narrowest mode codes both channels as one.
    mix = np.repeat(made_call(48_000).sum(axis=1)[:, np.newaxis], 2, axis=1)
    path = write_av(tmp_path / "call", mix, 48_000, "ogg", "libopus", bit_rate=12_000)
    with pytest.raises(IntakeError, match=r"raise the recorder's bit rate, here \d+ kbit/s"):
        score(path, ScoreOptions.of(caller_channel=0))
