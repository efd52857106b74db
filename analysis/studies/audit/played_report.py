"""What the report of any played game says of size and use, whoever the coins decided about."""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from analysis.methods.over_seeds import Mean, mean_with_interval
from analysis.studies.audit.strongest import AuditQuestion
from analysis.studies.report import Report
from attacks import Game, Trials
from fedsz_privacy.core.state import nbytes


@dataclass(frozen=True)
class PlayedReport(Report):
    """What came of a game.

    Attributes
    ----------
    spec : AuditQuestion
        What was asked.
    game : Game
        What was played.
    trials : Trials
        What was read off every trial.
    """

    spec: AuditQuestion
    game: Game
    trials: Trials

    def size(self, defence: str) -> Mean:
        """Mean size of an update on the wire, in bytes, with its interval over trials."""
        return self._over_trials(self.trials.sizes, defence).within(0, inf)

    def nbytes(self, defence: str) -> float:
        """Mean size of an update on the wire, in bytes."""
        return self.size(defence).value

    def ratio(self, defence: str) -> float:
        """Compression ratio of a defence, original over compressed."""
        return nbytes(self.game.state) / self.nbytes(defence)

    def performance(self, defence: str) -> Mean:
        """Mean performance on test records of the model that the adversary's last look shows, by the task's metric.

        Its interval is over trials, on the same test records.
        """
        return self._over_trials(self.trials.performance, defence).within(*self.game.pool.task.scale.limits)

    def _over_trials(self, measured: NDArray[np.float64], defence: str) -> Mean:
        """Return the mean of what was measured, (trials, defences), under one of them."""
        return mean_with_interval(measured[:, self.spec.defences.index(defence)].tolist())
