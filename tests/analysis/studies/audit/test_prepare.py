"""From a question to a game: whose records are whose, and what canaries are made of."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.reporting.progress import silent
from analysis.studies.audit.prepare import load, make_pool, start_game
from analysis.studies.audit.spec import AuditSpec
from attacks.canaries.records import MISLABELLED
from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.data import Records, classification, load_data
from fedsz_privacy.training.evaluation import measure
from fedsz_privacy.training.modes import detached

SPEC = AuditSpec(
    candidates=40,
    canaries=("mislabelled:6", "outlier:5", "mislabelled:6"),
    clients=3,
    client_records=100,
    rounds=2,
    target_rounds=2,
    epochs=1,
    learning_rate=0.2,
    seed=4,
)
CANDIDATES = 57


@pytest.fixture(scope="module")
def digits():
    """The data in the order of the run's seed."""
    return load_data("digits", seed=SPEC.seed).train


@pytest.fixture(scope="module")
def game():
    split, model = load(SPEC)
    return start_game(SPEC, split, model, silent)


def rows(data):
    return {image.numpy().tobytes() for image in data.inputs[0]}


def test_ordinary_records_come_first_and_each_canary_is_made_of_a_record_after_them(digits):
    pool = make_pool(SPEC, digits)
    assert len(pool) == len(SPEC.repeats) == CANDIDATES
    assert torch.equal(pool.inputs[0][:40], digits.inputs[0][:40])
    assert torch.equal(pool.targets[:40], digits.targets[:40])
    for canaries in (slice(40, 46), slice(51, 57)):
        assert torch.equal(pool.inputs[0][canaries], digits.inputs[0][canaries])
        assert (pool.targets[canaries] != digits.targets[canaries]).all()
    assert not rows(pool.part(46, 51)) & rows(digits)


def test_canaries_of_one_kind_that_are_asked_for_twice_are_made_by_draws_of_their_own():
    same = load_data("digits").train.part(0, 1)
    images = same.inputs[0].expand(57, -1, -1, -1)
    records = Records((images,), same.targets.expand(57), classification(1000))
    labels = make_pool(SPEC, records).targets
    # Six labels of 999 are the same in the same order once in 1e18 seeds.
    assert not torch.equal(labels[40:46], labels[51:57])
    assert torch.equal(labels, make_pool(SPEC, records).targets)
    assert not torch.equal(labels, make_pool(replace(SPEC, seed=5), records).targets)


def test_without_canaries_the_pool_is_the_first_records(digits):
    pool = make_pool(replace(SPEC, canaries=()), digits)
    assert torch.equal(pool.inputs[0], digits.inputs[0][:40])
    assert torch.equal(pool.targets, digits.targets[:40])


def test_nobody_else_holds_a_candidate_or_the_record_that_a_canary_was_made_of(game, digits):
    held = [rows(data) for data in game.others]
    assert [len(data) for data in game.others] == [100, 100]
    assert not held[0] & held[1]
    assert set.union(*held) == rows(digits.part(CANDIDATES, CANDIDATES + 200))
    assert not set.union(*held) & rows(digits.part(0, CANDIDATES))
    assert not (set.union(*held) | rows(game.pool)) & rows(game.test)


def test_the_game_is_the_one_that_was_asked_for(game):
    assert (game.rounds, game.seed, game.training) == (2, 4, SPEC.built_in_training)
    assert (game.copies == np.arange(CANDIDATES)).all()
    records = np.array([CANDIDATES / 2, 100, 100])
    assert game.shares == pytest.approx(records / records.sum())


def test_the_target_joins_a_model_that_the_others_have_trained(game):
    split, model = load(SPEC)
    later = start_game(replace(SPEC, rounds=6), split, model, silent)
    trained, fresh = (measure(model, stack_of_one(state), game.test) for state in (later.state, detached(model)))
    assert float(trained) > float(fresh) + 0.2
    other_candidates = replace(split, train=replace(split.train, targets=split.train.targets.clone()))
    other_candidates.train.targets[:CANDIDATES] = 0
    again = start_game(SPEC, other_candidates, model, silent).state
    assert all(torch.equal(again[name], tensor) for name, tensor in game.state.items())


def test_canaries_count_as_candidates_where_the_data_does_not_suffice():
    with pytest.raises(InputError, match="1,537 candidates and 2 other clients need more than the 1,438 trai"):
        load(replace(SPEC, canaries=(f"{MISLABELLED.name}:1497",)))
