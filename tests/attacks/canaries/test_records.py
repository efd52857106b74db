import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import cdist

from attacks.canaries.records import (
    CANARIES,
    DUPLICATED,
    MISLABELLED,
    OUTLIER,
    Canary,
    make_canaries,
    mislabel,
    parse_canaries,
)
from fedsz_privacy import InputError
from fedsz_privacy.data import Records, classification, regression

KINDS = pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES)


def make(canary, records, seed=0):
    return canary.make(records, np.random.default_rng(seed))


def flat(images):
    return images.flatten(1).double().numpy()


@KINDS
def test_canaries_are_records_like_those_they_are_made_of(canary, digits):
    made = make(canary, digits)
    assert made.inputs[0].shape == digits.inputs[0].shape
    assert made.inputs[0].dtype == torch.float32
    assert made.targets.shape == digits.targets.shape
    assert made.targets.dtype == torch.int64
    assert made.task.outputs == digits.task.outputs
    assert made.inputs[0].aminmax() == pytest.approx((0, 1), abs=0.01)
    assert set(made.targets.tolist()) == set(range(digits.task.outputs))


@KINDS
def test_the_same_seed_makes_the_same_canaries(canary, digits):
    first, again, other = (make(canary, digits, seed) for seed in (1, 1, 2))
    assert torch.equal(first.inputs[0], again.inputs[0])
    assert torch.equal(first.targets, again.targets)
    assert not torch.equal(first.targets, other.targets)


@pytest.mark.parametrize("canary", [MISLABELLED, DUPLICATED], ids=["mislabelled", "duplicated"])
def test_a_mislabelled_record_keeps_its_image_and_gets_each_other_class_equally_often(canary, digits):
    made = make(canary, digits)
    assert torch.equal(made.inputs[0], digits.inputs[0])
    shift = (made.targets - digits.targets) % digits.task.outputs
    assert shift.min() > 0
    # With a fresh seed each chi-square test would fail once in a million.
    assert stats.chisquare(torch.bincount(shift, minlength=10)[1:].numpy()).pvalue > 1e-6


@settings(derandomize=True)
@given(st.integers(2, 20).flatmap(lambda k: st.tuples(st.just(k), st.lists(st.integers(0, k - 1), min_size=1))))
def test_a_mislabelled_record_never_keeps_its_class(drawn):
    classes, labels = drawn
    records = Records((torch.zeros(len(labels), 1, 2, 2),), torch.tensor(labels), classification(classes))
    made = make(MISLABELLED, records, seed=len(labels))
    assert (made.targets != records.targets).all()
    assert set(made.targets.tolist()) <= set(range(classes))


def test_records_of_a_single_class_cannot_be_mislabelled():
    with pytest.raises(InputError, match="classes 1: choose records of 2 classes or more"):
        make(MISLABELLED, Records((torch.zeros(3, 1, 2, 2),), torch.zeros(3, dtype=torch.int64), classification(1)))


def test_an_outlier_is_farther_from_every_record_than_any_record_from_its_neighbour(digits):
    ordinary = flat(digits.inputs[0])
    between = cdist(ordinary, ordinary)
    np.fill_diagonal(between, math.inf)
    outliers = flat(make(OUTLIER, digits.part(0, 200)).inputs[0])
    assert cdist(outliers, ordinary).min() > between.min(axis=1).max()
    assert cdist(outliers, outliers)[~np.eye(200, dtype=bool)].min() > between.min(axis=1).max()


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_outlier_is_as_far_from_a_flat_image_as_its_formula_says(level):
    pixels = 3 * 16 * 16
    records = Records((torch.full((500, 3, 16, 16), level),), torch.zeros(500, dtype=torch.int64), classification(4))
    squares = ((make(OUTLIER, records).inputs[0] - level) ** 2).double().flatten(1).sum(dim=1).numpy()
    # With a fresh seed each t-test would fail once in a million.
    assert stats.ttest_1samp(squares, pixels / 12 + pixels * (level - 0.5) ** 2).pvalue > 1e-6


def test_an_outlier_has_any_class_equally_often_whatever_it_was(digits):
    made = make(OUTLIER, digits)
    # With a fresh seed each chi-square test would fail once in a million.
    assert stats.chisquare(torch.bincount(made.targets, minlength=10).numpy()).pvalue > 1e-6
    shift = (made.targets - digits.targets) % digits.task.outputs
    assert stats.chisquare(torch.bincount(shift, minlength=10).numpy()).pvalue > 1e-6


def test_only_duplicated_canaries_are_in_the_data_more_than_once():
    assert MISLABELLED.repeats == OUTLIER.repeats == 1
    assert DUPLICATED.repeats > 1


@KINDS
@settings(derandomize=True)
@given(count=st.integers(1, 10**6))
def test_canaries_are_read_by_name_and_count(canary, count):
    assert parse_canaries(f"{canary.name}:{count}") == (canary, count)


def test_outliers_of_numbers_from_end_to_end_are_finite(rng):
    """The range of such a column is no number of 32 bits: its outliers were infinite."""
    column = torch.tensor([[-3.4e38], [3.4e38]]).repeat(50, 1)
    records = Records((column,), torch.zeros(100, dtype=torch.long), classification(2))
    (made,) = OUTLIER.make(records, rng).inputs
    assert made.isfinite().all()
    assert made.min() < -3e38 < 3e38 < made.max()


def test_canaries_of_ones_own_are_read_by_import_path(tmp_path, monkeypatch):
    (tmp_path / "own_canaries.py").write_text(
        "from attacks.canaries.records import Canary\nFLAT = Canary('flat', lambda records, rng: records)\nNUMBER = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    canary, count = parse_canaries("own_canaries:FLAT:20")
    assert (canary.name, count) == ("own_canaries:FLAT", 20)
    with pytest.raises(InputError, match="own_canaries:NUMBER gives an object of type int: make it a Canary"):
        parse_canaries("own_canaries:NUMBER:20")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blank:20", "unknown kind of canary 'blank': choose one of mislabelled, outlier, duplicated, or write module"),
        ("no_such_module:NAME:20", "no module 'no_such_module'"),
        ("math:NAME:20", "module 'math' has no 'NAME'"),
        *((text, "write a kind and a whole number of 1 or more, such as mislabelled:20") for text in (
            "", ":", "20", ":20", "mislabelled", "mislabelled:", "mislabelled:0", "mislabelled:-1", "mislabelled:1.5",
            "mislabelled:+1", "mislabelled:1_0", "mislabelled:²", "mislabelled:٣", "attacks.canaries.records:OUTLIER",
        )),
    ],
)  # fmt: skip
def test_what_names_no_canaries_is_refused_in_one_line(text, message):
    with pytest.raises(InputError) as caught:
        parse_canaries(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(derandomize=True)
@given(st.text())
def test_any_text_is_read_or_refused_as_input(text):
    if ":" not in text.rpartition(":")[0]:
        try:
            canary, count = parse_canaries(text)
        except InputError:
            return
        assert canary.name in CANARIES
        assert count >= 1


def test_a_canary_that_repeats_less_than_once_is_refused():
    with pytest.raises(InputError, match="repeats 0: choose 1 or more"):
        Canary("never", MISLABELLED.make, repeats=0)


@pytest.mark.parametrize("targets", [[3.0], [3.0, 3.0]])
def test_numbers_that_are_all_alike_are_refused_rather_than_left_as_they_were(targets, rng):
    records = Records((torch.rand(len(targets), 2),), torch.tensor(targets), regression())
    with pytest.raises(InputError, match="choose more records to mislabel"):
        mislabel(records, rng)


def own(change):
    return Canary("own", lambda records, _: change(records))


MADE = {
    "fewer": (lambda records: records.part(0, 5), r"makes 5 records of \(1, 8, 8\) in torch.float32 .* out of 8 of"),
    "other shapes": (
        lambda records: replace(records, inputs=(records.inputs[0][..., :4],)),
        r"of \(1, 8, 4\) .* out",
    ),
    "another dtype": (lambda records: replace(records, inputs=(records.inputs[0].double(),)), "inputs torch.float64"),
    "another task": (
        lambda records: replace(records, task=classification(11)),
        "of 11 classes out of 8 of",
    ),
    "NaN": (lambda records: replace(records, inputs=(records.inputs[0] / 0,)), "has inputs that are not finite"),
    "targets": (
        lambda records: replace(records, targets=records.targets + 9),
        "has targets from .*: number its 10",
    ),
    "a tensor": (lambda records: records.inputs[0], "has a part of type Tensor: make it Records"),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_cannot_stand_beside_ordinary_records_is_one_line(kind, digits):
    change, message = MADE[kind]
    with pytest.raises(InputError, match=f"^canary own .*{message}") as caught:
        make_canaries(own(change), digits.part(0, 8), np.random.default_rng(0))
    assert "\n" not in str(caught.value)


@KINDS
def test_built_in_canaries_can_stand_beside_ordinary_records(canary, digits):
    made = make_canaries(canary, digits.part(0, 8), np.random.default_rng(0))
    expected = make(canary, digits.part(0, 8))
    assert torch.equal(made.inputs[0], expected.inputs[0])
    assert torch.equal(made.targets, expected.targets)


def test_a_canary_that_writes_into_records_and_keeps_them_changes_no_others(digits):
    records, kept = digits.part(0, 8).copied(), []

    def write(given):
        for each in kept:
            each.inputs[0].fill_(9)
        given.inputs[0].neg_()
        given.targets.fill_(3)
        torch.manual_seed(0)
        kept.append(given)
        return given

    canary = own(write)
    before = torch.get_rng_state()
    first, second = (make_canaries(canary, records, np.random.default_rng(0)) for _ in range(2))
    assert torch.equal(records.inputs[0], digits.part(0, 8).inputs[0])
    assert torch.equal(records.targets, digits.part(0, 8).targets)
    assert torch.equal(first.inputs[0], -records.inputs[0])
    assert torch.equal(second.inputs[0], first.inputs[0])
    assert torch.equal(torch.get_rng_state(), before)
