"""Reports of recommendations whose figures are made up, one mean loss and one half-width of its interval a bound."""

from collections.abc import Callable, Sequence

import pytest

from analysis.methods.non_inferiority import standing
from analysis.methods.over_seeds import Mean
from analysis.studies.recommend.found import RecommendReport, Tried, loosest
from analysis.studies.recommend.leakage import SeedLeakage, change_over_seeds
from analysis.studies.recommend.max_loss import Margin
from analysis.studies.recommend.spec import RecommendSpec

MARGIN = Margin(0.005, "accuracy", is_share=True)
UNDEFENDED = Mean(0.9, 0.89, 0.91, (0.89, 0.9, 0.91))
LEAKAGE = change_over_seeds([SeedLeakage(0.61, 0.6101), SeedLeakage(0.62, 0.6199), SeedLeakage(0.63, 0.63)])

Losses = Sequence[tuple[float, float]]


def _mean(mean: float, half: float) -> Mean:
    return Mean(mean, mean - half, mean + half, (mean - half / 2.5, mean, mean + half / 2.5))


@pytest.fixture(scope="session")
def reported() -> Callable[..., RecommendReport]:
    def report(losses: Losses, margin: Margin = MARGIN) -> RecommendReport:
        means = [
            Mean(mean, mean - half, mean + half, (mean - half / 2.5, mean, mean + half / 2.5)) for mean, half in losses
        ]
        bounds = [10.0 ** (place - 4) for place in range(len(means))]
        tried = tuple(
            Tried(
                f"fedsz:rel=1e-{4 - place}",
                bounds[place],
                loss,
                standing(loss, margin.value),
                Mean(4.0 + place, 3.9 + place, 4.1 + place, (3.9 + place, 4.0 + place, 4.1 + place)),
                Mean(0.01, 0.009, 0.011, (0.01, 0.01, 0.01)),
                Mean(0.5, 0.4, 0.6, (0.5, 0.5, 0.5)),
            )
            for place, loss in enumerate(means)
        )
        recommended = loosest(tried, margin)
        spec = RecommendSpec(seeds=3, model="mlp", bounds=",".join(map(str, bounds)))
        leakage = LEAKAGE if recommended else None
        return RecommendReport(spec, margin, 1200, 360, UNDEFENDED, tried, recommended, leakage)

    return report
