"""Whatever a user's own part does with what it is given, its neighbours read what they read without it."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from dp_accounting import NonPrivateDpEvent
from torch import nn

from attacks import Adversary, Signal, View, get_adversary, get_signal, play
from attacks.game.chunk import TARGET
from fedsz_privacy.data import classification
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.descent import Training

TRIALS = range(3)
BUILT_IN = [get_signal(name) for name in ("lira", "cosine", "loss", "lira-layers")]
ROUNDS = 2


def quick(game):
    """Return a quick game of a small model and of its own parts, which may be spoilt."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    return replace(
        game,
        model=model,
        state={name: tensor.detach().clone() for name, tensor in model.state_dict().items()},
        pool=game.pool.part(0, 12).copied(),
        test=game.test.part(0, 30).copied(),
        others=tuple(each.part(0, 10).copied() for each in game.others[:2]),
        training=Training(epochs=1, batch_size=4),
        rounds=ROUNDS,
    )


@pytest.fixture
def small(game):
    return quick(game)


def own(apply):
    return Release("own", apply, NonPrivateDpEvent(), "for the test")


def zero(update, _):
    for tensor in update.values():
        tensor.mul_(0)
    return Released(update, 100)


class OneBuffer:
    """Returns one buffer, written again and again."""

    def __init__(self):
        self.buffer = {}

    def __call__(self, update, _):
        self.buffer = self.buffer or {name: torch.empty_like(tensor) for name, tensor in update.items()}
        for name, tensor in update.items():
            self.buffer[name].copy_(tensor)
        return Released(self.buffer, 100)


class Remembering:
    """Writes into all that it ever was given, and returned."""

    def __init__(self):
        self.seen = []

    def __call__(self, update, _):
        returned = {name: tensor.clone() for name, tensor in update.items()}
        for tensors in self.seen:
            for tensor in tensors.values():
                tensor.fill_(7)
        self.seen += [update, returned]
        return Released(returned, 100)


def reseeding(update, _):
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    np.seterr(all="raise")
    return Released(update, 100)


RELEASES = {"zero": lambda: zero, "buffer": OneBuffer, "remembering": Remembering, "reseeding": lambda: reseeding}


def same(one, other, releases):
    """Whether the built-in releases of both games, at those places, have the same trials to the bit."""
    assert one.membership.tobytes() == other.membership.tobytes()
    for mine, theirs in releases:
        for signal in BUILT_IN:
            read, expected = one.observed[signal.name][:, mine], other.observed[signal.name][:, theirs]
            assert read.tobytes() == expected.tobytes(), signal.name
        assert one.sizes[:, mine].tolist() == other.sizes[:, theirs].tolist()
        assert one.performance[:, mine].tolist() == other.performance[:, theirs].tolist()


@pytest.fixture(scope="module")
def alone(game):
    return play(quick(game), TRIALS, [none(), parse_release("fedsz:rel=1e-1")], BUILT_IN, get_adversary("server"))


@pytest.mark.parametrize("name", RELEASES)
def test_a_release_changes_no_neighbour(small, alone, name):
    # Releases draw by their number, which neither of these does.
    releases = [none(), own(RELEASES[name]()), parse_release("fedsz:rel=1e-1")]
    beside = play(small, TRIALS, releases, BUILT_IN, get_adversary("server"))
    same(beside, alone, [(0, 0), (2, 1)])
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


def test_a_release_that_reuses_one_buffer_sends_what_a_fresh_one_does(small):
    fresh = own(lambda update, _: Released({name: tensor.clone() for name, tensor in update.items()}, 100))
    one, other = (play(deepcopy(small), TRIALS, [each], BUILT_IN) for each in (own(OneBuffer()), fresh))
    same(one, other, [(0, 0)])


def test_parts_of_one_release_do_not_write_into_one_another(small):
    halving = own(lambda update, _: Released({name: tensor.mul_(0.5) for name, tensor in update.items()}, 100))
    keeping = own(OneBuffer())
    one = play(deepcopy(small), TRIALS, [keeping.then(halving), keeping.then(halving)], BUILT_IN)
    same(one, one, [(0, 1)])


def everything(view):
    return [
        *(view.logits, view.outputs, view.descents.products, view.descents.squares, view.descents.square_of_sum),
        *(view.updates.values(), view.client_states.values(), view.knowledge.states.values()),
        *(each.values() for each in view.others),
        *(view.knowledge.pool.inputs, view.knowledge.pool.targets, view.knowledge.shared_gradients()),
        view.knowledge.model.state_dict().values(),
    ]


def tensors(view):
    return [tensor for each in everything(view) for tensor in ([each] if isinstance(each, torch.Tensor) else each)]


def write_by_torch(view):
    for tensor in tensors(view):
        tensor.zero_()


def write_by_numpy(view):
    for tensor in tensors(view):
        array = tensor.numpy()
        array[...] = 0
    view.losses[:] = 0
    view.confidences[:] = 0


def freeze(view):
    view.knowledge.model.requires_grad_(False)
    view.knowledge.model.register_forward_hook(lambda *_: torch.zeros(1))
    view.updates.clear()


def rename(view):
    view.updates["another"] = view.updates.pop("1.weight")


class Later:
    """Writes into the views of all calls before."""

    def __init__(self):
        self.views = []

    def __call__(self, view):
        for each in self.views:
            write_by_torch(each)
        self.views.append(view)


WRITERS = {"torch": lambda: write_by_torch, "numpy": lambda: write_by_numpy, "freeze": lambda: freeze, "later": Later}


@pytest.mark.parametrize("name", [*WRITERS, "rename"])
def test_a_signal_changes_no_neighbour(small, alone, name):
    write = WRITERS.get(name, lambda: rename)()

    def observe(view):
        shape = (len(TRIALS), len(view.knowledge.pool))
        write(view)
        return np.zeros(shape)

    releases = [none(), parse_release("fedsz:rel=1e-1")]
    # First, in the middle and last: what is worked out is worked out by a neighbour, or by the writer.
    signals = [
        Signal("first", observe),
        BUILT_IN[0],
        Signal("second", observe),
        *BUILT_IN[1:],
        Signal("third", observe),
    ]
    same(play(small, TRIALS, releases, signals, get_adversary("server")), alone, [(0, 0), (1, 1)])


def test_what_is_worked_out_of_a_view_is_that_of_its_copies(small):
    view = View(small.knowledge, {name: tensor[None] for name, tensor in small.state.items()})
    copy = view.copied().copied()
    assert torch.equal(copy.logits, view.logits)
    assert torch.equal(copy.descents.products, view.descents.products)
    assert copy.losses.tolist() == view.losses.tolist()
    doubled = replace(copy, updates={name: 2 * tensor for name, tensor in copy.updates.items()})
    assert torch.allclose(doubled.descents.products, 2 * view.descents.products, atol=1e-5)


def test_a_calibration_changes_no_neighbour(small):
    def calibrate(observed, membership):
        scores = observed.copy()
        observed[:], membership[:] = 0, True
        return scores

    writing = Signal("writing", lambda view: view.confidences, calibrate)
    played = play(small, range(8), [none()], [writing, *BUILT_IN])
    lira = BUILT_IN[0].score(played.observed["lira"][:, 0], played.membership)
    looks = played.observed["writing"][:, 0]
    assert writing.score(looks, played.membership).tolist() == looks.sum(axis=1).tolist()
    assert BUILT_IN[0].score(played.observed["lira"][:, 0], played.membership).tolist() == lira.tolist()
    assert looks.any()
    assert not played.membership.all()


def test_an_adversary_changes_no_later_release(small, alone):
    def looks(knowledge, rounds):
        views = [View(knowledge.at(each.states), each.sent(TARGET).update) for each in rounds]
        for each in rounds:
            for client in range(3):
                write_by_torch(View(knowledge, each.sent(client).update))
            write_by_torch(View(knowledge, {name: tensor.clone() for name, tensor in each.states.items()}))
            for tensor in each.states.values():
                tensor.zero_()
        return views

    writing = Adversary("writing", "all, and writes into it", looks)
    play(small, TRIALS, [none()], BUILT_IN, writing)
    releases = [none(), parse_release("fedsz:rel=1e-1")]
    same(play(small, TRIALS, releases, BUILT_IN, get_adversary("server")), alone, [(0, 0), (1, 1)])


def test_a_task_that_writes_into_outputs_and_targets_reads_what_one_that_does_not_does(small):
    ours = classification(10)

    def on(function):
        def write(outputs, targets):
            found = function(outputs.clone(), targets.clone())
            outputs.detach().zero_()
            targets.fill_(0)
            return found

        return write

    task = replace(ours, name="writing", loss=on(ours.loss), confidence=on(ours.confidence), measure=on(ours.measure))
    writing = replace(
        small,
        **{name: replace(getattr(small, name), task=task) for name in ("pool", "test")},
        others=tuple(replace(each, task=task) for each in small.others),
    )
    expected = play(deepcopy(small), TRIALS, [none()], BUILT_IN, get_adversary("server"))
    found = play(writing, TRIALS, [none()], BUILT_IN, get_adversary("server"))
    for signal in BUILT_IN:
        np.testing.assert_allclose(found.observed[signal.name], expected.observed[signal.name], atol=1e-4)
    assert found.performance.tolist() == expected.performance.tolist()
    assert writing.pool.targets.tolist() == small.pool.targets.tolist()
