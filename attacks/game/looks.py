"""What an adversary sees of rounds, and what signals read off it: checked each time, for both may be a user's own.

A user's own is given copies, and what it draws globally, from torch, NumPy or Python, is seeded and changes nothing
that others draw. So it may write into whatever it is given.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from attacks.game.adversaries import Adversary
from attacks.game.knowledge import Knowledge
from attacks.game.view import View
from attacks.signals.base import REAL, Observed, Signal
from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.imports import is_users_own
from fedsz_privacy.core.state import StateDict, cloned, rows
from fedsz_privacy.data.copies import OnCopies
from fedsz_privacy.federation.rounds import Round
from fedsz_privacy.training.divergence import convergence_remedy
from fedsz_privacy.training.isolation import isolated


def look(adversary: Adversary, knowledge: Knowledge, rounds: Sequence[Round], trials: Sequence[int]) -> list[View]:
    """Return what an adversary sees of the rounds of some trials.

    Raises
    ------
    InputError
        If it returns no views, or updates of other names or shapes than the states', or some that are not finite.
    """
    if not is_users_own(adversary.looks):
        return adversary.looks(knowledge, rounds)
    given = knowledge.copied()

    def copy_of(states: StateDict) -> StateDict:
        return given.states if states is knowledge.states else cloned(states)

    with isolated(trials[0]):
        seen: Any = adversary.looks(given, [each.copied(copy_of(each.states)) for each in rounds])
    if not isinstance(seen, Sequence) or not seen or not all(isinstance(view, View) for view in seen):
        raise InputError(
            f"adversary {adversary.name} returns a {type(seen).__name__}: return a list of one View or more"
        )
    for view in seen:
        for updates in (view.updates, *view.others):
            _require_fitting(updates, adversary.name, knowledge.states, trials)
    # It may keep what it returned, and write into it when it is called again.
    return [
        View(
            knowledge if view.knowledge is given else knowledge.at(cloned(view.knowledge.states)),
            cloned(view.updates),
            tuple(map(cloned, view.others)),
        )
        for view in seen
    ]


def read(signal: Signal, views: Sequence[View], trials: Sequence[int]) -> Observed:
    """Return what a signal reads off some trials, shape (trials, looks, candidates) or (..., parts).

    Raises
    ------
    InputError
        If it reads anything but as many finite numbers of each trial and candidate, in every look.
    """
    looks = [observe(signal, view, _place(trials), trials[0]) for view in views]
    shapes = list(dict.fromkeys(each.shape for each in looks))
    if len(shapes) > 1:
        raise InputError(
            f"signal {signal.name} reads {shapes[0]} in one look and {shapes[1]} in another{_place(trials)}: read as "
            "many numbers in each"
        )
    found: Observed = np.stack(looks, axis=1)
    if (row := find_unsound(found)) is not None:
        place, remedy = f"in trial {trials[row]}", _remedy(signal, views[0])
        raise InputError(f"signal {signal.name} reads numbers that are not finite {place}: {remedy}")
    return found


def observe(signal: Signal, view: View, place: str = "", seed: int = 0) -> Observed:
    """Return what a signal reads off one look, float64 of shape (k, candidates) or (k, candidates, parts).

    Parameters
    ----------
    signal : Signal
        The signal.
    view : View
        The look.
    place : str
        Where it looks, for an error: such as " in trial 3".
    seed : int
        Of what a user's own draws globally.

    Raises
    ------
    InputError
        If it reads anything else.
    """
    if is_users_own(signal.observe):
        with isolated(seed):
            found: Any = signal.observe(view.copied())
    else:
        found = signal.observe(view)
    expected = (len(next(iter(view.updates.values()))), len(view.knowledge.pool))
    wanted = f"{expected[0]} trial{'s'[: expected[0] - 1]} and {expected[1]} candidates{place}: read {expected}"
    try:
        observed: NDArray[Any] = np.asarray(found)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"signal {signal.name} reads no array ({one_line(error)}) of {wanted}") from error
    if observed.shape[:2] != expected or observed.ndim > 3 or 0 in observed.shape:
        raise InputError(f"signal {signal.name} reads {observed.shape} of {wanted}")
    if observed.dtype.kind not in REAL:
        raise InputError(f"signal {signal.name} reads {observed.dtype} of {wanted} as float64")
    return observed.astype(np.float64)


def find_unsound(numbers: NDArray[np.float64]) -> int | None:
    """Return the first row that holds a number that is not finite; None if there is none."""
    finite = np.isfinite(numbers).reshape(len(numbers), -1).all(axis=1)
    return None if finite.all() else int(finite.argmin())


def _require_fitting(updates: StateDict, name: str, states: StateDict, trials: Sequence[int]) -> None:
    expected = {key: (len(trials), *tensor.shape[1:]) for key, tensor in states.items()}
    shapes = {key: tuple(tensor.shape) for key, tensor in updates.items()}
    if changed := [key for key in {**expected, **shapes} if expected.get(key) != shapes.get(key)]:
        raise InputError(
            f"adversary {name} sees {changed[0]} as {shapes.get(changed[0], 'none')}{_place(trials)}: show "
            f"{expected.get(changed[0], 'none')}, such as zeros for what it does not see"
        )
    for key, tensor in updates.items():
        if (row := find_unsound(_numbers(tensor))) is not None:
            raise InputError(f"adversary {name} sees {key} not finite in trial {trials[row]}: show finite numbers")


def _numbers(stacked: Tensor) -> NDArray[np.float64]:
    return rows(stacked).double().cpu().numpy()


def _place(trials: Sequence[int]) -> str:
    return f" in trial {trials[0]}" if len(trials) == 1 else f" in trials {trials[0]} to {trials[-1]}"


def _remedy(signal: Signal, view: View) -> str:
    task = view.knowledge.pool.task
    if is_users_own(signal.observe):
        return "read finite ones"
    if isinstance(task.loss, OnCopies) or isinstance(task.confidence, OnCopies):
        return f"let task {task.name} give finite losses and confidences"
    return convergence_remedy(view.knowledge.states)
