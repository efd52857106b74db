"""How fits and decisions are written into the cells of a table."""

from analysis.methods.curves.deciding import Decision
from analysis.methods.noise.noise_fit import NoiseFit

SHOWN_DISTRIBUTIONS = ("uniform", "laplace", "normal")


def decision_cells(decision: Decision) -> tuple[str, ...]:
    """Return a decision's pairs, its shares, and its advantages."""
    shares = (decision.share_of_values, decision.share_of_codes, decision.predicted_share)
    return (
        str(decision.pairs),
        *(f"{share:.3g}" for share in shares),
        f"{decision.advantage:.3f}",
        f"{decision.predicted_advantage:.3f}",
    )


def distance_cells(fit: NoiseFit) -> list[str]:
    """Return KS and then Wasserstein distance to each distribution of `SHOWN_DISTRIBUTIONS`."""
    shown = [fit.of(family) for family in SHOWN_DISTRIBUTIONS]
    return [f"{each.ks:.3f}" for each in shown] + [f"{each.wasserstein:.3f}" for each in shown]
