"""What it costs to make an error a mechanism: sizes of one real update, and how far x explains the error.

A client trains on digits for one round. Its update leaves through FedSZ, dithered, and with layers whose error has the
same variance in each tensor; and, at a guaranteed epsilon, through layers alone and in two tiers.

Run with: python benchmarks/mechanism_sizes.py
"""

from collections.abc import Iterator

import numpy as np

from analysis.methods.noise.dependence import explained_share
from fedsz_privacy import ErrorBound, parse_release
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.core.state import StateDict, cloned, nbytes, subtract
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.defences.mechanisms.channel import Channel, transmit
from fedsz_privacy.defences.mechanisms.floats import float_values
from fedsz_privacy.defences.mechanisms.layered import GaussianLayers, Layered
from fedsz_privacy.defences.release import Released
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.modes import detached

BOUNDS = ("1e-1", "1e-2", "1e-3")


def trained_update(name: str) -> StateDict:
    """Return the update of one client's training on digits."""
    records = load_data("digits", 1500, 297, 0, "", "")
    model = build_model(name, records.train, 0)
    before = cloned(detached(model))
    Training().train(model, records.train, generator(0, Purpose.TRAINING))
    return subtract(detached(model), before)


def layered_at(rel: float, update: StateDict) -> Released:
    """Return an update through layers with a Gaussian error of each tensor's variance under a relative bound."""
    values = float_values(update)
    bounds = {name: ErrorBound.rel(rel).absolute(each) for name, each in values.items()}
    quantisers = {name: Layered(GaussianLayers(bound / 3**0.5)) for name, bound in bounds.items()}
    return transmit(Channel(quantisers, SharedRandomness(0)), values, {}, update, np.random.default_rng(0))


def sent(update: StateDict) -> Iterator[tuple[str, Released]]:
    """Send an update through everything."""
    for rel in BOUNDS:
        for text in (f"fedsz:rel={rel},compressor=nopred", f"dither:rel={rel}"):
            yield text, parse_release(text).apply(update, np.random.default_rng(0))
        yield f"layered, same variance as rel={rel}", layered_at(float(rel), update)
    norm = float(np.linalg.norm(np.concatenate(list(float_values(update).values()))))
    for options in ("eps=8", "eps=1,server=8"):
        text = f"layered-gaussian:{options},clip={norm:.3g}"
        yield text, parse_release(text).apply(update, np.random.default_rng(0))


def explained(update: StateDict, released: Released) -> float:
    """Return R2(e|x) of the largest tensor."""
    name = max(update, key=lambda each: update[each].numel())
    x, y = (float_values(each)[name] for each in (update, released.update))
    return explained_share(x, y - x)


if __name__ == "__main__":
    print("| model | release | bytes | ratio | bits a coordinate | R2(e given x) |\n|---|---|---|---|---|---|")
    for model in ("mlp", "cnn"):
        update = trained_update(model)
        count = sum(each.size for each in float_values(update).values())
        for text, released in sent(update):
            size = released.nbytes
            print(
                f"| {model} | {text} | {size:,} | {nbytes(update) / size:.2f} | {8 * size / count:.2f} "
                f"| {explained(update, released):.3f} |",
                flush=True,
            )
