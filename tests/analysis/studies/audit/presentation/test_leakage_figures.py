import numpy as np
import pytest
from drawing import require_drawn_where_asked

from analysis.methods.leakage.detectable import Difference, Estimate
from analysis.reporting.style import house_style
from analysis.studies.audit.presentation.leakage_figures import (
    compared,
    detectable_differences,
    difficulty,
    exposure,
    gallery,
    score_histograms,
)

TRIALS, CANDIDATES = 40, 30
RELEASES = ("none", "fedsz:rel=1e-2")


@pytest.fixture
def membership(rng) -> np.ndarray:
    return rng.random((TRIALS, CANDIDATES)) < 0.5


@pytest.fixture
def margins(rng, membership) -> np.ndarray:
    """Margins on which records differ by much and membership by little."""
    return rng.normal(size=(TRIALS, CANDIDATES)) + membership + rng.permutation(3.0 * np.arange(CANDIDATES))


def drawn(artist):
    return artist.get_xdata(), artist.get_ydata()


def test_every_panel_is_titled_and_has_a_unit(margins, membership):
    found = {"lira": Difference(-0.01, -0.02, 0.01, 0.03), "loss": Difference(0.02, -0.01, 0.04, 0.02)}
    with house_style():
        figures = [
            score_histograms(dict.fromkeys(RELEASES, margins), membership, "score, nats"),
            difficulty(margins, membership, shown=10),
            exposure({"ordinary": np.linspace(0.4, 0.9, 20)}, np.linspace(0.4, 0.6, 20)),
            detectable_differences(dict.fromkeys(RELEASES, found)),
            compared({"none": found}, "AUC"),
        ]
    for figure in figures:
        assert figure.legends
        for panel in figure.axes:
            assert panel.get_title()
            assert panel.get_xlabel()


def test_every_figure_is_drawn_in_a_column_of_a_paper(margins, membership, digits):
    found = {"lira": Difference(-0.01, -0.02, 0.01, 0.03), "loss": Difference(0.02, -0.01, 0.04, 0.02)}
    both = dict.fromkeys(RELEASES, found)
    require_drawn_where_asked(score_histograms, dict.fromkeys(RELEASES, margins), membership, "score, nats", panels=2)
    require_drawn_where_asked(difficulty, margins, membership)
    require_drawn_where_asked(exposure, {"ordinary": np.linspace(0.4, 0.9, 20)}, np.linspace(0.4, 0.6, 20))
    require_drawn_where_asked(gallery, {"exposed": [5, 2], "ordinary": [7, 1]}, digits, ["AUC 0.5"] * len(digits))
    require_drawn_where_asked(detectable_differences, both, panels=2)
    require_drawn_where_asked(compared, both, "Adversaries")


def test_histograms_hold_the_scores_of_members_and_of_non_members(margins, membership):
    figure = score_histograms({"none": margins}, membership, "score")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["member", "non-member"]
    for outline, scores in zip(figure.axes[0].patches, (margins[membership], margins[~membership]), strict=True):
        corners = outline.get_xy()
        edges = np.unique(corners[:, 0])
        density, _ = np.histogram(scores, edges, density=True)
        assert corners[:, 1].max() == pytest.approx(density.max())


def test_records_go_from_hard_to_easy_and_every_trial_of_theirs_is_drawn(margins, membership):
    panel = difficulty(margins, membership, shown=CANDIDATES).axes[0]
    (places_in, values_in), (places_out, values_out) = map(drawn, panel.lines[:2])
    assert np.allclose(np.sort([*values_in, *values_out]), np.sort(margins, axis=None))
    hardest = int(panel.get_xticklabels()[0].get_text())
    assert np.allclose(np.sort(values_in[np.rint(places_in) == 0]), np.sort(margins[membership[:, hardest], hardest]))
    means = [values_out[np.rint(places_out) == place].mean() for place in range(CANDIDATES)]
    assert means == sorted(means)


def test_records_are_ranked_within_their_own_group(rng):
    own = {"ordinary": rng.random(20), "canary": rng.random(5)}
    *groups, luck = exposure(own, np.full(7, 0.5)).axes[0].lines
    for line, values in zip(groups, own.values(), strict=True):
        shares, drawn_values = drawn(line)
        assert np.allclose(np.sort(values), drawn_values[::-1])
        assert np.allclose(shares, [((values > value).sum() + 0.5) / len(values) for value in drawn_values])
    assert luck.get_label() == "luck alone"
    assert np.allclose(drawn(luck)[1], 0.5)


def test_the_gallery_shows_the_images_of_the_records_with_their_captions(digits):
    captions = [f"record {number}" for number in range(len(digits))]
    panels = gallery({"exposed": [5, 2], "ordinary": [7, 1]}, digits, captions).axes
    assert [panel.get_title() for panel in panels] == ["record 5", "record 2", "record 7", "record 1"]
    assert np.allclose(panels[2].images[0].get_array(), digits.inputs[0][7, 0])


def test_the_band_is_what_the_run_could_not_have_detected():
    found = {"lira": Difference(-0.01, -0.02, 0.01, 0.03)}
    panel = detectable_differences({"fedsz:rel=1e-2": found}).axes[0]
    band = panel.patches[0]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-0.03, 0.03))
    assert drawn(panel.containers[1].lines[0])[0] == pytest.approx([-0.01])


def test_series_that_lack_a_row_leave_it_empty():
    estimate = Estimate(0.6, 0.55, 0.65)
    panel = compared({"none": {"update": estimate, "server": estimate}, "fedsz": {"server": estimate}}, "AUC").axes[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["update", "server"]
    rows = [[round(place) for place in drawn(container.lines[0])[1]] for container in panel.containers]
    assert rows == [[0, 1], [1]]


def test_intervals_are_drawn_as_they_were_estimated():
    panel = compared({"none": {"update": Estimate(0.6, 0.55, 0.7)}}, "AUC").axes[0]
    ends = panel.containers[0].lines[2][0].get_segments()[0][:, 0]
    assert ends == pytest.approx([0.55, 0.7])


def test_any_number_of_series_and_of_groups_are_told_apart():
    estimate = Estimate(0.6, 0.55, 0.65)
    found = {f"defence {number}": {"update": estimate, "server": estimate} for number in range(13)}
    bars = compared(found, "AUC").axes[0].containers
    assert len({(bar[0].get_color(), bar[0].get_marker()) for bar in bars}) == 13
    assert all(np.abs(bar[0].get_ydata() - [0, 1]).max() < 0.5 for bar in bars)
    groups = {f"group {number}": np.linspace(0.4, 0.9, 5) for number in range(13)}
    *lines, _ = exposure(groups, np.full(5, 0.5)).axes[0].lines
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 13
