import dataclasses
import json

import dp_accounting
import numpy as np
import pytest
import torch

from analysis.methods.curves.deciding import Comparison
from analysis.methods.noise.families import BOUNDED
from analysis.methods.noise.noise_fit import fit_noise
from analysis.methods.noise.residuals import BoundSource
from analysis.reporting.numbers import percent
from analysis.studies.noise.checkpoint_study import pooled_sketch, study_checkpoint
from analysis.studies.noise.figures import error_against_value, pooled_and_single
from analysis.studies.noise.found import NoiseReport
from analysis.studies.noise.tables import family_table, fit_rows, scope_table, summary_rows
from analysis.studies.noise.tensor_study import SHARES, study_tensors
from analysis.studies.noise.verdict import verdict_lines
from analysis.studies.spec import DELTA
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import Release, Released


@pytest.fixture(scope="module")
def weights():
    torch.manual_seed(0)
    scales = {"a.weight": 1.0, "b.weight": 0.05, "c.weight": 0.01}
    return {name: torch.randn(120, 200) * scale for name, scale in scales.items()} | {"a.bias": torch.randn(120)}


@pytest.fixture(scope="module")
def study(weights):
    return study_checkpoint(parse_release("fedsz:rel=1e-2"), weights)


def test_lossy_tensors_are_studied_and_exact_ones_are_not(study):
    assert list(study.tensors) == ["a.weight", "b.weight", "c.weight"]
    assert study.exact == 120


def test_a_tensor_passes_the_release_as_it_would_in_the_whole_state(study, weights):
    released = parse_release("fedsz:rel=1e-2").apply(weights, np.random.default_rng(0))
    for name, each in study.tensors.items():
        assert each.bound == released.bounds[name]
        whole = fit_noise(weights[name].numpy(), released.update[name].numpy(), each.bound)
        assert whole.to_dict() == each.fit.to_dict()


def test_pooled_raw_errors_are_a_mixture_that_no_tensor_follows(study):
    assert study.mixture.holds
    assert all(each.fit.best.family == "uniform" for each in study.tensors.values())
    assert study.normalised.best.family == "uniform"
    assert study.raw.best.family != "uniform"


def test_the_pooled_sketch_is_that_of_all_errors(study, weights):
    released = parse_release("fedsz:rel=1e-2").apply(weights, np.random.default_rng(0)).update
    errors = np.concatenate([(released[name] - weights[name]).double().numpy().ravel() for name in study.tensors])
    pooled = pooled_sketch([(each.fit.sketch, each.bound) for each in study.tensors.values()])
    below = np.append(0, pooled.histogram.cumsum()) / pooled.elements
    exact = np.searchsorted(np.sort(errors), pooled.edges) / errors.size
    assert np.abs(below - exact).max() < 2e-3
    assert study.raw.of("normal").scale == pytest.approx(1)


def test_no_difference_goes_unseen_and_the_guarantee_is_none(study):
    assert set(study.decisions) == set(SHARES)
    assert all(decision.advantage == 1 for decision in study.decisions.values())
    assert study.guarantee.epsilon == np.inf
    epsilons = [each.laplace_epsilon for each in study.as_if.values()]
    assert epsilons == pytest.approx([epsilons[0], 100 * epsilons[0], 10_000 * epsilons[0]], rel=0.05)


def test_a_release_that_changes_nothing_has_no_study(weights):
    assert study_checkpoint(none(), weights) is None


def watched(release, name):
    """Return a release under a name, and the list that the names of the tensors which it is given together go to."""
    seen = []

    def apply(update, generator):
        seen.append({name for name, tensor in update.items() if tensor.numel()})
        return release.apply(update, generator)

    return dataclasses.replace(release, name=name, apply=apply), seen


def test_a_release_that_is_no_codec_sees_the_whole_state_at_once_whatever_its_name(weights):
    silent = Release("silent", lambda update, _: Released(dict(update), 1), none().event, "for the test")
    release, seen = watched(silent, "fedsz:rel=1e-2")
    assert all(study is None for _, study in study_tensors(release, weights, 0))
    assert all(names == set(weights) for names in seen)


def test_a_codec_sees_one_tensor_at_a_time_whatever_its_name(weights):
    """The name was asked, and its 1e+2 read as two parts."""
    release, seen = watched(parse_release("fedsz:rel=1e-2"), "mine:codec")
    assert sum(study is not None for _, study in study_tensors(release, weights, 0)) == 3
    assert all(len(names) == 1 for names in seen)


def keep_the_largest(share):
    """A release of a user's own that drops all but the largest entries of each tensor, and reports no bounds."""

    def apply(update, _):
        sent = {}
        for name, tensor in update.items():
            least = tensor.abs().flatten().kthvalue(max(1, round((1 - share) * tensor.numel()))).values
            sent[name] = torch.where(tensor.abs() > least, tensor, 0)
        return Released(sent, 1)

    return Release("mine:top", apply, none().event, "for the test")


def test_a_release_that_reports_no_bounds_is_judged_by_what_came_out(weights):
    study = study_checkpoint(keep_the_largest(0.05), weights)
    assert list(study.tensors) == ["a.weight", "b.weight", "c.weight"]
    for name, each in study.tensors.items():
        dropped = weights[name].abs().flatten().sort().values[: round(0.95 * weights[name].numel())]
        assert each.bound == pytest.approx(float(dropped[-1]))
        assert each.bound_is == BoundSource.OBSERVED
        assert each.fit.on_bound is None
        assert each.fit.share_zero == pytest.approx(0.05, abs=1e-3)
    assert study.bounds_are == BoundSource.OBSERVED
    assert study.to_dict()["tensors"]["a.weight"]["bound_is"] == "observed"
    assert "largest errors seen" in verdict_lines(study)[3]


def test_a_codecs_bounds_are_reported(study):
    assert {each.bound_is for each in study.tensors.values()} == {study.bounds_are} == {BoundSource.REPORTED}
    assert "mixture of uniforms of the known bounds" in verdict_lines(study)[3]


@pytest.mark.parametrize("release", ["topk:share=0.1", "bf16", "sign", "gaussian:noise=1.1,clip=1"])
def test_pooled_errors_over_observed_bounds_are_compared_with_no_known_one(weights, release):
    """A tensor's fit over the largest error seen has no bound in it; all of them together had."""
    study = study_checkpoint(parse_release(release), weights)
    assert study.bounds_are == BoundSource.OBSERVED
    for fit in (study.normalised, *(each.fit for each in study.tensors.values())):
        assert fit.on_bound is None
        assert not {each.family for each in fit.fits} & set(BOUNDED)
    assert study.to_dict()["pooled_on_bound"]["on_bound"] is None


@pytest.mark.parametrize(("release", "unit"), [("bf16", "observed bound"), ("fedsz:rel=1e-2", "reported bound")])
def test_figures_and_rows_say_what_errors_are_measured_in(weights, release, unit):
    """An audit says that no bound was reported, and a noise study wrote error / bound."""
    study = study_checkpoint(parse_release(release), weights)
    rows = summary_rows(NoiseReport(None, 24_000, {release: study}))
    assert {(row["scope"], row["unit"]) for row in rows} == {
        ("pooled, raw", "standard deviation"),
        ("pooled, over bound", unit),
        ("tensor", unit),
    }
    labels = [panel.get_xlabel() for panel in pooled_and_single({release: study}).axes]
    assert labels == ["error / standard deviation", f"error / {unit}", f"error / {unit}"]
    (panel,) = error_against_value({release: study}).axes
    assert panel.get_xlabel() == f"value / {unit}"


def test_pooled_errors_over_reported_bounds_are_compared_with_them_and_raw_ones_with_none(study):
    assert study.normalised.on_bound is not None
    assert {each.family for each in study.normalised.fits} >= set(BOUNDED)
    assert study.raw.on_bound is None


def test_a_deviation_is_no_bound_even_where_no_error_exceeds_it(weights):
    """Errors of +-0.1, whose largest is their deviation."""
    signs = {
        name: torch.where(torch.arange(t.numel()).reshape(t.shape) % 2 == 0, 0.1, -0.1) for name, t in weights.items()
    }

    def apply(update, _):
        return Released({name: tensor + signs[name] for name, tensor in update.items()}, 1)

    found = study_checkpoint(Release("mine:signs", apply, none().event, "for the test"), weights)
    assert found.raw.sketch.limit == pytest.approx(1, abs=1e-3)
    assert found.raw.on_bound is None


def test_the_verdict_says_in_percent_how_many_values_differ_and_names_figures_alike(study):
    """All of the values were "1 of the values"; one figure was "at most" here and "or more" there."""
    _, as_if, measured, _, dependent = verdict_lines(study)
    share = study.decisions[1e-6].share_of_values
    assert 0 < share < 1
    assert f"({percent(share)} of the values differ)" in measured
    assert "R² with neighbours" in dependent
    assert not any(words in line for line in (as_if, dependent) for words in ("at most", "or more"))


@pytest.mark.slow
def test_bounds_of_a_codec_that_another_release_follows_are_not_lost(weights):
    found = study_checkpoint(parse_release("fedsz:rel=1e-2+none"), weights)
    alone = study_checkpoint(parse_release("fedsz:rel=1e-2"), weights)
    for name, each in found.tensors.items():
        assert each.bound == pytest.approx(alone.tensors[name].bound, rel=1e-2)


def test_a_state_without_named_weights_is_studied_by_shape():
    torch.manual_seed(0)
    state = {"dense/kernel": torch.randn(60, 80), "dense/bias": torch.randn(2000)}
    assert list(study_checkpoint(parse_release("fedsz:rel=1e-2"), state).tensors) == ["dense/kernel"]


def test_a_tensor_alone_is_as_lossy_as_in_its_state():
    """By itself the second would be chosen by its shape."""
    torch.manual_seed(0)
    state = {"fc.weight": torch.randn(60, 80), "position": torch.randn(40, 50)}
    assert list(study_checkpoint(parse_release("fedsz:rel=1e-2"), state).tensors) == ["fc.weight"]


def test_values_that_are_not_finite_and_come_back_are_no_change():
    state = {"a.weight": torch.full((40, 50), float("nan")), "b.weight": torch.full((40, 50), float("inf"))}
    assert study_checkpoint(none(), state) is None
    assert study_checkpoint(parse_release("fedsz:rel=1e-2"), state) is None


@pytest.mark.slow
def test_the_seed_of_a_study_reaches_its_intervals(weights):
    def intervals(seed):
        study = study_checkpoint(parse_release("fedsz:rel=1e-2"), {"a.weight": weights["a.weight"]}, seed)
        fits = [study.raw, study.normalised, *(each.fit for each in study.tensors.values())]
        return [fit.of("laplace").distances["wasserstein"].high for fit in fits]

    assert intervals(0) == intervals(0)
    assert all(first != other for first, other in zip(intervals(0), intervals(5), strict=True))


def test_independent_noise_is_told_from_compression_error(weights):
    """Negative control: uniform noise on the same bound, drawn apart from the data."""
    fedsz = parse_release("fedsz:rel=1e-2")

    def apply(update, generator):
        released = fedsz.apply(update, generator)
        noise = {name: generator.uniform(-bound, bound, update[name].shape) for name, bound in released.bounds.items()}
        noisy = {name: update[name] + torch.from_numpy(each).float() for name, each in noise.items()}
        return dataclasses.replace(released, update={**update, **noisy})

    found = study_checkpoint(dataclasses.replace(fedsz, name="noise", apply=apply), weights)
    assert found.normalised.best.family == "uniform"
    assert abs(found.normalised.r_squared) < 0.05


def test_tensors_of_half_precision_and_with_infinities_are_studied(weights):
    odd = {"h.weight": weights["a.weight"].half(), "i.weight": weights["a.weight"].clone()}
    odd["i.weight"][0, :3] = torch.tensor([np.inf, -np.inf, np.nan])
    found = study_checkpoint(parse_release("fedsz:rel=1e-2"), odd)
    assert [each.fit.elements for each in found.tensors.values()] == [24_000, 23_997]


def test_the_gaussian_limit_of_normal_noise_is_its_own_mu(study):
    """For the normal distribution the limit is exact: the epsilon of mu is that of the as-if figure."""
    for share, limits in study.gaussian_limits.items():
        exact = dp_accounting.get_epsilon_gaussian(1 / limits["normal"], DELTA)
        assert study.as_if[share].gaussian_epsilon == pytest.approx(exact, rel=1e-3)


def compared(weight, release="fedsz:rel=1e-2"):
    """Return the study of one tensor."""
    return study_checkpoint(parse_release(release), {"a.weight": weight})


@pytest.mark.slow
@pytest.mark.parametrize("exponent", [-500, 60, 500, 1000])
def test_a_study_has_no_scale(exponent):
    """At 1e18 in 32 bits, and at 1e+-160 in 64, neighbours were infinite or equal, and so were as-if figures."""
    weight = torch.randn(40, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    ordinary, scaled = compared(weight), compared(torch.ldexp(weight, torch.tensor(exponent)))
    for share in SHARES:
        assert scaled.moved[share] == 2000
        assert scaled.as_if[share].laplace_epsilon == pytest.approx(ordinary.as_if[share].laplace_epsilon, rel=1e-6)
        assert scaled.as_if[share].gaussian_epsilon == pytest.approx(ordinary.as_if[share].gaussian_epsilon, rel=1e-6)
        assert scaled.gaussian_limits[share] == pytest.approx(ordinary.gaussian_limits[share], rel=1e-6)
        size = float(np.linalg.norm(weight.numpy().ravel())) * share
        assert np.log2(scaled.as_if[share].l2 / size) == pytest.approx(exponent, abs=1e-6)
    assert scaled.decisions == ordinary.decisions
    assert scaled.raw.to_dict() == ordinary.raw.to_dict()


@pytest.mark.parametrize("scale", [1e18, 1e30, 1e38, 1e-30, 1e-40])
def test_neighbours_of_32_bits_differ_at_every_scale(scale):
    weight = torch.randn(40, 50, generator=torch.Generator().manual_seed(3)).clamp(-3, 3) * scale
    study = compared(weight)
    assert study.moved[SHARES[-1]] > 1900
    for share in SHARES[-2:]:
        size = share * float(weight.double().norm())
        assert study.as_if[share].l2 == pytest.approx(size, rel=0.05)
        assert 0 < study.as_if[share].laplace_epsilon < np.inf
    json.dumps(study.to_dict(), allow_nan=False)


def test_neighbours_of_the_greatest_numbers_stay_finite():
    weight = torch.linspace(-1, 1, 2000).reshape(40, 50) * torch.finfo(torch.float32).max
    study = compared(weight)
    assert np.isfinite(study.as_if[SHARES[-1]].l2)
    detection = study.tensors["a.weight"].detections[1]
    assert detection.value == pytest.approx(12**0.5, rel=1e-2)


def test_a_difference_that_rounding_absorbs_is_said_to_be_absorbed():
    """Equal neighbours once counted as ones that nobody can tell apart."""
    weight = torch.linspace(1, 2, 2000).reshape(40, 50).bfloat16()
    study = compared(weight, "fedsz:rel=1e-1")
    assert study.moved[SHARES[0]] == study.moved[SHARES[1]] == 0 < study.moved[SHARES[2]]
    measured = verdict_lines(study)[2]
    assert "here 0.01 (rounding absorbs 1e-4)" in measured
    json.dumps(study.to_dict(), allow_nan=False)


def test_where_rounding_absorbs_every_difference_nothing_is_measured():
    weight = torch.linspace(1, 2, 2000).reshape(40, 50).bfloat16()
    study = compared(weight, "fedsz:rel=1e-1")
    still = {name: dataclasses.replace(each, comparisons=(Comparison(coordinates=2000),) * 3)
             for name, each in study.tensors.items()}  # fmt: skip
    assert verdict_lines(dataclasses.replace(study, tensors=still))[2] == (
        "measured: nothing; rounding absorbs differences of up to 0.01 of each tensor's norm"
    )


def test_a_tensor_may_be_called_as_pooled_errors_are(weights):
    """Its row, and that of all pooled errors, took one place."""
    name = "pooled, raw"
    study = study_checkpoint(parse_release("fedsz:rel=1e-2"), {name: weights["a.weight"]})
    report = NoiseReport(None, 24_000, {"fedsz:rel=1e-2": study})
    kinds = {("pooled, raw", None), ("pooled, over bound", None), ("tensor", name)}
    for rows in (summary_rows, fit_rows):
        assert {(row["scope"], row["tensor"]) for row in rows(report)} == kinds
    families = [len(fit.fits) for fit in (study.raw, study.normalised, study.tensors[name].fit)]
    for table in (scope_table, family_table):
        called = {row[1] for row in table(report).rows}
        assert called == {"pooled, raw", "pooled, over bound", "tensor pooled, raw"}
    assert len(family_table(report).rows) == len(fit_rows(report)) == sum(families)
