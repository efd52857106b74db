"""One look for all figures, and the file that they become."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.figure import Figure

RULES: Any = {"axes.titlesize": "medium", "figure.titleweight": "bold", "savefig.dpi": 130}


@contextmanager
def house_style() -> Iterator[None]:
    """Apply one look to all figures, colour-blind-safe, and leave global settings as they were."""
    with sns.axes_style("whitegrid"), sns.plotting_context("notebook"), mpl.rc_context(RULES):
        yield


def to_png(figure: Figure) -> bytes:
    """Return a figure as a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
