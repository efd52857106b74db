"""The good frames that hostile ones are made from: every compressor, lossless codec, dtype and kind of shape."""

from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import SZ3, get_compressor
from fedsz_privacy.codec.lossless import LOSSLESS
from fedsz_privacy.codec.lossy import by_name, without_lossy_warnings
from fedsz_privacy.codec.names import SZ3_ALGORITHMS
from fuzz import inner
from fuzz.forging import Forgery, take_apart

TRUSTED = ("nopred", "zfp", "szx", "quantiser", "scaled", "auto")
"""Compressors whose frames are decoded without further ado; SZ3's predictors are to be read or refused."""

MODELLING = ("scaled", "auto")
"""Those that send a prediction and classes where these pay."""

PREDICTORS = tuple(name for name in SZ3_ALGORITHMS if name not in TRUSTED)


@cache
def trusted_frames() -> tuple[bytes, ...]:
    """Return good frames that every receiver takes, the same ones in every process."""
    pairs = dict.fromkeys([*((name, "zstd") for name in TRUSTED), *(("nopred", name) for name in LOSSLESS)])
    plain = ((*pair, *each) for pair in pairs for each in _states())
    modelled = ((name, "zstd", *_modelled()) for name in MODELLING)
    return tuple(_encode(*each) for each in (*plain, *modelled))


@cache
def predicted_frames() -> tuple[bytes, ...]:
    """Return frames of SZ3's predictors under the name of the one without, as a hostile client would send them.

    They hold no NaN, which not every predictor keeps.
    """
    frames = [take_apart(_encode(name, "zstd", *each)) for name in PREDICTORS for each in _states()[:-1]]
    return tuple(as_sz3(frame).frame() for frame in frames)


def as_sz3(frame: Forgery) -> Forgery:
    """Return a frame of any of SZ3's algorithms under the name and in the form of the one without prediction."""
    tensors = tuple(replace(t, stream=inner.bare(t.stream)) if t.stream else t for t in frame.tensors)
    return replace(frame, compressor=SZ3().name.encode(), tensors=tensors)


@cache
def corpus() -> tuple[bytes, ...]:
    """Return all frames that hostile ones are made from."""
    return trusted_frames() + predicted_frames()


def _encode(compressor: str, lossless: str, bound: ErrorBound, state: dict[str, Tensor]) -> bytes:
    fedsz = FedSZ(bound, get_compressor(compressor), LOSSLESS[lossless], threshold=0, lossy=by_name)
    with without_lossy_warnings():
        return fedsz.encode(state)


def _modelled() -> tuple[ErrorBound, dict[str, Tensor]]:
    """Return a bound and a state of low rank, whose rows differ in scale, and some of them are zeros."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(144, 64)) * rng.lognormal(size=(144, 1))
    update = 9 * rng.normal(size=(144, 2)) @ rng.normal(size=(2, 64)) + noise
    update[::9] = 0
    return ErrorBound.rel(3e-3), {"a.weight": torch.from_numpy(update).float()}


def _states() -> list[tuple[ErrorBound, dict[str, Tensor]]]:
    """Return states and their bounds, the one with NaN and exceptions last."""
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
    kept = {"counts": torch.arange(40), "norm": normal[:200].double()}
    exceptions = {"holed.weight": holed, "wide.weight": torch.cat([holed, 1e9 * normal]).double()}
    sparse = torch.where(torch.arange(30_000) % 999 == 7, 1.0, 0.0)
    large = {"sparse.weight": sparse, "half.weight": sparse.half()}
    states = [(ErrorBound.rel(1e-2), state) for state in (mixed, line, kept, large)]
    return [*states, (ErrorBound.abs(1e-3), exceptions)]
