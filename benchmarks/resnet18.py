"""A ResNet18 with batch normalisation for small images, and what it takes to look at one of its updates.

The script lets signals read one update of a model of 11 million parameters against 200 candidates, gradients and all,
and prints the peak of memory and the time. A whole audit, with a GPU where there is one:

    cd benchmarks && fedsz-privacy audit --model resnet18:resnet18 --data uoft-cs/cifar10 --optimizer momentum \
      --learning-rate 0.05 --batch-size 50 --trials 128 --signal lira --signal cosine --out ../runs/resnet18

Run with: python benchmarks/resnet18.py
"""

import resource
from itertools import pairwise
from time import perf_counter

import torch
from torch import Tensor, nn

from attacks import Knowledge, View, get_signal
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.data import Records, classification
from fedsz_privacy.training.modes import detached

CANDIDATES = 200
SIGNALS = ("lira", "loss", "cosine", "lira-layers")


class Block(nn.Module):
    """Two convolutions and a way around them (He et al., CVPR 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        same = inputs == outputs and stride == 1
        around = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.around = nn.Identity() if same else around

    def forward(self, images: Tensor) -> Tensor:
        """Return the sum of both ways."""
        return torch.relu(self.way(images) + self.around(images))


def resnet18(shape: tuple[int, ...], outputs: int) -> nn.Module:
    """Return a ResNet18 whose first layer keeps the size of small images, 11 million parameters."""
    widths = (64, 64, 64, 128, 128, 256, 256, 512, 512)
    blocks = [Block(before, after, 2 if after > before else 1) for before, after in pairwise(widths)]
    stem = (nn.Conv2d(shape[0], 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, outputs))


def main() -> None:
    """Print parameters, seconds of each signal, and the peak of memory."""
    torch.set_num_threads(1)
    draw = torch.Generator().manual_seed(0)
    images = torch.rand(CANDIDATES, 3, 32, 32, generator=draw)
    pool = Records((images,), torch.randint(10, (CANDIDATES,), generator=draw), classification(10))
    model = resnet18((3, 32, 32), 10)
    states = stack_of_one(detached(model))
    moved = {name: 1e-3 * tensor if tensor.is_floating_point() else tensor for name, tensor in states.items()}
    view = View(Knowledge(model, states, pool), moved)
    print(f"{sum(each.numel() for each in model.parameters()) / 1e6:.1f} million parameters, {CANDIDATES} candidates")
    for name in SIGNALS:
        start = perf_counter()
        get_signal(name).observe(view)
        print(f"{name}: {perf_counter() - start:.1f} s")
    print(f"peak of memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
