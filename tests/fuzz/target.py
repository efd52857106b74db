"""The coverage-guided target: the frame and every decoder that is trusted by default, under libFuzzer through atheris.

Run with, from the root of the project::

    pip install -c constraints.txt -e '.[compressors,fuzz]'
    PYTHONPATH=tests OMP_NUM_THREADS=1 python -m fuzz.target FOLDER -max_total_time=600

The seeds are written to FOLDER, where libFuzzer keeps what it finds too; whatever follows goes to libFuzzer as it is.
The first byte of an input chooses the decoder. Lengths and checksums are put right before it is called, so that a
change of any byte is read deep. Without atheris the module can still be imported, and run on its seeds.
"""

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["fedsz_privacy.codec"]) if atheris else contextlib.nullcontext():
    import numpy as np

    from fedsz_privacy.codec.compressors import DECODERS, get_compressor
    from fedsz_privacy.codec.frame import unpack
    from fedsz_privacy.codec.header import FrameError
    from fedsz_privacy.codec.lossless import LOSSLESS
    from fedsz_privacy.codec.names import SZ3_ALGORITHMS
    from fuzz import inner
    from fuzz.corpus import TRUSTED, predicted_frames, trusted_frames
    from fuzz.forging import seal, take_apart
    from fuzz.judging import receiver_of

SHAPE = (1024,)
FLOAT32 = np.dtype(np.float32)
HEADER_LENGTH = 2
OPTIONS = ("-timeout=10", "-rss_limit_mb=1024")


@dataclass(frozen=True)
class Decoder:
    """What reads an input.

    Attributes
    ----------
    read : callable
        It raises ValueError, FrameError, or nothing.
    seeds : tuple of bytes
        Good inputs.
    untrusted : tuple of bytes
        Inputs that are as good, but that a receiver may refuse, because it does not trust SZ3's predictors.
    """

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    untrusted: tuple[bytes, ...] = ()


def _sealed(data: bytes) -> object:
    end = HEADER_LENGTH + int.from_bytes(data[:HEADER_LENGTH], "little")
    return receiver_of().decode(seal(data[HEADER_LENGTH:end], data[end:]))


def _unsealed(frame: bytes) -> bytes:
    parts = take_apart(frame)
    return len(parts.header()).to_bytes(HEADER_LENGTH, "little") + parts.header() + parts.payload()


def _array(name: str) -> Decoder:
    makers = [get_compressor(each) for each in TRUSTED]
    return Decoder(
        lambda data: DECODERS[name].decode(inner.repaired(name.encode(), data, SHAPE, 0), SHAPE, FLOAT32),
        tuple(maker.encode(array, 1e-2) for maker in makers if maker.name == name for array in _arrays()),
    )


def _inside(name: str, opened: Callable[[bytes, inner.Edit], bytes], maker: str) -> Decoder:
    """Return the decoder of what lies inside a stream of the second array of `_arrays`."""
    stream, seeds = get_compressor(maker).encode(_arrays()[1], 1e-2), []
    stream = inner.bare(stream) if name == "sz3" else stream
    opened(stream, lambda raw: seeds.append(raw) or raw)

    def read(data: bytes) -> object:
        changed = opened(stream, lambda _: data)
        return DECODERS[name].decode(inner.repaired(name.encode(), changed, SHAPE, 0), SHAPE, FLOAT32)

    return Decoder(read, tuple(seeds)) if maker in TRUSTED else Decoder(read, (), tuple(seeds))


def _arrays() -> tuple[np.ndarray, ...]:
    line = np.linspace(0, 1, *SHAPE, dtype=np.float32)
    return line, np.where(np.arange(*SHAPE) % 9, line, np.float32(1e9))


def _lossless(name: str) -> Decoder:
    data = bytes(range(256)) * 8
    return Decoder(lambda packed: LOSSLESS[name].decompress(packed, len(data)), (LOSSLESS[name].compress(data),))


TARGETS: tuple[Decoder, ...] = (
    Decoder(unpack, trusted_frames()),
    Decoder(_sealed, *(tuple(map(_unsealed, frames)) for frames in (trusted_frames(), predicted_frames()))),
    *(_array(name) for name in DECODERS),
    *(_inside("sz3", inner.edit_sz3, algorithm) for algorithm in SZ3_ALGORITHMS),
    _inside("quantiser", inner.edit_codes, "quantiser"),
    _inside("quantiser", inner.edit_exceptions, "quantiser"),
    _inside("zfp", inner.edit_exceptions, "zfp"),
    _inside("scaled", inner.edit_stream, "scaled"),
    _inside("szx", inner.edit_stream, "szx"),
    *(_lossless(name) for name in LOSSLESS),
)
"""Decoders by the first byte of an input, modulo their number."""


def read(data: bytes) -> None:
    """Read one input, as libFuzzer calls it."""
    if data:
        with contextlib.suppress(ValueError, FrameError):
            TARGETS[data[0] % len(TARGETS)].read(data[1:])


def seeds() -> tuple[bytes, ...]:
    """Return inputs of every decoder to begin with."""
    inputs = [(place, seed) for place, target in enumerate(TARGETS) for seed in target.seeds + target.untrusted]
    return tuple(bytes([place]) + seed for place, seed in inputs)


def main(folder: str, *options: str) -> None:
    """Write the seeds to a folder and run libFuzzer there."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (Path(folder) / f"seed-{number:03}").write_bytes(seed)
    atheris.Setup([sys.argv[0], folder, *OPTIONS, *options], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
