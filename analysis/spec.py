"""What an audit was asked: everything that decides its results."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from fedsz_privacy.defence import Defence, parse_defence, settle_defences
from fedsz_privacy.errors import require_at_least
from fedsz_privacy.release import parse_release
from fedsz_privacy.training import Training

REFERENCE = "none"
"""The undefended release, which every audit includes and compares the others to."""

DEFAULT_RELEASES = (REFERENCE, "fedsz:rel=1e-3", "fedsz:rel=1e-2", "fedsz:rel=1e-1", "fedsz:rel=3e-1")


@dataclass(frozen=True)
class AuditSpec:
    """An audit's question.

    Parameters
    ----------
    data, model : str
        Names for `load_data` and `build_model`.
    releases : tuple of str
        Strings of releases or other defences; ``none`` is put first if it is not among them.
    trials, candidates : int
        Times that the target client trains, and size of the pool that its records are drawn from.
    clients, client_records, rounds : int
        Size of the federation, the target included; records of each other client; rounds of federated averaging among
        the others that make the global model which the target then starts from.
    training : Training
        How every client trains.
    seed : int
        Seed of every random choice.

    Raises
    ------
    InputError
        If a number is out of range or a release string cannot be read.
    """

    data: str = "digits"
    model: str = "mlp"
    releases: tuple[str, ...] = DEFAULT_RELEASES
    trials: int = 128
    candidates: int = 200
    clients: int = 5
    client_records: int = 300
    rounds: int = 10
    training: Training = field(default_factory=Training)
    seed: int = 0

    def __post_init__(self) -> None:
        require_at_least(self, trials=8, candidates=20, clients=2, client_records=1, rounds=1, seed=0)
        object.__setattr__(self, "releases", settle_defences([REFERENCE, *self.releases]))

    def parse_defences(self) -> list[Defence]:
        """Return the defences, the undefended one first; DP-SGD takes half the candidates for the expected records."""
        return [parse_defence(name, self.training, self.candidates / 2) for name in self.releases]

    def to_dict(self) -> dict[str, object]:
        """Return the question as plain values."""
        return {"command": "audit", **asdict(self)}


def settle_releases(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the releases' own names, the undefended one first and none twice."""
    return tuple(dict.fromkeys([REFERENCE, *(parse_release(text).name for text in texts)]))
