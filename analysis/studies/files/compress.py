"""From a file with a state to a file with a frame."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.reporting.progress import Gauge, unseen
from analysis.reporting.table import Table
from analysis.studies.files.asked import require_fitting
from analysis.studies.files.checking import Checked, check
from analysis.studies.files.given import Given, read_given
from analysis.studies.files.layers import encoded_table
from analysis.studies.files.spec import CompressSpec
from analysis.studies.files.watching import Watched
from fedsz_privacy.codec.frame import unpack
from fedsz_privacy.codec.header import Header
from fedsz_privacy.codec.lossy import LEAST_SHARE, lossy_share, without_lossy_warnings
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.files import open_atomically
from fedsz_privacy.core.state import nbytes


@dataclass(frozen=True)
class Compressed:
    """A frame that was written.

    Attributes
    ----------
    given : Given
        What was compressed.
    header : Header
        What the frame says of itself.
    nbytes : int
        Its size in bytes.
    bounds : mapping of str to float
        Absolute error bound of each tensor that the rule chose.
    checked : Checked or None
        What decoding it showed; None if it was not decoded.
    """

    given: Given
    header: Header
    nbytes: int
    bounds: Mapping[str, float]
    checked: Checked | None

    def table(self) -> Table:
        """Return what became of each tensor."""
        return encoded_table(self.header, self.nbytes, self.bounds, self.checked.errors if self.checked else {})

    def notes(self) -> list[str]:
        """Return a line on what was checked, if it was."""
        if not self.checked:
            return []
        what = "the state" if self.given.before is None else "the state with BASE added back, which rounds,"
        return [f"verified: every tensor is within its bound; greatest error of {what} {self.checked.restored:.3g}"]

    def warnings(self) -> list[str]:
        """Return a line if too little of the state is lossy."""
        share = lossy_share(self.given.sent, self.bounds)
        if share >= LEAST_SHARE:
            return []
        what = f"only {share:.1%} of the float bytes are compressed lossily, all else exactly"
        return [f"{what}: choose tensors by --lossy, or lower --threshold"]


def compress(spec: CompressSpec, target: Path, gauge: Gauge = unseen) -> Compressed:
    """Write the frame of a state, or of an update, under a temporary name, and rename it once it is whole and checked.

    Parameters
    ----------
    spec : CompressSpec
        What is compressed, and how.
    target : Path
        The file of the frame; what is there is replaced.
    gauge : Gauge
        Shows how much is done.

    Raises
    ------
    InputError
        If a file cannot be read or written, a tensor cannot be carried, a pattern fits none, or what is decoded breaks
        a bound.
    """
    given, fedsz = read_given(spec.source, spec.before), spec.fedsz()
    require_fitting(fedsz, given.sent, spec.lossy)
    with open_atomically(target) as file, without_lossy_warnings():
        with gauge("compress", nbytes(given.sent)) as tell:
            frame, bounds = replace(fedsz, compressor=Watched(fedsz.compressor, tell)).encode_with_bounds(given.sent)
        file.write(frame)
        checked = _verified(given, fedsz, bounds, frame, gauge) if spec.verify else None
    return Compressed(given, unpack(frame)[0], len(frame), bounds, checked)


def _verified(given: Given, fedsz: FedSZ, bounds: Mapping[str, float], frame: bytes, gauge: Gauge) -> Checked:
    with gauge("verify", nbytes(given.sent)) as tell:
        decoded = replace(fedsz, compressor=Watched(fedsz.compressor, tell)).decode(frame)
        return check(given, bounds, decoded.items())
