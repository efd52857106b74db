"""How small gaussian+fedsz makes real updates, and what the codec adds to the error, by its bound in sigmas.

Run with: python benchmarks/gaussian_sizes.py [folder of Fashion-MNIST]
"""

import sys
from collections.abc import Iterator

import torch

from fedsz_privacy.core.state import StateDict, cloned, nbytes, stack_of_one, subtract
from fedsz_privacy.core.words import SystemGenerator
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import release_each
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.modes import detached

NOISE = "gaussian:eps=8,clip=1"
BOUNDS = (0.25, 0.5, 1.0, 1.5)


def train(records: Records, name: str) -> StateDict:
    """Return the update of one epoch of a model on 1,000 records, by SGD in batches of 20."""
    model = build_model(name, records, 0)
    before = cloned(detached(model))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    torch.manual_seed(0)
    for batch in torch.split(torch.randperm(min(1000, len(records))), 20):
        part = records.select(batch)
        optimizer.zero_grad()
        part.task.loss(model(*part.inputs), part.targets).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return subtract(cloned(detached(model)), before)


def floats(update: StateDict) -> torch.Tensor:
    """Return all float coordinates."""
    return torch.cat([tensor.double().flatten() for tensor in update.values() if tensor.is_floating_point()])


def measure(update: StateDict) -> Iterator[tuple[float, float, float]]:
    """Yield for each bound its multiple of sigma, the ratio, and the extra error's share of the noise's variance."""
    noise = parse_release(NOISE)
    assert noise.sigma is not None
    noised = noise.apply(update, SystemGenerator()).update
    for bound in BOUNDS:
        codec = parse_release(f"fedsz:abs={bound * noise.sigma!r},compressor=nopred")
        (sent,) = release_each(codec, stack_of_one(noised), [SystemGenerator()])
        extra = (floats(sent.update) - floats(noised)).square().mean() / noise.sigma**2
        yield bound, nbytes(update) / sent.nbytes, float(extra)


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "../shared/data/fashion_mnist"
    sets = {
        "digits": load_data("digits", 1500, 300, 0, "", ""),
        "Fashion-MNIST": load_data(folder, 1500, 300, 0, "", ""),
    }
    print("| data | model | coordinates | eb / sigma | ratio | extra error variance |\n|---|---|---|---|---|---|")
    for data, split in sets.items():
        for model in ("mlp", "cnn"):
            update = train(split.train, model)
            for bound, ratio, extra in measure(update):
                print(f"| {data} | {model} | {floats(update).numel():,} | {bound:g} | {ratio:.1f} | {extra:.1%} |")
