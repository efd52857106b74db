import sys

import numpy as np
import pytest
import torch

from fedsz_privacy import InputError
from fedsz_privacy.data.loading import load_data

pandas = pytest.importorskip("pandas")


def frame(**changed):
    """Return forty rows: an amount is ten times its row, a town follows from the row."""
    row = np.arange(40)
    columns = {
        "amount": 10.0 * row,
        "town": np.array(["Bonn", "Oslo", "Rome"])[row % 3],
        "member": row % 2 == 0,
        "always": np.full(40, 0.1),
        "score": row / 7,
        "grade": row % 4 + 1,
        "answer": np.array(["no", "yes"])[row % 2],
    }
    return pandas.DataFrame({**columns, **changed})


def save(path, table):
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)
    return str(path)


@pytest.fixture(params=[".csv", ".parquet"])
def path(request, tmp_path):
    if request.param == ".parquet":
        pytest.importorskip("pyarrow")
    return tmp_path / f"table{request.param}"


def test_columns_become_numbers_beside_their_targets(path):
    """Rows are recognised by their score, which is the target, and compared with what the file holds."""
    table = frame()[["amount", "town", "member", "always", "score"]]
    split = load_data(save(path, table), target="score", seed=3)
    assert (len(split.train), len(split.test), split.train.shape) == (32, 8, (1 + 3 + 2 + 1,))
    scores = torch.cat([split.train.targets, split.test.targets]).numpy()
    rows = np.argsort(np.argsort(scores))
    inputs = torch.cat([split.train.inputs[0], split.test.inputs[0]]).numpy()
    amounts = 10.0 * rows
    mean, deviation = amounts[:32].mean(), amounts[:32].std()
    assert inputs[:, 0] == pytest.approx((amounts - mean) / deviation, abs=1e-5)
    assert np.array_equal(inputs[:, 1:4], np.eye(3)[rows % 3])
    assert np.array_equal(inputs[:, 4:6], np.eye(2)[(rows + 1) % 2])
    assert inputs[:, 6] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("target", "asked", "task", "outputs", "values"),
    [
        ("score", "", "regression", 1, None),
        ("grade", "", "classification", 4, {0, 1, 2, 3}),
        ("grade", "regression", "regression", 1, None),
        ("town", "", "classification", 3, {0, 1, 2}),
        ("answer", "", "binary", 1, {0, 1}),
        ("answer", "classification", "classification", 2, {0, 1}),
        ("member", "", "binary", 1, {0, 1}),
        ("member", "binary", "binary", 1, {0, 1}),
    ],
)
def test_the_target_column_names_the_task_unless_one_is_asked_for(path, target, asked, task, outputs, values):
    split = load_data(save(path, frame()), target=target, task=asked)
    assert (split.train.task.name, split.train.task.outputs) == (task, outputs)
    if values is None:
        assert split.train.targets.mean() == pytest.approx(0, abs=1e-6)
        assert split.train.targets.std(correction=0) == pytest.approx(1, abs=1e-6)
    else:
        assert set(split.train.targets.tolist()) == values


def test_classes_are_numbered_in_sorted_order(path):
    table = frame()[["amount", "town"]]
    split = load_data(save(path, table), target="town")
    rows = np.argsort(np.argsort(torch.cat([split.train.inputs[0], split.test.inputs[0]]).flatten().numpy()))
    assert np.array_equal(torch.cat([split.train.targets, split.test.targets]).numpy(), rows % 3)


def test_a_task_of_a_users_own_gets_numbers_as_they_are(path, monkeypatch):
    (path.parent / "table_tasks.py").write_text(
        "from dataclasses import replace\nfrom fedsz_privacy.data import regression\n\n"
        "COUNTS = replace(regression(), name='counts')\n"
    )
    monkeypatch.chdir(path.parent)
    split = load_data(save(path, frame()), target="amount", task="table_tasks:COUNTS")
    assert split.train.task.name == "counts"
    assert set(torch.cat([split.train.targets, split.test.targets]).tolist()) == set(10.0 * np.arange(40))


def test_a_missing_number_is_at_the_mean_and_a_missing_category_is_one_of_its_own(path):
    rows = np.arange(40)
    amounts = np.where(rows % 5 == 0, np.nan, 10.0 * rows)
    towns = np.where(rows % 4 == 0, None, np.array(["Bonn", "Rome"])[rows % 2])
    table = frame(amount=amounts, town=towns)[["amount", "town", "score"]]
    split = load_data(save(path, table), target="score")
    inputs = torch.cat([split.train.inputs[0], split.test.inputs[0]]).numpy()
    rows = np.argsort(np.argsort(torch.cat([split.train.targets, split.test.targets]).numpy()))
    known = rows % 5 != 0
    train = known & (np.arange(40) < 32)
    expected = (10.0 * rows - (10.0 * rows[train]).mean()) / (10.0 * rows[train]).std()
    assert inputs[:, 0] == pytest.approx(np.where(known, expected, 0), abs=1e-5)
    assert np.array_equal(inputs[:, 1:], np.eye(3)[np.where(rows % 4 == 0, 2, rows % 2)])


def test_a_column_without_a_single_value_is_zeros(path):
    split = load_data(save(path, frame(amount=np.full(40, np.nan))[["amount", "score"]]), target="score")
    assert (split.train.inputs[0] == 0).all()


@pytest.mark.parametrize("unit", [1e300, 1e200, 1e-160, 1e-300])
@pytest.mark.parametrize("path", [".csv"], indirect=True)
def test_numbers_whose_squares_no_double_holds_are_standardised_like_any_other(path, unit):
    """They came out as zeros, of columns and of targets, and were trained on without a word."""
    drawn = np.random.default_rng(0).normal(size=(40, 2))
    save(path, pandas.DataFrame(drawn, columns=["a", "y"]))
    plain = load_data(str(path), target="y").train
    save(path, pandas.DataFrame(drawn * unit, columns=["a", "y"]))
    scaled = load_data(str(path), target="y").train
    np.testing.assert_allclose(scaled.inputs[0], plain.inputs[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scaled.targets, plain.targets, rtol=1e-5, atol=1e-6)


def test_a_category_that_training_does_not_have_is_nothing_at_all(path):
    """The only row in Paris is put in the test part by trying seeds; no other row is without a category."""
    table = frame(town=["Paris"] + ["Bonn", "Rome", "Rome"] * 13)[["town", "score"]]
    splits = [load_data(save(path, table), target="score", seed=seed) for seed in range(20)]
    unseen = [split for split in splits if split.train.shape == (2,)]
    assert 0 < len(unseen) < 20
    for split in unseen:
        assert (split.train.inputs[0].sum(1) == 1).all()
        assert sorted(split.test.inputs[0].sum(1).tolist()) == [0] + [1] * 7
        assert split.test.targets[split.test.inputs[0].sum(1) == 0] == split.test.targets.min()


def test_at_most_the_records_that_are_asked_for_come_and_the_same_every_time(path):
    name = save(path, frame())
    some, all_of_it, other = (
        load_data(name, *most, seed=s, target="score") for most, s in (((4, 2), 0), ((), 0), ((), 1))
    )
    assert (len(some.train), len(some.test)) == (4, 2)
    assert torch.equal(some.train.inputs[0], all_of_it.train.inputs[0][:4])
    assert not torch.equal(other.train.targets, all_of_it.train.targets)


@pytest.mark.parametrize(
    ("changed", "asked", "message"),
    [
        ({}, {"target": ""}, r"needs a column to foretell: choose --target from amount, town, member, .*, answer"),
        ({}, {"target": "age"}, "has no column 'age': choose --target from amount, town"),
        ({}, {"target": "town", "task": "binary"}, "task binary: column 'town' .* has targets from 0 to 2"),
        ({}, {"target": "town", "task": "regression"}, "task regression: column 'town' .* choose a column of numbers"),
        ({}, {"target": "town", "task": "ranking"}, "unknown task 'ranking': choose one of classification, binary"),
        ({"grade": np.full(40, 2)}, {"target": "grade"}, "has 1 value, not 2 to 256 classes: choose another column"),
        ({"score": [None] + [1.5] * 39}, {"target": "score"}, "column 'score' .* lacks 1 of its 40 values: drop"),
        ({"amount": [np.inf] + [0.0] * 39}, {"target": "score"}, "column 'amount' .* infinite: replace them"),
        ({"score": [np.inf] + [0.0] * 39}, {"target": "score"}, "column 'score' .* infinite: replace them"),
    ],
)
def test_what_a_table_cannot_be_is_one_line(path, changed, asked, message):
    with pytest.raises(InputError, match=message) as caught:
        load_data(save(path, frame(**changed)), **asked)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value) or "unknown task" in message


def as_text(rows, names="a,b"):
    return "\n".join([names, *rows])


ROWS = [f"{row},{row % 2}" for row in range(40)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (as_text([], ""), "is no table that can be read"),
        (as_text([]), "has 0 records: give 2 or more, to train and to test on"),
        (as_text(ROWS, "a,a"), "has several columns 'a': give each a name of its own"),
        (as_text(ROWS, "b,b"), "has several columns 'b': give each a name of its own"),
        (as_text(ROWS, ",b"), "has a column without a name: give it one, or leave it out if it is an index"),
        (as_text(ROWS, "a;b"), "odd.csv has semicolons between its columns: save it with commas there"),
        (as_text(ROWS, "a\tb"), "odd.csv has tabs between its columns: save it with commas there, and points in numb"),
        (as_text(ROWS, "a;c,d"), "has no column 'b': choose --target from a;c, d"),
        (as_text(ROWS, "ac"), "has no column 'b': choose --target from ac"),
        (as_text([f"{row},{row}" for row in ROWS]), "is no table that can be read"),
        (as_text([*ROWS, "1,2,3"]), "is no table that can be read .*line 42, saw 3"),
        (
            as_text(["?,1", *ROWS]),
            r"column 'a' of .* has 40 numbers and '\?' in row 0: replace what is no number, or leave",
        ),
        (
            as_text([*ROWS, "1,?"] + [f"0,{row}" for row in range(20)]),
            r"column 'b' of .* has 20 numbers and '\?' in row 40",
        ),
        (
            as_text([f"2020-01-{row % 28 + 1:02},{row % 2}" for row in range(40)]),
            "of dates, such as 2020-01-01: turn them",
        ),
        (
            as_text([f"3/{row % 28 + 1}/2020 ,{row % 2}" for row in range(40)]).replace(" ", ""),
            "is of dates, such as 3/1/",
        ),
        (as_text([f"{row},2020-01-{row % 2 + 1:02} 12:00" for row in range(40)]), "column 'b' of .* is of dates"),
        (as_text([f"{row},{row % 3 - 1}" for row in range(40)]), "has label -1 in 14 of 40 rows, as sets with hidden"),
        (
            as_text([f"{10**25 + row},{row % 2}" for row in range(40)]),
            "column 'a' of .* is of type object: turn it into",
        ),
        (as_text(ROWS).encode("utf-16"), "is no table that can be read .*: save it as UTF-8"),
        (as_text(["é,1", *ROWS]).encode("latin-1"), "is no table that can be read .*: save it as UTF-8"),
    ],
)
def test_a_csv_file_that_is_no_data_set_is_one_line(tmp_path, content, message):
    (tmp_path / "odd.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message) as caught:
        load_data(str(tmp_path / "odd.csv"), target="b")
    assert "\n" not in str(caught.value)


def test_classes_may_be_whole_floats_but_no_fractions(path):
    row = np.arange(40)
    name = save(path, frame(grade=1.0 + row % 4))
    whole, plain = (
        load_data(name, target="grade", task="classification"),
        load_data(save(path, frame()), target="grade"),
    )
    assert torch.equal(whole.train.targets, plain.train.targets)
    with pytest.raises(
        InputError, match=r"column 'grade' of .* has label 1\.25 in row 1, no class: give whole numbers, or"
    ):
        load_data(save(path, frame(grade=1 + row % 4 / 4)), target="grade", task="classification")


def test_signs_are_a_pair_of_classes(path):
    split = load_data(save(path, frame(answer=np.where(np.arange(40) % 2, 1, -1))), target="answer")
    assert torch.equal(split.train.targets, load_data(save(path, frame()), target="answer").train.targets)


def test_a_few_codes_may_stand_beside_a_word(path):
    """As in the column of dependants of a well-known table of loans: 0, 1, 2 and 3+."""
    dependants = np.array(["0", "1", "2", "3+"])[np.arange(40) % 4]
    split = load_data(save(path, frame(amount=dependants)[["amount", "answer"]]), target="answer")
    assert split.train.shape == (4,)


def test_categories_that_would_fill_the_memory_are_one_line(path, monkeypatch):
    name = save(path, frame()[["town", "member", "answer"]])
    monkeypatch.setattr("fedsz_privacy.data.columns.MOST_CELLS", 199)
    with pytest.raises(InputError, match="becomes 200 numbers: keep to 199, by fewer rows or categories"):
        load_data(name, target="answer")
    monkeypatch.setattr("fedsz_privacy.data.columns.MOST_CELLS", 119)
    with pytest.raises(InputError, match=r"column 'town' of .* becomes 120 numbers: keep to 119"):
        load_data(name, target="answer")


def test_too_many_categories_are_one_line(path):
    table = pandas.DataFrame({"street": [f"street {row}" for row in range(400)], "price": np.arange(400)})
    name = save(path, table)
    with pytest.raises(InputError, match=r"column 'street' of .* has 320 categories: drop it, or group them to 256"):
        load_data(name, target="price", task="regression")
    table["size"] = np.arange(400) / 2
    with pytest.raises(InputError, match="has 400 values, not 2 to 256 classes: choose regression, or next-token"):
        load_data(save(path, table[["size", "price"]]), target="price")


def test_columns_of_lists_and_dates_are_refused(tmp_path):
    pytest.importorskip("pyarrow")
    for values in ([[1, 2]] * 40, pandas.date_range("2020-01-01", periods=40)):
        name = save(tmp_path / "odd.parquet", frame(odd=values))
        with pytest.raises(InputError, match=r"column 'odd' of .* is of type .*: turn it into numbers or text"):
            load_data(name, target="score")


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", bytes(100), b'a,b\n1,2\n"3', b"PAR1" + bytes(50) + b"PAR1"])
def test_a_file_that_is_no_table_is_one_line(tmp_path, name, content):
    pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_data(str(tmp_path / name), target="b")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"no file at gone\.csv: give a \.csv or \.parquet file"):
        load_data("gone.csv", target="b")


def test_a_parquet_file_that_claims_too_many_cells_is_not_read(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("fedsz_privacy.data.frames.MOST_CELLS", 279)
    with pytest.raises(InputError, match="has 40 rows of 7 columns: keep to 279 cells"):
        load_data(save(tmp_path / "table.parquet", frame()), target="score")


def test_the_index_of_a_data_frame_is_no_column(tmp_path):
    pytest.importorskip("pyarrow")
    plain = load_data(save(tmp_path / "plain.parquet", frame()), target="score")
    sliced = load_data(save(tmp_path / "sliced.parquet", frame().set_index(np.arange(40)[::-1])), target="score")
    assert torch.equal(plain.train.inputs[0], sliced.train.inputs[0])
    with pytest.raises(InputError, match="has no column 'town': choose --target from amount, member"):
        load_data(save(tmp_path / "named.parquet", frame().set_index("town")), target="town")


def test_two_columns_of_one_name_are_one_line(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    numbers = arrow.array(range(9))
    parquet.write_table(arrow.table([numbers, numbers, numbers], ["a", "a", "b"]), tmp_path / "twice.parquet")
    with pytest.raises(InputError, match="has several columns 'a': give each a name of its own"):
        load_data(str(tmp_path / "twice.parquet"), target="b")


def test_a_table_of_the_target_alone_or_of_one_row_is_one_line(path):
    with pytest.raises(InputError, match="has no column beside the target"):
        load_data(save(path, frame()[["score"]]), target="score")
    with pytest.raises(InputError, match="has 1 record: give 2 or more, to train and to test on"):
        load_data(save(path, frame()[:1]), target="score")


def test_a_missing_package_names_its_extra(tmp_path, monkeypatch):
    name = save(tmp_path / "table.parquet", frame())
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[data\]'"):
        load_data(name, target="score")
