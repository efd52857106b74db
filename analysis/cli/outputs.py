"""Files that commands write, and do not write over."""

from pathlib import Path
from typing import Annotated

import typer

from fedsz_privacy.core.files import require_absent, require_place

INTERRUPTED = "nothing was written"
"""What to know after an interruption."""

Output = Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="File to write.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Replace OUT if it is there already.")]


def require_output(out: Path, force: bool, *sources: Path | None) -> None:
    """Raise InputError if a file cannot be written, is there and not to be replaced, or would replace a source."""
    require_place(out, *(source for source in sources if source))
    if not force:
        require_absent(out, "choose another name, or give --force to replace it")
