"""Client canaries against dpfedavg, as it should be and broken."""

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.methods.lower_bounds import AnyMechanism, NoiseFamily, epsilon_lower_bound
from attacks import Game
from attacks.canaries.play import EVIDENCE, UPDATE
from attacks.clients.canaries import AMONG_CLIENTS, CLIENTS_ALONE, ClientCanaryPlayer
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.training.descent import Training

FILE = Path(__file__).parents[3] / "benchmarks" / "client_canaries.py"
DELTA, CLIENTS, CANARIES, TRIALS = 1e-5, 4, 50, 40
TRAINING = Training(epochs=1)


@pytest.fixture(scope="module")
def broken():
    spec = spec_from_file_location("client_canaries", FILE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def game(digits) -> Game:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    return Game(model, state, digits.part(0, CLIENTS * 10), digits.part(0, 10), TRAINING, seed=0)


def claim(text, rounds=1):
    return parse_defence(text, Setting(TRAINING, TRAINING, 10.0, DELTA, rounds, Observer.AGGREGATES))


def play(game, defence, design=CLIENTS_ALONE, trials=range(TRIALS)):
    return ClientCanaryPlayer(game, [defence], CLIENTS, CANARIES, design).play(trials)


def bound(trials, null, read=EVIDENCE):
    return epsilon_lower_bound(trials.observed[read][:, 0, 0], trials.membership, null, DELTA).epsilon


@pytest.mark.slow
@pytest.mark.parametrize("design", [CLIENTS_ALONE, AMONG_CLIENTS])
def test_most_of_what_is_guaranteed_is_proved_and_compression_before_it_changes_nothing(game, design):
    """Of a right mechanism a bound is above what is guaranteed in one seed of 20."""
    for text in ("dpfedavg:eps=8", "dpfedavg:eps=8+fedsz:rel=1e-2"):
        defence = claim(text)
        trials = play(game, defence, design)
        assert 0.7 * 8 < bound(trials, NoiseFamily(defence.event)) < 8
        assert bound(trials, AnyMechanism()) < 8


@pytest.mark.slow
def test_all_rounds_show_more_than_the_final_model_where_clients_are_sampled(game):
    defence = claim("dpfedavg:eps=8,rate=0.3", rounds=8)
    trials = play(replace(game, rounds=8), defence)
    every, last = (bound(trials, NoiseFamily(defence.event), read) for read in (EVIDENCE, UPDATE))
    assert 0.6 * 8 < every < 8
    assert last < every


@pytest.mark.slow
@pytest.mark.parametrize("how", ["half the noise", "clipped to twice the norm", "every client counted twice"])
def test_a_mechanism_that_is_not_what_it_claims_is_caught(game, broken, how):
    claimed = claim("dpfedavg:eps=8")
    wrong = broken.Broken(claimed.aggregation.noise_multiplier, **broken.BROKEN[how])
    assert bound(play(game, replace(claimed, aggregation=wrong)), NoiseFamily(claimed.event)) > 8


@pytest.mark.slow
def test_without_a_defence_every_coin_is_guessed(game):
    trials = play(game, claim("none"))
    assert ((trials.observed[EVIDENCE][:, 0, 0] > 0.5 / CANARIES) == trials.membership).all()


@pytest.mark.slow
def test_scores_that_know_nothing_prove_nothing_more_often_than_allowed(game):
    """Under the null a bound above 0 has probability .05: of 40 repetitions 6 or more happen in 1.4% of cases."""
    defence = claim("dpfedavg:eps=8")
    trials = play(game, defence)
    coins = np.random.default_rng(0)
    members = [coins.random(trials.membership.shape) < 0.5 for _ in range(40)]
    scores = trials.observed[EVIDENCE][:, 0, 0]
    found = [epsilon_lower_bound(scores, each, NoiseFamily(defence.event), DELTA).epsilon for each in members]
    assert sum(epsilon > 0 for epsilon in found) < 6


@pytest.mark.parametrize("design", [CLIENTS_ALONE, AMONG_CLIENTS])
def test_trials_are_the_same_in_any_company(game, design):
    defence = claim("dpfedavg:noise=1")
    together, alone = (play(game, defence, design, trials) for trials in (range(4), range(2, 3)))
    assert (alone.membership == together.membership[2:3]).all()
    assert alone.observed[EVIDENCE] == pytest.approx(together.observed[EVIDENCE][2:3], rel=1e-5)
