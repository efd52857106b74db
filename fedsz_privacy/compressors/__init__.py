"""Error-bounded lossy compressors, one file each behind one contract."""

from fedsz_privacy.compressors.base import Compressor
from fedsz_privacy.compressors.sz3 import SZ3

DECODERS: dict[str, Compressor] = {compressor.name: compressor for compressor in (SZ3(),)}
"""What decodes a stream, by the compressor's name on the wire."""

__all__ = ["DECODERS", "SZ3", "Compressor"]
