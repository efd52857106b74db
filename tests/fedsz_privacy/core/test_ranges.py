import math

import numpy as np
import pytest

from fedsz_privacy import ErrorBound, FedSZ, InputError
from fedsz_privacy.core import ranges
from fedsz_privacy.core.ranges import Range, Share, Whole, require_in
from fedsz_privacy.defences.private_training import Privacy
from fedsz_privacy.training.accounting import calibrate
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining


@pytest.mark.parametrize("value", [1, 5, 10, np.int64(3)])
def test_whole_numbers_of_the_range_are_in_it(value):
    assert value in Whole(1, 10)


@pytest.mark.parametrize("value", [0, 11, 10**30, 1.0, 2.5, math.nan, True, "5", None])
def test_everything_else_is_not(value):
    assert value not in Whole(1, 10)


def test_a_range_holds_its_ends_and_a_share_not_its_greatest():
    assert all(value in Range(1e-3, 1) for value in (1e-3, 0.5, 1, np.float32(0.5)))
    assert not any(value in Range(1e-3, 1) for value in (0, 1.1, math.inf, math.nan, -math.inf, False))
    assert np.nextafter(1, 0) in Share(1e-3, 1)
    assert 1 not in Share(1e-3, 1)


def test_numbers_of_32_bits_end_where_numpy_says():
    assert (ranges.FLOAT32.least, ranges.FLOAT32.most) == (np.finfo(np.float32).tiny, np.finfo(np.float32).max)


@pytest.mark.parametrize(
    ("within", "value", "message"),
    [
        (Whole(2, 9), 1, "seed 1: choose 2 or more"),
        (Whole(2, 9), 10, "seed 10: choose 9 or less"),
        (Whole(2, 9), 3.5, "seed 3.5: choose a whole number from 2 to 9"),
        (Range(1e-3, 1), -1, "seed -1: choose a positive number from 1e-3 to 1"),
        (Range(0, 1), math.nan, "seed nan: choose a number from 0 to 1"),
        (Share(1e-15, 1), 1.0, "seed 1.0: choose a number between 0 and 1, of 1e-15 or more"),
    ],
)
def test_what_is_refused_says_what_to_choose(within, value, message):
    with pytest.raises(InputError) as error:
        require_in(within, value, "seed")
    assert str(error.value) == message


def test_a_number_of_many_digits_is_one_short_line():
    with pytest.raises(InputError) as error:
        require_in(Whole(0, 1), 10**4000, "seed")
    assert len(str(error.value)) < 120


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ErrorBound.rel(1.5), "error bound rel=1.5"),
        (lambda: ErrorBound.rel(1e-320), "error bound rel="),
        (lambda: ErrorBound("abs", "1"), "error bound abs='1'"),
        (lambda: FedSZ(ErrorBound.rel(0.1), threshold=1.5), "threshold 1.5: choose a whole number"),
        (lambda: FedSZ(ErrorBound.rel(0.1), threshold=math.nan), "threshold nan"),
        (lambda: FedSZ(ErrorBound.rel(0.1), max_bytes=-1), "max bytes -1: choose 0 or more"),
        (lambda: Training(epochs=10**30), "epochs 1000000000000"),
        (lambda: Training(epochs=2.5), "epochs 2.5: choose a whole number"),
        (lambda: Training(learning_rate=1e39), r"learning rate 1e39"),
        (lambda: Training(weight_decay=math.inf), "weight decay inf"),
        (lambda: DPTraining(100, 1.0, clip_norm=1e30), r"clip norm 1e30"),
        (lambda: DPTraining(100, 1.0, clip_norm=1e-40), "clip norm 1e-40"),
        (lambda: DPTraining(100, math.inf), "noise multiplier inf"),
        (lambda: DPTraining(math.nan, 1.0), "expected records nan"),
        (lambda: Privacy(eps=math.inf), "eps inf"),
        (lambda: Privacy(noise=1e-3), "noise multiplier 0.001"),
        (lambda: Privacy(eps=8, delta=1e-16), "delta 1e-16"),
        (lambda: calibrate(lambda _: None, 1.0, 1e-16), "delta 1e-16"),
    ],
)
def test_classes_refuse_what_questions_refuse(make, message):
    with pytest.raises(InputError, match=message):
        make()
