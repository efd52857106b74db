"""What a hostile client may say of its tensors: mutators of a frame's header."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from fedsz_privacy.codec.compressors import COMPRESSORS
from fedsz_privacy.codec.header import DTYPES
from fedsz_privacy.codec.held import FINGERPRINT_SIZE, STATE, UPDATE
from fedsz_privacy.codec.lossless import LOSSLESS
from fuzz.edits import EDGES, edit_bytes, number
from fuzz.forging import Forgery, Mutator, Tensor

COMPRESSOR_NAMES = {make().name.encode() for make in COMPRESSORS.values()}
CODECS = (*sorted(COMPRESSOR_NAMES), *(name.encode() for name in LOSSLESS), b"", b"sz4", b"\xff")

HELD = (b"", STATE, UPDATE + bytes(FINGERPRINT_SIZE))


def change(**fields: Callable[[Random, Tensor], object]) -> Mutator:
    """Return the mutator that changes fields of one tensor."""

    def mutate(rng: Random, frame: Forgery, _: Forgery) -> Forgery:
        if not frame.tensors:
            return frame
        index = rng.randrange(len(frame.tensors))
        return frame.with_tensor(index, **{name: field(rng, frame.tensors[index]) for name, field in fields.items()})

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


HEADER_MUTATORS: dict[str, Mutator] = {
    "name": change(name=lambda rng, tensor: edit_bytes(rng, tensor.name)),
    "dtype": change(code=lambda rng, _: rng.choice((rng.randrange(len(DTYPES)), rng.randrange(256)))),
    "axis": change(shape=change_axis),
    "axes": change(shape=change_axes),
    "stream size": change(stream_size=lambda rng, tensor: number(rng, len(tensor.stream))),
    "count": lambda rng, frame, _: replace(frame, count=number(rng, len(frame.tensors))),
    "round": lambda rng, frame, _: replace(frame, round_code=number(rng, frame.round_code)),
    "held": lambda rng, frame, _: replace(frame, held=rng.choice((*HELD, edit_bytes(rng, rng.choice(HELD))))),
    "version": lambda rng, frame, _: replace(frame, version=rng.randrange(256)),
    "compressor": lambda rng, frame, _: replace(frame, compressor=rng.choice(CODECS)),
    "lossless": lambda rng, frame, _: replace(frame, lossless=rng.choice(CODECS)),
    "tensors": change_tensors,
    "empty tensors": add_empty_tensors,
}
"""What changes in what a frame says of itself."""
