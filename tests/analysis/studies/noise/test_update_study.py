import dataclasses
import json

import pytest
import torch
from dp_accounting import NonPrivateDpEvent

from analysis.methods.curves.neighbours import NeighbourPair
from analysis.methods.noise.residuals import BoundSource
from analysis.studies.audit.presentation.figures import error_histograms
from analysis.studies.audit.presentation.tables import fits_table
from analysis.studies.audit.results import fit_rows
from analysis.studies.noise.update_study import study_noise
from fedsz_privacy import Release, Released, parse_release

FEDSZ = parse_release("fedsz:rel=1e-2")


def pairs_of(*shapes, count=3):
    torch.manual_seed(0)
    names = [f"{number}.weight" for number in range(len(shapes))]
    updates = [{name: torch.randn(shape) for name, shape in zip(names, shapes, strict=True)} for _ in range(count)]
    return [
        NeighbourPair(update, {name: 0.01 * torch.randn_like(t) for name, t in update.items()}) for update in updates
    ]


def own(apply):
    return Release(
        "mine:own", lambda update, generator: Released(apply(update, generator), 1), NonPrivateDpEvent(), "-"
    )


def drop_most(update, _):
    return {name: torch.where(t.abs() > 2, t, 0) for name, t in update.items()}


def add_noise(update, generator):
    return {name: t + torch.from_numpy(generator.normal(size=t.shape)).float() for name, t in update.items()}


@pytest.fixture(scope="module")
def pairs():
    return pairs_of((60, 50), (40, 50))


def test_a_release_that_drops_95_percent_and_reports_no_bounds_is_studied(pairs):
    study = study_noise(own(drop_most), pairs, seed=0)
    assert list(study.tensors) == ["0.weight", "1.weight"]
    for name, part in study.residuals.items():
        dropped = [float(t[t.abs() <= 2].abs().max()) for t in (pair.update[name] for pair in pairs)]
        assert part.bounds == pytest.approx([max(dropped)] * 3)
        assert part.bound_is == BoundSource.OBSERVED
    # 95.4% of a normal distribution lies within two deviations.
    assert study.pooled.share_zero == pytest.approx(0.0455, abs=0.01)
    assert study.decision.advantage == 1
    assert study.as_if.laplace_epsilon > 0
    described = study.to_dict()
    assert described["tensors"]["0.weight"]["bound_is"] == "observed"
    json.dumps(described, allow_nan=False)


def test_silence_about_bounds_moves_the_unit_and_no_figure_in_the_updates_own(pairs):
    """The same codec with and without its report: distributions, as-if figures and what is seen stay."""
    silent = dataclasses.replace(FEDSZ, apply=lambda *given: dataclasses.replace(FEDSZ.apply(*given), bounds={}))
    told, untold = study_noise(FEDSZ, pairs, seed=0), study_noise(silent, pairs, seed=0)
    assert {part.bound_is for part in told.residuals.values()} == {BoundSource.REPORTED}
    assert {part.bound_is for part in untold.residuals.values()} == {BoundSource.OBSERVED}
    apart = {"on_bound", "dependence", "r_squared"}
    described = [{k: v for k, v in each.pooled.to_dict().items() if k not in apart} for each in (untold, told)]
    assert described[0] == described[1]
    # Known bounds bring three updates to one grid; without them each has as many codes for a third of the elements. In
    # one order, three grids in one unit, decided errors had an R² of .41.
    assert untold.pooled.r_squared == pytest.approx(told.pooled.r_squared, abs=0.15)
    assert untold.as_if.l1 == told.as_if.l1
    assert untold.as_if.laplace_epsilon == pytest.approx(told.as_if.laplace_epsilon, rel=0.05)
    assert untold.decision.share_of_values == told.decision.share_of_values


@pytest.mark.parametrize("text", ["topk:share=0.1", "sign", "gaussian:noise=1.1,clip=1", "fedsz:rel=1e-2"])
def test_rows_say_whether_their_unit_is_a_bound_or_the_largest_error_seen(pairs, text):
    unit = "reported bound" if text.startswith("fedsz") else "observed bound"
    studies = {text: study_noise(parse_release(text), pairs, seed=0)}
    for row in fit_rows(studies):
        assert row["unit"] == (unit if row["scope"] == "tensor" else "standard deviation")
    labels = [panel.get_xlabel() for panel in error_histograms(studies).axes]
    assert labels == ["error / standard deviation", f"error / {unit}"]


def low_rank_pairs():
    """Updates of rank 2 and a little more: `scaled` predicts them, so that no value decides its own error."""
    torch.manual_seed(0)
    low = [{"a.weight": torch.randn(200, 2) @ torch.randn(2, 300) + 0.05 * torch.randn(200, 300)} for _ in range(2)]
    return [NeighbourPair(update, {"a.weight": 0.01 * torch.randn(200, 300)}) for update in low]


def test_a_codec_that_predicts_hides_its_error_from_the_value_and_not_from_the_update():
    study = study_noise(parse_release("fedsz:rel=1e-2,compressor=scaled"), low_rank_pairs(), seed=0)
    assert abs(study.pooled.r_squared) < 0.05
    assert study.decided == pytest.approx({"a.weight": 1.0})
    assert study.of_all.decided == pytest.approx(1.0)
    described = study.to_dict()
    assert described["tensors"]["a.weight"]["r_squared_of_all_values"] == study.decided["a.weight"]
    assert described["pooled"]["r_squared_of_all_values"] == study.of_all.decided


def test_the_whole_update_decides_nothing_of_independent_noise(pairs):
    """The correlation of 3,000 independent errors exceeds .075 with probability 4e-5; there are three of them."""
    study = study_noise(own(add_noise), pairs, seed=0)
    assert [scope.tensor for scope in study.scopes] == ["0.weight", "1.weight", None]
    assert max(abs(scope.decided) for scope in study.scopes) < 0.075


def test_a_tensor_may_be_called_pooled(pairs):
    """Its fit, and what all values decide of its error, were overwritten by those of all tensors."""
    renamed = [
        NeighbourPair(
            *({"pooled": each["0.weight"], "x.weight": each["1.weight"]} for each in dataclasses.astuple(pair))
        )
        for pair in pairs
    ]
    expected, study = (study_noise(parse_release("bf16"), each, seed=0) for each in (pairs, renamed))
    assert [(scope.kind, scope.tensor) for scope in study.scopes] == [
        ("tensor", "pooled"),
        ("tensor", "x.weight"),
        ("pooled", None),
    ]
    assert [scope.fit.elements for scope in study.scopes] == [9000, 6000, 15_000]
    assert [scope.fit.to_dict() for scope in study.scopes] == [scope.fit.to_dict() for scope in expected.scopes]
    assert [scope.decided for scope in study.scopes] == [scope.decided for scope in expected.scopes]
    assert study.to_dict()["tensors"]["pooled"] == expected.to_dict()["tensors"]["0.weight"]
    assert study.to_dict()["pooled"] == expected.to_dict()["pooled"]
    rows = fit_rows({"bf16": study})
    assert {(row["scope"], row["tensor"], row["elements"]) for row in rows} == {
        ("tensor", "pooled", 9000),
        ("tensor", "x.weight", 6000),
        ("pooled", None, 15_000),
    }
    assert [row[1:3] for row in fits_table({"bf16": study}).rows] == [
        ("tensor pooled", "9,000"),
        ("x.weight", "6,000"),
        ("pooled", "15,000"),
    ]
    titles = [panel.get_title().partition(":")[0] for panel in error_histograms({"bf16": study}).axes]
    assert titles == ["bf16\npooled", "tensor pooled"]


@pytest.mark.parametrize("name", ["none", "none+none"])
def test_none_is_said_only_of_a_release_that_gives_back_what_went_in(pairs, name):
    assert study_noise(parse_release(name), pairs, seed=0) is None
    assert study_noise(own(lambda update, _: {key: t.clone() for key, t in update.items()}), pairs, seed=0) is None


def test_a_bound_that_was_claimed_and_not_used_is_no_change(pairs):
    lying = dataclasses.replace(FEDSZ, apply=lambda update, _: Released(update, 1, dict.fromkeys(update, 0.5)))
    assert study_noise(lying, pairs, seed=0) is None


def test_a_change_of_too_few_values_to_fit_is_a_study_without_fits():
    """A logistic regression of ten columns: 33 errors in all."""
    study = study_noise(own(add_noise), pairs_of((1, 10), (1,)), seed=0)
    assert study is not None
    assert (study.scopes, study.pooled, study.as_if, study.decision) == ([], None, None, None)
    json.dumps(study.to_dict(), allow_nan=False)


def test_a_change_of_counts_alone_is_a_study_without_fits():
    pairs = [NeighbourPair({"steps": torch.tensor(3)}, {"steps": torch.tensor(0)})]
    assert study_noise(own(lambda update, _: {"steps": update["steps"] + 1}), pairs, seed=0).scopes == []


def test_noise_on_entries_that_the_update_left_at_zero_is_seen():
    pairs = [
        NeighbourPair({"w": pair.update["0.weight"] * (torch.arange(50) < 10)}, {"w": pair.difference["0.weight"]})
        for pair in pairs_of((60, 50))
    ]
    study = study_noise(own(add_noise), pairs, seed=0)
    assert study.tensors["w"].elements == 3 * 3000
    assert study.tensors["w"].best.family == "normal"


def test_updates_of_half_precision_and_on_the_tape_are_studied():
    pairs = [
        NeighbourPair(
            {"weight": torch.nn.Parameter(pair.update["0.weight"].bfloat16())},
            {"weight": pair.difference["0.weight"].bfloat16()},
        )
        for pair in pairs_of((60, 50))
    ]
    assert study_noise(parse_release("fedsz:rel=1e-1"), pairs, seed=0).tensors["weight"].elements > 0


def test_the_seed_reaches_the_intervals_of_every_fit(pairs):
    def highs(seed):
        return [
            scope.fit.of("laplace").distances["wasserstein"].high for scope in study_noise(FEDSZ, pairs, seed).scopes
        ]

    assert highs(0) == highs(0)
    assert all(first != other for first, other in zip(highs(0), highs(7), strict=True))
