"""Client canaries against the guarantee of each defence, with what so many coins could show at most."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from analysis.methods.lower_bounds import AnyMechanism, NoiseFamily, Null
from analysis.methods.lower_bounds.noise_family import is_gaussian
from analysis.studies.audit.canary_bounds import CanaryBound, CanaryScores, bound_scores
from analysis.studies.audit.canary_views import CanaryView, view_of_final_model, view_of_rounds
from analysis.studies.clients.spec import ClientsSpec
from attacks import Game, Trials
from attacks.canaries.gradients import CanaryDesign
from attacks.clients.canaries import AMONG_CLIENTS, CLIENTS_ALONE, ClientCanaryPlayer
from attacks.game.adversaries import Sums
from attacks.game.engine import Player
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.proof import Unit

KINDS = {CLIENTS_ALONE: "client canary trials", AMONG_CLIENTS: "client canary trials among clients"}
"""What is played, canaries without clients first, and the names of its trials."""


def bound_by_clients(
    spec: ClientsSpec, game: Game, defences: Sequence[Defence], played: Callable[[Player, str], Trials]
) -> dict[str, tuple[CanaryBound, ...]]:
    """Play client canaries, if the spec asks for any, and return what they say of each defence; first those alone.

    Parameters
    ----------
    spec : ClientsSpec
        How many canaries.
    game : Game
        The game that they are played in.
    defences : sequence of Defence
        The defences.
    played : callable
        From a player and a name of its trials to the trials.
    """
    if not (count := spec.client_canaries):
        return {defence.name: () for defence in defences}
    by_design = {
        design: played(ClientCanaryPlayer(game, defences, spec.clients, count, design), kind)
        for design, kind in KINDS.items()
    }
    return {each.name: tuple(_bounds(spec, each, row, by_design)) for row, each in enumerate(defences)}


def _bounds(
    spec: ClientsSpec, defence: Defence, row: int, by_design: Mapping[CanaryDesign, Trials]
) -> Iterator[CanaryBound]:
    """Return what canaries of each design say of a defence, of that row of the releases.

    Guarantees
    ----------
    Those of `AnyMechanism` and `NoiseFamily`, for one client, there or not in all rounds, against an adversary who
    chose its update and sees what the server made of all, in every round or after the last. Of a family the confidence
    is exact for `CLIENTS_ALONE` where this view keeps its coins independent.
    """
    of_clients = defence.unit is Unit.CLIENT and is_gaussian(defence.event)
    nulls: list[Null] = [*([NoiseFamily(defence.event)] if of_clients else []), AnyMechanism()]
    view = view_of_canaries(spec, defence)
    read = [
        CanaryScores(
            design.name, view.read(trials, row), trials.membership, design is CLIENTS_ALONE and view.independent
        )
        for design, trials in by_design.items()
    ]
    ties = partial(generator, spec.seed, Purpose.BOUND)
    return bound_scores(read, Unit.CLIENT, nulls, view.epsilon, spec.delta, ties)


def view_of_canaries(spec: ClientsSpec, defence: Defence) -> CanaryView:
    """Return what the adversary sees of client canaries under a defence."""
    match spec.get_adversary().sums:
        case Sums.EACH:
            return view_of_rounds(defence, spec.delta)
        case Sums.TOTAL:
            return view_of_final_model(defence, spec.target_rounds, spec.delta)
        case None:
            return replace(view_of_final_model(defence, spec.target_rounds, spec.delta), epsilon=None)
