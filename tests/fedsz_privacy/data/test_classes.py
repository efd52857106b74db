import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fedsz_privacy import InputError
from fedsz_privacy.data.classes import number_classes


@pytest.mark.parametrize(
    ("train", "test", "numbers", "notice"),
    [
        ([0, 1, 2], [2, 0], ([0, 1, 2], [2, 0]), ""),
        ([2.0, 0.0, 1.0], [1.0], ([2, 0, 1], [1]), ""),
        ([False, True], [True], ([0, 1], [1]), ""),
        ([1, 2, 3], [3], ([0, 1, 2], [2]), "labels 1, 2, 3 are classes 0 to 2, in this order"),
        ([10, 30, 20, 10], [30], ([0, 2, 1, 0], [2]), "labels 10, 20, 30 are classes 0 to 2"),
        ([0, 1, 3], [3], ([0, 1, 2], [2]), "labels 0, 1, 3 are classes 0 to 2"),
        ([-1, 1], [1, -1], ([0, 1], [1, 0]), "labels -1, 1 are classes 0 to 1"),
        (["dog", "cat"], ["cat"], ([1, 0], [0]), "labels 'cat', 'dog' are classes 0 to 1"),
        (["10", "9"], ["9"], ([0, 1], [1]), "labels '10', '9' are classes 0 to 1"),
        ([*range(1, 11)], [10], ([*range(10)], [9]), "labels 1, 2, 3, ..., 10 are classes 0 to 9"),
    ],
)
def test_labels_are_classes_from_0_and_it_is_said_if_they_were_others(train, test, numbers, notice):
    found, notices = number_classes([np.array(train), np.array(test)], "set")
    assert [part.tolist() for part in found] == [*numbers]
    assert [part.dtype for part in found] == [np.int64, np.int64]
    assert len(notices) == bool(notice)
    assert notice in "".join(notices)


LABELS = st.lists(st.integers(0, 9), min_size=2, max_size=30)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(LABELS, st.data())
def test_records_share_a_class_if_and_only_if_they_share_a_label(train, data):
    assume(len(set(train)) > 1)
    test = data.draw(st.lists(st.sampled_from(train), min_size=1, max_size=30))
    (first, second), _ = number_classes([np.array(train), np.array(test)], "set")
    pairs = set(zip([*train, *test], [*first.tolist(), *second.tolist()], strict=True))
    assert len(pairs) == len(set(train))
    assert sorted(number for _, number in pairs) == [*range(len(pairs))]
    assert [number for _, number in sorted(pairs)] == [*range(len(pairs))]


def test_classes_that_are_known_stay_what_they_are():
    found, notices = number_classes([np.array([0, 2]), np.array([2])], "set", ["a", "b", "c"])
    assert [part.tolist() for part in found] == [[0, 2], [2]]
    assert notices == ()


HIDDEN = "has label -1 in 2 of 2 test records, as sets with hidden labels do: leave these out, or write words"


@pytest.mark.parametrize(
    ("train", "test", "names", "message"),
    [
        ([0, 1], [-1, -1], [], HIDDEN),
        ([0, 1], [-1, -1], ["a", "b"], HIDDEN),
        ([1, 2], [-1, -1], [], HIDDEN),
        ([0, -1, 1], [0], [], "has label -1 in 1 of 3 training records"),
        ([-1, 1], [-1], ["a", "b"], "has label -1 in training record 0: number the classes from 0, below 2"),
        ([0, -2, 1], [0], [], "has label -2 in training record 1: number the classes from 0"),
        ([0, 1], [0, 2], ["a", "b"], "has label 2 in test record 1: number the classes from 0, below 2"),
        (
            [0.0, 0.5],
            [0.0],
            [],
            "has label 0.5 in training record 1, no class: give whole numbers, or use task regression",
        ),
        ([0.0, np.nan], [0.0], [], "has label nan in training record 1, no class"),
        ([0.0, 1.0], [np.inf], [], "has label inf in test record 0, no class"),
        ([0.0, -1e300], [0.0], [], "has label -1e.300 in training record 1, no class"),
        (np.array([0, 2**64 - 1], np.uint64), [0], [], "has label 18446744073709551615 in training record 1, no class"),
        (["a", "b"], [0], [], "has <U1 labels to train on and int64 to test on: make them alike"),
        (np.array([b"a", b"b"]), [0], [], r"has labels of type \|S1: give integers or strings"),
        ([1, 1, 1], [1], [], "has training records of class 1 alone: give two classes or more"),
        ([1, 1, 1], [1], ["cat", "dog"], "has training records of class 'dog' alone"),
        ([0, 1], [2, 1], [], "has test records of 2, classes of no training record: take them out, or train on some"),
        ([0, 1], [2, 3], ["a", "b", "c", "d"], "has test records of 'c', 'd', classes of no training record"),
        (["a", "b"], ["c"], [], "has test records of 'c', classes of no training record"),
    ],
)
def test_labels_that_are_no_classes_are_one_line(train, test, names, message):
    with pytest.raises(InputError, match=f"set {message}") as caught:
        number_classes([np.asarray(train), np.asarray(test)], "set", names)
    assert "\n" not in str(caught.value)
