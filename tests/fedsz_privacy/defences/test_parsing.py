"""Strings that hang together: multiples of a standard deviation, and who an event holds against."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from dp_accounting import GaussianDpEvent, NonPrivateDpEvent

from fedsz_privacy import InputError
from fedsz_privacy.defences import parsing
from fedsz_privacy.defences.defence import strongest_observer
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.proof import Composition, Observer, Proof, Unit
from fedsz_privacy.defences.reading import settle_defences
from fedsz_privacy.training.gaussian_rounds import Adjacency

OUTSIDE = Proof(
    GaussianDpEvent(2.0), Unit.CLIENT, Adjacency.ZERO_OUT, Observer.OUTSIDER, "the error is Gaussian", "nobody 2026"
)


def noisy(composition: Composition, scale: float = 1.0):
    """Return a release whose public noise grows with the rounds that it is for."""
    return replace(none(), name=f"noisy:scale={scale:g}", sigma=scale * composition.rounds, outsiders=OUTSIDE)


@pytest.fixture(autouse=True)
def calibrated(monkeypatch):
    """Let the strings know one release that is made for a composition."""
    monkeypatch.setattr(parsing, "CALIBRATED", {"noisy": noisy})


def test_a_bound_in_sigmas_is_that_of_the_noise_before_it_over_all_rounds():
    text = "noisy:scale=2+fedsz:abs=0.5sigma"
    assert parse_release(text, Composition(rounds=3)).name == text
    update = {"weight": torch.linspace(-9, 9, 2000).reshape(40, 50)}
    released = parse_release(text, Composition(rounds=3)).apply(update, np.random.default_rng(0))
    assert released.bounds == {"weight": 3.0}


@pytest.mark.parametrize("text", ["fedsz:abs=0.5sigma", "none+fedsz:abs=1e-1sigma", "noisy:scale=1sigma"])
def test_sigmas_of_no_noise_are_refused(text):
    with pytest.raises(InputError, match="sigma, and no release with noise of public size stands before it"):
        parse_release(text)


def test_sigmas_that_are_no_number_are_refused():
    with pytest.raises(InputError, match="'halfsigma' is not a number"):
        parse_release("noisy+fedsz:abs=halfsigma")


def test_an_outsider_is_held_to_what_the_server_is_not():
    release = parse_release("noisy")
    assert isinstance(release.against(Observer.SERVER).event, NonPrivateDpEvent)
    outside = release.against(Observer.OUTSIDER)
    assert outside.event == GaussianDpEvent(2.0)
    assert outside.reason == (
        "the error is Gaussian (nobody 2026); for one client, there or not; against whoever sees decoded updates or "
        "models made of them, but neither frames nor the shared seed"
    )


def test_what_stands_before_or_behind_a_mechanism_keeps_its_proof_and_its_name():
    chained = parse_release("fedsz:rel=1e-2+noisy+fedsz:abs=1sigma")
    assert chained.outsiders is OUTSIDE
    assert chained.sigma == 1.0
    assert chained.noisy.name == "noisy:scale=1"
    assert chained.name == "fedsz:rel=1e-2+noisy:scale=1+fedsz:abs=1sigma"


def test_a_proof_for_one_coordinate_ends_where_coordinates_are_mixed_before_it(monkeypatch):
    proved = replace(none(), name="coordinates", event=GaussianDpEvent(1.0), unit=Unit.COORDINATE)
    monkeypatch.setattr(parsing, "RELEASES", {**parsing.RELEASES, "coordinates": lambda: proved})
    assert isinstance(parse_release("fedsz:rel=1e-2+coordinates").event, NonPrivateDpEvent)
    assert parse_release("coordinates+fedsz:rel=1e-2").event == GaussianDpEvent(1.0)


@pytest.mark.parametrize("text", ["gaussian:eps=60,clip=1", "dpfedavg:eps=60+gaussian:eps=60,clip=1"])
def test_an_epsilon_that_one_round_cannot_have_is_settled_for_the_rounds_of_the_run(monkeypatch, text):
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"eps 60\.0: choose less, or"):
        settle_defences([text])
    assert settle_defences([text], Composition(rounds=10)) == (text,)
    assert strongest_observer(text) is (Observer.AGGREGATES if text.startswith("dpfedavg") else Observer.SERVER)
