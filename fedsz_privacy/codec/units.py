"""What one stream of a frame holds, decoded: a lossy tensor, or a block of exact ones."""

from collections.abc import Sequence

from torch import Tensor

from fedsz_privacy.codec.arrays import to_tensor
from fedsz_privacy.codec.budget import width_of
from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.exact import decode_exact
from fedsz_privacy.codec.header import Entry
from fedsz_privacy.codec.lossless import Lossless


def decode_unit(
    unit: Sequence[Entry], stream: memoryview, decoder: Compressor, lossless: Lossless
) -> dict[str, Tensor]:
    """Return the tensors of a stream by name.

    Raises
    ------
    ValueError
        If it does not hold what its entries announce.
    """
    entry = unit[0]
    if not entry.stream_size:
        return decode_exact(unit, stream, lossless)
    return {entry.name: to_tensor(decoder.decode(bytes(stream), entry.shape, width_of(entry)), entry.dtype)}
