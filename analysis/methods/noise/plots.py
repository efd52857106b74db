"""Drawings of a noise fit on an axis of matplotlib."""

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from analysis.methods.noise.noise_fit import NoiseFit

STYLES = {
    "uniform": "-",
    "laplace": "--",
    "normal": ":",
    "generalised normal": "-.",
    "student t": (0, (4, 1, 1, 1, 1, 1)),
}
"""How the density of each family is drawn; an atom has none."""

BARS = 80
MARGIN = 1.15
TAIL = 1e-3


def draw_fit(axis: Axes, fit: NoiseFit, families: tuple[str, ...] = tuple(STYLES)) -> None:
    """Draw the errors' histogram and the fitted densities of some families.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Where to draw.
    fit : NoiseFit
        What to draw; all but one error in a thousand are in view.
    families : tuple of str
        Keys of `STYLES`.
    """
    sketch = fit.sketch
    below = np.append(0, sketch.histogram.cumsum()) / sketch.elements
    view = MARGIN * float(np.abs(np.interp([TAIL / 2, 1 - TAIL / 2], below, sketch.edges)).max())
    bars, grid = np.linspace(-view, view, BARS + 1), np.linspace(-view, view, 801)
    shares = np.diff(np.interp(bars, sketch.edges, below))
    axis.bar(bars[:-1], shares / np.diff(bars), np.diff(bars), align="edge", color="lightgrey", linewidth=0)
    for family, colour in zip(STYLES, sns.color_palette("colorblind"), strict=False):
        if family in families:
            distribution = fit.of(family)
            axis.plot(
                grid, distribution.density(grid), linestyle=STYLES[family], color=colour, linewidth=2, label=family
            )
    axis.set(xlim=(-view, view), ylim=(0, 1.35 * float((shares / np.diff(bars)).max())))


def summary(fit: NoiseFit) -> str:
    """Return the best family, the distances to the two families in question, and the explained share."""
    distances = f"KS uniform {fit.of('uniform').ks:.3f}, Laplace {fit.of('laplace').ks:.3f}"
    return f"best {fit.best.family}\n{distances}\nR²(e|x) {fit.r_squared:.2f}"
