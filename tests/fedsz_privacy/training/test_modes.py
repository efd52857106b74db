import numpy as np
import pytest
import torch

from fedsz_privacy.training.modes import torch_stream

CPU = torch.device("cpu")


def test_on_the_cpu_torch_keeps_32_bits_of_a_seed():
    narrow, wide = (torch.Generator().manual_seed(seed) for seed in (5, 5 + 2**32))
    assert torch.equal(torch.rand(8, generator=narrow), torch.rand(8, generator=wide))


@pytest.mark.parametrize("bits", [32, 63])
def test_a_stream_starts_from_the_next_integer_of_a_generator(bits):
    seed = int(np.random.default_rng(0).integers(2**bits))
    assert torch_stream(np.random.default_rng(0), CPU, bits).initial_seed() == seed
