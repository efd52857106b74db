"""What a bench was asked: everything that decides its results."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from analysis.reporting.folder import contents
from analysis.studies.spec import option, require_options
from fedsz_privacy.codec.names import COMPRESSOR_NAMES, FIRST_ARE_SZ3
from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import require_readable
from fedsz_privacy.data.names import EFFICIENTNET


@dataclass(frozen=True)
class BenchSpec:
    """A bench's question.

    Parameters
    ----------
    checkpoints, compressors : tuple of str
        Names for `load_weights` and `get_compressor`. What is named twice is measured once.
    bounds : tuple of float
        REL bounds.
    repeats : int
        Times that each rate is measured.

    Raises
    ------
    InputError
        If a compressor is unknown, a number is out of range, or nothing would be measured.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    checkpoints: tuple[str, ...] = option(
        ("efficientnet-lite0",),
        "States: .safetensors, .npz, or saved by torch.save; or efficientnet-lite0.",
        name="checkpoint",
        shown="efficientnet-lite0",
        positional=True,
    )
    compressors: tuple[str, ...] = option(
        COMPRESSOR_NAMES,
        f"A compressor; repeat it for more. One of {', '.join(COMPRESSOR_NAMES)}; {FIRST_ARE_SZ3}.",
        name="compressor",
        shown="all",
    )
    bounds: tuple[float, ...] = option(
        (1e-1, 1e-2, 1e-3, 1e-4, 1e-5),
        "A REL bound; repeat it for more.",
        name="bound",
        shown="1e-1 to 1e-5",
        within=ranges.REL,
    )
    repeats: int = option(5, "Times that each rate is measured.", within=ranges.COUNT)

    def __post_init__(self) -> None:
        from fedsz_privacy.codec.compressors import get_compressor

        require_options(self)
        for compressor in self.compressors:
            get_compressor(compressor)
        for name in ("checkpoints", "compressors", "bounds"):
            if not getattr(self, name):
                raise InputError(f"no {name}: give one or more")
            object.__setattr__(self, name, tuple(dict.fromkeys(getattr(self, name))))
        require_readable(*self.files)

    @property
    def files(self) -> list[Path]:
        """The files among the checkpoints."""
        return [Path(source) for source in self.checkpoints if source != EFFICIENTNET]

    def to_dict(self) -> dict[str, object]:
        """Return the question as plain values, with what the files hold.

        Raises
        ------
        InputError
            If a file is not there.
        """
        from analysis.studies.questions import to_plain

        return {**to_plain("bench", self), "contents": contents(self.files)}
