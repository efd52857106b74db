from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from analysis.methods.lower_bounds import count_guesses, one_run_bound
from attacks import Game
from attacks.canaries.directions import MEMORY_BYTES, draw_directions, draw_orthogonal_directions
from attacks.canaries.gradients import (
    ALONE,
    ALONG,
    AMONG_RECORDS,
    PLAIN_NORM,
    UNCLIPPED,
    CanaryTraining,
    add_canaries,
)
from attacks.canaries.play import EVIDENCE, UPDATE, VARIANCE, play_gradient_canaries
from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one, unstack
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining

PRIVATE = DPTraining(expected_records=10, noise_multiplier=0.8, clip_norm=0.7, epochs=2, batch_size=4)
PLAIN = Training(epochs=2, batch_size=4)
EIGHT = DPTraining(expected_records=100, noise_multiplier=0.803)
"""The default training of ``dpsgd:eps=8`` with 200 candidates."""
RULES = pytest.mark.parametrize("base", [PRIVATE, PLAIN], ids=["private", "plain"])
RECORDS, CANARIES = 20, 6


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))


@pytest.fixture
def start(model):
    return state_of(model)


@pytest.fixture
def pool(digits):
    return digits.part(0, RECORDS)


def game_of(model, start, pool, seed):
    return Game(model, start, pool, pool, PLAIN, seed)


def scores_of(played, row=0):
    return played.observed[UPDATE][:, row, 0]


def state_of(model):
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def generators(count=3):
    return [np.random.default_rng(seed) for seed in range(count)]


def by_hand(model, start, pool, rule, batches, rng):
    """Train one client record by record, with autograd alone, on the noise that the rule draws."""
    private = isinstance(rule.base, DPTraining)
    model.load_state_dict(start)
    parameters = dict(model.named_parameters())
    stream = torch.Generator().manual_seed(int(rng.integers(2**32))) if private else None
    for batch in batches:
        present = batch[batch != ABSENT]
        total = {name: torch.zeros_like(tensor) for name, tensor in parameters.items()}
        for index in present:
            if index >= len(pool):
                # Directions are of unit length.
                pull = min(rule.norm, rule.base.clips_to)
                gradient = [pull * rows[index - len(pool)] for rows in rule.directions.values()]
            else:
                loss = nn.functional.cross_entropy(model(pool.inputs[0][[index]]), pool.targets[[index]])
                gradient = torch.autograd.grad(loss, list(parameters.values()))
                length = float(sum(part.square().sum() for part in gradient)) ** 0.5
                gradient = [part * min(1, rule.base.clip_norm / length) for part in gradient] if private else gradient
            total = {name: part + more for (name, part), more in zip(total.items(), gradient, strict=True)}
        size = rule.base.batch_size if private else max(1, len(present))
        with torch.no_grad():
            for name, tensor in parameters.items():
                if private:
                    deviation = rule.base.noise_multiplier * rule.base.clip_norm
                    total[name] += torch.empty_like(tensor).normal_(0, deviation, generator=stream)
                tensor.sub_(rule.base.learning_rate / size * total[name])
    return state_of(model)


@RULES
@pytest.mark.parametrize("share", [0.05, 1.0], ids=["short", "clipped"])
def test_training_equals_a_loop_that_adds_each_drawn_canary_to_the_gradients(model, start, pool, base, share):
    rule = add_canaries(base, model, start, CANARIES, seed=0)
    rule = replace(rule, norm=rule.norm * share)
    membership = np.random.default_rng(7).random((3, RECORDS + CANARIES)) < 0.5
    batches = rule.draw(membership, generators())
    assert (batches >= RECORDS).sum() > 10
    trained = rule.train(model, Clients(stack_of_one(start), pool, batches, generators())).states
    for row, (steps, rng) in enumerate(zip(batches, generators(), strict=True)):
        for name, tensor in by_hand(model, start, pool, rule, steps, rng).items():
            assert torch.allclose(trained[name][row], tensor, atol=1e-6, rtol=0), name


@RULES
def test_records_and_canaries_are_drawn_by_the_base_rule(model, start, base):
    rule = add_canaries(base, model, start, CANARIES, seed=0)
    membership = np.ones((3, RECORDS + CANARIES), bool)
    assert (rule.draw(membership, generators()) == base.draw(membership, generators())).all()


def test_under_dp_sgd_canaries_of_norm_zero_change_nothing(model, start, pool):
    rule = replace(add_canaries(PRIVATE, model, start, CANARIES, seed=0), norm=0.0)
    batches = rule.draw(np.ones((2, RECORDS + CANARIES), bool), generators(2))
    trained = rule.train(model, Clients(stack_of_one(start), pool, batches, generators(2))).states
    records_alone = np.where(batches < RECORDS, batches, ABSENT)
    without = rule.train(model, Clients(stack_of_one(start), pool, records_alone, generators(2))).states
    for name, tensor in trained.items():
        # Batches of other lengths are added up in another order, on some processors.
        torch.testing.assert_close(tensor, without[name], rtol=1e-5, atol=1e-6)


def test_without_canaries_plain_training_is_the_base_rules(model, start, pool):
    rule = add_canaries(PLAIN, model, start, CANARIES, seed=0)
    batches = rule.draw(np.pad(np.ones((2, RECORDS), bool), [(0, 0), (0, CANARIES)]), generators(2))
    trained = rule.train(model, Clients(stack_of_one(start), pool, batches, generators(2))).states
    for name, tensor in PLAIN.train_many(model, Clients(stack_of_one(start), pool, batches, generators(2))).items():
        assert torch.allclose(trained[name], tensor, atol=1e-6)


def test_the_noise_is_that_of_the_base_rule_though_each_step_draws_its_own(model, start, pool):
    rule = add_canaries(PRIVATE, model, start, CANARIES, seed=0)
    batches = rule.draw(np.zeros((8, RECORDS + CANARIES), bool), generators(8))
    trained = rule.train(model, Clients(stack_of_one(start), pool, batches, generators(8))).states
    moved = torch.cat([(trained[name] - start[name]).flatten(1) for name in start], dim=1).double().numpy()
    scale = PRIVATE.learning_rate / PRIVATE.batch_size * PRIVATE.noise_multiplier * PRIVATE.clip_norm
    # With a fresh seed each of the two tests would fail once in a million.
    assert stats.kstest(moved.ravel() / (scale * PRIVATE.steps**0.5), "norm").pvalue > 1e-6
    assert abs(np.corrcoef(moved)[np.triu_indices(8, 1)]).max() < 6 / moved.shape[1] ** 0.5


@pytest.mark.parametrize("rule_type", [PRIVATE, PLAIN], ids=["private", "plain"])
def test_the_score_of_an_orthogonal_canary_counts_how_often_it_was_drawn(model, start, pool, rule_type):
    base = replace(PRIVATE, noise_multiplier=1e-9) if rule_type is PRIVATE else PLAIN
    axes = torch.eye(CANARIES, sum(tensor.numel() for tensor in start.values()))
    parts = axes.split([tensor.numel() for tensor in start.values()], dim=1)
    directions = {name: part.reshape(-1, *start[name].shape) for name, part in zip(start, parts, strict=True)}
    rule = CanaryTraining(base, directions, norm=0.5)
    membership = np.random.default_rng(3).random((4, RECORDS + CANARIES)) < 0.5
    membership[:, :RECORDS] = False
    batches = rule.draw(membership, generators(4))
    trained = rule.train(model, Clients(stack_of_one(start), pool, batches, generators(4))).states
    drawn = (batches[..., None] == RECORDS + np.arange(CANARIES)).sum(axis=2)
    size = base.batch_size if rule_type is PRIVATE else np.maximum(1, (batches != ABSENT).sum(axis=2))[..., None]
    expected = (base.learning_rate / size * 0.5 * drawn).sum(axis=1)
    assert expected.max() > 0
    scores = rule.score({name: tensor - start[name] for name, tensor in trained.items()})
    assert scores == pytest.approx(expected, abs=1e-6)


def test_random_directions_are_of_unit_length_and_almost_orthogonal(start):
    rows = draw_directions(start, 50, np.random.default_rng(0))
    flat = torch.cat([part.flatten(1) for part in rows.values()], dim=1).double()
    products = (flat @ flat.T).numpy()
    assert np.diag(products) == pytest.approx(1, abs=1e-6)
    # The cosine of random directions has standard deviation 1 / sqrt(d); 1225 pairs exceed 6 of them once in 4e5 seeds.
    assert abs(products[np.triu_indices(50, 1)]).max() < 6 / flat.shape[1] ** 0.5


def test_trials_are_the_same_in_any_company_and_each_release_scores_them(model, start, pool):
    rule = add_canaries(PRIVATE, model, start, CANARIES, seed=0)
    releases = [none(), parse_release("fedsz:rel=1e-1"), none()]
    together = play_gradient_canaries(game_of(model, start, pool, seed=1), rule, AMONG_RECORDS, range(4), releases)
    alone = play_gradient_canaries(game_of(model, start, pool, seed=1), rule, AMONG_RECORDS, [2], releases)
    assert together.membership.shape == (4, CANARIES)
    assert together.observed[UPDATE].shape == (4, 3, 1, CANARIES)
    assert {name: each.dtype for name, each in together.observed.items()} == dict.fromkeys(
        (UPDATE, EVIDENCE, VARIANCE), np.float64
    )
    for name in (EVIDENCE, VARIANCE):
        assert together.observed[name].shape == (4, 3, 1, CANARIES)
        assert (together.observed[name] == together.observed[name][:, :1]).all()
        assert alone.observed[name] == pytest.approx(together.observed[name][2:3], abs=1e-4)
    assert (alone.membership == together.membership[2:3]).all()
    assert scores_of(alone) == pytest.approx(scores_of(together)[2:3], abs=1e-5)
    assert (scores_of(together) == scores_of(together, 2)).all()
    assert not np.allclose(scores_of(together), scores_of(together, 1))


def test_plain_training_gives_its_canaries_away(model, start, pool):
    rule = add_canaries(PLAIN, model, start, CANARIES, seed=0)
    assert rule.norm == PLAIN_NORM
    played = play_gradient_canaries(game_of(model, start, pool, seed=2), rule, AMONG_RECORDS, range(30), [none()])
    # Binomial test of the coins at error rate 1e-6.
    assert stats.binomtest(int(played.membership.sum()), played.membership.size).pvalue > 1e-6
    scores = scores_of(played)
    assert (scores[played.membership][:, None] > scores[~played.membership]).mean() > 0.75


def audited(digits, trials, canaries, positive):
    """Audit the default DP-SGD of epsilon 8 by canaries; return the bound, and one on memberships drawn anew."""
    model = build_model("mlp", digits, seed=0)
    start = state_of(model)
    rule = add_canaries(EIGHT, model, start, canaries, seed=0)
    played = play_gradient_canaries(
        game_of(model, start, digits.part(0, 200), seed=0), rule, AMONG_RECORDS, range(trials), [none()]
    )
    rng = np.random.default_rng(1)
    scores, anew = scores_of(played), rng.random(played.membership.shape) < 0.5
    return [
        one_run_bound([count_guesses(scores, members, positive, 0, rng)], 1e-5, 0.95).epsilon
        for members in (played.membership, anew)
    ]


@pytest.mark.slow
def test_the_bound_proved_on_dp_sgd_is_between_nothing_and_what_is_guaranteed(digits):
    # The number of guesses was chosen on simulated scores. The guarantee fails, and anew proves 0.5, once in 20 seeds
    # at most; of 20 seeds, all proved 1 or more.
    proved, anew = audited(digits, trials=32, canaries=100, positive=64)
    assert 1 < proved < 8
    assert anew < 0.5


@pytest.mark.slow
def test_many_canaries_prove_a_quarter_of_what_is_guaranteed(digits):
    # Error rates as above.
    assert epsilon(EIGHT.event, 1e-5) == pytest.approx(8, abs=0.01)
    proved, anew = audited(digits, trials=32, canaries=1000, positive=320)
    assert 2 < proved < 8
    assert anew < 0.2


@RULES
@pytest.mark.parametrize("norm", [-1.0, np.nan, np.inf])
def test_a_norm_that_no_gradient_has_is_refused(model, start, base, norm):
    rule = add_canaries(base, model, start, CANARIES, seed=0)
    with pytest.raises(InputError, match="of canaries: choose"):
        replace(rule, norm=norm)


def test_canaries_are_longer_than_the_clip_norm_where_there_is_one(model, start):
    assert add_canaries(PRIVATE, model, start, CANARIES, seed=0).norm == UNCLIPPED * PRIVATE.clip_norm
    assert add_canaries(PLAIN, model, start, CANARIES, seed=0).norm == PLAIN_NORM


def test_rules_whose_steps_are_unknown_are_refused(model, start):
    rule = add_canaries(PLAIN, model, start, CANARIES, seed=0)
    with pytest.raises(InputError, match="training rule CanaryTraining does not take its steps one at a time"):
        add_canaries(rule, model, start, CANARIES, seed=0)


def test_more_directions_than_memory_are_refused_before_they_are_drawn(start):
    parameters = sum(tensor.numel() for tensor in start.values())
    assert MEMORY_BYTES // (4 * parameters) > parameters == 1210
    most = parameters
    with pytest.raises(InputError, match=f"{most + 1} canaries: choose from 1 to {most} for a model of {parameters}"):
        draw_directions(start, most + 1, np.random.default_rng(0))
    with pytest.raises(InputError, match="0 canaries: choose from 1"):
        draw_directions(start, 0, np.random.default_rng(0))


@RULES
def test_canaries_pull_at_trained_parameters_alone(pool, base):
    """Frozen tensors, a second name of one tensor, and buffers have no direction of their own."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.Linear(64, 64), nn.GroupNorm(4, 64), nn.Linear(64, 10))
    model[2].weight, model[4].bias.requires_grad = model[1].weight, False
    model.register_buffer("scale", torch.ones(3))
    start = state_of(model)
    rule = add_canaries(base, model, start, CANARIES, seed=0)
    assert list(rule.directions) == [name for name in start if name not in {"scale", "2.weight", "4.bias"}]
    played = play_gradient_canaries(game_of(model, start, pool, seed=0), rule, AMONG_RECORDS, range(8), [none()])
    assert np.isfinite(scores_of(played)).all()


def test_canaries_join_the_gradients_of_models_that_train_one_by_one(pool):
    """Batch normalisation does not train at once; its canaries leak all the same, at an AUC of .79 on this seed."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 10))
    start = state_of(model)
    rule = add_canaries(PLAIN, model, start, 20, seed=0)
    played = play_gradient_canaries(game_of(model, start, pool, seed=1), rule, AMONG_RECORDS, range(20), [none()])
    scores = scores_of(played)
    assert (scores[played.membership][:, None] > scores[~played.membership]).mean() > 0.7


def test_directions_are_fixed_by_the_seed(model, start):
    first, again, other = (add_canaries(PLAIN, model, start, 1, seed).directions for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(unstack(first, 0)["1.weight"], unstack(other, 0)["1.weight"])


@RULES
def test_what_is_watched_of_a_step_is_how_far_its_gradient_goes_along_each_canary(model, start, pool, base):
    """Under plain descent a step is the gradient times the learning rate, so the update along u is the sum of steps."""
    rule = add_canaries(base, model, start, CANARIES, seed=0)
    batches = rule.draw(np.ones((2, RECORDS + CANARIES), bool), generators(2))
    trained = rule.train(model, Clients(stack_of_one(start), pool, batches, generators(2)))
    along = torch.stack([step[ALONG] for step in trained.steps]).sum(0).numpy()
    updates = {name: tensor - start[name] for name, tensor in trained.states.items()}
    assert rule.score(updates) == pytest.approx(base.learning_rate * along, abs=1e-5)


def test_orthogonal_directions_are_at_right_angles_and_in_no_particular_place(start):
    flat = torch.cat(
        [part.flatten(1) for part in draw_orthogonal_directions(start, 50, np.random.default_rng(0)).values()], dim=1
    ).double()
    assert (flat @ flat.T).numpy() == pytest.approx(np.eye(50), abs=1e-5)
    assert flat.abs().max() < 0.5


def test_canaries_alone_train_without_a_record(model, start, pool):
    rule = add_canaries(PRIVATE, model, start, CANARIES, 0, ALONE)
    game = game_of(model, start, pool, seed=1)
    other = replace(game, pool=pool.select(torch.arange(RECORDS).flip(0)))
    one, two = (play_gradient_canaries(each, rule, ALONE, range(4), [none()]) for each in (game, other))
    assert (one.membership == two.membership).all()
    for name in (UPDATE, EVIDENCE, VARIANCE):
        assert (one.observed[name] == two.observed[name]).all()
    among = play_gradient_canaries(game, rule, AMONG_RECORDS, range(4), [none()])
    assert (among.membership != one.membership).any()


def test_the_coins_of_canaries_alone_are_independent(model, start, pool):
    """Scores of non-members are noise alone: of 15 pairs, none is correlated beyond 5 deviations, once in 1e5 seeds."""
    rule = add_canaries(PRIVATE, model, start, CANARIES, 0, ALONE)
    played = play_gradient_canaries(game_of(model, start, pool, seed=3), rule, ALONE, range(400), [none()])
    scores = np.where(played.membership, np.nan, scores_of(played))
    for first in range(CANARIES):
        for second in range(first):
            both = np.isfinite(scores[:, first] * scores[:, second])
            correlation = np.corrcoef(scores[both, first], scores[both, second])[0, 1]
            assert abs(correlation) < 5 / both.sum() ** 0.5
