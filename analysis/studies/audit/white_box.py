"""The white-box audit: gradient canaries against the guarantee of each defence."""

from collections.abc import Iterator

import numpy as np

from analysis.methods.lower_bounds import EpsilonBound
from analysis.methods.lower_bounds.trials import epsilon_bound
from analysis.reporting.progress import Progress
from analysis.studies.audit.playing import Players, one_thread
from analysis.studies.audit.spec import AuditSpec
from attacks import Game
from attacks.canaries.gradients import add_canaries
from attacks.canaries.play import CanaryTrials, play_gradient_canaries
from attacks.signals.inner_product import INNER_PRODUCT
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.defences.defence import Defence


def audit_white_box(players: Players, spec: AuditSpec, progress: Progress) -> dict[str, EpsilonBound | None]:
    """Return what gradient canaries prove of each defence's epsilon; None if none were asked for.

    A canary is scored as `INNER_PRODUCT` scores a record, by how far the update goes along it; that needs no shadows.

    Guarantees
    ----------
    As `analysis.methods.lower_bounds.trials.epsilon_bound`, against an adversary who sees one released update and chose
    a record whose gradient is the same direction at every step, of the clip norm or, where nothing is clipped, of
    norm 1.
    """
    if spec.gradient_canaries == 0:
        return dict.fromkeys(spec.defences)
    bounds: dict[str, EpsilonBound | None] = {}
    for game, defences in players.games():
        played = progress(_play(game, defences, spec), "gradient canaries", len(game.chunks(spec.trials)))
        chunks = list(played)
        membership = np.concatenate([chunk.membership for chunk in chunks])
        scores = np.concatenate([chunk.scores for chunk in chunks])
        everyone = np.ones(spec.gradient_canaries, bool)
        for row, defence in enumerate(defences):
            rng = generator(spec.seed, Purpose.BOUND, spec.defences.index(defence.name), 1)
            looks = scores[:, row][:, np.newaxis]
            bounds[defence.name] = epsilon_bound(INNER_PRODUCT, looks, membership, everyone, spec.delta, rng)
    return bounds


def _play(game: Game, defences: list[Defence], spec: AuditSpec) -> Iterator[CanaryTrials]:
    training = add_canaries(game.training, game.model, game.state, spec.gradient_canaries, spec.seed)
    releases = [defence.release for defence in defences]
    for chunk in game.chunks(spec.trials):
        with one_thread():
            played = play_gradient_canaries(game.model, game.state, game.pool, training, chunk, releases, spec.seed)
        yield played
