"""fedsz-privacy decompress."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.output import with_output
from analysis.cli.outputs import INTERRUPTED, Force, Output, require_output
from analysis.cli.people import one_line_errors, print_json, show_gauge
from analysis.cli.terminal import Shown, echo, say, shown
from analysis.reporting.numbers import count
from fedsz_privacy.codec.names import DEFAULT_MAX_BYTES, NO_FRAME
from fedsz_privacy.core import ranges
from fedsz_privacy.core.files import require_file, require_readable
from fedsz_privacy.core.ranges import require_in

Frame = Annotated[Path, typer.Argument(metavar="FRAME", help="What compress wrote.", show_default=False)]
MaxBytes = Annotated[int, typer.Option(help="Most memory that decoding a tensor may take.")]


@with_output
def decompress(
    *,
    frame: Frame,
    out: Output,
    before: Annotated[
        Path | None,
        typer.Option(help="The earlier state that the frame was compressed with.", show_default=False),
    ] = None,
    trust: Annotated[
        str | None,
        typer.Option(
            help="A compressor whose decoder is not safe on the bytes of others, such as sz2, for a frame of your own.",
            show_default=False,
        ),
    ] = None,
    max_bytes: MaxBytes = DEFAULT_MAX_BYTES,
    force: Force = False,
) -> None:
    """Restore what compress wrote, as .safetensors, .npz, .pt or .pth by OUT's suffix."""
    with one_line_errors(INTERRUPTED):
        require_in(ranges.ELEMENTS, max_bytes, "max bytes")
        require_file(frame, NO_FRAME)
        require_readable(before)
        require_output(out, force, frame, before)

        from analysis.studies.files.layers import held_words, tensor_rows
        from analysis.studies.files.restore import restore

        header = restore(frame, out, before, trust, max_bytes, show_gauge)
        if shown() is Shown.JSON:
            print_json(tensor_rows(header, {}, {}))
            return
        size = sum(entry.nbytes for entry in header.entries)
        is_update = header.held is not None and header.held.base is not None
        hint = "; --before adds it to that state" if is_update else ""
        restored = ", restored by adding that state" if before else hint
        tensors = f"{count(len(header.entries), 'tensor')}, {count(size, 'byte')}"
        say(f"{tensors}, out of {held_words(header.held)}{restored}")
        echo(out)
