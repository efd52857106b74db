import numpy as np
import seaborn as sns

from analysis.reporting.style import LINES, MARKERS, looks


def test_seventy_series_are_told_apart_by_colour_and_marker_and_by_colour_and_line():
    each = looks(70)
    assert len({(look.colour, look.marker) for look in each}) == 70
    assert len({(look.colour, look.line) for look in each}) == 70
    assert np.gcd(len(MARKERS), len(sns.color_palette("colorblind"))) == 1
    assert len(set(LINES)) == len(MARKERS) == len(set(MARKERS))


def test_the_first_series_look_the_same_however_many_follow():
    assert looks(200)[:3] == looks(3)
    assert looks(0) == []
