"""Sixteen bits a number: bfloat16, eight of them the exponent of float32."""

import numpy as np
import torch

from fedsz_privacy.codec.byte_planes import decode_planes, encode_planes
from fedsz_privacy.defences.mechanisms.sending import Codec, Values, each_alone
from fedsz_privacy.defences.mechanisms.unproved import without_guarantee
from fedsz_privacy.defences.release import Release

BITS = np.dtype(np.int16)


def bf16() -> Release:
    """Return the release that rounds every number to the nearest bfloat16, by at most 1/256 of its magnitude.

    Numbers beyond the greatest bfloat16 become it. The bits are sorted into planes of bytes and pass zstd.
    """
    return without_guarantee(
        "bf16",
        Codec("bf16", each_alone(lambda values, _: _encode(values)), _decode),
        "rounding to the nearest bfloat16 is deterministic, so neighbouring updates that decode differently are told "
        "apart for certain",
    )


def _encode(values: Values) -> bytes:
    limit = torch.finfo(torch.bfloat16).max
    rounded = torch.from_numpy(values).clamp(-limit, limit).to(torch.bfloat16)
    return encode_planes(rounded.view(torch.int16).numpy())


def _decode(stream: bytes, size: int, _: np.dtype[np.floating]) -> Values:
    bits = torch.from_numpy(decode_planes(stream, size, BITS))
    values: Values = bits.view(torch.bfloat16).float().numpy()
    return values
