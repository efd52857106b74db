import contextlib
import dataclasses
import io
import tracemalloc

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_128

from fedsz_privacy.codec.frame import HEADER_LENGTH, MAGIC, PREFIX, VERSION, Writer, pack, unpack
from fedsz_privacy.codec.header import DTYPES, Entry, FrameError, Header, grouped
from fedsz_privacy.codec.held import Held

ENTRIES = st.builds(
    Entry,
    name=st.text(max_size=20),
    dtype=st.sampled_from(DTYPES),
    shape=st.one_of(st.lists(st.integers(0, 2**9), max_size=6).map(tuple), st.tuples(st.integers(0, 2**59))),
    stream_size=st.just(0),
)
HEADERS = st.builds(
    Header,
    compressor=st.text(max_size=8),
    lossless=st.text(max_size=8),
    entries=st.lists(ENTRIES, max_size=6, unique_by=lambda entry: entry.name).map(tuple),
    predicted_from=st.none() | st.integers(0, 2**62),
    held=st.none() | st.builds(Held, base=st.none() | st.binary(min_size=16, max_size=16)),
)
HEADER = Header("sz3", "zstd", (Entry("a.weight", torch.float32, (20, 3), 4), Entry("b", torch.int64, (), 0)), (4,))
FRAME = pack(HEADER, [b"abcd", b"rest"])


def sealed(content: bytes) -> bytes:
    """Put a valid checksum behind forged content, as a hostile client would."""
    return content + xxh3_128(content).digest()


@settings(derandomize=True, deadline=None)
@given(HEADERS, st.binary(max_size=50))
def test_what_is_packed_is_unpacked(header, stream):
    streams = [stream for _ in grouped(header.entries, lambda _: False, lambda entry: entry.nbytes)]
    header = dataclasses.replace(header, blocks=tuple(map(len, streams)))
    found, payload = unpack(pack(header, streams))
    assert found == header
    assert bytes(payload) == b"".join(streams)


def test_a_frame_written_to_a_file_has_the_same_bytes():
    target = io.BytesIO()
    writer = Writer(target)
    writer.put(b"abcd")
    writer.put(b"rest")
    writer.close(HEADER)
    assert target.getvalue() == FRAME


def test_every_altered_byte_is_found():
    for place in range(len(FRAME)):
        for flip in (0x01, 0x80, 0xFF):
            altered = bytearray(FRAME)
            altered[place] ^= flip
            with pytest.raises(FrameError):
                unpack(bytes(altered))


def test_every_truncation_and_extension_is_found():
    for size in range(len(FRAME)):
        with pytest.raises(FrameError):
            unpack(FRAME[:size])
    with pytest.raises(FrameError, match="truncated or extended"):
        unpack(FRAME + b"\0")


@pytest.mark.parametrize("version", [1, 9])
def test_another_version_is_named(version):
    content = bytearray(FRAME[:-16])
    content[len(MAGIC)] = version
    with pytest.raises(FrameError, match=f"version {version}; this release reads version 2"):
        unpack(sealed(bytes(content)))


@settings(derandomize=True, deadline=None)
@given(st.data())
def test_a_forged_header_with_a_valid_checksum_is_refused_or_read(data):
    content = bytearray(FRAME[:-16])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(PREFIX.size, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FrameError):
        unpack(sealed(bytes(content)))


def test_a_length_beyond_the_frame_takes_no_memory():
    forged = PREFIX.pack(MAGIC, VERSION) + b"x" * 64 + HEADER_LENGTH.pack(2**32 - 1)
    tracemalloc.start()
    with pytest.raises(FrameError, match="announces a header of 4294967295"):
        unpack(sealed(forged))
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (Header("sz3", "zstd", (HEADER.entries[0],) * 2), "twice"),
        (Header("sz3", "zstd", (dataclasses.replace(HEADER.entries[0], stream_size=99),)), "streams of 99 bytes"),
        (dataclasses.replace(HEADER, blocks=(4, 4)), "longer than its entries"),
        (dataclasses.replace(HEADER, held=Held(b"too short")), "longer than its entries"),
        (dataclasses.replace(HEADER, held=Held(bytes(17))), "longer than its entries"),
        (dataclasses.replace(HEADER, blocks=()), "in a number"),
        (Header("sz3", "zstd", (dataclasses.replace(HEADER.entries[1], stream_size=3),)), "lossily"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(header, message):
    with pytest.raises(FrameError, match=message):
        unpack(pack(header, [b"abcd"]))
