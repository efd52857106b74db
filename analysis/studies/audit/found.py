"""What an audit of records found."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from analysis.methods.leakage.vulnerable import vulnerable_share
from analysis.methods.over_seeds import Mean, mean_with_interval
from analysis.studies.audit.frontier import Frontier
from analysis.studies.audit.measure import (
    RECORDS,
    VULNERABLE,
    performance_over_trials,
)
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.audit.strongest import Strongest
from analysis.studies.audit.verdict import Verdict
from analysis.studies.conclusions.defence import Finding, conclude, pair_auc
from analysis.studies.report import Presentation, Report
from analysis.studies.spec import REFERENCE
from attacks import Game, Scores, Trials
from fedsz_privacy.core.state import nbytes

if TYPE_CHECKING:
    from analysis.studies.noise.update_study import NoiseStudy


@dataclass(frozen=True)
class AuditReport(Report):
    """What an audit found; every mapping has a key for each of ``spec.defences``, in that order.

    Attributes
    ----------
    spec : AuditSpec
        What was asked.
    game : Game
        What was played.
    trials : Trials
        What was read off every trial.
    scores : mapping of str to mapping of str to Scores
        Calibrated scores, as ``scores[defence][signal]``.
    strongest : Strongest
        The signal that is shown where one is.
    noise : mapping of str to NoiseStudy or None
        The error of each release; None where there is none.
    verdicts : mapping of str to Verdict
        Guaranteed, as if, and measured.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    frontier : Frontier or None
        What each release costs against how well one client hides in its noise; None where none makes an error.
    """

    spec: AuditSpec
    game: Game
    trials: Trials
    scores: Mapping[str, Mapping[str, Scores]]
    strongest: Strongest
    noise: Mapping[str, "NoiseStudy | None"]
    verdicts: Mapping[str, Verdict]
    notices: tuple[str, ...] = ()
    frontier: Frontier | None = None

    def nbytes(self, defence: str) -> float:
        """Mean size of the target's update on the wire, in bytes."""
        return self.size(defence).value

    def size(self, defence: str) -> Mean:
        """Mean size of the target's update on the wire, in bytes, with its interval over trials."""
        return mean_with_interval(self.trials.sizes[:, self.spec.defences.index(defence)].tolist()).within(0, inf)

    def ratio(self, defence: str) -> float:
        """Compression ratio of a defence, original over compressed."""
        return nbytes(self.game.state) / self.nbytes(defence)

    def performance(self, defence: str) -> Mean:
        """Mean performance on test records of the model that the adversary's last look shows, by the task's metric.

        Its interval is over trials, on the same test records.
        """
        return performance_over_trials(self.game, self.trials, self.spec.defences.index(defence))

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.audit import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each defence."""
        averages = {name: verdict.strongest[RECORDS] for name, verdict in self.verdicts.items()}
        return tuple(
            conclude(
                Finding(
                    defence=name,
                    ratio=None if name == REFERENCE else self.ratio(name),
                    measured=pair_auc(name, averages),
                    guarantee=verdict.guarantee,
                    epsilon_lower_bound=verdict.epsilon_lower_bound,
                    canaries=verdict.canary_bounds,
                    exposed=verdict.strongest[VULNERABLE].auc,
                    exposed_share=vulnerable_share(self.spec.candidates),
                )
            )
            for name, verdict in self.verdicts.items()
        )
