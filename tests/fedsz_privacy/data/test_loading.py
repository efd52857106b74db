import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from fedsz_privacy import InputError
from fedsz_privacy.core.imports import import_object
from fedsz_privacy.data.loading import load_data


def test_digits_are_scikit_learns_in_another_order():
    split = load_data("digits")
    images = torch.cat([split.train.inputs[0], split.test.inputs[0]])
    assert images.shape == (1797, 1, 8, 8)
    assert 0 == images.min() < images.max() == 1
    expected = np.sort(load_digits().data.sum(axis=1))
    assert np.sort(images.sum(dim=(1, 2, 3)).numpy() * 16) == pytest.approx(expected, abs=1e-3)
    assert len(split.test) == 359


def test_the_split_is_the_same_every_time():
    assert torch.equal(load_data("digits").test.targets, load_data("digits").test.targets)


def test_a_seed_draws_another_split_of_the_same_records():
    first, other = load_data("wine"), load_data("wine", seed=1)
    assert not torch.equal(first.test.targets, other.test.targets)
    assert sorted(torch.cat([first.train.targets, first.test.targets])) == sorted(
        torch.cat([other.train.targets, other.test.targets])
    )


@pytest.mark.parametrize(
    ("name", "loader", "task", "outputs"),
    [
        ("breast-cancer", load_breast_cancer, "binary", 1),
        ("diabetes", load_diabetes, "regression", 1),
        ("wine", load_wine, "classification", 3),
    ],
)
def test_a_table_of_scikit_learn_is_standardised_by_its_training_rows(name, loader, task, outputs):
    """Each record, put back into the units of scikit-learn, is one of its own, with that one's target."""
    split, (numbers, targets) = load_data(name), loader(return_X_y=True)
    assert (split.train.task.name, split.train.task.outputs) == (task, outputs)
    assert (len(split.train), len(split.test)) == (round(0.8 * len(targets)), len(targets) - round(0.8 * len(targets)))
    train = split.train.inputs[0].double()
    assert train.mean(0).abs().max() < 1e-5
    assert train.std(0, correction=0).numpy() == pytest.approx(1, abs=1e-5)
    found = torch.cat([split.train.inputs[0], split.test.inputs[0]]).double().numpy()
    ours = np.column_stack([found, torch.cat([split.train.targets, split.test.targets]).double().numpy()])
    theirs = np.column_stack([numbers, targets])
    order, same = np.lexsort(ours.T), np.lexsort(theirs.T)
    for column in range(theirs.shape[1]):
        assert np.corrcoef(ours[order, column], theirs[same, column])[0, 1] > 1 - 1e-6


@pytest.mark.parametrize(
    ("name", "task", "message"),
    [
        ("digits", "binary", "task binary: digits has targets from 0 to 9"),
        ("diabetes", "classification", r"task classification: diabetes has targets float64 .*give integer classes"),
        ("wine", "next-token", r"task next-token: wine has targets int64 .*give text, or integer tokens"),
        ("wine", "ranking", "unknown task 'ranking': choose one of classification, binary, regression, next-token, or"),
        ("wine", "own_data:NUMBER", "own_data:NUMBER gives an object of type int: make it a Task"),
        ("own_data:rows", "binary", "task binary: own_data:rows has targets float32"),
    ],
)
@pytest.mark.usefixtures("own_data")
def test_a_task_that_does_not_fit_the_targets_is_one_line(name, task, message):
    with pytest.raises(InputError, match=message) as caught:
        load_data(name, task=task)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("own_data")
@pytest.mark.parametrize("name", ["digits", "wine", "own_data:good"])
def test_classes_can_be_foretold_by_regression_or_by_a_task_of_a_users_own(name):
    classes = load_data(name).train.targets
    numbers = load_data(name, task="regression").train
    assert numbers.task.name == "regression"
    assert np.corrcoef(numbers.targets, classes)[0, 1] == pytest.approx(1)
    own = load_data(name, task="own_data:ONE_OF_MY_OWN").train
    assert own.task.name == "mine"
    assert torch.equal(own.targets, classes)


@pytest.mark.parametrize("name", ["digits", "data.npz", "data.txt", "owner/name", "mine:function"])
def test_a_target_of_what_has_no_columns_is_refused(name):
    with pytest.raises(InputError, match=r"target 'age': .* has no columns to choose from, leave it out"):
        load_data(name, target="age")


@pytest.mark.parametrize("name", ["table.csv", "table.parquet", "arrays.npz", "lines.txt"])
def test_a_folder_in_the_place_of_a_file_and_a_name_too_long_are_one_line(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=rf"{name} is a folder: give an? \.\w+"):
        load_data(str(tmp_path / name), target="age" if name.startswith("table") else "")
    with pytest.raises(InputError, match=r"cannot be opened \(File name too long\): give an? \.\w+"):
        load_data(300 * "long" + name, target="age" if name.startswith("table") else "")


@pytest.mark.parametrize("name", ["digit", "no-such-folder", "/no/such/folder", "", 300 * "long"])
def test_an_unknown_name_says_what_would_be_right(name):
    with pytest.raises(
        InputError, match=r"write digits, breast-cancer.* the path of a folder or an \.npz, .* file, owner/name on"
    ):
        load_data(name)


SOURCE = """
import math
from dataclasses import replace
import torch
from fedsz_privacy.data import DataSplit, Records, binary, classification, next_token, regression

ONE_OF_MY_OWN = replace(classification(3), name="mine")

def part(records, dtype=torch.float32, classes=3, fill=0.5):
    images = torch.full((records, 6, 5, 1), fill, dtype=dtype).permute(0, 3, 1, 2)
    return Records((images,), torch.arange(records) % 3, classification(classes))

def good(): return DataSplit(part(12), part(5))
def a_set(): return part(12)
def with_arguments(train, test): return good()
def rows(): return DataSplit(*(Records((torch.rand(n, 4),), torch.rand(n), regression()) for n in (12, 5)))
def bare(): return DataSplit(*(replace(part(n), inputs=part(n).inputs[0]) for n in (12, 5)))
def arrays(): return DataSplit(*(replace(part(n), inputs=(part(n).inputs[0].numpy(),)) for n in (12, 5)))
def no_inputs(): return DataSplit(*(replace(part(n), inputs=()) for n in (12, 5)))
def no_task(): return DataSplit(*(replace(part(n), task="classification") for n in (12, 5)))
def no_part(): return DataSplit(part(12), None)
def mixed(): return DataSplit(part(12), replace(part(5), inputs=(part(5).inputs[0].long(),)))
def two_wrong(): return DataSplit(*(replace(part(n), task=binary()) for n in (12, 5)))
def hot(): return DataSplit(*(replace(part(n), targets=torch.eye(n)) for n in (12, 5)))
def narrow(): return DataSplit(*(replace(part(n), targets=torch.rand(n, 3), task=regression(2)) for n in (12, 5)))
def lost(): return DataSplit(*(replace(part(n), targets=torch.rand(n) + math.nan, task=regression()) for n in (12, 5)))
def sequences(n): return Records((torch.ones(n, 3).long(),), torch.full((n, 3), 7), next_token(7))
def tokens(): return DataSplit(sequences(9), sequences(5))
def doubles(): return DataSplit(part(12, torch.float64), part(5))
def infinite(): return DataSplit(part(12, fill=float("inf")), part(5))
def few_classes(): return DataSplit(part(12, classes=2), part(5, classes=2))
def unlike(): return DataSplit(part(12), part(5, classes=4))
def empty(): return DataSplit(part(12), part(0))
def short(): return DataSplit(part(12), Records(part(5).inputs, part(4).targets, classification(3)))
def one_class(): return DataSplit(*(replace(part(n), targets=torch.ones(n).long()) for n in (12, 5)))
def hidden(): return DataSplit(part(12), replace(part(5), targets=torch.full((5,), -1)))
def failing(): return {}["no such key"]
NUMBER = 3
"""


@pytest.fixture
def own_data(tmp_path, monkeypatch):
    (tmp_path / "own_data.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("own_data")
def test_a_function_of_a_users_own_is_cut_to_what_is_asked():
    split = load_data("own_data:good", 4, 2)
    assert (len(split.train), len(split.test)) == (4, 2)
    assert split.train.targets.tolist() == [0, 1, 2, 0]
    assert split.train.inputs[0].stride() == (30, 30, 5, 1)
    assert len(load_data("own_data:good").train) == 12


@pytest.mark.usefixtures("own_data")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a_set", "own_data:a_set gives an object of type Records: make it a DataSplit"),
        ("NUMBER", "own_data:NUMBER is of type int: write the import path of a function"),
        ("with_arguments", "cannot be called without arguments .*'train'.*: give each a default"),
        ("doubles", r"inputs torch.float64 \(12, 1, 6, 5\) and targets torch.int64 \(12,\): make them torch.float32"),
        ("infinite", "data set 'own_data:infinite' has inputs that are not finite"),
        ("few_classes", "targets from 0 to 2: number its 2 classes from 0"),
        ("unlike", r"\(1, 6, 5\) .* of 3 classes, but test records of \(1, 6, 5\) .* of 4 classes: make them alike"),
        ("empty", "has 0 inputs and 0 targets: give as many of both, and some"),
        ("short", "has 5 inputs and 4 targets: give as many of both, and some"),
        ("missing", "module 'own_data' has no 'missing'"),
        ("bare", "has inputs of type Tensor: make them a tuple of tensors"),
        ("arrays", "has a ndarray among its inputs and targets: make it a tensor"),
        ("no_inputs", "has no inputs and 12 targets: give as many of both, and some"),
        ("no_task", "has a task of type str: make it a Task"),
        ("no_part", "has a part of type NoneType: make it Records"),
        ("mixed", r"\(1, 6, 5\) in torch.float32 .* test records of \(1, 6, 5\) in torch.int64 .*: make them alike"),
        ("two_wrong", "targets from 0 to 2: number its two classes 0 and 1"),
        ("hot", r"has targets torch.float32 \(12, 12\): make them torch.int64 \(records,\)"),
        ("narrow", r"has targets torch.float32 \(12, 3\): make them torch.float32 \(records, 2\)"),
        ("lost", "has targets that are not finite: replace those values"),
        ("one_class", "has training records of class 1 alone: give two classes or more"),
        ("hidden", "has targets from -1 to -1: number its 3 classes from 0"),
        ("tokens", "targets from 7 to 7: number its 7 tokens from 0"),
    ],
)
def test_a_function_that_gives_no_data_set_is_one_line(name, message):
    with pytest.raises(InputError, match=message) as caught:
        load_data(f"own_data:{name}")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("own_data")
def test_an_error_inside_a_users_function_keeps_its_traceback():
    with pytest.raises(KeyError, match="no such key"):
        load_data("own_data:failing")


KEEPING = """
import torch
from fedsz_privacy.data import DataSplit, Records, classification

KEPT = []

def drawn():
    made = DataSplit(*(Records((torch.rand(n, 1, 4, 4),), torch.arange(n) % 3, classification(3)) for n in (12, 6)))
    KEPT.append(made)
    return made
"""


def test_what_a_function_keeps_of_its_data_is_not_what_is_loaded_and_draws_repeat_themselves(tmp_path, monkeypatch):
    (tmp_path / "keeping_data.py").write_text(KEEPING)
    monkeypatch.chdir(tmp_path)
    before = torch.get_rng_state()
    first = load_data("keeping_data:drawn", seed=4)
    expected = (first.train.inputs[0].clone(), first.test.targets.clone())
    for part in (kept.train for kept in import_object("keeping_data:KEPT")):
        part.inputs[0].zero_()
    for part in (kept.test for kept in import_object("keeping_data:KEPT")):
        part.targets.zero_()
    assert torch.equal(first.train.inputs[0], expected[0])
    assert torch.equal(first.test.targets, expected[1])
    assert torch.equal(load_data("keeping_data:drawn", seed=4).train.inputs[0], expected[0])
    assert not torch.equal(load_data("keeping_data:drawn", seed=5).train.inputs[0], expected[0])
    assert torch.equal(torch.get_rng_state(), before)
