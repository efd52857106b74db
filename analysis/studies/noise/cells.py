"""How fits and decisions are written into the cells of a table."""

from analysis.methods.curves.deciding import Decision
from analysis.methods.curves.privacy_curves import AsIf
from analysis.reporting.numbers import significant
from analysis.studies.noise.scopes import Scope

SHOWN_DISTRIBUTIONS = ("uniform", "laplace", "normal")


def decision_cells(decision: Decision) -> tuple[str, ...]:
    """Return a decision's pairs, its shares, and its advantages."""
    shares = (decision.share_of_values, decision.share_of_codes, decision.predicted_share)
    return (
        str(decision.pairs),
        *(significant(share) for share in shares),
        f"{decision.advantage:.3f}",
        f"{decision.predicted_advantage:.3f}",
    )


def scope_cells(scope: Scope) -> tuple[str, ...]:
    """Return what was fitted together, the best family, all distances, R2(e|x) and R2(e|all values).

    The distances are KS and then Wasserstein distance to each distribution of `SHOWN_DISTRIBUTIONS`.
    """
    fit = scope.fit
    shown = [fit.of(family) for family in SHOWN_DISTRIBUTIONS]
    return (
        scope.label,
        f"{fit.elements:,}",
        fit.best.family,
        f"{fit.best.ks:.3f}",
        *(f"{each.ks:.3f}" for each in shown),
        *(f"{each.wasserstein:.3f}" for each in shown),
        fit.dependence.explained_as(".3f"),
        f"{scope.decided:z.3f}",
    )


def as_if_cells(described: AsIf) -> tuple[str, str, str]:
    """Return the epsilons as if Laplace and as if Gaussian, and the delta as if uniform, with their ranges."""
    return (
        _ranged(described.laplace_epsilon, described.laplace_epsilon_low, described.laplace_epsilon_high),
        _ranged(described.gaussian_epsilon, described.gaussian_epsilon_low, described.gaussian_epsilon_high),
        _ranged(described.uniform_delta, described.uniform_delta_low, described.uniform_delta_high),
    )


def _ranged(value: float, low: float, high: float) -> str:
    """Return a median with its range to two digits; to three where all are equal, as of one pair."""
    least, greatest = (significant(end, 2) for end in (low, high))
    return f"{significant(value, 2)} ({least} to {greatest})" if least != greatest else significant(value)
