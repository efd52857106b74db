"""What a federation was asked: everything that decides its results."""

from dataclasses import asdict, dataclass, field

from analysis.studies.reference import REFERENCE, settle_releases
from fedsz_privacy.core.errors import require_at_least
from fedsz_privacy.training.descent import Training


@dataclass(frozen=True)
class FederationSpec:
    """A federation's question.

    Parameters
    ----------
    data, model, partition : str
        Names for `load_data`, `build_model` and `parse_partition`.
    defences : tuple of str
        Release strings; ``none`` is put first if it is not among them. Each is run on its own, from the same initial
        weights and with the same batches.
    clients, records, test_records, rounds : int
        Number of clients, training records of all of them together, test records, and rounds.
    side : int
        Images are scaled to side x side; 0 leaves them as they are.
    training : Training
        How every client trains.
    seed : int
        Seed of every random choice.
    """

    data: str = "digits"
    model: str = "cnn"
    partition: str = "iid"
    defences: tuple[str, ...] = (REFERENCE, "fedsz:rel=1e-2")
    clients: int = 4
    records: int = 1200
    test_records: int = 1000
    rounds: int = 10
    side: int = 0
    training: Training = field(default_factory=Training)
    seed: int = 0

    def __post_init__(self) -> None:
        require_at_least(self, clients=1, records=1, test_records=1, rounds=1, side=0, seed=0)
        object.__setattr__(self, "defences", settle_releases(self.defences))

    def to_dict(self) -> dict[str, object]:
        """Return the question as plain values."""
        return {"command": "federate", **asdict(self)}
