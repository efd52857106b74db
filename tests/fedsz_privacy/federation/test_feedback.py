"""Error feedback in the round loop, against the recursion of the paper written out in NumPy."""

from itertools import islice

import numpy as np
import pytest
import torch

from attacks.game.chunk import Chunk
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import even_clients
from fedsz_privacy.federation.rounds import Client, play_rounds
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.descent import Training

ROUNDS, SIZE, TRIALS = 6, 40, 3
STARTS = {"w": torch.zeros(1, SIZE), "steps": torch.zeros(1, dtype=torch.int64)}


def gradients(number: int) -> np.ndarray:
    """Return the updates of all trials in a round."""
    return np.random.default_rng(number).standard_normal((TRIALS, SIZE)).astype(np.float32)


def client(release: str) -> Client:
    def train(number, _):
        return {"w": torch.from_numpy(gradients(number)), "steps": torch.full((TRIALS,), number)}

    return Client(train, parse_release(release), lambda _: [np.random.default_rng(0)] * TRIALS, lambda _: [""] * TRIALS)


def largest(values: np.ndarray, count: int) -> np.ndarray:
    """Return a copy of which all but so many numbers of each row are 0, independently of the release."""
    kept = np.argsort(-np.abs(values), axis=1)[:, :count]
    result = np.zeros_like(values)
    np.put_along_axis(result, kept, np.take_along_axis(values, kept, axis=1), axis=1)
    return result


def test_what_a_release_lost_is_added_to_the_next_update():
    """Karimireddy et al., ICML 2019, Algorithm 2, with top-k: p = g + e, send C(p), e = p - C(p)."""
    memory = np.zeros((TRIALS, SIZE), np.float32)
    for played in islice(play_rounds([client("ef+topk:share=0.1")], [1.0], STARTS), ROUNDS):
        whole = gradients(played.number) + memory
        memory = whole - largest(whole, 4)
        assert np.array_equal(played.sent(0).update["w"].numpy(), largest(whole, 4))
        assert np.array_equal(played.residuals[0]["w"].numpy(), memory)
        assert played.sent(0).update["steps"].tolist() == [played.number] * TRIALS


def test_nothing_is_lost_for_good():
    """The sum of what was sent and of what is remembered is the sum of all updates."""
    *_, last = islice(play_rounds([client("ef+sign")], [1.0], STARTS), ROUNDS)
    total = sum(gradients(number) for number in range(ROUNDS))
    assert np.allclose(last.after["w"] + last.residuals[0]["w"], total, atol=1e-4)


def test_without_it_nothing_is_remembered():
    first, second = islice(play_rounds([client("topk:share=0.1")], [1.0], STARTS), 2)
    assert first.residuals == second.residuals == (None,)
    assert np.array_equal(second.sent(0).update["w"].numpy(), largest(gradients(1), 4))


def test_an_adversary_never_holds_what_a_client_remembers():
    (first,) = islice(play_rounds([client("ef+topk:share=0.1")], [1.0], STARTS), 1)
    assert first.residuals[0] is not None
    assert first.copied(STARTS).residuals == (None,)


def test_a_federation_continued_with_its_memory_is_the_unbroken_one(digits):
    model = build_model("mlp", digits, seed=0)
    release = parse_release("ef+topk:share=0.05")
    federation = Federation(model, digits, even_clients(2, 60), Training(epochs=1, batch_size=8), release, seed=1)
    first, second = islice(federation.rounds(stack_of_one(model.state_dict())), 2)
    (again,) = islice(federation.rounds(first.after, 1, first.residuals), 1)
    (forgetful,) = islice(federation.rounds(first.after, 1), 1)
    assert all(torch.equal(again.after[name], tensor) for name, tensor in second.after.items())
    assert not all(torch.equal(forgetful.after[name], tensor) for name, tensor in second.after.items())


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, 3])
def test_audits_play_the_same_memory(game, rounds):
    """In the first round of a trial nothing is remembered yet; from the second on, something is."""
    from dataclasses import replace

    played = Chunk(replace(game, rounds=rounds), (0, 1))
    fed, plain = (played.rounds(parse_release(f"{prefix}topk:share=0.05"), 0) for prefix in ("ef+", ""))
    same = [
        all(torch.equal(tensor, other.sent(0).update[name]) for name, tensor in one.sent(0).update.items())
        for one, other in zip(fed, plain, strict=True)
    ]
    assert same == [True, False, False][:rounds]
