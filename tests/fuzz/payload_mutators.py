"""What a hostile client may send as streams: mutators of a frame's payload, and of what lies inside."""

import math
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

from fuzz import inner
from fuzz.edits import Edit, edit_bytes, inflate, lengthen, number
from fuzz.forging import Forgery, Mutator


def change_stream(edit: Edit) -> Mutator:
    """Return the mutator that changes one of the streams."""

    def mutate(rng: Random, frame: Forgery, _: Forgery) -> Forgery:
        lossy = [index for index, tensor in enumerate(frame.tensors) if tensor.stream]
        if not lossy:
            return frame
        index = rng.choice(lossy)
        return frame.with_tensor(index, stream=edit(rng, frame.tensors[index].stream))

    return mutate


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
    "stream in a container": inside(inner.edit_stream),
    "exceptions": inside(inner.edit_exceptions),
    "exceptions, long": inside(inner.edit_exceptions, inflate),
    "lossless part": lambda rng, frame, _: replace(frame, rest=edit_bytes(rng, frame.rest)),
    "inside the lossless part": edit_rest(edit_bytes),
    "lossless part, long": edit_rest(lengthen),
    "lossless part of another": lambda _, frame, donor: replace(frame, rest=donor.rest, lossless=donor.lossless),
}
"""What changes in the streams, and inside them."""
