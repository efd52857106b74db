import numpy as np
import pytest
import torch
from torch import nn

from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.mechanisms.channel import Channel, transmit


def send_through(quantiser, x, seed=0, round_number=0):
    """Return what a server decodes of values in 64 bits, all the way through a frame."""
    rng, shared = np.random.default_rng([seed, round_number]), SharedRandomness(key=seed, round_number=round_number)
    like = {"weight": torch.from_numpy(x)}
    return transmit(Channel({"weight": quantiser}, shared), {"weight": x}, {}, like, rng).update["weight"].numpy()


@pytest.fixture(scope="session")
def send():
    return send_through


@pytest.fixture(scope="session")
def batch_norm_update() -> StateDict:
    """An update with small and large tensors, halves, running statistics and a count of batches."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 40, 5), nn.BatchNorm2d(40), nn.Linear(40, 9).half())
    state = model.state_dict()
    return {name: 0.01 * t + 0.003 if t.is_floating_point() else t + 17 for name, t in state.items()}
