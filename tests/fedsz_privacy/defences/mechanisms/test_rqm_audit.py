"""A privacy audit of rqm: one coordinate at its worst, many times, and broken variants that the audit exposes."""

from dataclasses import dataclass

import numpy as np
import pytest

from analysis.methods.lower_bounds.clopper_pearson import clopper_pearson_bound
from analysis.methods.lower_bounds.counts import ErrorCounts
from fedsz_privacy.defences.mechanisms.random_levels import RandomLevels
from fedsz_privacy.defences.mechanisms.worst_pair import worst_pair
from fedsz_privacy.training.accounting import epsilon

ROUNDING = RandomLevels(clip=1.0, levels=8, keep=0.2, beyond=2)
DELTA, DRAWS, HUGE = 1e-5, 1_000_000, 50.0


@dataclass(frozen=True)
class Unclipped(RandomLevels):
    """Forgets to clip: a value beyond all levels goes to the last one, as a quantiser that saturates has it."""

    def _places(self, values):
        return np.clip(values / self.step + (self.levels - 1) / 2, 0, self.levels - 1.001)


def audited(rounding: RandomLevels, seed: int) -> float:
    """Return the epsilon that draws of two far values prove, at 95% confidence; thresholds are fixed beforehand."""
    rng = np.random.default_rng(seed)
    there, away = (rounding.draw(np.full(DRAWS, value), rng) for value in (HUGE, -HUGE))
    thresholds = np.arange(1, rounding.levels)
    counts = ErrorCounts(
        np.array([(away >= each).sum() for each in thresholds]),
        DRAWS,
        np.array([(there < each).sum() for each in thresholds]),
        DRAWS,
    )
    return clopper_pearson_bound(counts, DELTA, 0.95).epsilon


def guaranteed() -> float:
    event = worst_pair(ROUNDING)
    assert event is not None
    return epsilon(event, DELTA)


def test_the_audit_stays_below_the_guarantee_and_comes_close():
    """Fixed seed; a sound mechanism exceeds its guarantee in one run of twenty at most."""
    assert 0.6 * guaranteed() < audited(ROUNDING, 1) <= guaranteed()


@pytest.mark.parametrize(
    "broken",
    [RandomLevels(clip=1.0, levels=8, keep=0.5, beyond=2), Unclipped(clip=1.0, levels=8, keep=0.2, beyond=2)],
    ids=["too many levels are kept", "the clip is forgotten"],
)
def test_the_audit_exposes_what_is_broken(broken):
    assert audited(broken, 2) > guaranteed()
