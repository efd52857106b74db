"""What one release guarantees against two observers: the server, which reads codes, and outsiders, who read updates."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.reporting.lettering import scaled
from analysis.reporting.powers import label_powers
from analysis.reporting.style import looks
from fedsz_privacy.core.dp_events import DpEvent
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.accounting import accountant, composed

DELTAS = np.geomspace(1e-10, 1e-1, 46)
"""Where curves are drawn."""

NAMES: Mapping[Observer, str] = {Observer.SERVER: "server", Observer.OUTSIDER: "outsiders"}


def epsilons(event: DpEvent, deltas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the epsilon that an event guarantees at each delta, in nats; inf where there is none."""
    counted = accountant(event, float(deltas.min())).compose(event)
    return np.array([counted.get_epsilon(float(each)) for each in deltas])


def observer_curves(release: Release, rounds: int) -> dict[str, NDArray[np.float64]]:
    """Return the epsilon of all rounds at each of `DELTAS`, against the server and against outsiders."""
    return {
        name: epsilons(composed(release.against(observer).event, rounds), DELTAS) for observer, name in NAMES.items()
    }


def draw_observers(axis: Axes, release: Release, rounds: int) -> None:
    """Draw both curves of a release, such as of ``layered-gaussian:eps=1,server=8``, on one axis of matplotlib.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Where to draw.
    release : Release
        What guarantees; an observer against whom it guarantees nothing has no curve, and the legend says so.
    rounds : int
        Rounds that a client takes part in, all together.
    """
    curves = observer_curves(release, rounds)
    for look, (name, values) in zip(looks(len(curves)), curves.items(), strict=True):
        label = name if np.isfinite(values).any() else f"{name}: no guarantee"
        axis.plot(DELTAS, values, color=look.colour, linestyle=look.line, linewidth=scaled(2), label=label)
    axis.set(xscale="log", xlabel="delta", ylabel="guaranteed epsilon (nats)", ylim=(0, None))
    label_powers(axis.xaxis)
    axis.set_title(f"{release.name}\n{rounds} round{'s' * (rounds > 1)}, one client's update")
    axis.legend(title="against")
