import numpy as np
import pytest
import torch
from scipy import stats

from attacks import ALL_SIGNALS, COSINE, SIGNALS, Game, Trials, View, play
from attacks.game.adversaries import SERVER
from attacks.game.game import cut
from fedsz_privacy.core.state import stack
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import Released
from fedsz_privacy.training.evaluation import predict


def test_each_candidate_is_in_with_probability_one_half(game):
    membership, _ = game.draw(range(300))
    # Binomial test at error rate 1e-6.
    assert stats.binomtest(int(membership.sum()), membership.size).pvalue > 1e-6
    assert not (membership == membership[0]).all(axis=1)[1:].any()


def test_a_trial_trains_on_its_members_only(game):
    membership, batches = game.draw(range(5))
    for members, steps in zip(membership, batches, strict=True):
        assert set(steps[steps >= 0]) == set(np.flatnonzero(members))


def test_chunks_cover_all_trials_in_order(game):
    chunks = game.chunks(1000)
    assert [trial for chunk in chunks for trial in chunk] == list(range(1000))
    assert len(chunks) > 1


@pytest.mark.parametrize(("fitting", "sizes"), [(0, [1] * 130), (50, [50, 50, 30]), (10_000, [64, 64, 2])])
def test_no_more_trials_are_lost_than_are_played_at_once(fitting, sizes):
    """Of a small model thousands fitted into memory, and an interrupted audit of it had kept none."""
    assert [len(chunk) for chunk in cut(130, fitting)] == sizes


def test_a_trial_is_the_same_in_any_company(game, trials: Trials):
    alone = play(game, range(3, 4), [none()], SIGNALS)
    assert (alone.membership == trials.membership[3:4]).all()
    for name, observed in trials.observed.items():
        assert alone.observed[name][:, 0] == pytest.approx(observed[3:4, 0], abs=2e-2)
    assert alone.sizes[0, 0] == trials.sizes[3, 0]


def test_every_signal_can_be_played(game):
    played = play(game, range(2), [none(), none()], tuple(ALL_SIGNALS.values()), SERVER)
    shapes = {name: array.shape[:4] for name, array in played.observed.items()}
    assert shapes == dict.fromkeys(ALL_SIGNALS, (2, 2, 1, 40))


def test_each_release_gets_a_stream_of_its_own_and_the_same_updates(game):
    seen = []

    def spy(update, rng):
        seen.append((update["1.weight"], rng.random()))
        return Released(update, 1)

    spying = [type(none())(name, spy, none().event, "for the test") for name in ("first", "second")]
    play(game, range(2), spying, [COSINE])
    assert torch.equal(seen[0][0], seen[2][0])
    assert len({draw for _, draw in seen}) == 4


def test_accuracy_is_that_of_the_decoded_model(game: Game):
    release = parse_release("fedsz:rel=3e-1")
    trials = play(game, range(2), [release], [COSINE])
    _, batches = game.draw(range(2))
    updates = game.updates(range(len(batches)), batches)
    decoded = [release.apply({k: t[row] for k, t in updates.items()}, None).update for row in range(2)]
    states = {k: game.state[k] + t for k, t in stack(decoded).items()}
    expected = (predict(game.model, states, game.test).argmax(-1) == game.test.targets).double().mean(1)
    assert trials.performance[:, 0] == pytest.approx(expected.numpy())


def test_record_gradients_are_autograds(game):
    gradients = torch.cat(list(game.knowledge.shared_gradients()))
    game.model.load_state_dict(game.state)
    loss = torch.nn.functional.cross_entropy(game.model(game.pool.inputs[0][4:5]), game.pool.targets[4:5])
    expected = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(game.model.parameters()))])
    assert torch.allclose(gradients[4], expected, atol=1e-5)


def test_a_view_adds_the_update_to_the_global_state(game):
    zero = {name: torch.zeros(1, *tensor.shape) for name, tensor in game.state.items()}
    view = View(game.knowledge, zero)
    game.model.load_state_dict(game.state)
    assert torch.allclose(view.logits[0].float(), game.model(game.pool.inputs[0]), atol=1e-5)
