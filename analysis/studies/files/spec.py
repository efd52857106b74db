"""What compressing a file was asked: everything that decides its frame."""

from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.studies.spec import option, require_options
from fedsz_privacy.codec.names import (
    COMPRESSOR_NAMES,
    DEFAULT_COMPRESSOR,
    DEFAULT_LOSSLESS,
    DEFAULT_MAX_BYTES,
    FIRST_ARE_SZ3,
    LOSSLESS_NAMES,
)
from fedsz_privacy.core import ranges
from fedsz_privacy.core.files import require_readable

if TYPE_CHECKING:
    from fedsz_privacy.codec.pipeline import FedSZ


@dataclass(frozen=True)
class CompressSpec:
    """A state to compress, and how.

    Parameters
    ----------
    source : Path
        File of the state.
    before : Path or None
        File of an earlier state; then the update, source minus before, is compressed.
    rel, absolute : float or None
        Error bound, one of both.
    bounds : tuple of str
        Bounds of the tensors that patterns fit, such as ``conv1.*=1e-3``.
    lossy : tuple of str
        Patterns of what is lossy; the rule of `FedSZ` where there are none.
    threshold : int
        Number of elements up to which a tensor is kept exactly.
    compressor, lossless : str
        Names for `get_compressor` and `get_lossless`.
    max_bytes : int
        Most memory that decoding the frame, tensor by tensor, may take.
    workers : int
        Number of processes that encode; the frame does not depend on it.
    verify : bool
        Whether the frame is decoded and every bound checked before it gets its name.

    Raises
    ------
    InputError
        If a name is unknown, a bound cannot be read, or a number is out of range.
    """

    source: Path = option(MISSING, "A state: .safetensors, .npz, or saved by torch.save.", name="IN", positional=True)  # noqa: RUF009  # a field
    before: Path | None = option(None, "An earlier state; then what was gained since is compressed.")  # noqa: RUF009  # a field
    rel: float | None = option(None, "Error bound as a fraction of each tensor's range.")
    absolute: float | None = option(None, "Error bound in the tensors' own unit.", name="abs")
    bounds: tuple[str, ...] = option(
        (),
        "Bound of the tensors whose names a pattern fits, such as 'conv1.*=1e-3', in the mode of the other one; "
        "repeat it for more, of which the first that fits counts.",
        name="bound",
        shown="none",
    )
    lossy: tuple[str, ...] = option(
        (),
        "Pattern of names, such as '*.kernel': large float tensors that it fits are lossy, and no others; repeat it "
        "for more.",
        shown="*weight*, or matrices where no name has it",
    )
    threshold: int = option(1000, "Elements up to which a tensor is kept exactly.", within=ranges.ELEMENTS)
    compressor: str = option(DEFAULT_COMPRESSOR, f"One of {', '.join(COMPRESSOR_NAMES)}; {FIRST_ARE_SZ3}.")
    lossless: str = option(DEFAULT_LOSSLESS, f"Codec of all other tensors, one of {', '.join(LOSSLESS_NAMES)}.")
    max_bytes: int = option(DEFAULT_MAX_BYTES, "Most memory that decoding a tensor may take.", within=ranges.ELEMENTS)
    workers: int = option(
        1,
        "Processes that encode at once; threads would wait for one another's lock.",
        within=ranges.COUNT,
        also="threads",
    )
    verify: bool = option(default=False, text="Decode the frame and check every bound before it gets its name.")

    def __post_init__(self) -> None:
        require_options(self)
        require_readable(self.source, self.before)
        self.fedsz()

    def fedsz(self) -> "FedSZ":
        """Return the pipeline that is asked for."""
        from analysis.studies.files.bounds import read_bounds
        from fedsz_privacy.codec.compressors import get_compressor
        from fedsz_privacy.codec.lossless import get_lossless

        bounds = read_bounds(self.rel, self.absolute, self.bounds)
        compressor, lossless = get_compressor(self.compressor), get_lossless(self.lossless)

        # These take seconds to import.
        from fedsz_privacy.codec.layers import fitting
        from fedsz_privacy.codec.pipeline import FedSZ

        return FedSZ(
            bounds,
            compressor=compressor,
            lossless=lossless,
            threshold=self.threshold,
            max_bytes=self.max_bytes,
            lossy=fitting(self.lossy) if self.lossy else None,
            workers=self.workers,
        )
