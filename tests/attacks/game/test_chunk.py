"""A game over rounds is federated averaging, and nobody trains in vain."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from attacks import ADVERSARIES, ALL_SIGNALS, COSINE, LOSS, Game, play
from attacks.game.chunk import Chunk
from fedsz_privacy import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import stack, unstack
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.modes import holding
from fedsz_privacy.training.plain_steps import train_alone

CANDIDATES, ROUNDS, TRIALS = 24, 3, range(4)
SIZES = (10, 20, 30)
COARSE = parse_release("fedsz:rel=3e-1")


class Spy:
    """A training rule that keeps what it was asked to train."""

    def __init__(self, rule):
        self.rule, self.calls = rule, []

    @property
    def remedy(self):
        return self.rule.remedy

    def draw(self, membership, generators):
        return self.rule.draw(membership, generators)

    def train_many(self, model, clients):
        self.calls.append((clients.records, clients.batches))
        return self.rule.train_many(model, clients)

    def sized(self, records):
        assert records > 0
        return self

    def batches_of(self, records):
        return [batches for data, batches in self.calls if data is records]


@pytest.fixture
def played(digits) -> Game:
    """A game of three rounds with three other clients, of unequal size, whose training is watched."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    others = tuple(digits.part(100 + 50 * client, 100 + 50 * client + size) for client, size in enumerate(SIZES))
    training = Spy(Training(epochs=2, batch_size=8, learning_rate=0.3))
    return Game(model, state, digits.part(0, CANDIDATES), digits.part(1000, 1100), training, 5, others, rounds=ROUNDS)


def noisy() -> Release:
    """Return a release with randomness of its own."""

    def apply(update, rng):
        return Released(
            {k: t + 1e-3 * torch.from_numpy(rng.normal(size=t.shape)).float() for k, t in update.items()}, 1
        )

    return replace(none(), name="noisy", apply=apply)


def averaged(game, release, updates_of=lambda release, update: release.apply(update, None).update):
    """Return the global states of every trial, before and after each round, by plain federated averaging."""
    records = [CANDIDATES / 2, *SIZES]
    clients = [game.pool, *game.others]
    states = [stack([game.state] * len(TRIALS))]
    for number in range(game.rounds):
        before, total = states[-1], dict.fromkeys(game.state, 0)
        for weight, data in zip(records, clients, strict=True):
            batches = game.training.batches_of(data)[number]
            after = game.training.rule.train_many(game.model, Clients(before, data, batches, [None] * len(TRIALS)))
            updates = {name: after[name] - before[name] for name in after}
            decoded = stack([updates_of(release, unstack(updates, row)) for row in range(len(TRIALS))])
            total = {name: total[name] + weight / sum(records) * decoded[name] for name in total}
        states.append({name: before[name] + total[name] for name in before})
    return states


def largest_difference(one, other):
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.mark.parametrize("release", [none(), COARSE], ids=["none", "fedsz"])
def test_rounds_are_federated_averaging_of_decoded_updates(played, release):
    rounds = Chunk(played, TRIALS).rounds(release, 0)
    found = [each.states for each in rounds]
    found.append({name: tensor + rounds[-1].average[name] for name, tensor in found[-1].items()})
    expected = averaged(played, release)
    assert len(found) == len(expected) == ROUNDS + 1
    for one, other in zip(found, expected, strict=True):
        assert largest_difference(one, other) < 1e-5
    undecoded = averaged(played, release, updates_of=lambda _, update: update)
    assert (largest_difference(found[-1], undecoded[-1]) > 1e-2) == (release is COARSE)


def silent_release() -> Release:
    """Return a release that lets nothing out."""

    def apply(update, _):
        return Released({name: torch.zeros_like(tensor) for name, tensor in update.items()}, 1)

    return replace(none(), name="silent", apply=apply)


def test_other_clients_with_a_defence_of_their_own_train_and_release_by_it(played):
    rule = Spy(Training(epochs=1, batch_size=16, learning_rate=0.1))
    own = Defence("none", rule, none(), none().event, none().reason)
    same, apart = (
        Chunk(replace(played, others_defence=each), TRIALS).rounds(silent_release(), 0) for each in (None, own)
    )
    assert all((tensor == 0).all() for each in same for tensor in each.average.values())
    assert all(tensor.abs().max() > 0 for each in apart for tensor in each.average.values())
    for each in apart:
        assert all((tensor == 0).all() for tensor in each.sent(0).update.values())
    for data in played.others:
        assert len(rule.batches_of(data)) == ROUNDS
    assert rule.batches_of(played.pool) == []


def test_every_round_trains_on_the_same_members_in_another_order(played):
    chunk = Chunk(played, TRIALS)
    chunk.rounds(none(), 0)[-1].average  # noqa: B018  # the other clients train once it is asked for
    rounds = played.training.batches_of(played.pool)
    for row, members in enumerate(chunk.membership):
        for batches in rounds:
            seen, counts = np.unique(batches[row][batches[row] >= 0], return_counts=True)
            assert (seen == np.flatnonzero(members)).all()
            assert (counts == played.training.rule.epochs).all()
    assert not any(np.array_equal(rounds[0], batches) for batches in rounds[1:])
    for data in played.others:
        assert len(played.training.batches_of(data)) == ROUNDS
        for batches in played.training.batches_of(data):
            drawn = [np.bincount(steps[steps >= 0], minlength=len(data)) for steps in batches]
            assert (np.array(drawn) == played.training.rule.epochs).all()


@pytest.mark.slow
@pytest.mark.parametrize("adversary", [ADVERSARIES[name] for name in ("update", "server", "aggregate")])
def test_the_first_of_several_rounds_is_the_game_of_one_round(played, adversary):
    signals = [signal for signal in ALL_SIGNALS.values() if adversary.sees_others or not signal.reads_others]
    releases = [none(), COARSE, noisy()]
    one, several = (play(replace(played, rounds=rounds), TRIALS, releases, signals, adversary) for rounds in (1, 3))
    assert np.array_equal(one.membership, several.membership)
    for name, observed in one.observed.items():
        assert several.observed[name].shape[2] == ROUNDS
        assert np.array_equal(observed[:, :, 0], several.observed[name][:, :, 0]), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rounds", "calls"),
    [
        ("update", 1, [1, 0]),
        ("server", 1, [1, 1]),
        ("aggregate", 1, [1, 1]),
        # The first round is shared by both releases, and the last needs nobody's update but the target's.
        ("update", 3, [1 + 2 * 2, 1 + 2 * 1]),
        ("server", 3, [1 + 2 * 2, 1 + 2 * 2]),
        ("aggregate", 3, [1 + 2 * 2, 1 + 2 * 2]),
        ("final-model", 3, [1 + 2 * 2, 1 + 2 * 2]),
    ],
)
def test_each_client_trains_once_and_only_where_somebody_needs_its_update(played, name, rounds, calls):
    play(replace(played, rounds=rounds), TRIALS, [none(), COARSE], [LOSS], ADVERSARIES[name])
    assert len(played.training.batches_of(played.pool)) == calls[0]
    assert [len(played.training.batches_of(data)) for data in played.others] == [calls[1]] * len(SIZES)


@pytest.mark.slow
@pytest.mark.parametrize("adversary", ADVERSARIES.values(), ids=ADVERSARIES)
def test_a_trial_of_several_rounds_is_the_same_in_other_company(played, adversary):
    played = replace(played, training=played.training.rule) if adversary.sees_steps else played
    together = play(played, range(6), [none(), noisy()], [COSINE, LOSS], adversary)
    alone = play(played, [4], [none(), noisy()], [COSINE, LOSS], adversary)
    assert np.array_equal(alone.membership, together.membership[4:5])
    for name, observed in alone.observed.items():
        assert observed == pytest.approx(together.observed[name][4:5], abs=1e-4)
        assert np.abs(np.diff(together.observed[name], axis=0)).max() > 1e-2


def test_who_sees_every_step_looks_at_each_epoch(played):
    """Epoch by epoch in PyTorch: what the losses of the candidates are after each."""
    rule, every_step = played.training.rule, ADVERSARIES["every-step"]
    game = replace(played, training=rule, rounds=1)
    seen = play(game, TRIALS, [none(), COARSE], [LOSS, COSINE], every_step)
    assert seen.observed["loss"].shape == (len(TRIALS), 2, rule.epochs, CANDIDATES)
    for number in TRIALS:
        ((members,), (batches,)) = game.draw([number])
        model = holding(game.model, game.state)
        for epoch, steps in enumerate(np.split(batches, rule.epochs)):
            train_alone(model, game.pool, steps, rule, np.random.default_rng(0))
            with torch.no_grad():
                outputs = model(game.pool.inputs[0])
            losses = nn.functional.cross_entropy(outputs, game.pool.targets, reduction="none").numpy()
            assert seen.observed["loss"][number, 0, epoch] == pytest.approx(-losses, abs=1e-4)
        assert (seen.membership[number] == members).all()
    assert (seen.observed["loss"][:, 0] == seen.observed["loss"][:, 1]).all()
    assert (seen.sizes[:, 1] < seen.sizes[:, 0]).all()


def test_who_sees_every_step_needs_a_rule_that_takes_them(played):
    with pytest.raises(InputError, match="training rule Spy does not take its steps one at a time, as adversary every"):
        play(played, TRIALS, [none()], [LOSS], ADVERSARIES["every-step"])


def test_no_two_updates_of_a_trial_pass_a_release_with_the_same_randomness(played):
    draws = []

    def apply(update, rng):
        draws.append(rng.random())
        return Released(update, 1)

    releases = [replace(none(), apply=apply), replace(none(), apply=apply)]
    play(played, TRIALS, releases, [LOSS], ADVERSARIES["server"])
    assert len(set(draws)) == len(draws) == 2 * len(TRIALS) * ROUNDS * (1 + len(SIZES))


def test_sizes_are_the_mean_of_the_targets_updates_over_rounds(played):
    sizes = iter([10, 1, 1, 1, 30, 1, 1, 1, 80])
    counting = replace(none(), apply=lambda update, _: Released(update, next(sizes)))
    assert play(played, [0], [counting], [LOSS]).sizes == [[40.0]]


def copies_of(candidate, batches, epochs):
    """Return how often a candidate is in each epoch, shape (trials, epochs)."""
    return (batches.reshape(len(batches), epochs, -1) == candidate).sum(axis=2)


def test_a_member_with_four_copies_is_four_times_in_each_epoch_and_else_never(played):
    repeats = [1] * CANDIDATES
    repeats[3] = 4
    game = replace(played, repeats=repeats)
    membership, batches = game.draw(range(12))
    later = game.batches(membership, [np.random.default_rng(trial) for trial in range(12)])
    assert membership[:, 3].any()
    assert not membership[:, 3].all()
    for drawn in (batches, later):
        for candidate, copies in enumerate(repeats):
            expected = np.where(membership[:, candidate], copies, 0)[:, None]
            assert (copies_of(candidate, drawn, epochs=2) == expected).all()
    assert game.shares[0] == (CANDIDATES + 3) / 2 / ((CANDIDATES + 3) / 2 + sum(SIZES))


def test_candidates_without_copies_are_drawn_by_the_training_rule_alone(played):
    generators = [generator(played.seed, Purpose.TRIAL, trial) for trial in TRIALS]
    expected = np.stack([rng.random(CANDIDATES) < 0.5 for rng in generators])
    batches = played.training.rule.draw(expected, generators)
    for repeats in (1, [1] * CANDIDATES):
        drawn = replace(played, repeats=repeats).draw(TRIALS)
        assert np.array_equal(drawn[0], expected)
        assert np.array_equal(drawn[1], batches)


def test_dp_sgd_draws_every_copy_by_a_coin_of_its_own(played):
    """A chi-square test of the number of copies in each batch against the binomial distribution, at error rate 1e-6."""
    rule = DPTraining(expected_records=20, noise_multiplier=1.0, epochs=100, batch_size=8)
    game = replace(played, training=rule, repeats=[4] + [1] * (CANDIDATES - 1))
    membership, batches = game.draw(range(8))
    counts = (batches == 0).sum(axis=2)
    assert (counts[~membership[:, 0]] == 0).all()
    found = np.bincount(counts[membership[:, 0]].ravel(), minlength=5)
    expected = found.sum() * stats.binom.pmf(np.arange(5), 4, rule.sampling_rate)
    assert expected.min() > 5
    assert stats.chisquare(found, expected).pvalue > 1e-6
