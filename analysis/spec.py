"""What an audit was asked: everything that decides its results."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from fedsz_privacy.errors import InputError
from fedsz_privacy.release import Release, parse_release
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
        Release strings; ``none`` is put first if it is not among them.
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
        least = {"trials": 8, "candidates": 20, "clients": 2, "client_records": 1, "rounds": 1, "seed": 0}
        for name, minimum in least.items():
            if getattr(self, name) < minimum:
                raise InputError(f"{name.replace('_', ' ')} {getattr(self, name)}: choose {minimum} or more")
        object.__setattr__(self, "releases", settle_releases(self.releases))

    def parse_releases(self) -> list[Release]:
        """Return the releases, the undefended one first."""
        return [parse_release(name) for name in self.releases]

    def to_dict(self) -> dict[str, object]:
        """Return the question as plain values."""
        return {"command": "audit", **asdict(self)}


def settle_releases(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the releases' own names, the undefended one first and none twice."""
    return tuple(dict.fromkeys([REFERENCE, *(parse_release(text).name for text in texts)]))
