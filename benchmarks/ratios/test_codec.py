"""The pipeline over bare pysz calls on the same tensors, under the same REL bound."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pysz import sz, szAlgorithm, szConfig, szErrorBoundMode

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import SZ3
from fedsz_privacy.core.state import StateDict

REL = 1e-2
FEDSZ = FedSZ(ErrorBound.rel(REL), SZ3())


@pytest.fixture(scope="module")
def state() -> StateDict:
    """Ten layers of 100,000 normal weights."""
    generator = torch.Generator().manual_seed(0)
    return {f"layers.{layer}.weight": torch.randn(400, 250, generator=generator) for layer in range(10)}


def config() -> szConfig:
    settings = szConfig()
    settings.errorBoundMode = szErrorBoundMode.REL
    settings.relErrorBound = REL
    settings.cmprAlgo = szAlgorithm.NOPRED
    return settings


def compressed(state: StateDict) -> list[NDArray[np.uint8]]:
    return [sz.compress(tensor.numpy(), config())[0] for tensor in state.values()]


def test_encode_over_bare_pysz(compare: Callable[..., None], state: StateDict) -> None:
    compare(lambda: FEDSZ.encode(state), lambda: compressed(state))


def test_decode_over_bare_pysz(compare: Callable[..., None], state: StateDict) -> None:
    frame, streams = FEDSZ.encode(state), compressed(state)
    compare(lambda: FEDSZ.decode(frame), lambda: [sz.decompress(each, np.float32, (400, 250)) for each in streams])
