"""The pipeline with every compressor and every lossless codec."""

import sys

import numpy as np
import pytest
import torch
from exact import within
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fedsz_privacy import ErrorBound, FedSZ, FrameError
from fedsz_privacy.codec.compressors import COMPRESSORS, DECODERS, get_compressor
from fedsz_privacy.codec.lossless import LOSSLESS
from fedsz_privacy.codec.lossy import without_lossy_warnings

BOUND = ErrorBound.rel(1e-2)
PACKAGES = {"sz2": ("h5py", "hdf5plugin"), "zfp": ("zfpy",), "sperr": ("h5py", "hdf5plugin"), "blosclz": ("blosc2",)}


def pipeline(name: str = "nopred", lossless: str = "zstd", threshold: int = 1000) -> FedSZ:
    for package in (*PACKAGES.get(name, ()), *PACKAGES.get(lossless, ())):
        pytest.importorskip(package)
    return FedSZ(BOUND, get_compressor(name), LOSSLESS[lossless], threshold)


@pytest.mark.parametrize("name", COMPRESSORS)
def test_a_state_comes_back_within_its_bounds(name, state):
    fedsz = pipeline(name)
    decoded, bounds = fedsz.decode(fedsz.encode(state)), fedsz.bounds(state)
    assert [(k, t.shape, t.dtype) for k, t in decoded.items()] == [(k, t.shape, t.dtype) for k, t in state.items()]
    for key, tensor in state.items():
        if key in bounds:
            assert (decoded[key].double() - tensor.double()).abs().max() <= bounds[key], key
        else:
            assert torch.equal(decoded[key], tensor), key


@pytest.mark.parametrize("name", COMPRESSORS)
def test_empty_single_and_zero_dimensional_weights_come_back(name):
    fedsz = FedSZ(ErrorBound.abs(0.1), pipeline(name).compressor, threshold=0)
    state = {
        "a.weight": torch.empty(0, 3),
        "b.weight": torch.tensor(1.23),
        "c.weight": torch.tensor([float("nan"), -4.56]),
        "d.weight": torch.tensor(float("inf"), dtype=torch.bfloat16),
    }
    decoded = fedsz.decode(fedsz.encode(state))
    for key, tensor in state.items():
        assert torch.allclose(decoded[key], tensor, rtol=0, atol=0.1, equal_nan=True), key


@pytest.mark.parametrize("lossless", LOSSLESS)
def test_every_lossless_codec_carries_the_rest(lossless, state):
    fedsz = pipeline(lossless=lossless, threshold=10**6)
    with without_lossy_warnings():
        decoded = fedsz.decode(fedsz.encode(state))
    assert all(torch.equal(decoded[key], tensor) for key, tensor in state.items())


@pytest.mark.parametrize("name", COMPRESSORS)
def test_any_pipeline_decodes_what_is_safe_on_hostile_bytes_and_no_more(name, state):
    fedsz = pipeline(name)
    frame = fedsz.encode(state)
    if fedsz.compressor.name in DECODERS:
        assert list(FedSZ(BOUND).decode(frame)) == list(state)
    else:
        with pytest.raises(FrameError, match="not trusted"):
            FedSZ(BOUND).decode(frame)


FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
BOUNDS = st.one_of(
    st.floats(1e-6, 1).map(ErrorBound.rel),
    st.floats(1e-6, 10).map(ErrorBound.abs),
    st.floats(sys.float_info.min, allow_infinity=False).map(ErrorBound.abs),
)


@pytest.mark.parametrize("name", COMPRESSORS)
@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    array=hnp.arrays(
        np.float64,
        hnp.array_shapes(max_dims=5, max_side=6),
        elements=st.one_of(st.floats(), st.floats(-3, 3), st.sampled_from([np.nan, 65504.0, 3.3895e38, 3.4028e38])),
    ),
    dtype=st.sampled_from(FLOATS),
    bound=BOUNDS,
)
def test_the_bound_holds_in_exact_arithmetic_for_every_dtype(name, array, dtype, bound):
    fedsz = FedSZ(bound, pipeline(name).compressor, threshold=0)
    tensor = torch.from_numpy(array).to(dtype)
    decoded = fedsz.decode(fedsz.encode({"weight": tensor}))["weight"].double().numpy()
    sent, finite = tensor.double().numpy(), tensor.isfinite().numpy()
    assert np.array_equal(decoded[~finite], sent[~finite], equal_nan=True)
    assert within(sent[finite], decoded[finite], fedsz.bounds({"weight": tensor}).get("weight", 0.0))
