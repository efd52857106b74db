"""What a hostile client may change in a frame. Lengths and checksums are repaired afterwards, so that it is read deep.

A mutator takes a source of randomness, the frame, and another good one to steal from, and returns the frame changed.
Where there is nothing that it could change, the frame comes back as it is.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

from fedsz_privacy.codec.compressors import COMPRESSORS
from fedsz_privacy.codec.frame import DTYPES
from fedsz_privacy.codec.lossless import LOSSLESS
from fuzz import inner
from fuzz.forging import Forgery, Tensor

Edit = Callable[[Random, bytes], bytes]
Mutator = Callable[[Random, Forgery, Forgery], Forgery]

NUMBERS = (0, 1, 2, 7, 65, 127, 255, 256, 1023, 1025, 2**15, 2**16, 2**20, 2**24, 700_000_000)
EDGES = tuple(2**bits + step for bits in (31, 32, 62, 63, 64) for step in (-1, 0, 1))
FLOATS = tuple(int.from_bytes(struct.pack("<d", x), "little") for x in (float("nan"), float("inf"), -1, 1e-320, 1e308))
COMPRESSOR_NAMES = {make().name.encode() for make in COMPRESSORS.values()}
CODECS = (*sorted(COMPRESSOR_NAMES), *(name.encode() for name in LOSSLESS), b"", b"sz4", b"\xff")
WIDTHS = (1, 2, 4, 8)


def edit_bytes(rng: Random, data: bytes) -> bytes:
    """Return bytes with one place changed: a bit, a byte, an integer, some cut out, some put in."""
    place = rng.randrange(len(data) + 1)
    before, after = data[:place], data[place:]
    width = rng.choice(WIDTHS)
    number = rng.choice((*NUMBERS, *EDGES, *FLOATS, len(data), place)) % 256**width
    return rng.choice(
        (
            before + bytes(byte ^ 1 << rng.randrange(8) for byte in after[:1]) + after[1:],
            before + number.to_bytes(width, "little") + after[width:],
            before + rng.randbytes(width) + after[width:],
            before + rng.randbytes(width) + after,
            before + after[rng.randrange(32) :],
            before,
            before + after[:8] * rng.randrange(200) + after,
        )
    )


def number(rng: Random, near: int) -> int:
    """Return a number: near another one, one that often goes wrong, or any."""
    return rng.choice(
        (max(near + rng.choice((-1, 1)), 0), near * 2, rng.choice(NUMBERS), rng.choice(EDGES), rng.getrandbits(16))
    )


def change(**fields: Callable[[Random, Tensor], object]) -> Mutator:
    """Return the mutator that changes fields of one tensor."""

    def mutate(rng: Random, frame: Forgery, _: Forgery) -> Forgery:
        if not frame.tensors:
            return frame
        index = rng.randrange(len(frame.tensors))
        return frame.with_tensor(index, **{name: field(rng, frame.tensors[index]) for name, field in fields.items()})

    return mutate


def change_stream(edit: Edit) -> Mutator:
    """Return the mutator that changes one of the streams."""

    def mutate(rng: Random, frame: Forgery, _: Forgery) -> Forgery:
        lossy = [index for index, tensor in enumerate(frame.tensors) if tensor.stream]
        if not lossy:
            return frame
        index = rng.choice(lossy)
        return frame.with_tensor(index, stream=edit(rng, frame.tensors[index].stream))

    return mutate


def change_axis(rng: Random, tensor: Tensor) -> tuple[int, ...]:
    """Return the shape with another number in an axis."""
    axis = rng.randrange(len(tensor.shape) + 1)
    return (*tensor.shape[:axis], number(rng, (*tensor.shape, 1)[axis]), *tensor.shape[axis + 1 :])


def change_axes(rng: Random, tensor: Tensor) -> tuple[int, ...]:
    """Return the shape with other axes: permuted, fewer, more of them, nothing, a product that overflows."""
    axes = list(tensor.shape)
    rng.shuffle(axes)
    return rng.choice(
        (
            tuple(axes),
            tensor.shape[1:],
            (*tensor.shape, *[1] * rng.choice((1, 3, 62, 64, 65))),
            (0, *tensor.shape),
            (*tensor.shape, 0, *[rng.choice(EDGES)] * rng.randrange(4)),
            (2**32, 2**32, *tensor.shape),
        )
    )


def change_tensors(rng: Random, frame: Forgery, donor: Forgery) -> Forgery:
    """Drop, double, swap or shuffle tensors, or take another frame's."""
    tensors = frame.tensors
    place = rng.randrange(len(tensors) + 1)
    return replace(
        frame,
        tensors=rng.choice(
            (
                tensors[:place] + tensors[place + 1 :],
                tensors[:place] + tensors[place : place + 1] + tensors[place:],
                tuple(rng.sample(tensors, len(tensors))),
                tensors[:place] + donor.tensors[:place] + tensors[place:],
                donor.tensors,
            )
        ),
    )


def add_empty_tensors(rng: Random, frame: Forgery, _: Forgery) -> Forgery:
    """Announce many tensors that hold nothing."""
    count, code = rng.choice((1, 30, 1000)), rng.randrange(len(DTYPES))
    return replace(frame, tensors=frame.tensors + tuple(Tensor(b"%d" % n, code, (0,), b"") for n in range(count)))


def swap_streams(rng: Random, frame: Forgery, donor: Forgery) -> Forgery:
    """Give a tensor the stream of another one of this frame or of the donor."""
    streams = [tensor.stream for tensor in (*frame.tensors, *donor.tensors) if tensor.stream]
    return change_stream(lambda rng, _: rng.choice(streams))(rng, frame, donor) if streams else frame


def splice_streams(rng: Random, frame: Forgery, donor: Forgery) -> Forgery:
    """End one stream in the middle with the rest of another one."""
    streams = [tensor.stream for tensor in (*frame.tensors, *donor.tensors) if tensor.stream]

    def splice(rng: Random, stream: bytes) -> bytes:
        other, place = rng.choice(streams), rng.randrange(len(stream) + 1)
        return stream[:place] + other[rng.choice((place, rng.randrange(len(other) + 1))) :]

    return change_stream(splice)(rng, frame, donor)


def grow(rng: Random, frame: Forgery, _: Forgery) -> Forgery:
    """Announce a tensor of another size, in SZ3's configuration too."""
    lossy = [index for index, tensor in enumerate(frame.tensors) if tensor.stream]
    if not lossy:
        return frame
    index = rng.choice(lossy)
    tensor = frame.tensors[index]
    size, old = rng.choice((1, 2, 1000, 10**5, 2**17, 2**18 - 8, 2**31)), math.prod(tensor.shape)
    stream = tensor.stream.replace(struct.pack("<Q", old % 2**64), struct.pack("<Q", size))
    return frame.with_tensor(index, shape=(size,), stream=stream)


def lie_about_zstd(rng: Random, stream: bytes) -> bytes:
    """Announce another size of what lies inside SZ3's stream."""
    return inner.announce_sz3(stream, number(rng, 1000))


def change_head(rng: Random, stream: bytes) -> bytes:
    """Edit the first bytes of a stream: magic, version and sizes, or the container's counts."""
    return edit_bytes(rng, stream[:24]) + stream[24:]


def change_tail(rng: Random, stream: bytes) -> bytes:
    """Edit the last bytes of a stream: SZ3's configuration, or exceptions."""
    return stream[:-35] + edit_bytes(rng, stream[-35:])


def lengthen(rng: Random, data: bytes) -> bytes:
    """Return bytes with zeros behind them, which compress to next to nothing."""
    return data + bytes(rng.choice((1, 2**12, 2**16, 2**20)))


def inflate(rng: Random, data: bytes) -> bytes:
    """Return bytes with zeros behind them, now and then more than any receiver allows."""
    return data + bytes(rng.choice((2**12, 2**16, 2**20, 2**24)))


def inside(opened: Callable[[bytes, inner.Edit], bytes], edit: Edit = edit_bytes) -> Mutator:
    """Return the mutator that edits what lies inside a stream."""
    return change_stream(lambda rng, stream: opened(stream, partial(edit, rng)))


def edit_rest(edit: Edit) -> Mutator:
    """Return the mutator that edits the bytes inside the lossless part."""

    def mutate(rng: Random, frame: Forgery, _: Forgery) -> Forgery:
        size = sum(tensor.nbytes for tensor in frame.tensors if not tensor.stream)
        codec = frame.lossless.decode("latin-1")
        return replace(frame, rest=inner.edit_lossless(frame.rest, codec, size, partial(edit, rng)))

    return mutate


HEADER_MUTATORS: dict[str, Mutator] = {
    "name": change(name=lambda rng, tensor: edit_bytes(rng, tensor.name)),
    "dtype": change(code=lambda rng, _: rng.choice((rng.randrange(len(DTYPES)), rng.randrange(256)))),
    "axis": change(shape=change_axis),
    "axes": change(shape=change_axes),
    "stream size": change(stream_size=lambda rng, tensor: number(rng, len(tensor.stream))),
    "count": lambda rng, frame, _: replace(frame, count=number(rng, len(frame.tensors))),
    "version": lambda rng, frame, _: replace(frame, version=rng.randrange(256)),
    "compressor": lambda rng, frame, _: replace(frame, compressor=rng.choice(CODECS)),
    "lossless": lambda rng, frame, _: replace(frame, lossless=rng.choice(CODECS)),
    "tensors": change_tensors,
    "empty tensors": add_empty_tensors,
}
"""What changes in what a frame says of itself."""

PAYLOAD_MUTATORS: dict[str, Mutator] = {
    "stream": change_stream(edit_bytes),
    "stream's head": change_stream(change_head),
    "stream's tail": change_stream(change_tail),
    "swapped streams": swap_streams,
    "spliced streams": splice_streams,
    "size": grow,
    "SZ3's inner stream": inside(inner.edit_sz3),
    "SZ3's inner stream, long": inside(inner.edit_sz3, inflate),
    "SZ3's inner size": change_stream(lie_about_zstd),
    "codes": inside(inner.edit_codes),
    "codes, long": inside(inner.edit_codes, inflate),
    "exceptions": inside(inner.edit_exceptions),
    "exceptions, long": inside(inner.edit_exceptions, inflate),
    "lossless part": lambda rng, frame, _: replace(frame, rest=edit_bytes(rng, frame.rest)),
    "inside the lossless part": edit_rest(edit_bytes),
    "lossless part, long": edit_rest(lengthen),
    "lossless part of another": lambda _, frame, donor: replace(frame, rest=donor.rest, lossless=donor.lossless),
}
"""What changes in the streams, and inside them."""
