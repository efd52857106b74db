"""What `encode` takes comes back, and what a frame cannot carry is refused in one line."""

import numpy as np
import pytest
import torch
from torch import nn

from fedsz_privacy import ErrorBound, FedSZ, FrameError, InputError
from fedsz_privacy.codec.frame import pack
from fedsz_privacy.codec.header import Entry, Header

pytestmark = pytest.mark.filterwarnings("ignore::fedsz_privacy.codec.lossy.LossyWarning")

FEDSZ = FedSZ(ErrorBound.rel(1e-2))


class Tagged(torch.Tensor):
    """A subclass that adds nothing to its values."""


class Hollow(torch.Tensor):
    """A subclass that holds its values elsewhere."""

    @staticmethod
    def __new__(cls, shape):
        return torch.Tensor._make_wrapper_subclass(cls, shape)

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        raise NotImplementedError


COMPLEX = torch.complex(torch.randn(60), torch.randn(60))

CARRIED = {
    "conjugate": COMPLEX.conj(),
    "negative": COMPLEX.conj().imag,
    "large and negative": torch.complex(torch.randn(50, 50), torch.randn(50, 50)).conj().imag,
    "subclass": torch.randn(3, 4).as_subclass(Tagged),
    "parameter": nn.Parameter(torch.randn(50, 50)),
    "on the tape": torch.randn(50, 50, requires_grad=True) * 2,
    "expanded": torch.randn(1).expand(50, 50),
    "overlapping": torch.randn(60).as_strided((50, 11), (1, 1)),
    "strided": torch.randn(100, 100)[::2, :: -1 + 4],
    "one element of every other": torch.arange(4.0)[::2][1:],
    "channels last": torch.randn(2, 30, 8, 8).to(memory_format=torch.channels_last),
    "64 axes": torch.randn([1] * 63 + [2000]),
    "zero-dimensional": torch.tensor(3.0),
    "empty": torch.empty(0, 5),
}


@pytest.mark.parametrize("kind", CARRIED)
def test_what_holds_values_comes_back_within_its_bound(kind):
    tensor = CARRIED[kind]
    name = "a.weight"
    decoded = FEDSZ.decode(FEDSZ.encode({name: tensor}))[name]
    expected = tensor.detach().as_subclass(torch.Tensor).resolve_conj().resolve_neg()
    assert (type(decoded), decoded.shape, decoded.dtype) == (torch.Tensor, expected.shape, expected.dtype)
    limit = FEDSZ.bounds({name: tensor}).get(name, 0.0)
    assert not expected.numel() or float((decoded - expected).abs().max()) <= limit


REFUSED = {
    "fp8": (lambda: {"w": torch.zeros(2).to(torch.float8_e4m3fn)}, "float8_e4m3fn: convert"),
    "quantised": (lambda: {"w": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)}, "qint8: convert"),
    "sparse": (lambda: {"w": torch.eye(3).to_sparse()}, "sparse_coo, not dense"),
    "nested": (lambda: {"w": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])}, "is nested, not dense"),
    "meta": (lambda: {"w": torch.ones(3, device="meta")}, "holds no values yet"),
    "lazy": (lambda: {"w": nn.LazyLinear(3).weight}, "holds no values yet"),
    "wrapper": (lambda: {"w": Hollow((3,))}, "a Hollow"),
    "array": (lambda: {"w": np.ones(3)}, "a ndarray: encode tensors alone"),
    "number as a key": (lambda: {0: torch.ones(3)}, "the key 0: name every tensor"),
    "half a character": (lambda: {"\ud800": torch.ones(3)}, "UTF-8"),
    "65 axes": (lambda: {"w": torch.ones([1] * 65)}, "65 dimensions; a frame carries up to 64"),
    "four terabytes": (
        lambda: {"w": torch.zeros(1).expand(10**12)},
        "takes 4000000000000 bytes to decode; max_bytes allows",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_frame_can_carry_is_named_in_one_line(kind):
    make, message = REFUSED[kind]
    with pytest.raises(InputError, match=message) as caught:
        FEDSZ.encode(make())
    assert "\n" not in str(caught.value)


def test_encode_refuses_what_decode_would():
    state = {"weight": torch.randn(5000)}
    with pytest.raises(InputError, match="bytes to decode; max_bytes allows 30000: raise it here"):
        FedSZ(ErrorBound.rel(1e-2), max_bytes=30_000).encode(state)


@pytest.mark.parametrize("shape", [(0, 2**32, 2**32), (2**62, 0, 2**62), (0, 2**62)], ids=str)
@pytest.mark.parametrize("stream", [b"", b"abcd"], ids=len)
def test_shapes_that_no_tensor_can_have_are_refused(shape, stream):
    header = Header("sz3", "zstd", (Entry("weight", torch.float32, shape, len(stream)),))
    with pytest.raises(FrameError, match="which no tensor can have"):
        FEDSZ.decode(pack(header, [stream]))


def test_a_range_beyond_the_greatest_float_keeps_its_bound_finite():
    state = {"weight": torch.linspace(-1, 1, 5000, dtype=torch.float64) * 1.7e308}
    fedsz = FedSZ(ErrorBound.rel(1.0))
    assert fedsz.bounds(state)["weight"] == np.finfo(np.float64).max
    assert fedsz.decode(fedsz.encode(state))["weight"].isfinite().all()
