import numpy as np
import torch
from rivals import decoded


def test_numbers_round_to_the_nearest_bfloat16(rng):
    values = (rng.standard_normal(5000) * np.exp(rng.uniform(-40, 40, 5000))).astype(np.float32)
    sent = decoded("bf16", values)
    # The nearest of the number cut to 16 bits and the one after it, ties to an even last bit.
    cut = values.view(np.uint32) & np.uint32(0xFFFF0000)
    low, high = cut.view(np.float32).astype(np.float64), (cut + np.uint32(0x10000)).view(np.float32).astype(np.float64)
    expected = np.where(np.abs(values - low) < np.abs(high - values), low, high)
    tied = np.abs(values - low) == np.abs(high - values)
    assert np.array_equal(sent[~tied], expected[~tied].astype(np.float32))
    assert (np.abs(sent - values) <= np.abs(values) / 256).all()


def test_numbers_beyond_the_greatest_become_it():
    greatest = torch.finfo(torch.bfloat16).max
    assert decoded("bf16", np.array([3.4e38, -3.4e38], np.float32)).tolist() == [greatest, -greatest]
    assert decoded("bf16", np.array([1e300])).tolist() == [greatest]
