"""The white-box audit: gradient canaries against the guarantee of each defence."""

import numpy as np

from analysis.methods.lower_bounds import EpsilonBound
from analysis.methods.lower_bounds.trials import epsilon_bound
from analysis.studies.audit.spec import AuditSpec
from attacks import Trials
from attacks.canaries.play import READ
from attacks.signals.inner_product import INNER_PRODUCT
from fedsz_privacy.core.randomness import Purpose, generator


def bound_by_canaries(spec: AuditSpec, trials: Trials) -> dict[str, EpsilonBound]:
    """Return the lower bound on each defence's epsilon by trials of `attacks.canaries.play.CanaryPlayer`.

    A canary is scored as `INNER_PRODUCT` scores a record, by how far the update goes along it; that needs no shadows.

    Guarantees
    ----------
    As `analysis.methods.lower_bounds.trials.epsilon_bound`, against an adversary who sees one released update and chose
    a record whose gradient is the same direction at every step, of the clip norm or, where nothing is clipped, of
    norm 1.
    """
    everyone = np.ones(spec.gradient_canaries, bool)
    return {
        name: epsilon_bound(
            INNER_PRODUCT,
            trials.observed[READ][:, row],
            trials.membership,
            everyone,
            spec.delta,
            generator(spec.seed, Purpose.BOUND, row, 1),
        )
        for row, name in enumerate(spec.defences)
    }
