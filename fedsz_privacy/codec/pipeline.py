"""FedSZ (Wilkins et al., arXiv 2312.13461): partition a state, compress it lossily where that is safe, frame it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from torch import Tensor

from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.codec.bounds import ErrorBound, require_error_bound
from fedsz_privacy.codec.budget import memory_of
from fedsz_privacy.codec.carrying import carried, require_state
from fedsz_privacy.codec.compressors import DECODERS, Auto, Compressor
from fedsz_privacy.codec.exact import with_blocks
from fedsz_privacy.codec.frame import FrameInMemory, pack, payload_size, read_header, streams_of
from fedsz_privacy.codec.header import Entry, FrameError, Header, OverLimit
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.codec.layers import LayerBounds
from fedsz_privacy.codec.lossless import LOSSLESS, ZSTD, Lossless
from fedsz_privacy.codec.lossy import THRESHOLD, LossyRule, default_rule, is_eligible, on_copies, warn_of_shortfall
from fedsz_privacy.codec.names import DEFAULT_MAX_BYTES
from fedsz_privacy.codec.remembering import decoder_of, encode_tensors, predicting, require_last
from fedsz_privacy.codec.streaming import Encoded, decode_from, encode_to
from fedsz_privacy.codec.units import decode_unit
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import to_path
from fedsz_privacy.core.ranges import COUNT, ELEMENTS, require_within
from fedsz_privacy.core.state import StateDict, nbytes


@dataclass(frozen=True)
class FedSZ:
    """The FedSZ pipeline: large float weights through an error-bounded compressor, all else bit-exact.

    A tensor is *lossy* if it is floating point, holds more than ``threshold`` elements, and a rule chooses it. One
    whose bound leaves it no room, such as a constant one under a REL bound, is kept exactly.

    Parameters
    ----------
    bound : ErrorBound or LayerBounds
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
        for an update of about 85 million float32 parameters in one tensor at REL 1e-3, or twice as many in several.
    workers : int
        Number of processes that encode; frames do not depend on it. With 1 it is this one. More are started when they
        are first needed, which takes a second or two, and kept, while this one hands tensors to them; decoding needs
        none.
    lossy : callable, optional
        The rule, ``lossy(name, tensor) -> bool``. By default the paper's, that the name contains ``weight``; in a state
        in which no name does, that the tensor has two dimensions or more.

    Raises
    ------
    InputError
        If the bound is no `ErrorBound` or `LayerBounds`, or another argument is out of its range.

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

    bound: ErrorBound | LayerBounds
    compressor: Compressor = field(default_factory=Auto)
    lossless: Lossless = ZSTD
    threshold: int = THRESHOLD
    max_bytes: int = DEFAULT_MAX_BYTES
    lossy: LossyRule | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.bound, LayerBounds):
            require_error_bound(self.bound)
        require_within(self, {"threshold": ELEMENTS, "max_bytes": ELEMENTS, "workers": COUNT})
        if not (self.lossy is None or callable(self.lossy)):
            raise InputError(f"lossy {self.lossy!r}: give a function of a tensor's name and the tensor")

    def bounds(self, state: StateDict) -> dict[str, float]:
        """Return the absolute error bound of each tensor that may change; all others come back bit-exact."""
        chosen = self._chosen(carried(state)).items()
        bounds = {name: self.bound.of(name).absolute(to_array(tensor)) for name, tensor in chosen}
        return {name: bound for name, bound in bounds.items() if bound > 0}

    def encode(self, state: StateDict, last: LastRound | None = None) -> bytes:
        """Return the frame of a state, as `encode_with_bounds` does."""
        return self._encode(state, last)[0]

    def encode_with_bounds(self, state: StateDict, last: LastRound | None = None) -> tuple[bytes, dict[str, float]]:
        """Return the frame of a state, and its `bounds`, which encoding works out anyway.

        Parameters
        ----------
        state : StateDict
            The state, or the update.
        last : LastRound, optional
            What an update may be predicted from, if that makes the frame smaller; `decode` must then be given the same.

        Raises
        ------
        InputError
            If it is no state, a frame cannot carry one of the tensors, or `decode` would need more than ``max_bytes``.
        """
        return self._encode(state, last)

    def encode_to(self, state: StateDict, path: Path | str) -> Encoded:
        """Write the frame of a state to a file, the same bytes as `encode` returns, one tensor at a time.

        Parameters
        ----------
        state : mapping from str to Tensor
            Asked for one tensor after the other, in order, so that it may read each from a file, as
            `fedsz_privacy.data.lazy_states.LazyState` does.
        path : path
            The file is there when all is written, and not before.

        Returns
        -------
        Encoded
            What was written.

        Raises
        ------
        InputError
            If it is no state, a frame cannot carry one of the tensors, `decode_from` would need more than
            ``max_bytes``, or the file cannot be written.

        Notes
        -----
        It takes a few times the largest tensor (docs/compression.md), and the exact ones of one block of 4 MiB. With
        several ``workers`` each takes as much, and keeps two tensors more in shared memory.
        """
        require_state(state)
        return encode_to(self, state, to_path(path))

    def decode_from(self, path: Path | str) -> Iterator[tuple[str, Tensor]]:
        """Return the tensors of a frame in a file one by one, under their names and in their order.

        When the first is asked for, the whole file is compared with its checksum, so that nothing is handed out of a
        file that is not intact. Only one tensor at a time, and a block of small ones, is in memory; ``max_bytes`` is a
        limit to that, not to all of the state.

        Raises
        ------
        FrameError
            If the frame is not intact, changes while it is read, a tensor takes more memory than ``max_bytes`` to
            decode, or a stream does not hold what the header announces. Tensors that were handed out before are right.
        InputError
            If it is no path, which is told at once, or the file cannot be read.
        """
        return decode_from(self, to_path(path))

    # Apart, so that both public methods are as deep below their caller as `warn_by_counts` counts.
    def _encode(self, given: StateDict, last: LastRound | None) -> tuple[bytes, dict[str, float]]:
        state = carried(given)
        self._require_room(nbytes(state))
        chosen = self._chosen(state)
        warn_of_shortfall(state, chosen, self.threshold)
        rooms, streams, number = encode_tensors(self, chosen, last)
        entries = tuple(Entry(name, t.dtype, tuple(t.shape), len(streams.get(name, b""))) for name, t in state.items())
        header = Header(self.compressor.name, self.lossless.name, entries, predicted_from=number)
        header, coded = with_blocks(header, state, streams)
        frame = pack(header, coded)
        views = [memoryview(stream) for stream in streams.values()]
        decoder = predicting(self.compressor, header)
        self._require_room(memory_of(header, len(frame) - payload_size(header), views, decoder))
        return frame, {name: each.bound for name, each in rooms.items() if each.bound > 0}

    def _require_room(self, size: int) -> None:
        self.require_room(size, f"state takes {size} bytes to decode")

    def require_room(self, size: int, takes: str) -> None:
        """Raise InputError if decoding takes more than ``max_bytes``; the words say what takes how much."""
        if size > self.max_bytes:
            raise InputError(OverLimit(takes, self.max_bytes, ": raise it here and where it is decoded"))

    def decode(self, frame: bytes, last: LastRound | None = None) -> dict[str, Tensor]:
        """Return the state of a frame: names, order, shapes and dtypes as they were encoded.

        A frame made with another compressor is decoded too, if that one is safe to use on hostile bytes.

        Parameters
        ----------
        frame : bytes
            What `encode` returned.
        last : LastRound, optional
            The last round; only a frame that was predicted from it needs it.

        Raises
        ------
        FrameError
            If the frame is not intact, takes more memory than ``max_bytes`` to decode, was predicted from another round
            than the last, or its streams do not hold what its header announces. No part of the state is returned then.
        InputError
            If it holds no bytes.
        """
        source = FrameInMemory.of(frame)
        header = read_header(source, self.max_bytes)
        decoder, header_size = self.decoder_of(header, last), source.size - payload_size(header)
        units = list(streams_of(header, source))
        try:
            size = memory_of(header, header_size, [stream for unit, stream in units if unit[0].stream_size], decoder)
            if size <= self.max_bytes:
                return _decode_tensors(header, units, partial(decoder_of, decoder, last))
        except ValueError as error:
            raise FrameError(f"frame does not hold what it announces: {error}") from error
        raise FrameError(OverLimit(f"frame takes {size} bytes to decode", self.max_bytes))

    def decoder_of(self, header: Header, last: LastRound | None = None) -> Compressor:
        """Return what decodes the lossy tensors of a frame, this pipeline's own compressor or one that is trusted.

        Raises
        ------
        FrameError
            If there is none, the lossless codec is unknown, or the frame was predicted from another round than that.
        """
        require_last(header, last)
        decoders = {**DECODERS, self.compressor.name: self.compressor}
        if header.compressor not in decoders or header.lossless not in LOSSLESS:
            raise FrameError(
                f"frame needs codecs {header.compressor!r} and {header.lossless!r}: unknown, or not trusted"
            )
        return predicting(decoders[header.compressor], header)

    def rule(self, state: StateDict) -> LossyRule:
        """Return what chooses the lossy tensors of a state, by its names where nothing else was asked for."""
        return on_copies(self.lossy) if self.lossy else default_rule(state)

    def _chosen(self, state: StateDict) -> dict[str, Tensor]:
        """Return the tensors that are lossy if their bounds leave them room."""
        rule = self.rule(state)
        return {name: t for name, t in state.items() if is_eligible(t, self.threshold) and rule(name, t)}


def _decode_tensors(
    header: Header, units: Sequence[tuple[tuple[Entry, ...], memoryview]], decoder_of: Callable[[Entry], Compressor]
) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for unit, stream in units:
        tensors |= decode_unit(unit, stream, decoder_of(unit[0]), LOSSLESS[header.lossless])
    return {entry.name: tensors[entry.name] for entry in header.entries}
