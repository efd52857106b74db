"""One look for all figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import seaborn as sns

RULES: Any = {"axes.titlesize": "medium", "figure.titleweight": "bold", "savefig.dpi": 130}


@contextmanager
def house_style() -> Iterator[None]:
    """Apply one look to all figures, colour-blind-safe, and leave global settings as they were."""
    with sns.axes_style("whitegrid"), sns.plotting_context("notebook"), mpl.rc_context(RULES):
        yield
