"""What an audit of records found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.methods.leakage.vulnerable import vulnerable_share
from analysis.studies.audit.frontier import Frontier
from analysis.studies.audit.measure import RECORDS, VULNERABLE
from analysis.studies.audit.played_report import PlayedReport
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.audit.strongest import Strongest
from analysis.studies.audit.verdict import Verdict
from analysis.studies.conclusions.defence import Finding, conclude, pair_auc
from analysis.studies.report import Presentation
from analysis.studies.spec import REFERENCE
from attacks import Scores

if TYPE_CHECKING:
    from analysis.studies.noise.update_study import NoiseStudy

UNCHANGED = "its release changed no value of any update it was studied on"


@dataclass(frozen=True)
class AuditReport(PlayedReport):
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
    unchanged : tuple of str
        Defences with a release that left every update it was studied on as it was.
    """

    spec: AuditSpec
    scores: Mapping[str, Mapping[str, Scores]]
    strongest: Strongest
    noise: Mapping[str, "NoiseStudy | None"]
    verdicts: Mapping[str, Verdict]
    notices: tuple[str, ...] = ()
    frontier: Frontier | None = None
    unchanged: tuple[str, ...] = ()

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
                    also=(UNCHANGED,) if name in self.unchanged else (),
                )
            )
            for name, verdict in self.verdicts.items()
        )
