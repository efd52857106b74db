"""What an audit of whole clients found."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.membership import Leakage
from analysis.methods.lower_bounds import EpsilonBound
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.audit.played_report import PlayedReport
from analysis.studies.audit.strongest import Strongest
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.conclusions.defence import Finding, conclude, pair_auc
from analysis.studies.report import Presentation
from analysis.studies.spec import REFERENCE


@dataclass(frozen=True)
class ClientsReport(PlayedReport):
    """What an audit of clients found; every mapping has a key for each of ``spec.defences``, in that order.

    Attributes
    ----------
    spec : ClientsSpec
        What was asked.
    game : Game
        What was played.
    trials : Trials
        What was read off every trial.
    strongest : Strongest
        The signal that is shown where one is.
    guarantees : mapping of str to Guarantee
        What is guaranteed over all rounds.
    leakage : mapping of str to mapping of str to Leakage
        What each signal's attack achieved on whole clients, as ``leakage[defence][signal]``.
    lower_bounds : mapping of str to EpsilonBound
        What the clients' own records prove of epsilon, for one client.
    canaries : mapping of str to tuple of CanaryBound
        What client canaries prove of it.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    """

    spec: ClientsSpec
    strongest: Strongest
    guarantees: Mapping[str, Guarantee]
    leakage: Mapping[str, Mapping[str, Leakage]]
    lower_bounds: Mapping[str, EpsilonBound]
    canaries: Mapping[str, tuple[CanaryBound, ...]]
    notices: tuple[str, ...] = ()

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.clients import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each defence."""
        strongest = {name: found[self.strongest.name] for name, found in self.leakage.items()}
        return tuple(
            conclude(
                Finding(
                    defence=name,
                    ratio=None if name == REFERENCE else self.ratio(name),
                    measured=pair_auc(name, strongest),
                    guarantee=self.guarantees[name],
                    epsilon_lower_bound=self.lower_bounds[name],
                    canaries=self.canaries[name],
                )
            )
            for name in self.spec.defences
        )
