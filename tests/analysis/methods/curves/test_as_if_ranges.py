import pytest

from analysis.methods.curves.deciding import Comparison
from analysis.methods.curves.privacy_curves import Scales, as_if
from analysis.studies.noise.cells import as_if_cells

SCALES = {"a": Scales(laplace=0.5, deviation=1.0)}


def pair(l1):
    return {"a": Comparison(coordinates=10, l1=l1, l2=l1 / 10, log_overlap=-l1)}


def test_the_range_is_that_of_the_pairs_and_the_figure_their_median():
    """Epsilon of Laplace noise is L1 over scale: 2, 6 and 40."""
    found = as_if([pair(1.0), pair(20.0), pair(3.0)], [SCALES] * 3, 1e-5)
    ends = (found.laplace_epsilon_low, found.laplace_epsilon, found.laplace_epsilon_high)
    assert ends == pytest.approx((2, 6, 40))
    alone = [as_if([pair(l1)], [SCALES], 1e-5).gaussian_epsilon for l1 in (1.0, 3.0, 20.0)]
    assert (found.gaussian_epsilon_low, found.gaussian_epsilon, found.gaussian_epsilon_high) == pytest.approx(alone)
    assert 0 < found.uniform_delta_low < found.uniform_delta < found.uniform_delta_high <= 1
    assert as_if_cells(found)[0] == "6 (2 to 40)"


def test_a_figure_of_one_pair_has_no_range():
    assert as_if_cells(as_if([pair(1.5)], [SCALES], 1e-5))[0] == "3"
