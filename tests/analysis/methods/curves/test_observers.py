import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.methods.curves.observers import DELTAS, draw_observers, observer_curves
from fedsz_privacy import parse_release
from fedsz_privacy.training.gaussian_rounds import Adjacency, GaussianRounds

RELEASE = "layered-gaussian:noise=4,secret=1,clip=1"


def test_outsiders_have_the_closed_form_and_the_server_no_less_than_its_own():
    """The Gaussian's exact curve is the oracle; Renyi divergences of the secret part lie up to 1.3 above it."""
    curves = observer_curves(parse_release(RELEASE), rounds=5)
    for name, multiplier, slack in (("outsiders", 4.0, 0.05), ("server", 1.0, 1.3)):
        exact = np.array([GaussianRounds(multiplier, rounds=5).epsilon(d, Adjacency.ZERO_OUT) for d in DELTAS])
        assert (curves[name] >= exact - 1e-6).all()
        assert (curves[name] <= exact + slack).all()


@pytest.mark.parametrize(
    ("text", "labels"),
    [(RELEASE, ["server", "outsiders"]), ("layered-gaussian:noise=4", ["server: no guarantee", "outsiders"])],
)
def test_both_curves_are_drawn_together(text, labels):
    axis = Figure().subplots()
    draw_observers(axis, parse_release(text), rounds=1)
    assert [each.get_text() for each in axis.get_legend().get_texts()] == labels
    assert axis.get_xlabel() == "delta"
    assert "nats" in axis.get_ylabel()
