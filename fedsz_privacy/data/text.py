"""Records from text: each character a token, each record to be continued token by token."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import require_file
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.splitting import split_order
from fedsz_privacy.data.targets import NEXT_TOKEN, settle
from fedsz_privacy.data.tasks import IGNORED

PADDING, UNKNOWN, START, END = range(4)
"""Tokens that are no characters: behind a record, one that training has not seen, before a record, at its end."""

FIRST_CHARACTER = 4

LONGEST = 512
"""Most characters of one record: all records are padded to the longest."""


def load_lines(path: Path, train: int | None, test: int | None, seed: int, task: str) -> DataSplit:
    """Return the lines of a .txt file as records of characters, split 80/20 at random; empty lines count for nothing.

    Raises
    ------
    InputError
        If the file cannot be read, a line is too long, or the task is not one of text.
    """
    require_file(path, "give a .txt file with a record on each line")
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8: save it as such") from None
    return load_strings([line for line in lines if line], train, test, seed, task or NEXT_TOKEN, str(path))


def load_strings(
    strings: Sequence[str], train: int | None, test: int | None, seed: int, task: str, where: str
) -> DataSplit:
    """Return strings as records of characters, split 80/20 at random.

    The vocabulary is the characters of the training part, behind `PADDING`, `UNKNOWN`, `START` and `END`. The inputs of
    a record are `START` and its characters, its targets the same characters and `END`; where a record is over, inputs
    are `PADDING` and targets `IGNORED`.

    Raises
    ------
    InputError
        If there are fewer than two strings, one is too long, or the task is not one of text.
    """
    rows = split_order(len(strings), seed, where)
    longest = max(map(len, strings))
    if longest > LONGEST:
        raise InputError(f"{where} has a record of {longest} characters: split those of more than {LONGEST}")
    characters = sorted(set().union(*(strings[row] for row in rows[0])))
    tokens = {character: FIRST_CHARACTER + number for number, character in enumerate(characters)}
    chosen = [[strings[row] for row in part[:most]] for part, most in zip(rows, (train, test), strict=True)]
    inputs, targets = zip(*(_encode(part, tokens, longest + 1) for part in chosen), strict=True)
    settled, kind = settle(task, targets, where, FIRST_CHARACTER + len(characters))
    parts = [Records((torch.from_numpy(x),), y, kind) for x, y in zip(inputs, settled, strict=True)]
    return DataSplit(*parts)


def _encode(strings: Sequence[str], tokens: dict[str, int], length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    inputs, targets = np.full((len(strings), length), PADDING), np.full((len(strings), length), IGNORED)
    inputs[:, 0] = START
    for row, string in enumerate(strings):
        encoded = [tokens.get(character, UNKNOWN) for character in string]
        inputs[row, 1 : len(encoded) + 1] = encoded
        targets[row, : len(encoded) + 1] = [*encoded, END]
    return inputs, targets
