from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import InputError
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.data.tasks import IGNORED
from fedsz_privacy.data.text import END, FIRST_CHARACTER, LONGEST, PADDING, START, UNKNOWN, load_strings

NAMES = ["anna", "bo", "carl", "dora", "ed", "fay", "nan", "na", "null", "eve"]


def decode(records, characters):
    """Return the strings of records, read off their targets."""
    letters = {FIRST_CHARACTER + number: character for number, character in enumerate(characters)} | {UNKNOWN: "?"}
    return ["".join(letters[token] for token in row[: row.index(END)]) for row in records.targets.tolist()]


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.lists(st.text(max_size=9), min_size=2, max_size=20), st.integers(0, 99))
def test_strings_can_be_read_back_from_targets_and_inputs_are_one_behind(strings, seed):
    split = load_strings(strings, None, None, seed, "next-token", "text")
    vocabulary = split.train.task.outputs
    for part in (split.train, split.test):
        tokens, targets = part.inputs[0], part.targets
        assert tokens.dtype == targets.dtype == torch.int64
        assert (tokens[:, 0] == START).all()
        ended = targets[:, :-1] == END
        over = ended.cumsum(1) > 0
        assert torch.equal(tokens[:, 1:][~over], targets[:, :-1][~over])
        assert (tokens[:, 1:][over] == PADDING).all()
        assert (targets[:, 1:][over] == IGNORED).all()
        assert ((targets == END).sum(1) == 1).all()
    lengths = torch.cat([(part.targets != IGNORED).sum(1) for part in (split.train, split.test)])
    assert sorted(lengths.tolist()) == sorted(len(string) + 1 for string in strings)
    assert set(split.train.targets.unique().tolist()) <= {IGNORED, END, *range(FIRST_CHARACTER, vocabulary)}


def test_lines_of_a_file_are_records_and_empty_ones_count_for_nothing(tmp_path):
    (tmp_path / "names.txt").write_text("\n\n".join(NAMES) + "\r\n", encoding="utf-8")
    split = load_data(str(tmp_path / "names.txt"))
    characters = sorted({character for name in NAMES for character in name})
    assert split.train.task.outputs <= FIRST_CHARACTER + len(characters)
    assert (split.train.task.name, split.train.shape, len(split.train), len(split.test)) == ("next token", (5,), 8, 2)
    if split.train.task.outputs == FIRST_CHARACTER + len(characters):
        assert sorted(decode(split.train, characters) + decode(split.test, characters)) == sorted(NAMES)


def test_a_character_that_training_has_not_seen_is_unknown():
    strings = ["z", *["ab"] * 9]
    splits = [load_strings(strings, None, None, seed, "next-token", "text") for seed in range(20)]
    unseen = [split for split in splits if split.train.task.outputs == FIRST_CHARACTER + 2]
    assert 0 < len(unseen) < 20
    for split in unseen:
        assert sorted(decode(split.test, "ab")) == ["?", "ab"]
        assert sorted(split.test.inputs[0][:, 1].tolist()) == [UNKNOWN, FIRST_CHARACTER]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_text_column_of_a_table_is_read_letter_for_letter(tmp_path, suffix):
    """Nan and Na are first names, which pandas would take for missing values."""
    pandas = pytest.importorskip("pandas")
    table, path = pandas.DataFrame({"sex": ["f", "m"] * 5, "name": NAMES}), tmp_path / f"names{suffix}"
    table.to_csv(path, index=False) if suffix == ".csv" else table.to_parquet(path)
    splits = [load_data(str(path), target="name", task="next-token", seed=seed) for seed in range(5)]
    characters = sorted(set("".join(NAMES)))
    whole = [split for split in splits if split.train.task.outputs == FIRST_CHARACTER + len(characters)]
    assert whole
    for split in whole:
        assert sorted(decode(split.train, characters) + decode(split.test, characters)) == sorted(NAMES)
    assert len(load_data(str(path), 3, 1, target="name", task="next-token").train) == 3


def test_few_records_know_the_vocabulary_of_the_whole_training_part():
    whole, few = (load_strings(NAMES, most, 1, 0, "next-token", "text").train for most in (None, 2))
    assert (few.task, few.shape) == (whole.task, whole.shape)
    assert torch.equal(few.targets, whole.targets[:2])


@pytest.mark.parametrize(
    ("content", "task", "message"),
    [
        (b"", "", r"has 0 records: give 2 or more"),
        (b"one\n", "", r"has 1 record: give 2 or more"),
        (b"\xff\xfe\n", "", "is no text in UTF-8: save it as such"),
        (
            b"a\n" + b"b" * (LONGEST + 1),
            "",
            "has a record of 513 characters: split those of more than 512",
        ),
        (b"a\nb", "binary", r"task binary: .* give integer classes, \(records,\)"),
        (b"a\nb", "regression", "task regression: .* has targets int64"),
    ],
)
def test_what_a_text_cannot_be_is_one_line(tmp_path, content, task, message):
    (tmp_path / "lines.txt").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_data(str(tmp_path / "lines.txt"), task=task)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"no file at gone\.txt: give a \.txt file with a record on each line"):
        load_data("gone.txt")


def test_numbers_of_a_parquet_file_are_no_text(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pandas.DataFrame({"age": range(10)}).to_parquet(tmp_path / "ages.parquet")
    with pytest.raises(InputError, match=r"task next-token: column 'age' .* int64, choose a column of text"):
        load_data(str(tmp_path / "ages.parquet"), target="age", task="next-token")


def test_the_names_of_the_census_come_through_whole():
    pytest.importorskip("pandas")
    path = next(
        (
            folder / "shared/data/names/names.csv"
            for folder in Path(__file__).parents
            if (folder / "shared/data/names/names.csv").is_file()
        ),
        None,
    )
    if path is None:
        pytest.skip("the names lie beside the project, not in it")
    split = load_data(str(path), target="name", task="next-token")
    names = decode(split.train, "abcdefghijklmnopqrstuvwxyz") + decode(split.test, "abcdefghijklmnopqrstuvwxyz")
    assert sorted(names) == sorted(line.split(",")[0] for line in path.read_text().split()[1:])
