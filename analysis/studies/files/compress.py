"""From a file with a state to a file with a frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analysis.reporting.numbers import significant
from analysis.reporting.progress import Gauge, unseen
from analysis.reporting.table import Row, Table
from analysis.studies.files.checking import Checked, check
from analysis.studies.files.fitting import require_fitting
from analysis.studies.files.given import Given, read_given
from analysis.studies.files.layers import encoded_table, tensor_rows
from analysis.studies.files.spec import CompressSpec
from analysis.studies.files.watching import TellingState, watched
from fedsz_privacy.codec.lossy import LEAST_SHARE, lossy_share, without_lossy_warnings
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.codec.streaming import Encoded, File, tensors_of, write_frame
from fedsz_privacy.core.files import open_atomically
from fedsz_privacy.core.state import nbytes


@dataclass(frozen=True)
class Compressed:
    """A frame that was written.

    Attributes
    ----------
    given : Given
        What was compressed.
    encoded : Encoded
        What was written.
    checked : Checked or None
        What decoding it showed; None if it was not decoded.
    """

    given: Given
    encoded: Encoded
    checked: Checked | None

    def table(self) -> Table:
        """Return what became of each tensor."""
        return encoded_table(self.encoded, self.checked.errors if self.checked else {})

    def rows(self) -> list[Row]:
        """Return the same as plain values, a row for each tensor."""
        return tensor_rows(self.encoded.header, self.encoded.bounds, self.checked.errors if self.checked else {})

    def notes(self) -> list[str]:
        """Return a line on what was checked, if it was."""
        if not self.checked:
            return []
        what = "the state" if self.given.before is None else "the state with --before added back, which rounds,"
        return [
            f"verified: every tensor is within its bound; greatest error of {what} {significant(self.checked.restored)}"
        ]

    def warnings(self) -> list[str]:
        """Return a line if too little of the state is lossy."""
        share = lossy_share(self.given.sent, self.encoded.bounds)
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
    require_fitting(fedsz, given.state, spec.lossy)
    with open_atomically(target) as file, without_lossy_warnings():
        with gauge("compress", nbytes(given.state)) as tell:
            encoded = write_frame(fedsz, TellingState(given.sent, tell), file, given.held)
        checked = _verified(given, fedsz, encoded.bounds, file, gauge) if spec.verify else None
    return Compressed(given, encoded, checked)


def _verified(given: Given, fedsz: FedSZ, bounds: Mapping[str, float], file: BinaryIO, gauge: Gauge) -> Checked:
    with gauge("verify", nbytes(given.state)) as tell:
        return check(given, bounds, watched(tensors_of(fedsz, File.of(file)), tell))
