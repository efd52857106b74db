"""The good frames that hostile ones are made from: every compressor, lossless codec, dtype and kind of shape."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import DECODERS, get_compressor
from fedsz_privacy.codec.lossless import LOSSLESS
from fedsz_privacy.codec.lossy import by_name, without_lossy_warnings
from fedsz_privacy.codec.names import SZ3_ALGORITHMS

NAMES = (*SZ3_ALGORITHMS, "zfp", "quantiser")
TRUSTED = frozenset(DECODERS)


@cache
def corpus() -> tuple[bytes, ...]:
    """Return the frames; the same ones in every process."""
    pairs = [(name, "zstd") for name in NAMES] + [("nopred", lossless) for lossless in LOSSLESS]
    with without_lossy_warnings():
        return tuple(
            FedSZ(bound, get_compressor(name), LOSSLESS[lossless], threshold=0, lossy=by_name).encode(state)
            for name, lossless in dict.fromkeys(pairs)
            for bound, state in _states(plain=name != "nopred" and name in SZ3_ALGORITHMS)
        )


def _states(plain: bool) -> list[tuple[ErrorBound, dict[str, Tensor]]]:
    """Return states and their bounds; plain ones hold no NaN, which not every predictor of SZ3 keeps."""
    rng = np.random.default_rng(0)
    normal = torch.from_numpy(rng.normal(size=600)).float()
    holed = normal.clone()
    holed[::7], holed[5] = torch.nan, torch.inf
    mixed = {
        "a.weight": normal.reshape(20, 30),
        "b.weight": normal[:120].reshape(2, 3, 4, 5).double(),
        "c.weight": normal[:64].half(),
        "d.weight": normal[:100].bfloat16(),
        "e.weight": torch.tensor(0.7),
        "bias": normal[:9],
        "steps": torch.tensor(7),
        "mask": normal[:11] > 0,
        "empty": torch.empty(0, 3),
        "phase": torch.complex(normal[:4], normal[4:8]),
    }
    line = {"line.weight": torch.linspace(0, 1, 1024)}
    exact = {"counts": torch.arange(40), "norm": normal[:200].double()}
    kept = [] if plain else [(ErrorBound.abs(1e-3), {"holed.weight": holed, "wide.weight": torch.cat([holed, 1e9 * normal])})]
    return [(ErrorBound.rel(1e-2), mixed), (ErrorBound.abs(1e-2), line), (ErrorBound.rel(1e-2), exact), *kept]
