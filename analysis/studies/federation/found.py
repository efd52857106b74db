"""What a federation found: performance by round, bytes, and where the time goes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.detectable import Estimate
from analysis.reporting.numbers import count, difference, interval
from analysis.studies.conclusions.defence import Finding, conclude
from analysis.studies.federation.link import Transfer, break_even, pays
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.report import Presentation, Report
from analysis.studies.spec import REFERENCE


@dataclass(frozen=True)
class RoundRow:
    """What one round under one defence came to; bytes and seconds are means over clients who took part."""

    round: int
    performance: float
    nbytes: float
    training_seconds: float
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True)
class FederationReport(Report):
    """What a federation found; both mappings have a key for each of ``spec.defences``, in that order.

    Attributes
    ----------
    spec : FederationSpec
        What was asked.
    records : int
        Training records that all clients hold together.
    metric : str
        What performance is, as the task calls it.
    guarantees : mapping of str to Guarantee
        What is guaranteed over all rounds, at the delta of the run, each for the unit of privacy that it names.
    rounds : mapping of str to tuple of RoundRow
        The rounds under each defence.
    performance, changes : mapping of str to Estimate
        Test performance after the last round, and that minus none's, paired by test record; intervals are over records.
    notices : tuple of str
        What a reader should know of how it was done, one line each.
    """

    spec: FederationSpec
    records: int
    metric: str
    guarantees: Mapping[str, Guarantee]
    rounds: Mapping[str, tuple[RoundRow, ...]]
    performance: Mapping[str, Estimate]
    changes: Mapping[str, Estimate]
    notices: tuple[str, ...] = ()

    def transfer(self, defence: str) -> Transfer:
        """Return a client's mean transfer under a defence."""
        rows = self.rounds[defence]
        seconds = [row.encode_seconds + row.decode_seconds for row in rows]
        return Transfer(float(np.mean([row.nbytes for row in rows])), float(np.mean(seconds)))

    def ratio(self, defence: str) -> float:
        """Compression ratio against no defence."""
        return self.transfer(REFERENCE).nbytes / self.transfer(defence).nbytes

    def change(self, defence: str) -> float:
        """Test performance after the last round, minus that of no defence."""
        return self.rounds[defence][-1].performance - self.rounds[REFERENCE][-1].performance

    def round_seconds(self, defence: str) -> float:
        """Return how long a client's round takes, training, encoding and decoding, as a mean over rounds."""
        trained = float(np.mean([row.training_seconds for row in self.rounds[defence]]))
        return trained + self.transfer(defence).compute_seconds

    def overhead(self, defence: str) -> float:
        """Share of a client's round that is not training."""
        return self.transfer(defence).compute_seconds / self.round_seconds(defence)

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.federation import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each defence."""
        return tuple(
            conclude(
                Finding(
                    defence=defence,
                    ratio=None if defence == REFERENCE else self.ratio(defence),
                    guarantee=self.guarantees[defence],
                    also=(
                        self._performed(defence),
                        *(() if defence == REFERENCE else (pays(self.break_even(defence)),)),
                    ),
                )
            )
            for defence in self.rounds
        )

    def _performed(self, defence: str) -> str:
        last = f"{self.metric} {interval(self.performance[defence])} after {count(self.spec.rounds, 'round')}"
        return last if defence == REFERENCE else f"{last}, {difference(self.changes[defence])} from {REFERENCE}"

    def break_even(self, defence: str) -> float:
        """Bandwidth in Mbit/s below which the defence saves time."""
        return break_even(self.transfer(REFERENCE), self.transfer(defence))
