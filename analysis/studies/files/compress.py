"""From a file with a state to a file with a frame."""

from collections.abc import Iterator, Mapping
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
from analysis.studies.files.limit import naming_options
from analysis.studies.files.spec import CompressSpec
from analysis.studies.files.watching import TellingState, watched
from fedsz_privacy.codec.lossy import LEAST_SHARE, is_eligible, lossy_share, without_lossy_warnings
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.codec.streaming import Encoded, File, tensors_of, write_frame
from fedsz_privacy.core.errors import printable
from fedsz_privacy.core.files import open_atomically
from fedsz_privacy.core.state import StateDict, nbytes


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
    without_numbers : tuple of str
        Names of the tensors that the rule chose as lossy, and that are kept exactly as no number in them is finite.
    """

    given: Given
    encoded: Encoded
    checked: Checked | None
    without_numbers: tuple[str, ...] = ()

    def table(self) -> Table:
        """Return what became of each tensor."""
        return encoded_table(self.encoded, self.checked.errors if self.checked else {})

    def rows(self) -> list[Row]:
        """Return the same as plain values, a row for each tensor."""
        return tensor_rows(self.encoded.header, self.encoded.bounds, self.checked.errors if self.checked else {})

    def notes(self) -> list[str]:
        """Return a line on what has no finite number, if anything, and one on what was checked, if it was."""
        return [*self._kept(), *self._verified()]

    def _kept(self) -> list[str]:
        if not self.without_numbers:
            return []
        names = ", ".join(map(printable, self.without_numbers[:10])) + (
            ", ..." if len(self.without_numbers) > 10 else ""
        )
        have = "is kept exactly: it has" if len(self.without_numbers) == 1 else "are kept exactly: they have"
        return [f"{names} {have} no finite number"]

    def _verified(self) -> list[str]:
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
    with naming_options(), open_atomically(target) as file, without_lossy_warnings():
        with gauge("compress", nbytes(given.state)) as tell:
            encoded = write_frame(fedsz, TellingState(given.sent, tell), file, given.held)
        checked = _verified(given, fedsz, encoded.bounds, file, gauge) if spec.verify else None
    return Compressed(given, encoded, checked, tuple(_without_numbers(given.sent, fedsz, encoded)))


def _without_numbers(sent: StateDict, fedsz: FedSZ, encoded: Encoded) -> Iterator[str]:
    rule = fedsz.rule(sent)
    for name in (each.name for each in encoded.header.entries if not each.stream_size):
        tensor = sent[name]
        if is_eligible(tensor, fedsz.threshold) and not tensor.isfinite().any() and rule(name, tensor):
            yield name


def _verified(given: Given, fedsz: FedSZ, bounds: Mapping[str, float], file: BinaryIO, gauge: Gauge) -> Checked:
    with gauge("verify", nbytes(given.state)) as tell:
        return check(given, bounds, watched(tensors_of(fedsz, File.of(file)), tell))
