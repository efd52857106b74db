"""The strongest signal, chosen on trials other than those that measure it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.studies.spec import REFERENCE
from attacks import Scores, Signal, Trials

OR = " or "
"""Stands between the names of two signals, each of which measures a half."""


class AuditQuestion(Protocol):
    """What a question says of who may be a member: records, or whole clients."""

    @property
    def defences(self) -> Sequence[str]:
        """Names of the defences."""
        ...

    @property
    def candidates(self) -> int:
        """How many ordinary candidates there are; others come after them."""
        ...

    @property
    def repeats(self) -> Sequence[int]:
        """How many times each candidate is there when it is in."""
        ...

    @property
    def trials(self) -> int:
        """How many trials."""
        ...

    @property
    def delta(self) -> float:
        """The delta of every epsilon."""
        ...

    @property
    def seed(self) -> int:
        """Seed of every random choice."""
        ...


@dataclass(frozen=True)
class Strongest:
    """The signal that measures each half of the trials: the one that the other half finds strongest.

    The best of several signals on the trials that measure them seems better than it is.

    Attributes
    ----------
    even, odd : str
        What measures the even and the odd trials.
    """

    even: str
    odd: str

    @property
    def name(self) -> str:
        """The signal, or both."""
        return self.even if self.even == self.odd else f"{self.even}{OR}{self.odd}"

    def scores(self, by_signal: Mapping[str, Scores]) -> Scores:
        """Return the scores, (trials, candidates); of two signals the ranks within each half, which compare."""
        if self.even == self.odd:
            return by_signal[self.even]
        scores = np.empty_like(by_signal[self.even])
        for half, signal in ((slice(0, None, 2), self.even), (slice(1, None, 2), self.odd)):
            chosen = by_signal[signal][half]
            scores[half] = scipy.stats.rankdata(chosen, axis=None).reshape(chosen.shape) / chosen.size
        return scores

    def beside(self, by_signal: Mapping[str, Scores]) -> dict[str, Scores]:
        """Return the scores of every signal, and these under their own name."""
        return {**by_signal, self.name: self.scores(by_signal)}


def choose_strongest(spec: AuditQuestion, trials: Trials, signals: Sequence[Signal]) -> Strongest:
    """Choose the signal of each half of the trials by the ordinary records of the other half, without a defence."""
    records = np.arange(len(spec.repeats)) < spec.candidates
    even, odd = (
        max(signals, key=lambda signal: undefended_auc(spec, trials, signal, slice(1 - half, None, 2), records)).name
        for half in (0, 1)
    )
    return Strongest(even, odd)


def undefended_auc(
    spec: AuditQuestion, trials: Trials, signal: Signal, chosen: slice, candidates: NDArray[np.bool_]
) -> float:
    """Return a signal's AUC without a defence over some trials, which have no shadows but one another."""
    # scikit-learn takes a second to import.
    from sklearn.metrics import roc_auc_score

    membership = trials.membership[chosen]
    scores = signal.score(trials.observed[signal.name][chosen, spec.defences.index(REFERENCE)], membership)
    return float(roc_auc_score(membership[:, candidates].ravel(), scores[:, candidates].ravel()))
