"""What adversaries see of canaries: scores that they read, and the epsilon of a canary of fixed direction in them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.lower_bounds.last_update import last_update_epsilon
from analysis.methods.lower_bounds.noise_family import with_noise
from attacks.canaries.play import EVIDENCE, UPDATE, VARIANCE
from attacks.game.trial import Trials
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.dpfedavg import DPFedAvg
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.names import Optimizer


@dataclass(frozen=True)
class CanaryView:
    """What an adversary sees of canaries.

    Attributes
    ----------
    scores : tuple of str
        Names of the scores that trials keep of it, the one that says more first.
    epsilon : float or None
        The epsilon of a canary of fixed direction, there or not, in nats; None where it is not known.
    independent : bool
        Whether coins of canaries along orthogonal directions, with nothing beside them, are independent in the scores.
        So they are in sums with Gaussian noise, and in what is linear in these and alike in all coordinates.
    """

    scores: tuple[str, ...]
    epsilon: float | None
    independent: bool

    def read(self, trials: Trials, row: int) -> list[NDArray[np.float64]]:
        """Return each score of one row of the releases, shape (trials, canaries)."""
        return [trials.observed[name][:, row, 0] for name in self.scores]


def view_of_steps(defence: Defence, delta: float) -> CanaryView:
    """Return what one sees of gradient canaries who sees every step of the training: the whole event.

    Steps are seen as noisy sums, before an optimiser or a release makes anything of them.
    """
    rule, scores = defence.training, (EVIDENCE, VARIANCE)
    if not isinstance(rule, DPTraining):
        return CanaryView(scores, None, independent=False)
    return CanaryView(scores, epsilon(rule.event, delta), independent=True)


def view_of_update(defence: Defence, delta: float) -> CanaryView:
    """Return what one sees of gradient canaries who sees the released update alone.

    Its epsilon is known of plain descent, `last_update_epsilon`, where other gradients do not react to the canary's and
    the release loses nothing; behind any other release that is an upper limit. It says nothing of other canaries:
    gradients that react to the parameters can bring the last model back to the whole of epsilon (Cebere, Bellet and
    Papernot, arXiv 2405.14457).
    """
    rule, scores = defence.training, (UPDATE,)
    if not isinstance(rule, DPTraining) or not defence.release.loses_nothing:
        return CanaryView(scores, None, independent=False)
    if rule.optimizer is not Optimizer.SGD or rule.weight_decay:
        return CanaryView(scores, None, rule.optimizer.is_linear)
    known = last_update_epsilon(rule.noise_multiplier, rule.sampling_rate, rule.steps, delta)
    return CanaryView(scores, known, independent=True)


def view_of_release(release: Release, delta: float) -> CanaryView:
    """Return what one sees of update canaries who sees each released, by itself: the whole event.

    Where something stands before the noise or behind it, that is an upper limit, and the epsilon is not known.
    """
    scores = (UPDATE,)
    if release.noisy is not release:
        return CanaryView(scores, None, independent=True)
    # By the curve of continuous noise: of discrete noise the guarantee knows Renyi divergences alone.
    return CanaryView(scores, epsilon(with_noise(release.event, 1.0), delta), independent=True)


def view_of_rounds(defence: Defence, delta: float) -> CanaryView:
    """Return what one sees of client canaries who sees what the server makes of every round: the whole event.

    Behind a release that loses something of a canary, before the server clips it, that is an upper limit, and the
    epsilon is not known. What leaves such a release is not orthogonal either.
    """
    scores = (EVIDENCE,)
    if not isinstance(defence.aggregation, DPFedAvg) or not defence.release.loses_nothing:
        return CanaryView(scores, None, independent=False)
    return CanaryView(scores, epsilon(defence.event, delta), independent=True)


def view_of_final_model(defence: Defence, rounds: int, delta: float) -> CanaryView:
    """Return what one sees of client canaries who sees the model after so many rounds: their steps, added up.

    Its epsilon is known where that of `view_of_rounds` is, and coins are independent alike.
    """
    rule, scores = defence.aggregation, (UPDATE,)
    if not isinstance(rule, DPFedAvg) or not defence.release.loses_nothing:
        return CanaryView(scores, None, independent=False)
    known = last_update_epsilon(rule.noise_multiplier, rule.sampling_rate, rounds, delta)
    return CanaryView(scores, known, independent=True)
