"""What a noise study was asked: everything that decides its results."""

from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from analysis.reporting.folder import contents
from analysis.studies.spec import DELTA, option, require_options
from fedsz_privacy.core import ranges
from fedsz_privacy.core.files import require_readable
from fedsz_privacy.defences.names import require_known, require_releases

if TYPE_CHECKING:
    from fedsz_privacy.defences.release import Release


@dataclass(frozen=True)
class NoiseSpec:
    """A noise study's question.

    Parameters
    ----------
    checkpoint : Path
        File of the state to study.
    before : Path or None
        File of the state that training started from; then the update, checkpoint minus before, is studied.
    releases : tuple of str
        Release strings.
    delta : float
        The delta of every epsilon of the study.
    seed : int
        Seed of every random choice.

    Raises
    ------
    InputError
        If a release string cannot be read or a number is out of range.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    checkpoint: Path = option(MISSING, "A state: .safetensors, .npz, or saved by torch.save.", positional=True)  # noqa: RUF009  # a field
    before: Path | None = option(None, "The state that training started from; then the update is studied.")  # noqa: RUF009  # a field
    releases: tuple[str, ...] = option(
        ("fedsz:rel=1e-3", "fedsz:rel=1e-2", "fedsz:rel=1e-1", "fedsz:rel=3e-1"),
        "A release to study, such as fedsz:rel=1e-2; repeat it for more.",
        name="release",
        shown="fedsz at REL 1e-3, 1e-2, 1e-1 and 3e-1",
    )
    delta: float = option(DELTA, "The delta of every epsilon of the run.", within=ranges.DELTA)
    seed: int = option(0, "Seed of every random choice.", within=ranges.SEED)

    def __post_init__(self) -> None:
        require_options(self)
        require_readable(*self.files)
        require_releases(self.releases, "here the error of releases is studied")
        require_known(self.releases)
        names = dict.fromkeys(each.name for each in self.parse_releases())
        object.__setattr__(self, "releases", tuple(names))

    @property
    def files(self) -> list[Path]:
        """The files that it is about."""
        return [path for path in (self.checkpoint, self.before) if path is not None]

    def parse_releases(self) -> "list[Release]":
        """Return the releases; an epsilon in one is for a single round, at the delta of the study."""
        from fedsz_privacy.defences.grid import expand
        from fedsz_privacy.defences.parsing import parse_release
        from fedsz_privacy.defences.proof import Composition

        return [parse_release(text, Composition(self.delta)) for grid in self.releases for text in expand(grid)]

    def to_dict(self) -> dict[str, object]:
        """Return the question as plain values, with what the files hold.

        Raises
        ------
        InputError
            If a file is not there.
        """
        from analysis.studies.questions import to_plain

        return {**to_plain("noise", self), "contents": contents(self.files)}
