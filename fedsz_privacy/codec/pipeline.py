"""FedSZ (Wilkins et al., arXiv 2312.13461): partition a state, compress it lossily where that is safe, frame it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.codec.arrays import rounding_error, to_array, to_tensor
from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.budget import DEFAULT_MAX_BYTES, memory_of, width_of
from fedsz_privacy.codec.carrying import carried
from fedsz_privacy.codec.compressors import DECODERS, SZ3, Compressor
from fedsz_privacy.codec.exact import cut, decode_exact, encode_exact
from fedsz_privacy.codec.frame import Entry, FrameError, Header, pack, unpack
from fedsz_privacy.codec.lossless import LOSSLESS, ZSTD, Lossless
from fedsz_privacy.codec.lossy import THRESHOLD, LossyRule, default_rule, is_eligible, on_copies, warn_of_shortfall
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import ELEMENTS, require_within
from fedsz_privacy.core.state import StateDict, nbytes


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
        Most memory that decoding a frame may take beside the frame itself, in bytes; see `memory_of`. The libraries
        take up to 32 MiB of their own. The default, 2**30, is a quarter of a small server's memory of 4 GiB, and room
        for an update of about 100 million float32 parameters in one tensor, or twice as many in several.
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
    max_bytes: int = DEFAULT_MAX_BYTES
    lossy: LossyRule | None = None

    def __post_init__(self) -> None:
        require_within(self, {"threshold": ELEMENTS, "max_bytes": ELEMENTS})
        if not (self.lossy is None or callable(self.lossy)):
            raise InputError(f"lossy {self.lossy!r}: give a function of a tensor's name and the tensor")

    def bounds(self, state: StateDict) -> dict[str, float]:
        """Return the absolute error bound of each tensor that may change; all others come back bit-exact."""
        return {name: bound for name, (_, bound) in self._arrays(self._chosen(carried(state))).items()}

    def encode(self, state: StateDict) -> bytes:
        """Return the frame of a state, as `encode_with_bounds` does."""
        return self._encode(state)[0]

    def encode_with_bounds(self, state: StateDict) -> tuple[bytes, dict[str, float]]:
        """Return the frame of a state, and its `bounds`, which encoding works out anyway.

        Raises
        ------
        InputError
            If a frame cannot carry one of the tensors, or `decode` would need more than ``max_bytes``.
        """
        return self._encode(state)

    def _encode(self, given: StateDict) -> tuple[bytes, dict[str, float]]:
        state = carried(given)
        self._require_room(nbytes(state))
        chosen = self._chosen(state)
        warn_of_shortfall(state, chosen, self.threshold)
        streams, lossy = dict.fromkeys(state, b""), self._arrays(chosen)
        for name, (array, bound) in lossy.items():
            room = bound - rounding_error(array, bound, state[name].dtype)
            streams[name] = self.compressor.encode(array, room) if room > 0 else b""
        entries = (Entry(name, t.dtype, tuple(t.shape), len(streams[name])) for name, t in state.items())
        header = Header(self.compressor.name, self.lossless.name, tuple(entries))
        rest = encode_exact([tensor for name, tensor in state.items() if not streams[name]], self.lossless)
        frame = pack(header, [*streams.values(), rest])
        head_size = len(frame) - sum(map(len, streams.values())) - len(rest)
        views = [memoryview(stream) for stream in streams.values() if stream]
        self._require_room(memory_of(header, head_size, views, self.compressor))
        return frame, {name: bound for name, (_, bound) in lossy.items()}

    def _require_room(self, size: int) -> None:
        if size > self.max_bytes:
            raise InputError(
                f"state takes {size} bytes to decode; max_bytes allows {self.max_bytes}: raise it here and where it is "
                "decoded"
            )

    def decode(self, frame: bytes) -> dict[str, Tensor]:
        """Return the state of a frame: names, order, shapes and dtypes as they were encoded.

        A frame made with another compressor is decoded too, if that one is safe to use on hostile bytes.

        Raises
        ------
        FrameError
            If the frame is not intact, takes more memory than ``max_bytes`` to decode, or its streams do not hold
            what its header announces. No part of the state is returned then.
        """
        header, payload = unpack(frame, self.max_bytes)
        decoders = {**DECODERS, self.compressor.name: self.compressor}
        if header.compressor not in decoders or header.lossless not in LOSSLESS:
            raise FrameError(
                f"frame needs codecs {header.compressor!r} and {header.lossless!r}: unknown, or not trusted"
            )
        decoder, header_size = decoders[header.compressor], len(frame) - len(payload)
        *streams, rest = cut(payload, [entry.stream_size for entry in header.entries if entry.stream_size])
        try:
            size = memory_of(header, header_size, streams, decoder)
            if size <= self.max_bytes:
                return _decode_tensors(header, streams, rest, decoder)
        except ValueError as error:
            raise FrameError(f"frame does not hold what it announces: {error}") from error
        raise FrameError(f"frame takes {size} bytes to decode; max_bytes allows {self.max_bytes}")

    def _chosen(self, state: StateDict) -> dict[str, Tensor]:
        """Return the tensors that are lossy if their bounds leave them room."""
        rule = on_copies(self.lossy) if self.lossy else default_rule(state)
        return {name: t for name, t in state.items() if is_eligible(t, self.threshold) and rule(name, t)}

    def _arrays(self, chosen: StateDict) -> dict[str, tuple[NDArray[np.floating], float]]:
        """Return the array and the absolute bound of each chosen tensor that may change."""
        arrays = {name: to_array(tensor) for name, tensor in chosen.items()}
        bounds = {name: self.bound.absolute(array) for name, array in arrays.items()}
        return {name: (array, bounds[name]) for name, array in arrays.items() if bounds[name] > 0}


def _decode_tensors(
    header: Header, streams: Sequence[memoryview], rest: memoryview, decoder: Compressor
) -> dict[str, Tensor]:
    tensors = decode_exact(
        [entry for entry in header.entries if not entry.stream_size], rest, LOSSLESS[header.lossless]
    )
    lossy = [entry for entry in header.entries if entry.stream_size]
    for entry, stream in zip(lossy, streams, strict=True):
        tensors[entry.name] = to_tensor(decoder.decode(bytes(stream), entry.shape, width_of(entry)), entry.dtype)
    return {entry.name: tensors[entry.name] for entry in header.entries}
