"""The white-box audit: canaries against the guarantee of each defence, with what so many of them could show at most."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds.last_update import last_update_epsilon
from analysis.methods.lower_bounds.noise_family import is_gaussian, with_noise
from analysis.methods.lower_bounds.nulls import AnyMechanism, NoiseFamily, Null
from analysis.studies.audit.canary_bounds import CanaryBound, CanaryScores, bound_scores
from analysis.studies.audit.spec import AuditSpec
from attacks import Game, Trials
from attacks.canaries.gradients import ALONE, AMONG_RECORDS, CanaryDesign
from attacks.canaries.play import EVIDENCE, UPDATE, VARIANCE, CanaryPlayer
from attacks.canaries.updates import UpdateCanaryPlayer
from attacks.game.engine import Player
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.proof import Unit
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.names import Optimizer

KINDS = {ALONE: "canary trials", AMONG_RECORDS: "canary trials among records"}
"""What a white-box audit plays, the exact one first, and the names of its trials."""

RELEASED_ALONE = "updates, each released alone"
"""The design of `UpdateCanaryPlayer`."""


def bound_by_canaries(
    spec: AuditSpec, game: Game, defences: Sequence[Defence], played: Callable[[Player, str], Trials]
) -> dict[str, tuple[CanaryBound, ...]]:
    """Play canaries, if the spec asks for any, and return what they say of each defence; the exact bounds first.

    Parameters
    ----------
    spec : AuditSpec
        How many canaries.
    game : Game
        The game that they are played in.
    defences : sequence of Defence
        The defences.
    played : callable
        From a player and a name of its trials to the trials.
    """
    if not (count := spec.gradient_canaries):
        return {defence.name: () for defence in defences}
    by_design = {design: played(CanaryPlayer(game, defences, count, design), kind) for design, kind in KINDS.items()}
    found = {
        defence.name: tuple(bound_by_gradients(spec, defence, row, by_design)) for row, defence in enumerate(defences)
    }
    if noisy := [defence for defence in defences if is_gaussian(defence.release.event)]:
        trials = played(UpdateCanaryPlayer(game, noisy, count), "update canary trials")
        for row, defence in enumerate(noisy):
            found[defence.name] = (*bound_by_updates(spec, defence, row, trials), *found[defence.name])
    return found


def bound_by_gradients(
    spec: AuditSpec, defence: Defence, row: int, by_design: Mapping[CanaryDesign, Trials]
) -> Iterator[CanaryBound]:
    """Return what gradient canaries of each design say of a defence's training rule, of that row of the releases.

    Guarantees
    ----------
    Those of `AnyMechanism` and `NoiseFamily`, for one record added or removed, against an adversary who chose a record
    whose gradient is the same direction at every step, and sees the released update or, if the spec says so, every
    step. Of a family the confidence is exact for `ALONE`, whose coins are independent.
    """
    every_step, event = spec.get_adversary().sees_steps, defence.training.event
    nulls: list[Null] = [*([NoiseFamily(event)] if is_gaussian(event) else []), AnyMechanism()]
    read = [
        CanaryScores(design.name, _scores(trials, row, every_step), trials.membership, design is ALONE)
        for design, trials in by_design.items()
    ]
    view = view_epsilon(defence, every_step, spec.delta)
    return bound_scores(read, Unit.RECORD, nulls, view, spec.delta, partial(_ties, spec, 1))


def bound_by_updates(spec: AuditSpec, defence: Defence, row: int, trials: Trials) -> Iterator[CanaryBound]:
    """Return what update canaries say of a defence whose release has an event of Gaussian noise.

    Guarantees
    ----------
    Those of `AnyMechanism` and `NoiseFamily`, for one client's update, there or zero, against an adversary who chose it
    and sees it released. The coins are independent.
    """
    event = defence.release.event
    nulls: tuple[Null, ...] = (NoiseFamily(event), AnyMechanism())
    read = CanaryScores(RELEASED_ALONE, [trials.observed[UPDATE][:, row, 0]], trials.membership, exact=True)
    # By the curve of continuous noise: of discrete noise the guarantee knows Renyi divergences alone.
    view = epsilon(with_noise(event, 1.0), spec.delta)
    return bound_scores([read], Unit.CLIENT, nulls, view, spec.delta, partial(_ties, spec, 3))


def view_epsilon(defence: Defence, every_step: bool, delta: float) -> float | None:
    """Return the epsilon of a gradient canary of fixed direction in what an adversary sees; None if it is not known.

    In every step it is that of the rule's event, in the last update of plain descent `last_update_epsilon`, where other
    gradients do not react to it. That says nothing of other canaries: gradients that react to the parameters can bring
    the last model back to the whole of epsilon (Cebere, Bellet and Papernot, arXiv 2405.14457).
    """
    rule = defence.training
    if not isinstance(rule, DPTraining):
        return None
    if every_step:
        return epsilon(rule.event, delta)
    if rule.optimizer is not Optimizer.SGD or rule.weight_decay:
        return None
    return last_update_epsilon(rule.noise_multiplier, rule.sampling_rate, rule.steps, delta)


def _scores(trials: Trials, row: int, every_step: bool) -> list[NDArray[np.float64]]:
    names = (EVIDENCE, VARIANCE) if every_step else (UPDATE,)
    return [trials.observed[name][:, row, 0] for name in names]


def _ties(spec: AuditSpec, first: int, number: int) -> Generator:
    return generator(spec.seed, Purpose.BOUND, first + number)
