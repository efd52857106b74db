"""The white-box audit: canaries against the guarantee of each defence, with what so many of them could show at most."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from numpy.random import Generator

from analysis.methods.lower_bounds.noise_family import is_gaussian
from analysis.methods.lower_bounds.nulls import AnyMechanism, NoiseFamily, Null
from analysis.studies.audit.canary_bounds import CanaryBound, CanaryScores, bound_scores
from analysis.studies.audit.canary_views import view_of_release, view_of_steps, view_of_update
from analysis.studies.audit.spec import AuditSpec
from attacks import Game, Trials
from attacks.canaries.gradients import ALONE, AMONG_RECORDS, CanaryDesign
from attacks.canaries.play import CanaryPlayer
from attacks.canaries.updates import UpdateCanaryPlayer
from attacks.game.engine import Player
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.proof import Unit

KINDS = {ALONE: "canary trials", AMONG_RECORDS: "canary trials among records"}
"""What a white-box audit plays, canaries without records first, and the names of its trials."""

RELEASED_ALONE = "updates, each released alone"
"""The design of `UpdateCanaryPlayer`."""


def bound_by_canaries(
    spec: AuditSpec, game: Game, defences: Sequence[Defence], played: Callable[[Player, str], Trials]
) -> dict[str, tuple[CanaryBound, ...]]:
    """Play canaries, if the spec asks for any, and return what they say of each defence; first those without records.

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
    step. Of a family the confidence is exact for `ALONE` where this view keeps its coins independent.
    """
    event, sees_steps = defence.training.event, spec.get_adversary().sees_steps
    view = view_of_steps(defence, spec.delta) if sees_steps else view_of_update(defence, spec.delta)
    nulls: list[Null] = [*([NoiseFamily(event)] if is_gaussian(event) else []), AnyMechanism()]
    exact = {ALONE: view.independent, AMONG_RECORDS: False}
    read = [
        CanaryScores(design.name, view.read(trials, row), trials.membership, exact[design])
        for design, trials in by_design.items()
    ]
    return bound_scores(read, Unit.RECORD, nulls, view.epsilon, spec.delta, partial(_ties, spec, 1))


def bound_by_updates(spec: AuditSpec, defence: Defence, row: int, trials: Trials) -> Iterator[CanaryBound]:
    """Return what update canaries say of a defence whose release has an event of Gaussian noise.

    Guarantees
    ----------
    Those of `AnyMechanism` and `NoiseFamily`, for one client's update, there or zero, against an adversary who chose it
    and sees it released. The coins are independent.
    """
    event = defence.release.event
    nulls: tuple[Null, ...] = (NoiseFamily(event), AnyMechanism())
    view = view_of_release(defence.release, spec.delta)
    read = CanaryScores(RELEASED_ALONE, view.read(trials, row), trials.membership, view.independent)
    return bound_scores([read], Unit.CLIENT, nulls, view.epsilon, spec.delta, partial(_ties, spec, 3))


def _ties(spec: AuditSpec, first: int, number: int) -> Generator:
    return generator(spec.seed, Purpose.BOUND, first + number)
