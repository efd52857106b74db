"""What an audit of recorded updates found."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.membership import Leakage
from analysis.studies.audit.strongest import Strongest
from analysis.studies.conclusions.defence import Finding, conclude, pair_auc
from analysis.studies.noise.update_study import NoiseStudy
from analysis.studies.recorded.material import Material
from analysis.studies.recorded.measure import (
    ByDefence,
    CoinBound,
)
from analysis.studies.recorded.members import Candidates
from analysis.studies.recorded.observe import Observations
from analysis.studies.recorded.spec import RecordedSpec
from analysis.studies.report import Presentation, Report
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.state import nbytes


@dataclass(frozen=True)
class RecordedReport(Report):
    """What an audit of recorded updates found.

    Attributes
    ----------
    spec : RecordedSpec
        What was asked.
    material : Material
        What was audited.
    candidates : Candidates
        Whose membership was judged.
    rounds : tuple of int
        Numbers of the rounds.
    observations : Observations
        What was read off them.
    scores : mapping of str to mapping of str to float64 array, shape (records, clients)
        Scores over all rounds, as ``scores[release][signal]``, the strongest among them under its own name.
    strongest : Strongest
        The signal that is shown where one is.
    leakage : mapping of str to mapping of str to Leakage
        Leakage over all clients, as ``leakage[release][signal]``, the strongest signal under its own name.
    by_client : mapping of str to mapping of str to Leakage
        Leakage of each client by the strongest signal, by release.
    by_round : mapping of int to mapping of str to Leakage
        Leakage in each round by the strongest signal, by release.
    guarantees : mapping of str to Guarantee
        What each release guarantees, over as many rounds as a client took part in at most.
    bounds : mapping of str to mapping of str to CoinBound
        Lower bounds by client and release; of no client where no coins decided.
    noise : mapping of str to NoiseStudy or None
        The error of each release on updates of the last round; None where there is none.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    """

    spec: RecordedSpec
    material: Material
    candidates: Candidates
    rounds: tuple[int, ...]
    observations: Observations
    scores: ByDefence
    strongest: Strongest
    leakage: Mapping[str, Mapping[str, Leakage]]
    by_client: Mapping[str, Mapping[str, Leakage]]
    by_round: Mapping[int, Mapping[str, Leakage]]
    guarantees: Mapping[str, Guarantee]
    bounds: Mapping[str, Mapping[str, CoinBound]]
    noise: Mapping[str, NoiseStudy | None]
    notices: tuple[str, ...] = ()

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals that were read."""
        return tuple(self.observations.scores[REFERENCE])

    @property
    def measured(self) -> dict[str, dict[str, Leakage]]:
        """Leakage over all clients by release and signal, without the strongest under its own name."""
        return {
            release: {signal: by_signal[signal] for signal in self.signals}
            for release, by_signal in self.leakage.items()
        }

    @property
    def update_bytes(self) -> int:
        """Size of an update, uncompressed."""
        return nbytes(self.material.model.state_dict())

    def ratio(self, release: str) -> float:
        """Compression ratio of a release, original over compressed."""
        return self.update_bytes / self.observations.sizes[release]

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.recorded import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each release."""
        strongest = {release: by_signal[self.strongest.name] for release, by_signal in self.leakage.items()}
        return tuple(
            conclude(
                Finding(
                    defence=release,
                    ratio=None if release == REFERENCE else self.ratio(release),
                    measured=pair_auc(release, strongest),
                    guarantee=self.guarantees[release],
                )
            )
            for release in self.leakage
        )
