"""A training function of a user's own beside the settings of the built-in one: who reads them, and what a page says."""

import pytest

from analysis.studies.audit.spec import AuditSpec
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.recommend.spec import RecommendSpec
from analysis.studies.training_words import training_words
from fedsz_privacy import InputError

SETTINGS = {"epochs": 3, "batch_size": 7, "learning_rate": 0.5, "optimizer": "adam", "weight_decay": 0.25}


@pytest.mark.parametrize("kind", [AuditSpec, ClientsSpec, FederationSpec, RecommendSpec])
@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_nobody_reads_is_refused(kind, name):
    words = f"training copy:copy does not read {name.replace('_', ' ')} {SETTINGS[name]}: set it in the function"
    with pytest.raises(InputError, match=words):
        kind(training="copy:copy", **{name: SETTINGS[name]})
    kind(**{name: SETTINGS[name]})


@pytest.mark.parametrize("private", ["dpsgd:noise=1", "opacus:noise=1+fedsz:rel=1e-2"])
def test_private_training_reads_them(private):
    spec = FederationSpec(training="copy:copy", defences=(private,), **SETTINGS)
    (rule,) = (each.training for each in spec.parse_defences(spec.built_in_training) if each.name != "none")
    assert {name: getattr(getattr(rule, "private", rule), name) for name in SETTINGS} == SETTINGS


def test_a_page_says_how_each_trains():
    built_in = "5 epochs of SGD, batch size 10, learning rate 0.1"
    assert training_words(AuditSpec()) == built_in
    own = AuditSpec(training="copy:copy", defences=("fedsz:rel=1e-2",))
    assert training_words(own, own.defences) == "the function copy:copy"
    mixed = AuditSpec(training="copy:copy", defences=("dpsgd:noise=1", "dpsgd:noise=2", "opacus:noise=1"))
    assert training_words(mixed, mixed.defences) == f"the function copy:copy; under dpsgd and opacus, {built_in}"
