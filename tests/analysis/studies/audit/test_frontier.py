"""The frontier of releases, against what is known of each: clip norm over noise, norm over error, bytes."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from dp_accounting import GaussianDpEvent, LaplaceDpEvent, NonPrivateDpEvent

from analysis.methods.curves.neighbours import NeighbourPair
from analysis.reporting.style import house_style, to_bytes
from analysis.studies.audit.frontier import find_frontier
from analysis.studies.audit.presentation.frontier import draw_frontier, frontier_table
from analysis.studies.noise.update_study import study_noise
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.descent import Training

ELEMENTS, ERROR, MULTIPLIER, SIZE = 4000, 0.25, 0.5, 1000


def coin() -> Release:
    """Return a release whose error is plus or minus `ERROR`, and which proves nothing."""

    def apply(update, generator):
        sent = {
            name: tensor + ERROR * torch.from_numpy(generator.choice([-1.0, 1.0], tensor.shape))
            for name, tensor in update.items()
        }
        return Released(sent, nbytes(update))

    return Release("coin", apply, NonPrivateDpEvent(), "for the test")


def proved() -> Release:
    """Return a release that proves Gaussian noise."""
    release = coin()
    return Release("proved", release.apply, GaussianDpEvent(MULTIPLIER), "for the test")


@pytest.fixture(scope="module")
def found():
    setting = Setting(Training(), Training(), expected_records=100)
    names = ["none", f"{__name__}:coin", f"{__name__}:proved", "dpsgd:eps=8"]
    # As one of the toolkit's own: what somebody else's code says of itself is no guarantee.
    defences = [replace(parse_defence(name, setting), claimed=False) for name in names]
    return frontier_of(defences)


def frontier_of(defences):
    """Return the frontier of some defences on one update."""
    update = {"weight": torch.linspace(-1, 1, ELEMENTS, dtype=torch.float64)}
    pair = NeighbourPair(update, {"weight": torch.full((ELEMENTS,), 1e-3, dtype=torch.float64)})
    noise = {each.name: study_noise(each.release, [pair], seed=0) for each in defences}
    return find_frontier(defences, noise, dict.fromkeys(noise, SIZE), update)


@pytest.mark.slow
def test_bits_are_those_of_a_coordinate_and_private_training_is_left_out(found):
    assert list(found.points) == ["none", f"{__name__}:coin", f"{__name__}:proved"]
    assert {point.bits for point in found.points.values()} == {8 * SIZE / ELEMENTS}


def test_a_proof_gives_its_mu_and_an_error_alone_an_as_if_one(found):
    none, described, guaranteed = found.points.values()
    assert (none.mu, described.guaranteed_mu, guaranteed.as_if_mu) == (None, None, None)
    assert guaranteed.guaranteed_mu == 1 / MULTIPLIER
    assert described.as_if_mu == pytest.approx(math.sqrt(ELEMENTS / 3) / ERROR, rel=1e-3)


def laplace() -> Release:
    """Return a release that proves Laplace noise."""
    return replace(proved(), event=LaplaceDpEvent(MULTIPLIER))


@pytest.mark.parametrize(("name", "claimed"), [("proved", True), ("laplace", False)])
def test_neither_a_claim_nor_noise_of_another_kind_has_a_guaranteed_mu(name, claimed):
    setting = Setting(Training(), Training(), expected_records=100)
    defence = replace(parse_defence(f"{__name__}:{name}", setting), claimed=claimed)
    (point,) = frontier_of([defence]).points.values()
    assert point.guaranteed_mu is None
    assert point.as_if_mu == pytest.approx(math.sqrt(ELEMENTS / 3) / ERROR, rel=1e-3)


def test_the_floor_at_a_mu_is_that_of_noise_as_large(found):
    """Uniform values in noise much smaller than their range: h(X) - h(N), to the noise at the edges."""
    deviation = 0.01
    mu = found.norm / deviation
    assert found.floor(mu) == pytest.approx(np.log2(2 / (deviation * math.sqrt(2 * math.pi * math.e))), abs=0.02)


def test_the_floor_of_a_proof_is_that_of_the_noise_that_is_added(found):
    """An update shorter than the clip norm hides better than the guaranteed mu says; a longer one is clipped."""
    (*_, point) = found.points.values()
    short, long = (replace(point, deviation=found.norm * times) for times in (4.0, 0.01))
    assert found.floor_of(short) == pytest.approx(found.floor(1 / 4))
    assert found.floor_of(long) == pytest.approx(found.floor(point.guaranteed_mu))


def test_table_and_figure_keep_guaranteed_and_as_if_apart(found):
    rows = {row[0].rpartition(":")[2]: row[1:] for row in frontier_table(found).rows}
    assert rows["none"] == ("2", "-", "-", "-")
    assert rows["coin"][1] == "-" != rows["coin"][2]
    assert rows["proved"][2] == "-" != rows["proved"][1]
    with house_style():
        figure = draw_frontier(found)
        named = [text.get_text() for text in figure.legends[0].get_texts()]
        assert "floor of codes that take each coordinate by itself" in named
        assert to_bytes(figure)
    labels = [text.get_text().rpartition(":")[2] for text in figure.legends[0].get_texts()]
    assert labels[:2] == ["coin (as if)", "proved (guaranteed)"]
    assert len(labels) == 4


def test_without_an_error_there_is_no_frontier():
    setting = Setting(Training(), Training(), expected_records=100)
    assert find_frontier([parse_defence("none", setting)], {"none": None}, {"none": 1.0}, {"w": torch.ones(2)}) is None
