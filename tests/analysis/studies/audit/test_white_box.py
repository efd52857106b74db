"""Gradient canaries against the guarantee of each defence of an audit."""

from types import SimpleNamespace

import pytest

from analysis.reporting.progress import silent
from analysis.studies.audit.playing import Players
from analysis.studies.audit.prepare import load, start_game
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.audit.white_box import audit_white_box

SPEC = AuditSpec(
    defences=("none", "fedsz:rel=9e-1", "dpsgd:eps=4", "dpsgd:eps=4+fedsz:rel=1e-2"),
    gradient_canaries=100,
    trials=12,
    candidates=40,
    clients=2,
    client_records=40,
    rounds=1,
    epochs=2,
    batch_size=10,
    learning_rate=0.1,
)


@pytest.fixture(scope="module")
def bounds():
    split, model = load(SPEC)
    players = Players(start_game(SPEC, split, model, silent), SPEC.parse_defences(), SPEC.get_signals(), SPEC.sees)
    return audit_white_box(players, SPEC, silent)


def test_every_release_has_a_bound(bounds):
    assert list(bounds) == list(SPEC.defences)
    assert {bound.delta for bound in bounds.values()} == {1e-5}


@pytest.mark.parametrize("name", SPEC.defences[2:])
def test_what_is_proved_of_dp_sgd_is_below_its_guarantee(bounds, name):
    """Of twenty seeds one may fail; under plain training, which promises nothing, the same canaries prove more."""
    assert bounds[name].epsilon < 4 < bounds["none"].epsilon


def test_canaries_are_read_off_what_each_release_lets_through(bounds):
    """A bound of nine tenths of the range leaves one value of almost every weight."""
    assert bounds["fedsz:rel=9e-1"].epsilon < 0.5 * bounds["none"].epsilon


def test_nothing_is_played_where_nothing_was_asked_for():
    spec = AuditSpec(defences=("none", "dpsgd:eps=4"))
    nobody = SimpleNamespace(games=lambda: pytest.fail("games were started"))
    assert audit_white_box(nobody, spec, silent) == {"none": None, "dpsgd:eps=4": None}
