"""FedSZ (Wilkins et al., arXiv 2312.13461): partition a state, compress it lossily where that is safe, frame it."""

from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.codec.arrays import from_bytes, rounding_error, to_array, to_bytes, to_tensor
from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.compressors import DECODERS, SZ3, Compressor
from fedsz_privacy.codec.frame import DTYPES, Entry, FrameError, Header, pack, unpack
from fedsz_privacy.codec.lossless import LOSSLESS, ZSTD, Lossless
from fedsz_privacy.codec.lossy import THRESHOLD, LossyRule, default_rule, is_eligible, on_copies, warn_of_shortfall
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import ELEMENTS, require_within
from fedsz_privacy.core.state import StateDict

WIDTHS = {torch.float64: np.dtype(np.float64)}
"""Array dtypes of the lossy stage, where it is not float32."""


@dataclass(frozen=True)
class FedSZ:
    """The FedSZ pipeline: large float weights through an error-bounded compressor, all else bit-exact.

    A tensor is *lossy* if it is floating point, holds more than ``threshold`` elements, and a rule chooses it. One
    whose bound leaves it no room, such as a constant one under a REL bound, is kept exactly.

    Parameters
    ----------
    bound : ErrorBound
        Bound on the error of every element, worked out for each tensor on its own.
    compressor : Compressor
        Error-bounded compressor for the lossy tensors.
    lossless : Lossless
        Codec for the other tensors.
    threshold : int
        Number of elements up to which a tensor is kept exactly.
    max_bytes : int
        Largest decoded state that `decode` takes memory for, in bytes.
    lossy : callable, optional
        The rule, ``lossy(name, tensor) -> bool``. By default the paper's, that the name contains ``weight``; in a state
        in which no name does, that the tensor has two dimensions or more.

    Warns
    -----
    LossyWarning
        When encoding, if less than half of the float bytes that vary is lossy.

    Examples
    --------
    >>> import torch
    >>> fedsz = FedSZ(ErrorBound.rel(1e-2))
    >>> state = {"layer.weight": torch.linspace(-1, 1, 4096), "steps": torch.tensor(7)}
    >>> decoded = fedsz.decode(fedsz.encode(state))
    >>> bool((decoded["layer.weight"] - state["layer.weight"]).abs().max() <= 0.02), int(decoded["steps"])
    (True, 7)
    """

    bound: ErrorBound
    compressor: Compressor = field(default_factory=SZ3)
    lossless: Lossless = ZSTD
    threshold: int = THRESHOLD
    max_bytes: int = 2**32
    lossy: LossyRule | None = None

    def __post_init__(self) -> None:
        require_within(self, {"threshold": ELEMENTS, "max_bytes": ELEMENTS})
        if not (self.lossy is None or callable(self.lossy)):
            raise InputError(f"lossy {self.lossy!r}: give a function of a tensor's name and the tensor")

    def bounds(self, state: StateDict) -> dict[str, float]:
        """Return the absolute error bound of each tensor that may change; all others come back bit-exact."""
        return {name: bound for name, (_, bound) in self._arrays(self._chosen(state)).items()}

    def encode(self, state: StateDict) -> bytes:
        """Return the frame of a state, as `encode_with_bounds` does."""
        return self._encode(state)[0]

    def encode_with_bounds(self, state: StateDict) -> tuple[bytes, dict[str, float]]:
        """Return the frame of a state, and its `bounds`, which encoding works out anyway.

        Raises
        ------
        InputError
            If a tensor has a dtype that the frame cannot carry.
        """
        return self._encode(state)

    def _encode(self, state: StateDict) -> tuple[bytes, dict[str, float]]:
        for name, tensor in state.items():
            if tensor.dtype not in DTYPES:
                raise InputError(f"tensor {name!r} has dtype {tensor.dtype}: convert it, for example to torch.float32")
        chosen = self._chosen(state)
        warn_of_shortfall(state, chosen, self.threshold)
        streams, lossy = dict.fromkeys(state, b""), self._arrays(chosen)
        for name, (array, bound) in lossy.items():
            room = bound - rounding_error(array, bound, state[name].dtype)
            streams[name] = self.compressor.encode(array, room) if room > 0 else b""
        exact = b"".join(to_bytes(tensor) for name, tensor in state.items() if not streams[name])
        entries = (Entry(name, t.dtype, tuple(t.shape), len(streams[name])) for name, t in state.items())
        header = Header(self.compressor.name, self.lossless.name, tuple(entries))
        frame = pack(header, [*streams.values(), self.lossless.compress(exact)])
        return frame, {name: bound for name, (_, bound) in lossy.items()}

    def decode(self, frame: bytes) -> dict[str, Tensor]:
        """Return the state of a frame: names, order, shapes and dtypes as they were encoded.

        A frame made with another compressor is decoded too, if that one is safe to use on hostile bytes.

        Raises
        ------
        FrameError
            If the frame is not intact, is larger than ``max_bytes`` once decoded, or its streams do not hold what
            its header announces. No part of the state is returned then.
        """
        header, payload = unpack(frame)
        if (size := sum(entry.nbytes for entry in header.entries)) > self.max_bytes:
            raise FrameError(f"frame decodes to {size} bytes; max_bytes allows {self.max_bytes}")
        decoders = {**DECODERS, self.compressor.name: self.compressor}
        if header.compressor not in decoders or header.lossless not in LOSSLESS:
            raise FrameError(
                f"frame needs codecs {header.compressor!r} and {header.lossless!r}: unknown, or not trusted"
            )
        try:
            return _decode_tensors(header, payload, decoders[header.compressor])
        except ValueError as error:
            raise FrameError(f"frame does not hold what it announces: {error}") from error

    def _chosen(self, state: StateDict) -> dict[str, Tensor]:
        """Return the tensors that are lossy if their bounds leave them room."""
        rule = on_copies(self.lossy) if self.lossy else default_rule(state)
        return {name: t for name, t in state.items() if is_eligible(t, self.threshold) and rule(name, t)}

    def _arrays(self, chosen: StateDict) -> dict[str, tuple[NDArray[np.floating], float]]:
        """Return the array and the absolute bound of each chosen tensor that may change."""
        arrays = {name: to_array(tensor) for name, tensor in chosen.items()}
        bounds = {name: self.bound.absolute(array) for name, array in arrays.items()}
        return {name: (array, bounds[name]) for name, array in arrays.items() if bounds[name] > 0}


def _decode_tensors(header: Header, payload: memoryview, decoder: Compressor) -> dict[str, Tensor]:
    lossy = [entry for entry in header.entries if entry.stream_size]
    exact = [entry for entry in header.entries if not entry.stream_size]
    *streams, rest = _cut(payload, [entry.stream_size for entry in lossy])
    raw = LOSSLESS[header.lossless].decompress(bytes(rest), sum(entry.nbytes for entry in exact))
    tensors = {
        entry.name: from_bytes(piece, entry.dtype, entry.shape)
        for entry, piece in zip(exact, _cut(memoryview(raw), [entry.nbytes for entry in exact])[:-1], strict=True)
    }
    for entry, stream in zip(lossy, streams, strict=True):
        width = WIDTHS.get(entry.dtype, np.dtype(np.float32))
        tensors[entry.name] = to_tensor(decoder.decode(bytes(stream), entry.shape, width), entry.dtype)
    return {entry.name: tensors[entry.name] for entry in header.entries}


def _cut(data: memoryview, sizes: list[int]) -> list[memoryview]:
    """Cut pieces of the given sizes off the front, and return them and the rest."""
    return [data[start:end] for start, end in pairwise([*accumulate(sizes, initial=0), len(data)])]
