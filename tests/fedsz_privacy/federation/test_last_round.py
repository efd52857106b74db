"""The round before in the round loop: what predicts an update is the difference of two global states."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from dp_accounting import NonPrivateDpEvent

from attacks.game.chunk import Chunk
from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import Auto
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import even_clients
from fedsz_privacy.federation.rounds import Client, play_rounds
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.descent import Training

ROUNDS, TRIALS, SHAPE = 4, 2, (40, 50)
STARTS = {"weight": torch.zeros(1, *SHAPE), "steps": torch.zeros(1, dtype=torch.int64)}
ALONE, MEMORY = "fedsz:rel=1e-2", "fedsz:rel=1e-2,memory=1"


def update_of(number: int, trial: int, client: int) -> torch.Tensor:
    """Return an update that stays close to what the trial always sends."""
    common = np.random.default_rng(trial).standard_normal(SHAPE)
    own = np.random.default_rng([number, trial, client]).standard_normal(SHAPE)
    return torch.from_numpy(common + 0.2 * own).float()


def client(release: str, place: int) -> Client:
    def train(number, _):
        updates = torch.stack([update_of(number, trial, place) for trial in range(TRIALS)])
        return {"weight": updates, "steps": torch.full((TRIALS,), number)}

    return Client(train, parse_release(release), lambda _: [np.random.default_rng(0)] * TRIALS, lambda _: [""] * TRIALS)


def test_every_trial_is_predicted_from_its_own_last_aggregate():
    """The frames, made again from nothing but the global states that a client of that trial got."""
    fedsz, before = FedSZ(ErrorBound.rel(1e-2), Auto()), None
    rounds = list(islice(play_rounds([client(MEMORY, 0), client(MEMORY, 1)], [0.5, 0.5], STARTS), ROUNDS))
    for played in rounds:
        for trial in range(TRIALS):
            last = None
            if before is not None:
                moved = played.states["weight"][trial] - before["weight"][trial % len(before["weight"])]
                last = LastRound(played.number - 1, {"weight": moved})
            for place in range(2):
                update = {"weight": update_of(played.number, trial, place), "steps": torch.tensor(played.number)}
                frame = fedsz.encode(update, last)
                assert played.sent(place).nbytes[trial] == len(frame)
                assert torch.equal(played.sent(place).update["weight"][trial], fedsz.decode(frame, last)["weight"])
        before = played.states
    sizes = [played.sent(0).nbytes.mean() for played in rounds]
    assert max(sizes[1:]) < 0.9 * sizes[0]


def test_one_round_is_the_same_with_memory_and_without():
    fedsz = FedSZ(ErrorBound.rel(1e-2), Auto())
    (first,) = islice(play_rounds([client(MEMORY, 0)], [1.0], STARTS), 1)
    for trial in range(TRIALS):
        frame = fedsz.encode({"weight": update_of(0, trial, 0), "steps": torch.tensor(0)})
        assert first.sent(0).nbytes[trial] == len(frame)
        assert torch.equal(first.sent(0).update["weight"][trial], fedsz.decode(frame)["weight"])


def test_a_release_that_remembers_nothing_is_given_nothing():
    release = parse_release(ALONE)
    last = LastRound(0, {"weight": update_of(0, 0, 0)})
    assert release.remembering is None
    assert release.after(last) is release
    assert parse_release(MEMORY).after(None).name == MEMORY


def test_memory_works_behind_other_releases_and_under_error_feedback():
    for text in (f"bf16+{MEMORY}", f"ef+{MEMORY}"):
        rounds = list(islice(play_rounds([client(text, 0)], [1.0], STARTS), 2))
        assert rounds[1].sent(0).nbytes.sum() < 0.9 * rounds[0].sent(0).nbytes.sum()
    behind = parse_release(f"bf16+{MEMORY}")
    last = LastRound(0, {"weight": update_of(0, 0, 0)})
    update = {"weight": update_of(1, 0, 0)}
    rng = np.random.default_rng(0)
    assert behind.after(last).apply(update, rng).nbytes < 0.9 * behind.apply(update, rng).nbytes


def test_no_guarantee_is_claimed_and_what_stands_before_keeps_its_own():
    release = parse_release(MEMORY)
    last = LastRound(0, {})
    assert isinstance(release.event, NonPrivateDpEvent)
    assert isinstance(release.after(last).event, NonPrivateDpEvent)
    assert release.reason == parse_release(ALONE).reason
    noisy = parse_release(f"gaussian:noise=1,clip=1+{MEMORY}")
    assert noisy.event == noisy.after(last).event == parse_release("gaussian:noise=1,clip=1").event
    assert noisy.name == noisy.after(last).name


@pytest.mark.slow
def test_a_federation_continued_with_its_last_round_is_the_unbroken_one(digits):
    model = build_model("mlp", digits, seed=0)
    training, release = (
        Training(epochs=1, batch_size=8, learning_rate=0.1),
        parse_release("fedsz:rel=1e-1,memory=1"),
    )
    federation = Federation(model, digits, even_clients(2, 60), training, release, seed=1)
    first, second = islice(federation.rounds(stack_of_one(model.state_dict())), 2)
    (again,) = islice(federation.rounds(first.after, 1, lasts=first.lasts), 1)
    (forgetful,) = islice(federation.rounds(first.after, 1), 1)
    assert all(torch.equal(again.after[name], tensor) for name, tensor in second.after.items())
    assert again.sent(0).nbytes == second.sent(0).nbytes
    assert second.sent(0).nbytes < forgetful.sent(0).nbytes


@pytest.mark.slow
def test_audits_play_memory_from_the_second_round_of_each_trial_on(game):
    played, release = Chunk(replace(game, rounds=2), (0, 1)), parse_release("fedsz:rel=1e-1,memory=1")
    (first, second), (alone, later) = (played.rounds(each, 0) for each in (release, replace(release, remembering=None)))
    assert np.array_equal(first.sent(0).nbytes, alone.sent(0).nbytes)
    assert all(torch.equal(tensor, alone.sent(0).update[name]) for name, tensor in first.sent(0).update.items())
    assert all(torch.equal(tensor, later.states[name]) for name, tensor in second.states.items())
    assert (second.sent(0).nbytes <= later.sent(0).nbytes).all()
    assert second.sent(0).nbytes.sum() < later.sent(0).nbytes.sum()
