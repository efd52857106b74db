"""fedsz-privacy inspect."""

from analysis.cli.decompress import Frame, MaxBytes
from analysis.cli.output import with_output
from analysis.cli.people import one_line_errors, print_json, print_lines, print_table
from analysis.cli.terminal import Shown, echo, shown
from fedsz_privacy.codec.names import DEFAULT_MAX_BYTES, NO_FRAME
from fedsz_privacy.core import ranges
from fedsz_privacy.core.files import require_file
from fedsz_privacy.core.ranges import require_in


@with_output
def inspect(*, frame: Frame, max_bytes: MaxBytes = DEFAULT_MAX_BYTES) -> None:
    """Show what a frame says of itself and of each tensor, without decoding any."""
    with one_line_errors():
        require_in(ranges.ELEMENTS, max_bytes, "max bytes")
        require_file(frame, NO_FRAME)

        from analysis.studies.files.layers import header_lines, header_table, to_object
        from analysis.studies.files.restore import read_header

        header = read_header(frame, max_bytes)
        if shown() is Shown.JSON:
            print_json(to_object(header, frame.stat().st_size))
            return
        if shown() is Shown.ALL:
            print_lines(header_lines(header))
            print_table(header_table(header, frame.stat().st_size))
        else:
            echo(frame)
