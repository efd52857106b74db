"""The conclusion on a compressor at the edges of its rules."""

import pytest

from analysis.studies.bench.measure import BenchRow, RepeatedRate
from analysis.studies.conclusions.codec import conclude


@pytest.mark.parametrize(
    ("ratio", "peak_error", "said"),
    [
        (9.87, 1.0, "9.87x smaller, 1,200 MB/s to compress, 80 MB/s to decompress; greatest error 1 of the bound"),
        (1.04, 0.5, "same size, 1,200 MB/s to compress, 80 MB/s to decompress; greatest error 0.5 of the bound"),
        (0.5, None, "2x larger, 1,200 MB/s to compress, 80 MB/s to decompress"),
    ],
)
def test_a_compressor_is_said_to_be_smaller_or_larger_by_its_ratio_and_exact_where_it_has_no_error(
    ratio, peak_error, said
):
    rates = RepeatedRate(1200.4, 1100, 1300), RepeatedRate(79.6, 70, 90)
    row = BenchRow("folder/w.safetensors", "sz3", 1e-2, 4, 0, ratio, ratio, *rates, peak_error, 0.1)
    assert conclude(row) == f"sz3 at REL 1e-2 on w.safetensors: {said}"
