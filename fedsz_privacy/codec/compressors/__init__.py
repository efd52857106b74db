"""Error-bounded lossy compressors, one file each behind one contract."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from fedsz_privacy.codec.compressors.auto import Auto
from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.compressors.quantiser import Quantiser
from fedsz_privacy.codec.compressors.scaled import Scaled
from fedsz_privacy.codec.compressors.sperr import SPERR
from fedsz_privacy.codec.compressors.sz2 import SZ2
from fedsz_privacy.codec.compressors.sz3 import SZ3
from fedsz_privacy.codec.compressors.szx import SZx
from fedsz_privacy.codec.compressors.zfp import ZFP
from fedsz_privacy.codec.names import COMPRESSOR_NAMES, DEFAULT_COMPRESSOR, FIRST_ARE_SZ3, SZ3_ALGORITHMS
from fedsz_privacy.core.errors import unknown

_MAKERS: tuple[Callable[[], Compressor], ...] = (
    *(partial(SZ3, each) for each in SZ3_ALGORITHMS),
    SZ2,
    ZFP,
    SPERR,
    SZx,
    Quantiser,
    Scaled,
    Auto,
)

COMPRESSORS: Mapping[str, Callable[[], Compressor]] = MappingProxyType(
    dict(zip(COMPRESSOR_NAMES, _MAKERS, strict=True))
)
"""Compressors by the name a user gives; the first four are SZ3's algorithms."""

DECODERS: Mapping[str, Compressor] = MappingProxyType(
    {decoder.name: decoder for decoder in (SZ3(), ZFP(), SZx(), Quantiser(), Scaled(), Auto())}
)
"""What decodes a stream from the wire, by the compressor's name there. SZ2 and SPERR are not: see their warnings."""


def get_compressor(name: str) -> Compressor:
    """Return the compressor of that name, one of `COMPRESSORS`.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in COMPRESSORS:
        raise unknown("compressor", name, tuple(COMPRESSORS), f"leave it out for {DEFAULT_COMPRESSOR}; {FIRST_ARE_SZ3}")
    return COMPRESSORS[name]()


__all__ = [
    "COMPRESSORS",
    "DECODERS",
    "SPERR",
    "SZ2",
    "SZ3",
    "ZFP",
    "Auto",
    "Compressor",
    "Quantiser",
    "SZx",
    "Scaled",
    "get_compressor",
]
