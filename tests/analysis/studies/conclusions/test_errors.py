"""Every sentence of a noise verdict at the edges of its rule."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.methods.noise.dependence import Dependence
from analysis.methods.noise.distances import band
from analysis.studies.conclusions.errors import decides, explains, looks, no_guarantee, tells_apart
from analysis.studies.noise.checkpoint_study import study_checkpoint
from analysis.studies.noise.verdict import verdict_lines
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import Release, Released

MANY = 10**9
"""So many elements that a sample's band closes."""

INDEPENDENT = Dependence(0.001, 0.002, 0.0, 0.0, 0.0, explained_shortfall=0.1, chatterjee_shortfall=0.1)


@pytest.mark.parametrize(
    ("advantage", "said"),
    [
        (0.0, "could not tell these two apart, which says nothing of others"),
        (0.001, "told the two apart in 0.1% of the pairs"),
        (0.875, "told the two apart in 87.5% of the pairs"),
        (1.0, "told the two apart"),
    ],
)
def test_what_an_observer_makes_of_neighbours_is_its_advantage(advantage, said):
    assert tells_apart(advantage) == said


@pytest.mark.parametrize(
    ("ks", "elements", "said"),
    [
        (0.001, MANY, "explains"),
        (0.0499, MANY, "explains"),
        (0.0501, MANY, "does not explain"),
        (0.05 + 0.99 * band(1000), 1000, "may explain"),
        (0.05 + 1.01 * band(1000), 1000, "does not explain"),
    ],
)
def test_a_mixture_explains_errors_by_its_distance_alone(ks, elements, said):
    assert explains(ks, elements) == said


@pytest.mark.parametrize(
    ("ks", "elements", "said"),
    [
        (0.0499, MANY, "errors look normal"),
        (0.0501, MANY, "errors look like no family, best normal"),
        (0.05 + 0.99 * band(1000), 1000, "errors may look normal"),
        (0.05 + 1.01 * band(1000), 1000, "errors look like no family, best normal"),
    ],
)
def test_errors_look_like_a_family_that_is_near(ks, elements, said):
    assert looks("errors", "normal", ks, elements) == said


@pytest.mark.parametrize(
    ("changes", "decided", "elements", "said"),
    [
        (
            {},
            0.0,
            MANY,
            "these figures guarantee nothing, although no dependence was found (greatest: R² with neighbours 0.002)",
        ),
        (
            {"explained": 0.049},
            0.0,
            MANY,
            "these figures guarantee nothing, although no dependence was found (greatest: R²(e|x) 0.049)",
        ),
        (
            {"explained": 0.05},
            0.04,
            MANY,
            "these figures guarantee nothing, as the error is not independent (R²(e|x) 0.050)",
        ),
        (
            {"chatterjee": 0.25},
            0.0,
            MANY,
            "these figures guarantee nothing, as the error is not independent (xi 0.250)",
        ),
        (
            {"explained": 0.39},
            0.0,
            200,
            "these figures guarantee nothing, although no dependence was found (greatest: R²(e|x) 0.390)",
        ),
        (
            {"explained": 0.41},
            0.0,
            200,
            "these figures guarantee nothing, as the error is not independent (R²(e|x) 0.410)",
        ),
        (
            {"explained": 0.6, "explained_shortfall": 0.31},
            0.0,
            MANY,
            "these figures guarantee nothing, although no dependence was found (greatest: xi 0.000)",
        ),
        (
            {"explained": 0.6, "explained_shortfall": 0.31, "chatterjee_shortfall": 0.31},
            0.006,
            MANY,
            "these figures guarantee nothing, although no dependence was found (greatest: R²(e|all values) 0.006)",
        ),
        (
            {"explained": 0.6},
            1.0,
            200,
            "these figures guarantee nothing, as the error is not independent (R²(e|all values) 1.000)",
        ),
    ],
)
def test_an_as_if_figure_is_no_guarantee_for_the_reason_that_was_measured(changes, decided, elements, said):
    assert no_guarantee(replace(INDEPENDENT, **changes), decided, elements) == said


def test_independent_errors_are_hardly_ever_called_dependent(rng):
    """At n = 128 with one code, 200 samples: the four figures pass four deviations with probability 1e-4 or so."""
    from analysis.methods.noise.dependence import dependence, explained_by_all

    said = [
        no_guarantee(dependence(x, x + error, np.array(1.0)), explained_by_all(error, again), 128)
        for x, error, again in rng.normal(size=(200, 3, 128)) * [[[0.5], [1], [1]]]
    ]
    assert sum("not independent" in each for each in said) <= 1


def test_what_is_decided_is_said_only_where_it_is_resolvable():
    assert decides(replace(INDEPENDENT, explained=0.9767), 1.0).startswith(
        "the value decides 97.7% of the error's variance"
    )
    assert decides(replace(INDEPENDENT, explained=-0.01), 1.0).startswith(
        "the value decides 0.0% of the error's variance"
    )
    assert decides(replace(INDEPENDENT, explained_shortfall=9.375), 1.0) == (
        "how much of the error the value decides is not resolvable (6 codes / elements 9.4, above 0.3); "
        "all values 100.0% (R²(e|all values)); Chatterjee's xi 0.000"
    )


def tensors():
    torch.manual_seed(0)
    return {"a.weight": torch.randn(60, 100), "b.weight": torch.randn(60, 100)}


def test_the_verdict_on_tensors_of_one_bound_says_that_their_uniforms_explain_them():
    """It said that they do not at a KS of .00, as one uniform does so too."""
    line = verdict_lines(study_checkpoint(parse_release("fedsz:abs=1e-2"), tensors()))[3]
    assert float(re.search(r"explains them \(KS ([\d.]+)\)", line)[1]) < 0.05


def test_the_verdict_on_stochastic_rounding_quotes_the_figure_that_shows_its_dependence():
    """R²(e|x) is 0, as the mean error is; its distribution hangs on the value, which xi sees."""

    def apply(update, generator):
        floors = {name: torch.floor(tensor / 0.1) for name, tensor in update.items()}
        ups = {name: torch.from_numpy(generator.random(t.shape)) < update[name] / 0.1 - t for name, t in floors.items()}
        sent = {name: (0.1 * (floors[name] + up)).float() for name, up in ups.items()}
        return Released(sent, 1, dict.fromkeys(update, 0.1))

    study = study_checkpoint(Release("mine:stochastic", apply, none().event, "for the test"), tensors())
    assert abs(study.normalised.r_squared) < 0.05
    lines = verdict_lines(study)
    assert float(re.search(r"not independent \(xi ([\d.]+)\)$", lines[1])[1]) > 0.05
    assert "what the release drew at random" in lines[2]


def test_the_verdict_on_few_elements_of_many_codes_builds_nothing_on_what_looks_independent():
    torch.manual_seed(0)
    study = study_checkpoint(parse_release("fedsz:abs=1e-3"), {"a.weight": torch.randn(40, 50)})
    lines = verdict_lines(study)
    assert lines[1].endswith(
        "these figures guarantee nothing, as the error is not independent (R²(e|all values) 1.000)"
    )
    assert "how much of the error the value decides is not resolvable" in lines[4]
    assert "R²(e|x)" not in lines[4]
