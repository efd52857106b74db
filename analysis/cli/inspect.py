"""fedsz-privacy inspect."""

from analysis.cli.decompress import Frame, MaxBytes
from analysis.cli.people import one_line_errors, print_lines, print_table
from analysis.studies.files.spec import DEFAULT_MAX_BYTES


def inspect(*, frame: Frame, max_bytes: MaxBytes = DEFAULT_MAX_BYTES) -> None:
    """Show what a frame says of itself and of each tensor, without decoding any."""
    with one_line_errors():
        from analysis.studies.files.layers import header_lines, header_table
        from analysis.studies.files.restore import read_header

        header = read_header(frame, max_bytes)
        print_lines(header_lines(header))
        print_table(header_table(header, frame.stat().st_size))
