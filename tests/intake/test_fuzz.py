"""Whatever a file holds, it is read or refused: no traceback, no hang, no memory by its header."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from livekit_barge.errors import IntakeError
from livekit_barge.intake.decode import decode, probe
from tests.intake.made import made_call, write, write_m4a

# Decoders' own tables and a block of 10 s of eight channels at 48 kHz, with copies.
MEMORY_MOST = 120e6
SETTINGS = settings(
    max_examples=150,
    deadline=timedelta(seconds=5),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
MAGIC = [b"RIFF", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"RF64", b"fLaC", b"OggS", b"ID3\x04\x00\x00"]
MAGIC += [b"\x00\x00\x00\x20ftypM4A ", b"\x1aE\xdf\xa3", b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80"]
MAGIC += [b"FORM\x00\x00\x00\x00AIFF", b".snd", b"caff\x00\x01\x00\x00"]


def read_all(path) -> None:
    """Read or be refused."""
    told = ""
    tracemalloc.start()
    try:
        found = probe(path)
        for block in decode(path, found):
            assert block.shape[0] == found.channels
    except IntakeError as error:
        told = str(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < MEMORY_MOST
    assert "\n" not in told


@SETTINGS
@given(head=st.sampled_from([b"", *MAGIC]), rest=st.binary(max_size=4096))
@example(head=b"RIFF", rest=b"\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + b"\xff" * 16)
@example(head=b"", rest=b"\xff\xfb\x90\x64Info" + b"\xff" * 100)
def test_random_bytes(tmp_path, head, rest):
    path = tmp_path / "file"
    path.write_bytes(head + rest)
    read_all(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Two seconds of a real file of each kind."""
    call = made_call(16_000)[32_000:64_000]
    directory = tmp_path_factory.mktemp("whole")
    kinds = [
        ("WAV", "PCM_16"),
        ("WAV", "IMA_ADPCM"),
        ("WAV", "ULAW"),
        ("FLAC", "PCM_16"),
        ("OGG", "OPUS"),
        ("OGG", "VORBIS"),
        ("MP3", "MPEG_LAYER_III"),
    ]
    files = [write(directory / subtype, call, 16_000, kind, subtype) for kind, subtype in kinds]
    files.append(write_m4a(directory / "m4a", call, 16_000))
    return [file.read_bytes() for file in files]


@SETTINGS
@given(data=st.data())
def test_damaged_files(tmp_path, whole, data):
    content = bytearray(data.draw(st.sampled_from(whole)))
    # Half of the damage falls on the first 200 bytes, where the headers are.
    places = st.one_of(st.integers(0, 200), st.integers(0, len(content) - 1))
    for at, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=30)):
        content[min(at, len(content) - 1)] = byte
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path / "file"
    path.write_bytes(content[:cut] if data.draw(st.booleans()) else content)
    read_all(path)


@SETTINGS
@given(
    channels=st.integers(0, 65_535),
    rate=st.integers(0, 2**32 - 1),
    bytes_a_second=st.integers(0, 2**32 - 1),
    align=st.integers(0, 65_535),
    bits=st.integers(0, 65_535),
    size=st.integers(0, 2**32 - 1),
    kind=st.sampled_from([1, 2, 3, 6, 7, 17, 49, 85, 0xFFFE]),
)
def test_lying_headers(tmp_path, channels, rate, bytes_a_second, align, bits, size, kind):
    fields = (kind, 2), (channels, 2), (rate, 4), (bytes_a_second, 4), (align, 2), (bits, 2)
    form = b"".join(value.to_bytes(width, "little") for value, width in fields)
    path = tmp_path / "file"
    path.write_bytes(
        b"RIFF" + size.to_bytes(4, "little") + b"WAVEfmt \x10\x00\x00\x00" + form
        + b"data" + size.to_bytes(4, "little") + b"\x01\x02" * 500
    )  # fmt: skip
    read_all(path)
