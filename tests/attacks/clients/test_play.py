"""The game over clients: who is in, what leaves, and what signals read of whole clients."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from attacks import LOSS, Game, get_adversary
from attacks.clients.chunk import ClientChunk
from attacks.clients.own_update import OWN_UPDATE, expected_updates, observe
from attacks.clients.play import ClientPlayer, mean_by_client
from attacks.game.knowledge import Knowledge
from attacks.game.trial import concatenate
from attacks.game.view import View
from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.training.descent import Training

CLIENTS, HELD = 10, 15
TRAINING = Training(epochs=5, batch_size=5, learning_rate=0.2)


@pytest.fixture(scope="module")
def game(digits) -> Game:
    torch.manual_seed(0)
    return game_of(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10)), digits)


@pytest.fixture(scope="module")
def normed(digits) -> Game:
    torch.manual_seed(0)
    return game_of(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.BatchNorm1d(64), torch.nn.Linear(64, 10)), digits)


def game_of(model, digits) -> Game:
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    return Game(model, state, digits.part(0, CLIENTS * HELD), digits.part(1000, 1100), TRAINING, seed=0, rounds=2)


def defences(*texts):
    setting = Setting(TRAINING, TRAINING, HELD, rounds=2, observer=Observer.AGGREGATES)
    return [parse_defence(text, setting) for text in texts]


def player(game, *texts, adversary="aggregate"):
    expected = expected_updates(game, CLIENTS)
    return ClientPlayer(game, defences(*texts), CLIENTS, expected, (OWN_UPDATE, LOSS), get_adversary(adversary))


@pytest.mark.slow
def test_who_is_out_sends_zeros_and_its_records_change_nothing(normed):
    game = normed
    chunk = ClientChunk(game, CLIENTS, range(6))
    sent = [each.sent(client) for each in chunk.rounds(none(), 0) for client in range(CLIENTS)]
    for client, each in enumerate(sent):
        inside = chunk.membership[:, client % CLIENTS]
        moved = each.update["2.weight"].flatten(1).norm(dim=1).numpy() > 0
        assert (moved == inside).all()
        assert (each.update["1.running_mean"].norm(dim=1).numpy() > 0).tolist() == inside.tolist()
    out = int(np.flatnonzero(~chunk.membership[0])[0])
    targets = game.pool.targets.clone()
    targets[out * HELD : (out + 1) * HELD] = 0
    other = replace(game, pool=replace(game.pool, targets=targets))
    first, second = (ClientChunk(each, CLIENTS, range(1)).rounds(none(), 0)[-1].after for each in (game, other))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_coins_are_fair_and_each_its_own(game):
    """2,000 trials of 10 coins: means and correlations within five standard errors."""
    coins = ClientChunk(game, CLIENTS, range(2000)).membership
    assert abs(coins.mean(axis=0) - 0.5).max() < 5 * 0.5 / 2000**0.5
    assert abs(np.corrcoef(coins.T) - np.eye(CLIENTS)).max() < 5 / 2000**0.5


@pytest.mark.slow
def test_trials_are_the_same_in_any_company(game):
    playing = player(game, "none", "dpfedavg:noise=1,rate=0.5")
    together, alone = playing.play(range(4)), playing.play(range(2, 3))
    assert (alone.membership == together.membership[2:3]).all()
    for name, read in alone.observed.items():
        assert read == pytest.approx(together.observed[name][2:3], rel=1e-5, abs=1e-6)


def test_the_mean_over_a_clients_records_stands_for_it():
    read = np.arange(2 * 1 * 3 * 6 * 2, dtype=float).reshape(2, 1, 3, 6, 2)
    found = mean_by_client(read, 3)
    assert found.shape == (2, 1, 3, 3, 2)
    assert found[1, 0, 2, 1] == pytest.approx(read[1, 0, 2, 2:4].mean(axis=0))


@pytest.mark.slow
@pytest.mark.parametrize("adversary", ["aggregate", "final-model"])
def test_clients_are_told_without_noise_and_not_under_much(game, adversary):
    """Of 640 scores that know nothing the AUC is within .5 -+ .1 but once in 10,000; calibrated by shadows, below it.

    Leave-one-out means lean away from what they leave out, so calibrated scores that know nothing fall below .5.
    """
    playing = player(game, "none", "dpfedavg:noise=200", adversary=adversary)
    trials = concatenate([playing.play(chunk) for chunk in playing.chunks(64)])

    def auc(signal, row):
        scores = signal.score(trials.observed[signal.name][:, row], trials.membership)
        return roc_auc_score(trials.membership.ravel(), scores.ravel())

    assert auc(OWN_UPDATE, 0) > 0.9
    assert auc(OWN_UPDATE, 1) < 0.6
    assert abs(auc(LOSS, 1) - 0.5) < 0.1


def test_the_signal_of_whole_clients_is_none_of_records(game):
    view = View(Knowledge(game.model, stack_of_one(game.state), game.pool), stack_of_one(game.state))
    with pytest.raises(InputError, match="reads whole clients: use audit-clients"):
        observe(view)
