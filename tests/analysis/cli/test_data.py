"""Data that no study can be made of end in one line before any work, whatever the command and the reader."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.usefixtures("undrawn")

BITS = np.random.default_rng(0).random((60, 8, 8)) < 0.3


def save_arrays(**changed):
    images = np.uint8(np.arange(60)[:, None, None] % 4 * 60 + np.arange(64).reshape(8, 8))
    arrays = {"x_train": images, "y_train": np.arange(60) % 4, "x_test": images[:20], "y_test": np.arange(20) % 4}
    np.savez("data.npz", **{**arrays, **changed})


def save_text(name, content):
    return lambda: Path(name).write_bytes(content)


def save_pictures(mode=np.uint8, name="{}.png", spoil=""):
    def write():
        image = pytest.importorskip("PIL.Image")
        for number, bits in enumerate(BITS):
            path = Path("pets", "train" if number < 40 else "test", ("cat", "dog")[number % 2], name.format(number))
            path.parent.mkdir(parents=True, exist_ok=True)
            image.fromarray(bits if mode is bool else (bits * mode(np.iinfo(mode).max)).astype(mode)).save(path)
        if spoil:
            Path("pets", spoil).write_bytes(b"no picture")

    return write


TABLE = "\n".join(["age,town,granted", *(f"{row},{'ab'[row % 2]},{row % 2}" for row in range(40))])


@pytest.mark.parametrize("command", ["audit", "federate"])
@pytest.mark.parametrize(
    ("save", "options", "message"),
    [
        (lambda: save_arrays(y_test=np.full(20, -1)), ["--data", "data.npz"], "has label -1 in 20 of 20 test records"),
        (lambda: save_arrays(y_train=np.zeros(60, int)), ["--data", "data.npz"], "training records of class 0 alone"),
        (lambda: save_arrays(x_train=BITS.astype(np.uint8)), ["--data", "data.npz"], "no pixel above 1 of 255"),
        (lambda: save_arrays(x_train=np.zeros((60, 3, 8, 3))), ["--data", "data.npz"], "channels may be 3 or 3"),
        (
            lambda: save_arrays(x_train=np.full((60, 8, 8), np.nan)),
            ["--data", "data.npz"],
            "not finite, first in record 0",
        ),
        (lambda: save_arrays(y_train=np.full(60, None)), ["--data", "data.npz"], "holds Python objects"),
        (save_text("data.npz", b""), ["--data", "data.npz"], "is no .npz file that can be read"),
        (save_text("data.csv", b""), ["--data", "data.csv", "--target", "granted"], "is no table that can be read"),
        (save_text("data.csv", TABLE.encode()), ["--data", "data.csv"], "needs a column to foretell"),
        (
            save_text("data.csv", TABLE.replace("\n7,", "\n?,").encode()),
            ["--data", "data.csv", "--target", "granted"],
            "column 'age' of data.csv has 39 numbers and '?' in row 7",
        ),
        (
            save_text("data.parquet", b"PAR1"),
            ["--data", "data.parquet", "--target", "a"],
            "is no table that can be read",
        ),
        (save_text("data.txt", b"\xff\xfe"), ["--data", "data.txt"], "is no text in UTF-8"),
        (save_pictures(spoil="train/cat/0.png"), ["--data", "./pets"], "pets/train/cat/0.png is no picture"),
        (save_pictures(spoil="train/0.png"), ["--data", "./pets"], "pets/train/0.png lies in no folder of a class"),
        (lambda: None, ["--data", "./pets"], "unknown data set './pets'"),
    ],
)
def test_data_that_are_none_end_in_one_line_and_leave_nothing(tmp_path, monkeypatch, command, save, options, message):
    monkeypatch.chdir(tmp_path)
    if "csv" in options[1] or "parquet" in options[1]:
        pytest.importorskip("pyarrow")
    save()
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(app, [command, *options, "--out", "run"])
    assert result.exit_code == 2
    assert result.stderr.startswith("fedsz-privacy: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


SMALL = {
    "audit": ["--trials", "8", "--candidates", "40", "--clients", "2", "--rounds", "1", "--epochs", "1"],
    "federate": ["--rounds", "1", "--clients", "2", "--model", "mlp"],
}


@pytest.mark.parametrize("command", SMALL)
def test_what_was_done_to_data_is_said_and_kept(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    save_arrays(y_train=np.arange(60) % 4 + 1, y_test=np.arange(20) % 4 + 1)
    result = CliRunner().invoke(
        app, [command, "--data", "data.npz", *SMALL[command], "--release", "none", "--out", "run"]
    )
    assert result.exit_code == 0, result.output
    line = "data.npz: labels 1, 2, 3, 4 are classes 0 to 3, in this order"
    assert line in result.output
    assert line in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.slow
def test_the_same_digits_of_1_8_and_16_bits_give_the_same_accuracy(tmp_path, monkeypatch):
    """Digits of ink and paper: the mode that holds them is no part of the picture."""
    image = pytest.importorskip("PIL.Image")
    monkeypatch.chdir(tmp_path)
    digits = load_digits()
    accuracies = {}
    for name, mode in (("bits", bool), ("bytes", np.uint8), ("words", np.uint16)):
        for number, (pixels, label) in enumerate(zip(digits.images[:600], digits.target, strict=False)):
            path = Path(name, "train" if number < 400 else "test", str(label), f"{number}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            ink = pixels > 7
            image.fromarray(ink if mode is bool else ink.astype(mode) * np.iinfo(mode).max).save(path)
        asked = [
            "--data",
            f"./{name}",
            "--release",
            "none",
            "--model",
            "mlp",
            "--clients",
            "2",
            "--rounds",
            "2",
            "--out",
            f"run {name}",
        ]
        result = CliRunner().invoke(app, ["federate", *asked])
        assert result.exit_code == 0, result.output
        accuracies[name] = json.loads(Path(f"run {name}", "results.json").read_text())["rounds"][-1]["performance"]
    assert accuracies["bits"] == accuracies["bytes"] == accuracies["words"] > 0.7
