"""What a study of noise found."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.studies.conclusions.noise import conclude
from analysis.studies.noise.checkpoint_study import CheckpointStudy
from analysis.studies.noise.spec import NoiseSpec
from analysis.studies.report import Presentation, Report


@dataclass(frozen=True)
class NoiseReport(Report):
    """What a noise study found.

    Attributes
    ----------
    spec : NoiseSpec
        What was asked.
    elements : int
        Size of the state.
    studies : mapping of str to CheckpointStudy or None
        Each release's study; None where it changes nothing that can be studied.
    """

    spec: NoiseSpec
    elements: int
    studies: Mapping[str, CheckpointStudy | None]

    @staticmethod
    def _presentation() -> Presentation:
        from analysis.studies.noise import report

        return report

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each release that changes the state."""
        return tuple(conclude(release, study) for release, study in self.found.items())

    @property
    def found(self) -> dict[str, CheckpointStudy]:
        """The studies of the releases that change the state."""
        return {release: study for release, study in self.studies.items() if study}
