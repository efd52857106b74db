"""Clipped sums with Gaussian noise: sensitivity, noise, accounting, sampling and denominator, each by another way."""

import math
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pytest
import torch
from dp_accounting import GaussianDpEvent, PoissonSampledDpEvent, SelfComposedDpEvent
from dp_accounting.pld import PLDAccountant
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.defences.dpfedavg import DPFedAvg, clip_rows, from_rows, running_variances, to_rows
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.proof import Observer, Unit
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import even_clients
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.gaussian_rounds import Adjacency, GaussianRounds

CLIP, DELTA = 0.5, 1e-5
QUIET = DPFedAvg(noise_multiplier=0.2, clip_norm=CLIP)
SETTING = Setting(Training(), Training(), 100.0, observer=Observer.AGGREGATES)
NUMBERS = 6


def streams(trials=1, seed=0):
    return [np.random.default_rng((seed, trial)) for trial in range(trials)]


def step(aggregation, updates, trials=1, seed=0):
    """Return the step that updates, each of shape (numbers,), lead to, as float64 of shape (trials, numbers)."""
    states = {"weight": torch.zeros(1, len(updates[0]), dtype=torch.float64)}
    each = [torch.as_tensor(np.broadcast_to(update, (trials, len(update))).copy()) for update in updates]
    senders = [lambda one=one: {"weight": one} for one in each]
    shares = [1 / len(updates)] * len(updates)
    return aggregation.step(states, senders, shares, streams(trials, seed))["weight"].numpy()


def moved(aggregation, updates, other):
    """Return by how many clip norms of the sum the last client moves it, against another update of its own."""
    first, second = (step(aggregation, [*updates, last]) for last in other)
    return float(np.linalg.norm(first - second)) * aggregation.sampling_rate * (len(updates) + 1) / CLIP


numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)
vectors = arrays(np.float64, NUMBERS, elements=numbers)


@pytest.mark.slow
@given(st.lists(vectors, min_size=1, max_size=4), vectors)
@settings(max_examples=300, deadline=None)
def test_no_client_moves_the_sum_by_more_than_a_clip_norm(updates, last):
    """Neighbours: the same clients, the last there or not. Whatever anybody sends, NaN and 1e308 among it."""
    assert moved(QUIET, updates, (last, np.zeros(NUMBERS))) <= 1 + 1e-9


@dataclass(frozen=True)
class Doubled(DPFedAvg):
    """Counts the last client twice."""

    def step(self, states, senders, shares, generators):
        return replace(self).as_it_should([*senders, senders[-1]], states, shares, generators)

    def as_it_should(self, senders, states, shares, generators):
        doubled = DPFedAvg(self.noise_multiplier, self.clip_norm).step(states, senders, shares, generators)
        return {name: tensor * len(senders) / (len(senders) - 1) for name, tensor in doubled.items()}


def test_the_worst_client_moves_it_by_a_clip_norm_and_one_that_counts_twice_by_two():
    """The check of sensitivity fails where it should."""
    worst = (np.full(NUMBERS, 1e9), np.zeros(NUMBERS))
    assert moved(QUIET, [np.ones(NUMBERS)], worst) == pytest.approx(1)
    assert moved(Doubled(0.2, CLIP), [np.ones(NUMBERS)], worst) == pytest.approx(2)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_an_update_that_is_not_finite_counts_as_zero(bad):
    broken = np.array([1.0, bad, 0.0, 0.0, 0.0, 0.0])
    assert (step(QUIET, [broken, np.ones(NUMBERS)]) == step(QUIET, [np.zeros(NUMBERS), np.ones(NUMBERS)])).all()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_clipping_keeps_directions_and_short_updates_at_every_magnitude(dtype):
    largest, smallest = torch.finfo(dtype).max, torch.finfo(dtype).smallest_normal
    rows = torch.tensor([[3.0, 4.0], [largest, largest], [0.03, 0.04], [0.0, 0.0], [smallest, 0.0]], dtype=dtype)
    root = CLIP / math.sqrt(2)
    expected = [[0.3, 0.4], [root, root], [0.03, 0.04], [0.0, 0.0], [smallest, 0.0]]
    torch.testing.assert_close(clip_rows(rows, CLIP), torch.tensor(expected, dtype=dtype), rtol=1e-6, atol=0)


def standardised(aggregation, trials=400, clients=4, seed=1):
    noise = step(aggregation, [np.zeros(250)] * clients, trials, seed)
    return noise * clients * aggregation.sampling_rate / (aggregation.noise_multiplier * aggregation.clip_norm)


def test_the_noise_is_standard_normal_in_clip_norms_of_the_sum_and_independent():
    """100,000 numbers; each of three tests at level .001, so one right implementation in 300 fails at another seed."""
    noise = standardised(DPFedAvg(1.3, CLIP, sampling_rate=0.5))
    assert stats.kstest(noise.ravel(), "norm").pvalue > 0.001
    for pairs in (noise.reshape(-1, 2), noise.reshape(2, -1).T):
        assert stats.pearsonr(*pairs.T).pvalue > 0.001


def test_half_the_noise_is_no_standard_normal():
    halved = standardised(DPFedAvg(0.65, CLIP)) * 0.65 / 1.3
    assert stats.kstest(halved.ravel(), "norm").pvalue < 1e-12


def test_clients_take_part_by_coins_of_their_own():
    """Counts of 20,000 trials of 4 clients against the product distribution, chi-squared at level .001."""
    cohort = DPFedAvg(1.0, sampling_rate=0.3).cohort(4, streams(20_000))
    patterns = np.bincount(cohort @ (1 << np.arange(4)), minlength=16)
    ones = np.array([number.bit_count() for number in range(16)])
    assert stats.chisquare(patterns, 20_000 * 0.3**ones * 0.7 ** (4 - ones)).pvalue > 0.001
    assert DPFedAvg(1.0).cohort(4, streams(100)).all()


def test_the_denominator_is_fixed_whoever_takes_part():
    """With next to no noise against an update of a clip norm a client adds C / (q n), or nothing."""
    aggregation = DPFedAvg(0.2, 1.0, sampling_rate=0.5)
    noise = step(aggregation, [np.zeros(NUMBERS)] * 8, trials=50)
    one = np.eye(NUMBERS)[0]
    taken = (step(aggregation, [one, *[np.zeros(NUMBERS)] * 7], trials=50) - noise)[:, 0]
    took_part = aggregation.cohort(8, streams(50))[:, 0]
    assert 0 < took_part.sum() < 50
    assert taken == pytest.approx(np.where(took_part, 1 / (0.5 * 8), 0.0))


@pytest.mark.slow
@pytest.mark.parametrize(("eps", "rate"), [(1, 1.0), (8, 1.0), (1, 0.25), (8, 0.25)])
def test_epsilon_over_rounds_is_that_of_dp_accounting(eps, rate):
    defence = parse_defence(f"dpfedavg:eps={eps},rate={rate}", replace(SETTING, rounds=5))
    noise = defence.aggregation.noise_multiplier
    direct = PLDAccountant().compose(PoissonSampledDpEvent(rate, GaussianDpEvent(noise)), 5).get_epsilon(DELTA)
    assert direct == pytest.approx(eps, rel=2e-3)
    assert epsilon(defence.event, DELTA) == pytest.approx(direct, abs=1e-3)
    exact = GaussianRounds(noise, rate, 5).epsilon(DELTA, Adjacency.ZERO_OUT)
    assert exact <= epsilon(defence.event, DELTA) + 1e-9
    assert exact == pytest.approx(eps, rel=5e-3)


def test_a_guarantee_is_for_one_client_against_who_sees_aggregates_only():
    seen = parse_defence("dpfedavg:noise=1+fedsz:rel=1e-2", replace(SETTING, rounds=3))
    assert seen.name == "dpfedavg:noise=1+fedsz:rel=1e-2"
    assert seen.event == SelfComposedDpEvent(GaussianDpEvent(1.0), 3)
    assert seen.unit is Unit.CLIENT
    for observer in (Observer.SERVER, Observer.OUTSIDER):
        unseen = parse_defence(seen.name, replace(SETTING, observer=observer))
        assert epsilon(unseen.event, DELTA) == math.inf
        assert "its noise is added to the sum" in unseen.reason
        assert unseen.aggregation == seen.aggregation


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dpfedavg", "dpfedavg takes eps or noise, one of both"),
        ("dpfedavg:eps=8,noise=1", "dpfedavg takes eps or noise, one of both"),
        ("dpfedavg:eps=0", "eps 0"),
        ("dpfedavg:eps=8,rate=2", "sampling rate 2"),
        ("dpfedavg:eps=8,clip=-1", "clip norm -1"),
        ("dpfedavg:eps=8,delta=1", "dpfedavg takes other options than eps, delta"),
        ("fedsz:rel=1e-2+dpfedavg:eps=8", "has dpfedavg, which is aggregation, behind another part: write it first"),
        ("dpfedavg:eps=8+dpsgd:eps=8", "has dpsgd, which is training, behind another part: write it first"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(text, line):
    with pytest.raises(InputError) as caught:
        parse_defence(text, SETTING)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_floats_of_every_kind_go_through_rows_and_integers_stay(state):
    stacked = stack_of_one(state)
    rows = to_rows(stacked)
    assert rows.shape[1] == sum(
        t.numel() * (2 if t.is_complex() else 1) for t in state.values() if t.is_floating_point() or t.is_complex()
    )
    back = from_rows(rows, stacked)
    assert {name: (t.dtype, t.shape) for name, t in back.items()} == {n: (t.dtype, t.shape) for n, t in stacked.items()}
    assert all(torch.equal(back[name], tensor) for name, tensor in stacked.items())


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.BatchNorm1d(64), torch.nn.Linear(64, 10))


def federation(model, digits, aggregation, text="none"):
    release, records = parse_release(text), digits.part(0, 80)
    return Federation(model, records, even_clients(4, 80), Training(epochs=1), release, 0, aggregation)


def rounds_of(federation, count):
    return list(islice(federation.rounds(stack_of_one(dict(federation.model.state_dict()))), count))


@pytest.mark.parametrize("text", ["none", "fedsz:rel=1e-1"])
def test_a_federation_takes_the_step_by_hand(model, digits, text):
    """Decoded, then clipped: buffers of batch normalisation count, and its count of batches stays."""
    played, *_ = rounds_of(federation(model, digits, DPFedAvg(0.7, CLIP), text), 1)
    total = torch.zeros(64 * 4 + 64 * 10 + 10, dtype=torch.float64)
    for client in range(4):
        floats = [t.double().flatten() for t in played.sent(client).update.values() if t.is_floating_point()]
        update = torch.cat(floats)
        assert update.norm() > CLIP
        total += update * CLIP / update.norm()
    (rng,) = played.generators()
    rng.random(4)
    expected = (total + 0.7 * CLIP * torch.from_numpy(rng.standard_normal(len(total)))) / 4
    found = torch.cat([t.double().flatten() for t in played.average.values() if t.is_floating_point()])
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)
    assert played.sent(0).update["1.num_batches_tracked"].item() > 0
    assert played.after["1.num_batches_tracked"].item() == 0


def test_only_those_who_take_part_train_and_a_copy_of_a_round_has_the_same_step(model, digits, monkeypatch):
    trained = []

    def train(_, client, __, states):
        trained.append(client)
        return {name: torch.ones_like(tensor) for name, tensor in states.items()}

    monkeypatch.setattr(Federation, "_train", train)
    played, *_ = rounds_of(federation(model, digits, DPFedAvg(0.7, CLIP, sampling_rate=0.5)), 1)
    took_part = np.flatnonzero(played.cohort[0]).tolist()
    first = played.average
    assert trained == took_part
    assert 0 < len(took_part) < 4
    again = played.copied(played.states).average
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_it_works_with_a_model_of_the_catalogue_and_other_seeds_have_other_noise(digits):
    model = build_model("mlp", digits, 0)
    first, second = (
        rounds_of(replace(federation(model, digits, DPFedAvg(1.0)), seed=seed), 1)[0].average for seed in (0, 1)
    )
    name = next(iter(first))
    assert not torch.equal(first[name], second[name])


def test_noise_makes_no_running_variance_negative(model, digits):
    played, *_ = rounds_of(federation(model, digits, DPFedAvg(100.0)), 1)
    assert played.after["1.running_mean"].min() < -1
    assert played.after["1.running_var"].min() == 0


class Named(torch.nn.Module):
    """Has parameters whose names end as that of a variance does."""

    def __init__(self):
        super().__init__()
        self.log_running_var = torch.nn.Parameter(torch.zeros(64))
        self.running_var = torch.nn.Parameter(torch.zeros(64))
        self.norm = torch.nn.BatchNorm1d(64)
        self.head = torch.nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.norm(x.flatten(1)) * self.log_running_var.exp() + self.running_var)


def test_a_variance_is_a_buffer_and_no_parameter_of_such_a_name(digits):
    """Parameters were clamped at zero, so that noise on them had no mean of 0."""
    torch.manual_seed(0)
    model = Named()
    assert running_variances(model) == {"norm.running_var"}
    played, *_ = rounds_of(federation(model, digits, DPFedAvg(100.0)), 1)
    assert played.after["norm.running_var"].min() == 0
    for name in ("log_running_var", "running_var"):
        assert played.after[name].min() < -1


def test_every_name_of_a_variance_is_found():
    norm = torch.nn.BatchNorm1d(4)
    assert running_variances(norm) == {"running_var"}
    assert running_variances(torch.nn.Sequential(norm, norm)) == {"0.running_var", "1.running_var"}
    assert running_variances(torch.nn.BatchNorm1d(4, track_running_stats=False)) == frozenset()


def test_an_aggregation_for_a_model_has_the_same_event(model):
    plain = DPFedAvg(1.0, CLIP)
    assert plain.for_model(model).event == plain.event
    assert plain.for_model(torch.nn.Linear(2, 2)) == plain
