"""What each adversary sees of the same rounds, and what its looks say together."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score
from torch import nn

from attacks import ADVERSARIES, LIRA, LOSS, Adversary, Signal, get_adversary, play
from attacks.game.adversaries import AGGREGATE, FINAL_MODEL, SERVER, UPDATE
from attacks.game.chunk import TARGET, Chunk
from fedsz_privacy import InputError
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.training.descent import Training

ROUNDS, TRIALS = 3, range(3)


@pytest.fixture(scope="module")
def federation(game):
    """The small game over three rounds, with a smaller model."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    training = Training(epochs=12, batch_size=10, learning_rate=0.5)
    return replace(game, model=model, state=state, training=training, rounds=ROUNDS)


@pytest.fixture(scope="module")
def rounds(federation):
    return Chunk(federation, TRIALS).rounds(parse_release("fedsz:rel=1e-1"), 0)


def plus(states, update):
    return {name: tensor + update[name] for name, tensor in states.items()}


def close(one, other, tolerance=1e-6):
    return set(one) == set(other) and all(
        torch.allclose(one[name], other[name], rtol=0, atol=tolerance) for name in one
    )


@pytest.mark.slow
@pytest.mark.parametrize("adversary", [UPDATE, SERVER, AGGREGATE], ids=lambda each: each.name)
def test_who_watches_every_round_has_a_look_at_each_from_its_global_state(rounds, federation, adversary):
    views = adversary.looks(federation.knowledge, rounds)
    assert len(views) == ROUNDS
    state = {name: tensor[None] for name, tensor in federation.state.items()}
    for view, played in zip(views, rounds, strict=True):
        assert close(view.knowledge.states, state)
        assert view.knowledge.pool is federation.pool
        state = plus(state, played.average)


def test_update_and_server_hold_the_targets_decoded_update(rounds, federation):
    for adversary in (UPDATE, SERVER):
        for view, played in zip(adversary.looks(federation.knowledge, rounds), rounds, strict=True):
            assert close(view.updates, played.sent(TARGET).update, 0)


def test_the_server_alone_holds_the_others_in_their_order(federation):
    def train_by_records(_model, clients):
        states, records = clients.states, len(clients.records)
        return {name: states[name] + records * torch.ones(len(TRIALS), *states[name].shape[1:]) for name in states}

    records = [part.part(0, 11 + number) for number, part in enumerate(federation.others)]
    training = SimpleNamespace(draw=federation.training.draw, train_many=train_by_records, remedy="")
    training.sized = lambda _: training
    game = replace(federation, others=tuple(records), training=training)
    rounds = Chunk(game, TRIALS).rounds(none(), 0)
    for view in SERVER.looks(game.knowledge, rounds):
        assert [round(float(update["1.bias"].mean())) for update in view.others] == [11, 12, 13, 14]
        assert round(float(view.updates["1.bias"].mean())) == len(federation.pool)
    for adversary in (UPDATE, AGGREGATE, FINAL_MODEL):
        assert {each.others for each in adversary.looks(game.knowledge, rounds)} == {()}


def test_the_aggregate_is_the_mean_weighted_by_records(rounds, federation):
    records = np.array([20, *[len(data) for data in federation.others]])
    for view, played in zip(AGGREGATE.looks(federation.knowledge, rounds), rounds, strict=True):
        clients = [played.sent(client).update for client in range(len(played.clients))]
        for name, tensor in view.updates.items():
            stacked = np.stack([update[name].numpy() for update in clients])
            assert tensor.numpy() == pytest.approx(np.average(stacked, axis=0, weights=records), abs=1e-6)


def test_the_final_model_is_one_look_that_ends_in_the_last_global_state(rounds, federation):
    (view,) = FINAL_MODEL.looks(federation.knowledge, rounds)
    assert close(view.knowledge.states, {name: tensor[None] for name, tensor in federation.state.items()}, 0)
    assert close(view.client_states, plus(rounds[-1].states, rounds[-1].average))
    assert close(view.updates, {name: sum(each.average[name] for each in rounds) for name in federation.state})


def test_after_one_round_the_final_model_is_the_aggregate(federation):
    rounds = Chunk(replace(federation, rounds=1), TRIALS).rounds(none(), 0)
    (aggregate,), (final,) = (
        AGGREGATE.looks(federation.knowledge, rounds),
        FINAL_MODEL.looks(federation.knowledge, rounds),
    )
    assert close(aggregate.updates, final.updates)
    assert close(aggregate.client_states, final.client_states)


@pytest.mark.parametrize("name", ADVERSARIES)
def test_a_name_finds_its_adversary(name):
    assert get_adversary(name).name == name
    assert get_adversary(name).sees_others == (name == "server")


def test_an_import_path_finds_an_adversary_that_goes_by_it(tmp_path, monkeypatch):
    (tmp_path / "own_adversaries.py").write_text(
        "from attacks import Adversary\nBLIND = Adversary('blind', 'nothing', lambda knowledge, rounds: [])\n"
        "NUMBER = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = get_adversary("own_adversaries:BLIND")
    assert isinstance(found, Adversary)
    assert (found.name, found.sees, found.looks(None, [])) == ("own_adversaries:BLIND", "nothing", [])
    with pytest.raises(InputError, match="own_adversaries:NUMBER gives an object of type int: make it an Adversary"):
        get_adversary("own_adversaries:NUMBER")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "sever",
            "unknown adversary 'sever': choose one of update, server, aggregate, final-model, every-step, or",
        ),
        ("", "unknown adversary ''"),
        ("no_such_module:NAME", "no module 'no_such_module'"),
        ("attacks:NOBODY", "module 'attacks' has no 'NOBODY'"),
    ],
)
def test_what_names_no_adversary_is_refused_in_one_line(name, message):
    with pytest.raises(InputError) as caught:
        get_adversary(name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_score_of_several_looks_is_the_sum_of_each_looks_own(rng):
    looks, membership = rng.normal(size=(12, 4, 7)), rng.random((12, 7)) < 0.5
    parts = rng.normal(size=(12, 4, 7, 2))
    means = Signal("mean over parts", lambda _: None, lambda observed, _: observed.mean(axis=-1))
    assert LOSS.score(looks, membership) == pytest.approx(looks.sum(axis=1))
    assert means.score(parts, membership) == pytest.approx(parts.sum(axis=(1, 3)) / 2)
    by_hand = sum(LIRA.calibrate(looks[:, look], membership) for look in range(4))
    assert LIRA.score(looks, membership) == pytest.approx(by_hand)
    assert LIRA.score(looks[:, :1], membership) == pytest.approx(LIRA.calibrate(looks[:, 0], membership))


@pytest.mark.parametrize("looks", [1, 4])
def test_a_likelihood_ratio_over_independent_looks_has_the_auc_of_the_best_test(looks):
    r"""Members shift each look by mu, in noise of deviation 1 about a level of each candidate's own.

    The sum of the log-likelihood ratios of R looks is normal, with means R mu^2 apart and variance R mu^2 both ways, so
    the difference of a member's and a non-member's is N(R mu^2, 2 R mu^2) and the AUC is Phi(mu sqrt(R / 2)). No AUC
    has a standard deviation above sqrt(A (1 - A) / min(members, non-members)); five of them are exceeded once in a
    million seeds.
    """
    rng, mu, trials, candidates = np.random.default_rng(11), 0.5, 1500, 20
    membership = rng.random((trials, candidates)) < 0.5
    level = 3 * rng.normal(size=(looks, candidates))
    observed = level + mu * membership[:, None] + rng.normal(size=(trials, looks, candidates))
    found = roc_auc_score(membership.ravel(), LIRA.score(observed, membership).ravel())
    best = stats.norm.cdf(mu * np.sqrt(looks / 2))
    fewer = min(membership.sum(), (~membership).sum())
    assert abs(found - best) < 5 * np.sqrt(best * (1 - best) / fewer)


def auc(trials, signal, looks=ROUNDS):
    scores = signal.score(trials.observed[signal.name][:, 0, :looks], trials.membership)
    return roc_auc_score(trials.membership.ravel(), scores.ravel())


@pytest.mark.slow
def test_leakage_grows_with_rounds_and_is_less_in_an_average(federation):
    """On a fixed seed; every margin is half of the least of three seeds or less."""
    update, aggregate = (play(federation, range(32), [none()], [LIRA, LOSS], each) for each in (UPDATE, AGGREGATE))
    assert auc(update, LIRA) > auc(update, LIRA, looks=1) + 0.02
    assert auc(update, LIRA, looks=1) > auc(aggregate, LIRA, looks=1) + 0.06
    assert auc(update, LIRA) > auc(aggregate, LIRA) + 0.03
    assert auc(update, LOSS) > auc(aggregate, LOSS) + 0.1
