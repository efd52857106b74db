"""Hostile frames by their number: the same seed, number and versions of the codecs give the same bytes.

Lengths and checksums are repaired after the mutations, so that these are read deep.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from random import Random

from fuzz import inner
from fuzz.corpus import corpus
from fuzz.edits import edit_bytes
from fuzz.forging import Forgery, seal, take_apart
from fuzz.header_mutators import HEADER_MUTATORS
from fuzz.payload_mutators import PAYLOAD_MUTATORS

HEADER_SHARE = 0.3
HEADER_EDITS, PAYLOAD_EDITS, CUTS = 0.05, 0.05, 0.02
SWEPT = (0, 0xFF, 700_000_000, 2**31, 2**32 - 1)
"""Four-byte integers that `sweep` writes at every offset of SZ3's inner streams."""


def mutated(seed: int, number: int) -> bytes:
    """Return a hostile frame: a good one changed by one to three mutators, then repaired."""
    rng = Random(f"{seed}/{number}")
    frame = rng.choice(good_frames())
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        mutators = HEADER_MUTATORS if rng.random() < HEADER_SHARE else PAYLOAD_MUTATORS
        frame = rng.choice(tuple(mutators.values()))(rng, frame, rng.choice(good_frames()))
    frame = repaired(frame)
    header, payload = frame.header(), frame.payload()
    if rng.random() < HEADER_EDITS:
        header = edit_bytes(rng, header)
    if rng.random() < PAYLOAD_EDITS:
        payload = edit_bytes(rng, payload)
    sealed = seal(header, payload, frame.version)
    return sealed[: rng.randrange(len(sealed))] if rng.random() < CUTS else sealed


def repaired(frame: Forgery) -> Forgery:
    """Return a frame whose containers have the checksums that their tensors ask for."""
    tensors = (replace(t, stream=inner.repaired(frame.compressor, t.stream, t.shape, t.code)) for t in frame.tensors)
    return replace(frame, tensors=tuple(tensors))


@cache
def good_frames() -> tuple[Forgery, ...]:
    """Return the parts of the corpus."""
    return tuple(map(take_apart, corpus()))


@cache
def sweep() -> tuple[bytes, ...]:
    """Return frames with an integer written at each offset inside SZ3's stream of a line, for each algorithm."""
    lines = {
        frame.tensors[0].stream: frame for frame in good_frames() if frame.compressor == b"sz3" and _is_line(frame)
    }
    return tuple(frame.with_tensor(0, stream=stream).frame() for frame in lines.values() for stream in _swept(frame))


def _is_line(frame: Forgery) -> bool:
    return frame.tensors[0].name == b"line.weight"


def _swept(frame: Forgery) -> Iterator[bytes]:
    stream = frame.tensors[0].stream
    for offset in range(len(inner.SZ3Stream.open(stream).raw) - 3):
        for number in SWEPT:
            yield inner.edit_sz3(stream, partial(_write, offset, number.to_bytes(4, "little")))


def _write(offset: int, data: bytes, raw: bytes) -> bytes:
    return raw[:offset] + data + raw[offset + len(data) :]
