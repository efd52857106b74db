"""What signals and adversaries return is checked at the first trial: one line names the part and the trial."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from attacks import LOSS, Adversary, Signal, View, play
from attacks.game.trial import alike
from fedsz_privacy import InputError
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.training.descent import Training

TRIALS = range(5, 8)


@pytest.fixture
def quick(game):
    return replace(game, pool=game.pool.part(0, 6), training=Training(epochs=1, batch_size=4))


def spoil(numbers, row):
    """Return numbers of which those of one trial are not finite."""
    numbers = np.array(numbers)
    numbers[row] = np.nan
    return numbers


READ = {
    "another shape": (
        lambda view: view.losses.T,
        r"reads \(6, 3\) of 3 trials and 6 candidates in trials 5 to 7: read",
    ),
    "one number": (lambda _: 0.5, r"reads \(\) of 3 trials and 6 candidates in trials 5 to 7: read \(3, 6\)"),
    "nothing": (lambda _: None, r"reads \(\) of 3 trials"),
    "no parts": (lambda view: view.losses[..., None][..., :0], r"reads \(3, 6, 0\) of 3 trials"),
    "text": (lambda _: np.full((3, 6), "member"), "reads <U6 of 3 trials and 6 candidates in trials 5 to 7"),
    "complex": (lambda view: view.losses * 1j, "reads complex128 of 3 trials"),
    "with a graph": (lambda _: torch.zeros(3, 6, requires_grad=True), r"reads no array \(Can't call numpy"),
    "rows of unequal length": (lambda _: [[1.0], [1.0, 2.0]], r"reads no array \(setting an array element"),
    "not finite": (
        lambda view: spoil(view.losses, 1),
        "reads numbers that are not finite in trial 6: read finite",
    ),
}


@pytest.mark.parametrize("kind", READ)
def test_what_a_signal_reads_is_checked(quick, kind):
    observe, message = READ[kind]
    with pytest.raises(InputError, match=f"^signal own {message}") as caught:
        play(quick, TRIALS, [none()], [LOSS, Signal("own", observe)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, bool, list, torch.tensor])
def test_whatever_real_numbers_a_signal_reads_are_kept_in_64_bits(quick, kind):
    convert = {list: np.ndarray.tolist, torch.tensor: torch.tensor}.get(kind, lambda votes: votes.astype(kind))
    played = play(quick, TRIALS, [none()], [Signal("own", lambda view: convert(view.confidences > 0)), LOSS])
    assert played.observed["own"].dtype == np.float64
    assert set(np.unique(played.observed["own"])) <= {0.0, 1.0}


def test_an_error_in_a_signal_keeps_its_traceback(quick):
    with pytest.raises(ZeroDivisionError):
        play(quick, TRIALS, [none()], [Signal("own", lambda _: 1 / 0)])


def test_as_many_parts_are_read_of_each_look_release_and_trial(quick):
    calls = iter(range(2, 99))

    def observe(view):
        return np.zeros((len(view.logits), 6, next(calls)))

    growing = Signal("own", observe)
    with pytest.raises(
        InputError, match=r"own reads \(3, 6, 2\) in one look and \(3, 6, 3\) in another in trials 5 to 7"
    ):
        play(replace(quick, rounds=2), TRIALS, [none()], [growing])
    with pytest.raises(InputError, match=r"own reads arrays of shapes \(1, 6, 4\) in one release and \(1, 6, 5\) in"):
        play(quick, TRIALS, [none(), none()], [growing])
    each = (play(quick, [number], [none()], [growing]) for number in range(3))
    with pytest.raises(
        InputError, match=r"\(1, 1, 6, 7\) in trial 1 and \(1, 1, 6, 6\) in trial 0: read as many parts"
    ):
        list(alike(each))


def changed(view, change):
    return [View(view.knowledge, {name: change(name, tensor) for name, tensor in view.updates.items()})]


SEEN = {
    "nothing": (lambda _: [], "returns a list: return a list of one View or more"),
    "no list": (lambda view: view, "returns a View: return a list of one View or more"),
    "another shape": (
        lambda view: changed(view, lambda _, t: t[..., :2]),
        r"sees 1\.weight as \(3, 64, 2\) in trials 5",
    ),
    "fewer trials": (
        lambda view: changed(view, lambda _, t: t[:2]),
        r"sees 1\.weight as \(2, 64, 64\) in trials 5 to 7",
    ),
    "fewer names": (
        lambda view: [View(view.knowledge, {})],
        r"sees 1\.weight as none in trials 5 to 7: show \(3, 64, 64",
    ),
    "not finite": (
        lambda view: changed(view, lambda _, t: t / (torch.arange(3) != 1).reshape(-1, *[1] * (t.ndim - 1))),
        r"sees 1\.weight not finite in trial 6: show finite numbers",
    ),
}


@pytest.mark.parametrize("kind", SEEN)
def test_what_an_adversary_sees_is_checked(quick, kind):
    change, message = SEEN[kind]

    def looks(knowledge, rounds):
        return change(View(knowledge.at(rounds[0].states), rounds[0].sent(0).update))

    with pytest.raises(InputError, match=f"^adversary own {message}"):
        play(quick, TRIALS, [none()], [LOSS], Adversary("own", "less", looks))


def test_a_task_that_gives_no_finite_numbers_is_named(quick):
    task = replace(quick.pool.task, name="own", loss=lambda outputs, targets: targets / 0.0 - outputs.sum(-1))
    with pytest.raises(
        InputError, match="reads numbers that are not finite in trial 5: let task own give finite losses"
    ):
        play(replace(quick, pool=replace(quick.pool, task=task), training=Still()), TRIALS, [none()], [LOSS])
    task = replace(quick.test.task, name="own", measure=lambda outputs, _: outputs.sum(-1) * torch.nan)
    with pytest.raises(InputError, match="accuracy of task own is not finite in trial 5: let it measure finite ones"):
        play(replace(quick, test=replace(quick.test, task=task)), TRIALS, [none()], [LOSS])


class Still(Training):
    """Training that changes nothing, so that only what is read off can go wrong."""

    def train_many(self, model, clients, canaries=None):  # noqa: ARG002
        return clients.starts
