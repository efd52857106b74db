import dp_accounting
import numpy as np
import pytest
import torch
from opacus import GradSampleModule
from opacus.optimizers import DPOptimizer
from scipy import stats
from torch import nn

from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining, dpsgd
from fedsz_privacy.training.private_models import refuse_unless_private
from fedsz_privacy.training.private_steps import fill_with_gaussian

TRAINING = DPTraining(expected_records=20, noise_multiplier=0.8, clip_norm=0.7, epochs=2, batch_size=5)
MEMBERSHIP = np.random.default_rng(7).random((2, 40)) < 0.5


def generators(count=2):
    return [np.random.default_rng(seed) for seed in range(count)]


def train(model, digits, rows=slice(None), training=TRAINING):
    state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    mine = generators()[rows]
    batches = training.draw(MEMBERSHIP[rows], mine)
    return batches, training.train_many(model, Clients(stack_of_one(state), digits, batches, mine))


@pytest.mark.filterwarnings("ignore:Full backward hook is firing:UserWarning")
@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_training_equals_opacus_on_the_same_batches_and_noise(digits, name):
    batches, trained = train(build_model(name, digits, seed=1), digits)
    for row, (steps, generator) in enumerate(zip(batches, generators(), strict=True)):
        TRAINING.draw(MEMBERSHIP[row : row + 1], [generator])
        model = GradSampleModule(build_model(name, digits, seed=1), loss_reduction="sum")
        optimiser = DPOptimizer(
            torch.optim.SGD(model.parameters(), lr=TRAINING.learning_rate),
            noise_multiplier=TRAINING.noise_multiplier,
            max_grad_norm=TRAINING.clip_norm,
            expected_batch_size=TRAINING.batch_size,
            generator=torch.Generator().manual_seed(int(generator.integers(2**32))),
        )
        for step in steps:
            records = step[step != ABSENT]
            optimiser.zero_grad()
            logits = model(digits.inputs[0][records])
            nn.functional.cross_entropy(logits, digits.targets[records], reduction="sum").backward()
            optimiser.step()
        for key, tensor in model._module.state_dict().items():
            assert torch.allclose(trained[key][row], tensor, atol=1e-6, rtol=0), key


def test_a_client_is_the_same_in_any_company(digits):
    model = build_model("mlp", digits, seed=1)
    _, together = train(model, digits)
    _, alone = train(model, digits, slice(1, 2))
    _, again = train(model, digits)
    for name, tensor in together.items():
        assert torch.equal(tensor, again[name])
        assert torch.allclose(tensor[1], alone[name][0], atol=1e-6)


def test_a_client_without_records_sends_noise_of_the_stated_size(digits):
    model = build_model("mlp", digits, seed=1)
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    nobody = np.zeros((1, 40), bool)
    batches = TRAINING.draw(nobody, generators(1))
    trained = TRAINING.train_many(model, Clients(stack_of_one(state), digits, batches, generators(1)))
    moved = torch.cat([(trained[name][0] - state[name]).flatten() for name in state]).double().numpy()
    scale = TRAINING.learning_rate / TRAINING.batch_size * TRAINING.noise_multiplier * TRAINING.clip_norm
    statistic = float(np.square(moved / scale).sum() / TRAINING.steps)
    # With a fresh seed each of the two checks would fail once in a million.
    low, high = stats.chi2.ppf([5e-7, 1 - 5e-7], df=len(moved))
    assert low < statistic < high
    assert abs(moved.mean()) < 4.9 * scale * np.sqrt(TRAINING.steps / len(moved))


def test_noise_is_normal_and_independent_between_clients():
    rows = torch.empty(2, 20000)
    fill_with_gaussian(rows, 3.0, [torch.Generator().manual_seed(seed) for seed in (1, 2)])
    # Each of these would fail once in a million with fresh seeds.
    for row in rows:
        assert stats.kstest(row.numpy() / 3, "norm").pvalue > 1e-6
    assert stats.pearsonr(*rows.numpy()).pvalue > 1e-6


def test_each_member_is_drawn_at_the_sampling_rate_and_nobody_else():
    training = DPTraining(expected_records=20, noise_multiplier=1, epochs=500, batch_size=5)
    batches = training.draw(MEMBERSHIP, generators())
    for row, members in zip(batches, MEMBERSHIP, strict=True):
        drawn = row[row != ABSENT]
        counts = np.bincount(drawn, minlength=len(members))
        assert not counts[~members].any()
        # A false alarm once in a hundred thousand.
        p_values = [stats.binomtest(count, training.steps, 0.25).pvalue for count in counts[members]]
        assert min(p_values) > 1e-5 / MEMBERSHIP.sum()
        sizes = (row != ABSENT).sum(axis=1)
        assert stats.binomtest(int(sizes.sum()), training.steps * int(members.sum()), 0.25).pvalue > 1e-6
        assert sizes.var() == pytest.approx(members.sum() * 0.25 * 0.75, rel=0.2)
    assert batches.shape[2] == (batches != ABSENT).sum(axis=2).max()


def test_removing_a_record_changes_no_other_draw():
    fewer = MEMBERSHIP.copy()
    fewer[0, np.flatnonzero(fewer[0])[0]] = False
    before, after = (TRAINING.draw(rows, generators()) for rows in (MEMBERSHIP, fewer))
    removed = np.flatnonzero(MEMBERSHIP[0] & ~fewer[0])[0]
    for larger, smaller in zip(before[0], after[0], strict=True):
        assert set(larger) - {removed, ABSENT} == set(smaller) - {ABSENT}


def test_batch_statistics_are_refused_before_anything_is_trained():
    with pytest.raises(InputError, match=r"layer 1 \(BatchNorm2d\) keeps batch statistics.*use nn.GroupNorm"):
        refuse_unless_private(nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)))
    with pytest.raises(InputError, match="InstanceNorm2d"):
        refuse_unless_private(nn.Sequential(nn.InstanceNorm2d(4, track_running_stats=True)))
    refuse_unless_private(nn.Sequential(nn.InstanceNorm2d(4), nn.GroupNorm(2, 4), nn.Dropout(0.5)))


class Tied(nn.Module):
    """A frozen layer, a buffer, and one weight under two names."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 10)
        self.second.weight = self.first.weight
        self.last.bias.requires_grad_(False)
        self.register_buffer("shift", torch.ones(64))

    def forward(self, images):
        return self.last(torch.tanh(self.second(torch.tanh(self.first(images.flatten(1)) + self.shift))))


def test_shared_frozen_and_buffer_tensors_are_kept_so(digits):
    torch.manual_seed(0)
    model = Tied()
    _, trained = train(model, digits)
    assert trained.keys() == model.state_dict().keys()
    assert torch.equal(trained["first.weight"], trained["second.weight"])
    assert not torch.allclose(trained["first.weight"][0], model.first.weight)
    for name in ("shift", "last.bias"):
        assert torch.equal(trained[name], model.state_dict()[name].expand(2, -1))


def test_event_is_the_poisson_sampled_gaussian():
    accountant = dp_accounting.rdp.RdpAccountant()
    accountant.compose(TRAINING.event)
    assert TRAINING.sampling_rate == 0.25
    assert TRAINING.steps == 8
    upper = accountant.get_epsilon(1e-5)
    assert 0.8 * upper < epsilon(TRAINING.event, 1e-5) < upper


def test_epsilon_agrees_with_opacus():
    from opacus.accountants import PRVAccountant

    accountant = PRVAccountant()
    for _ in range(TRAINING.steps):
        accountant.step(noise_multiplier=TRAINING.noise_multiplier, sample_rate=TRAINING.sampling_rate)
    assert epsilon(TRAINING.event, 1e-5) == pytest.approx(accountant.get_epsilon(1e-5), abs=0.02)


@pytest.mark.slow
def test_dpsgd_spends_the_epsilon_it_is_given():
    private = dpsgd(Training(epochs=3, batch_size=10, learning_rate=0.2), 100, eps=8, delta=1e-5, clip_norm=0.5)
    assert (private.epochs, private.batch_size, private.learning_rate, private.clip_norm) == (3, 10, 0.2, 0.5)
    assert 7.9 < epsilon(private.event, 1e-5) <= 8


@pytest.mark.parametrize("name", ["expected_records", "noise_multiplier", "clip_norm", "epochs", "learning_rate"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_private_rule_must_be_positive_and_finite(name, value):
    with pytest.raises(
        InputError, match=f"{name.replace('_', ' ')} {value}: choose (1 or more|a whole number|a positive number)"
    ):
        DPTraining(**{"expected_records": 20, "noise_multiplier": 1.0, name: value})


def test_a_batch_is_at_most_the_expected_records():
    with pytest.raises(InputError, match="batch size 30: choose at most the expected number of records, 20"):
        DPTraining(expected_records=20, noise_multiplier=1, batch_size=30)


def test_a_rule_for_more_records_keeps_its_noise_and_the_size_of_its_batches():
    sized = TRAINING.sized(200)
    assert (sized.noise_multiplier, sized.batch_size) == (TRAINING.noise_multiplier, TRAINING.batch_size)
    drawn = (sized.draw(np.ones((1, 200), bool), generators(1)) != ABSENT).sum(axis=-1).mean()
    # Mean of 80 binomial(200, 1/40) batches: 5, with deviation 0.25.
    assert abs(drawn - 5) < 1.25
    assert TRAINING.sized(2).expected_records == TRAINING.batch_size
