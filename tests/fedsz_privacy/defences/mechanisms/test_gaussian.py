"""Gaussian noise on a whole update, alone and before SZ: what is guaranteed, and that nothing leaves beside it."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from fedsz_privacy import ErrorBound, FedSZ, InputError
from fedsz_privacy.core.words import SystemGenerator
from fedsz_privacy.defences.lattice import FINENESS, lattice_spacing
from fedsz_privacy.defences.mechanisms.fedsz import fedsz
from fedsz_privacy.defences.mechanisms.gaussian import gaussian_by
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.proof import Composition, Observer, Unit
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.accounting import composed, epsilon
from fedsz_privacy.training.events import DiscreteGaussianDpEvent

DELTA = 1e-5


def floats(update):
    return torch.cat([tensor.double().flatten() for tensor in update.values() if tensor.is_floating_point()])


@pytest.mark.parametrize("rounds", [1, 12])
@pytest.mark.parametrize("eps", [0.5, 8.0, 30.0])
def test_epsilon_is_that_of_all_rounds(eps, rounds):
    release = parse_release(f"gaussian:eps={eps:g},clip=2", Composition(DELTA, rounds))
    assert 0.98 * eps < epsilon(composed(release.event, rounds), DELTA) <= eps
    assert release.sigma == 2 * release.event.noise_multiplier


@pytest.mark.parametrize("text", ["gaussian:eps=8,clip=1+fedsz:abs=0.5sigma", "gaussian:noise=1.1,clip=0.5"])
def test_the_name_reads_as_the_same_release_again(text):
    release = parse_release(text)
    again = parse_release(release.name)
    assert release.name == text
    assert (again.event, again.sigma) == (release.event, release.sigma)


def test_the_reason_names_theorem_paper_adversary_and_adjacency():
    release = parse_release("gaussian:noise=1.1,clip=0.5")
    assert release.unit is Unit.CLIENT
    assert release.reason == (
        "an update clipped to L2 norm 0.5 and a discrete Gaussian of standard deviation 0.55 on every coordinate of "
        "its lattice have the Renyi divergences of Gaussian noise (Canonne, Kamath and Steinke, NeurIPS 2020); "
        f"for one client, there or not; against {Observer.SERVER}"
    )
    small = parse_release("gaussian:noise=1.1,clip=1e-5").reason
    assert small.startswith("an update clipped to L2 norm 1e-5 and a discrete Gaussian of standard deviation 1.1e-5 on")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gaussian", "gaussian takes eps or noise, one of both: write gaussian:eps=8,clip=1"),
        ("gaussian:eps=8,noise=1", "gaussian takes eps or noise, one of both"),
        ("gaussian:noise=0.1", "noise multiplier 0.1: choose a positive number from 0.2"),
        ("gaussian:noise=1,clip=0", "clip norm 0.0: choose a positive number"),
        ("gaussian:eps=0", "eps 0.0: choose a positive number"),
        ("gaussian:eps=1e4", "eps 10000.0: choose less, or"),
        ("gaussian:sigma=1", "gaussian takes other options"),
    ],
)
def test_what_cannot_be_guaranteed_is_one_line(text, message):
    with pytest.raises(InputError, match=message):
        parse_release(text)


def test_names_shapes_and_dtypes_stay_and_integers_leave_as_zeros(state, rng):
    released = parse_release("gaussian:noise=1,clip=1").apply(state, rng)
    assert released.nbytes == sum(tensor.nbytes for tensor in state.values())
    for name, tensor in state.items():
        found = released.update[name]
        assert (found.shape, found.dtype) == (tensor.shape, tensor.dtype)
        assert tensor.is_floating_point() or not found.any()


def test_the_update_comes_through_clipped_with_noise_of_its_deviation(rng):
    """A million coordinates: the deviation is right to .0007, one standard error; 0.5% fails once in 1e12."""
    update = {"weight": torch.randn(1000, 1000), "bias": torch.randn(1000)}
    release = parse_release("gaussian:noise=0.5,clip=100")
    difference = floats(release.apply(update, rng).update) - 100 * floats(update) / floats(update).norm()
    assert difference.std() == pytest.approx(50, rel=5e-3)
    shortened = parse_release("gaussian:noise=0.2,clip=1e9").apply(update, rng).update
    assert floats(shortened).std() == pytest.approx(0.2e9, rel=5e-3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_noise_beyond_the_range_of_a_dtype_stays_finite(dtype, rng):
    released = parse_release("gaussian:noise=1,clip=1e6").apply({"weight": torch.ones(1000, dtype=dtype)}, rng)
    assert released.update["weight"].isfinite().all()


def test_an_update_that_is_not_finite_leaves_as_one_of_zeros():
    sent = []
    for value in (0.0, math.nan, math.inf):
        update = {"weight": torch.full((40, 50), 0.0), "bias": torch.tensor([1.0 if value else 0.0, value])}
        sent.append(parse_release("gaussian:noise=1+fedsz:abs=0.5sigma").encode(update, np.random.default_rng(5)))
    assert sent[0] == sent[1] == sent[2]


def test_neighbours_differ_by_no_more_than_the_clip_norm_on_the_lattice():
    """The same noise, an update and none: all that differs is within the clip norm, in whole lattice points."""
    update = {"weight": 1e6 * torch.randn(50, 50, dtype=torch.float64), "bias": torch.randn(9, dtype=torch.float64)}
    release, none = parse_release("gaussian:noise=1,clip=2"), {k: torch.zeros_like(v) for k, v in update.items()}
    one, other = (floats(release.apply(each, np.random.default_rng(1)).update).numpy() for each in (update, none))
    points = (one - other) / lattice_spacing(2, 2, len(one))
    assert (points == points.astype(int)).all()
    limit = math.floor(2 / lattice_spacing(2, 2, len(one)))
    assert (1 - 2 / FINENESS) * limit < math.sqrt(sum(int(each) ** 2 for each in points)) <= limit


def test_in_deployment_the_noise_repeats_nothing():
    update, release = {"weight": torch.zeros(2000)}, parse_release("gaussian:noise=1+fedsz:abs=0.5sigma")
    assert release.encode(update, SystemGenerator()) != release.encode(update, SystemGenerator())


def trained(seed):
    """Return the update of a small network with batch normalisation: weights, biases, buffers and a count."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(1 + seed):
        optimizer.zero_grad()
        model(torch.randn(20, 1, 8, 8)).square().mean().backward()
        optimizer.step()
    return {n: t - before[n] if t.is_floating_point() else t for n, t in model.state_dict().items()}


def fixed(values):
    """Return a sampler whose sum of update and noise is the same whatever the update is: noise that hides it wholly."""
    return lambda points, *_: values[: len(points)]


VALUES = np.random.default_rng(9).integers(-600, 600, 100_000)
HIDING = gaussian_by(fixed(VALUES), "gaussian", Composition(), None, 1.0, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("bound", [{"abs": 0.5}, {"rel": 1e-2}])
def test_nothing_in_the_frame_depends_on_an_update_that_noise_hides(bound):
    """Names, lengths, bounds, lossless parts and counts: frames of any updates are the same to the byte.

    That this test can fail is shown by `benchmarks/broken_gaussian.py` and its test.
    """
    release = HIDING.then(fedsz(**bound))
    updates = [trained(0), trained(3), {name: torch.zeros_like(tensor) for name, tensor in trained(0).items()}]
    assert [name for name in updates[0] if "running" in name or "num_batches" in name]
    frames = [release.encode(update, np.random.default_rng(0)) for update in updates]
    assert frames[0] == frames[1] == frames[2]


def test_every_float_of_the_frame_has_noise():
    """Two noises on one update: what FedSZ keeps exactly differs in all but a few coordinates, and each tensor does."""
    release, update = parse_release("gaussian:noise=1+fedsz:abs=1e-9sigma"), trained(0)
    one, other = (
        FedSZ(ErrorBound.abs(1)).decode(release.encode(update, np.random.default_rng(seed))) for seed in (0, 1)
    )
    for name, tensor in update.items():
        if tensor.is_floating_point():
            differ = (one[name] - other[name]).double()
            assert (differ != 0).double().mean() > 0.9
            assert 0.5 < differ.std() < 2
        else:
            assert not one[name].any()


def test_at_half_a_sigma_an_update_is_twelve_times_smaller_at_a_tenth_more_error_variance(digits, rng):
    state = build_model("mlp", digits, 0).state_dict()
    update = {name: 1e-2 * torch.randn_like(tensor) for name, tensor in state.items()}
    noise = parse_release("gaussian:eps=8,clip=1")
    noised = noise.apply(update, rng).update
    sent = parse_release(f"fedsz:abs={noise.sigma / 2!r}").apply(noised, rng)
    assert sum(tensor.nbytes for tensor in update.values()) / sent.nbytes > 12
    assert (floats(sent.update) - floats(noised)).square().mean() < 0.1 * noise.sigma**2


def test_a_codec_before_the_noise_keeps_the_guarantee_of_the_noise():
    release = parse_release("fedsz:rel=1e-2+gaussian:noise=1.1,clip=1+fedsz:abs=0.5sigma")
    assert release.event == DiscreteGaussianDpEvent(1.1)
    assert release.sigma == 1.1
    assert release.name == "fedsz:rel=1e-2+gaussian:noise=1.1,clip=1+fedsz:abs=0.5sigma"
