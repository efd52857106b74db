"""What adversaries see of canaries: with what epsilon, and whether coins stay independent."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import nn

from analysis.studies.audit.canary_views import (
    view_of_final_model,
    view_of_release,
    view_of_rounds,
    view_of_steps,
    view_of_update,
)
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.clients.spec import ClientsSpec
from attacks import Game
from attacks.canaries.gradients import ALONE, add_canaries
from attacks.canaries.play import play_gradient_canaries
from attacks.clients.canaries import CLIENTS_ALONE, ClientCanaryPlayer
from fedsz_privacy.core.state import cloned
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.training.modes import detached

DELTA = 1e-5


def audited(name: str, **asked: object) -> Defence:
    """Return a defence of an audit, by default with 50 steps at a sampling rate of 0.1."""
    return AuditSpec(defences=(name,), **asked).parse_defences()[-1]


def of_clients(name: str) -> Defence:
    """Return a defence of an audit of clients."""
    return ClientsSpec(defences=(name,)).parse_defences()[-1]


@pytest.mark.slow
@pytest.mark.parametrize(("guaranteed", "seen"), [(1, 0.97), (4, 3.21), (8, 5.37), (16, 8.92)])
def test_the_last_update_shows_less_of_a_fixed_canary_than_all_steps(guaranteed, seen):
    """Known answers for a sampling rate of 0.1 and 50 steps."""
    defence = audited(f"dpsgd:eps={guaranteed}")
    assert view_of_update(defence, DELTA).epsilon == pytest.approx(seen, abs=0.01)
    assert view_of_steps(defence, DELTA).epsilon == pytest.approx(guaranteed, abs=0.01)


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_what_the_last_update_shows_is_not_known_of_other_optimisers(optimizer):
    assert view_of_update(audited("dpsgd:noise=1", optimizer=optimizer), DELTA).epsilon is None


@pytest.mark.parametrize("release", ["none", "bf16", "sign", "fedsz:rel=3e-1,threshold=0"])
def test_epsilon_is_known_of_what_leaves_a_release_where_that_is_the_update_itself(release):
    update = {"weight": torch.from_numpy(np.random.default_rng(0).standard_normal((40, 50), dtype=np.float32))}
    sent = parse_release(release).apply(update, np.random.default_rng(0)).update
    same = torch.equal(sent["weight"], update["weight"])
    behind = "" if release == "none" else f"+{release}"
    trained, summed = audited(f"dpsgd:noise=1{behind}"), of_clients(f"dpfedavg:noise=1{behind}")
    for view in (view_of_update(trained, DELTA), view_of_rounds(summed, DELTA), view_of_final_model(summed, 5, DELTA)):
        assert (view.epsilon is not None) is same


def test_no_release_hides_the_steps():
    alone, behind = (view_of_steps(audited(f"dpsgd:noise=1{after}"), DELTA).epsilon for after in ("", "+sign"))
    assert alone == behind > 0


@pytest.mark.parametrize("around", ["gaussian:noise=1,clip=1+sign", "fedsz:rel=3e-1+gaussian:noise=1,clip=1"])
def test_what_stands_around_noise_leaves_the_epsilon_of_an_update_canary_unknown(around):
    assert view_of_release(parse_release("gaussian:noise=1,clip=1"), DELTA).epsilon > 0
    assert view_of_release(parse_release(around), DELTA).epsilon is None


TRIALS, CANARIES = range(400), 20


def game_of(defence: Defence) -> Game:
    """Return a game of a model of 50 parameters, with few records, which no test trains on."""
    data = load_data("digits", 100, 10, 0, "", "")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.AdaptiveAvgPool1d(4), nn.Linear(4, 10))
    return Game(model, cloned(detached(model)), data.train.part(0, 10), data.test, defence.training, 0)


def dependence(scores: NDArray[np.float64], members: NDArray[np.bool_]) -> float:
    """Return a p-value of independent coins: correlations of a score less its own coin's mean with the other coins."""
    own = np.where(members, *(np.mean(scores, axis=0, where=each) for each in (members, ~members)))
    correlations = np.corrcoef((scores - own).T, members.T)[:CANARIES, CANARIES:]
    others = correlations[~np.eye(CANARIES, dtype=bool)]
    return float(stats.chi2.sf(len(scores) * (others**2).sum(), others.size))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("optimizer", "behind"),
    [
        ("sgd", ""),
        ("momentum", ""),
        ("adam", ""),
        ("adamw", ""),
        ("sgd", "+fedsz:rel=3e-1,threshold=0"),
        ("sgd", "+sign"),
    ],
)
def test_coins_are_independent_where_a_view_says_so_and_are_seen_to_depend_where_not(optimizer, behind):
    """Two steps that draw every member, with next to no noise. An independent view would fail once in ten thousand."""
    sharp = {"candidates": 20, "epochs": 2, "learning_rate": 0.01, "weight_decay": 0.1}
    defence = audited(f"dpsgd:noise=0.2{behind}", optimizer=optimizer, **sharp)
    game = game_of(defence)
    training = add_canaries(defence.training, game.model, game.state, CANARIES, 0, ALONE)
    trials = play_gradient_canaries(game, training, ALONE, TRIALS, [defence.release])
    for view in (view_of_steps(defence, DELTA), view_of_update(defence, DELTA)):
        for scores in view.read(trials, 0):
            assert (dependence(scores, trials.membership) > 1e-4) is view.independent


@pytest.mark.slow
@pytest.mark.parametrize("behind", ["", "+fedsz:rel=3e-1,threshold=0", "+sign"])
def test_coins_of_clients_are_independent_where_a_view_says_so_and_are_seen_to_depend_where_not(behind):
    """An independent view would fail once in ten thousand."""
    defence = of_clients(f"dpfedavg:noise=0.2{behind}")
    trials = ClientCanaryPlayer(game_of(defence), [defence], 2, CANARIES, CLIENTS_ALONE).play(TRIALS)
    for view in (view_of_rounds(defence, DELTA), view_of_final_model(defence, 1, DELTA)):
        for scores in view.read(trials, 0):
            assert (dependence(scores, trials.membership) > 1e-4) is view.independent
