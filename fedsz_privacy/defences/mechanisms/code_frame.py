"""Integer codes on the wire: in the frame of FedSZ, where all that is not a float travels beside them as it is."""

from collections.abc import Container, Mapping

import numpy as np
import torch
from torch import Tensor

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.budget import UNLIMITED
from fedsz_privacy.codec.compressors import SZ3
from fedsz_privacy.codec.lossy import THRESHOLD
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.mechanisms.quantiser import Codes

CARRIER = FedSZ(ErrorBound.abs(0.5), SZ3(), threshold=THRESHOLD, lossy=lambda *_: True, max_bytes=UNLIMITED)
"""Cells of width 1 about the integers: SZ3 without prediction brings a whole number back as it was."""

WIDTHS = (np.int8, np.int16, np.int32, np.int64)

EXACT_FLOAT32 = 2**24
"""Up to here floats of 32 bits hold every integer."""


def pack_codes(codes: Mapping[str, Codes], others: StateDict) -> bytes:
    """Return the frame of codes, and of tensors of other names that travel as they are.

    The codes of more than `THRESHOLD` coordinates go through SZ3 without prediction, as whole numbers in floats; fewer
    are smaller as the narrowest integers that hold them, through zstd, as SZ3 spends 70 bytes on a tensor.
    """
    return CARRIER.encode({**{name: _to_tensor(each) for name, each in codes.items()}, **others})


def unpack_codes(frame: bytes, names: Container[str]) -> tuple[dict[str, Codes], dict[str, Tensor]]:
    """Return the codes of tensors of the given names, flat, and the other tensors as they are.

    Raises
    ------
    FrameError
        If the frame is not intact.
    """
    tensors = CARRIER.decode(frame)
    codes = {name: each.double().numpy().astype(np.int64) for name, each in tensors.items() if name in names}
    return codes, {name: each for name, each in tensors.items() if name not in names}


def _to_tensor(codes: Codes) -> Tensor:
    largest = int(np.abs(codes).max(initial=0))
    if codes.size > THRESHOLD:
        return torch.from_numpy(codes.astype(np.float32 if largest <= EXACT_FLOAT32 else np.float64))
    return torch.from_numpy(codes.astype(next(each for each in WIDTHS if largest <= np.iinfo(each).max)))
