"""The files of the table of refusals: empty, damaged, hostile, and of the wrong kind."""

import io
import json
import os
import shutil
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from analysis.reporting.folder import open_run
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.questions import to_plain
from fedsz_privacy.federation import Recorder, RecordingWarning

ROWS = 60

MINE = """
import numpy as np
import torch
from dp_accounting import NonPrivateDpEvent
from torch import nn

from attacks import Signal
from fedsz_privacy.defences import Release, Released

NUMBER = 7


def linear(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, outputs))


def number(shape, outputs):
    return 3


def no_arguments():
    return nn.Linear(1, 1)


def train_nan(model, records, generator):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(torch.nan)


def train_two(model, records):
    pass


def a_list():
    return [1, 2]


def nothing():
    return None


def release(change):
    return Release("mine", lambda update, generator: change(update), NonPrivateDpEvent(), "a release of the tests")


def release_nan():
    return release(lambda update: Released({name: tensor * torch.nan for name, tensor in update.items()}, 10))


def release_short():
    return release(lambda update: Released({name: tensor.flatten()[:-1] for name, tensor in update.items()}, 10))


def release_fewer():
    return release(lambda update: Released({}, 10))


def release_negative():
    return release(lambda update: Released(dict(update), -10))


def release_nothing():
    return release(lambda update: None)


FLAT_SIGNAL = Signal("flat", lambda view: 3.0)
SHORT_SIGNAL = Signal("short", lambda view: np.zeros(1))
TEXT_SIGNAL = Signal("text", lambda view: np.full(view.logits.shape[:-1], "x"))
NOTHING_SIGNAL = Signal("nothing", lambda view: None)
"""


def write_inputs(folder: Path) -> None:
    """Write every file of the table into a folder."""
    (folder / "mine.py").write_text(MINE)
    _write_tables(folder)
    _write_arrays(folder)
    _write_images(folder / "images")
    _write_text(folder)
    _write_checkpoints(folder)
    _write_runs(folder / "held")
    _write_recordings(folder)
    _write_no_files(folder)


def _write_tables(folder: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(ROWS, 3))
    table = pd.DataFrame(numbers, columns=["a", "b", "c"]).assign(y=np.arange(ROWS) % 2)
    tables = {
        "good": table,
        "one_row": table.head(1),
        "one_class": table.assign(y=1),
        "controls": table.rename(columns={"a": "\x1b[31mred\n"}),
        "infinite": table.assign(a=table.a.where(table.index != 3, np.inf)),
        "no_target": table.assign(y=table.y.where(table.index != 3)),
        "only_target": table[["y"]],
        "dates": table.assign(a=pd.date_range("2020-01-01", periods=ROWS)),
    }
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    table.to_parquet(folder / "good.parquet")
    paths = pd.DataFrame({"image": ["/etc/passwd"] * ROWS, "label": np.arange(ROWS) % 2})
    (folder / "paths").mkdir()
    for part in ("train", "test"):
        paths.to_parquet(folder / "paths" / f"{part}.parquet")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "header.csv").write_text("a,b,y\n")
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 4)
    (folder / "utf16.csv").write_text("a,b,y\n" + "1,2,0\n3,4,1\n" * ROWS, encoding="utf-16")
    (folder / "semicolons.csv").write_text("a;b;y\n" + "1,5;2;0\n3,5;4;1\n" * ROWS)
    (folder / "twice.csv").write_text("a,a,y\n" + "1,2,0\n3,4,1\n" * ROWS)
    (folder / "ragged.csv").write_text("a,b,y\n1,2,0\n1,2,3,4,5\n")
    (folder / "garbage.parquet").write_bytes(b"PAR1 but no more")
    (folder / "empty.parquet").write_bytes(b"")
    (folder / "folder.csv").mkdir()


def _write_arrays(folder: Path) -> None:
    inputs = np.random.default_rng(0).normal(size=(ROWS, 8, 8)).astype(np.float32)
    targets = np.arange(ROWS) % 2
    good = {"x_train": inputs, "y_train": targets, "x_test": inputs, "y_test": targets}
    holed = np.where(np.arange(ROWS)[:, None, None] == 5, np.nan, inputs)
    arrays = {
        "good": {},
        "nan": {"x_train": holed},
        "nan_test": {"x_test": holed},
        "hidden": {"y_test": np.full(ROWS, -1)},
        "hidden_train": {"y_train": np.full(ROWS, -1)},
        "fractional": {"y_train": targets + 0.5},
        "fewer_targets": {"y_train": targets[:-1]},
        "other_size": {"x_test": inputs[..., :4]},
        "other_classes": {"y_test": targets + 7},
        "one_class": {"y_train": np.zeros(ROWS, int)},
        "no_records": {"x_train": inputs[:0], "y_train": targets[:0]},
        "complex": {"x_train": inputs.astype(np.complex64)},
        "strings": {"x_train": np.full((ROWS, 8, 8), "x")},
    }
    for name, changed in arrays.items():
        np.savez(folder / f"{name}.npz", **(good | changed))
    np.savez(folder / "pickled.npz", **(good | {"y_train": np.array([{}] * ROWS, dtype=object)}))
    np.savez(folder / "missing.npz", x_train=inputs)
    np.savez(folder / "unnamed.npz", inputs, targets)
    content = (folder / "good.npz").read_bytes()
    (folder / "truncated.npz").write_bytes(content[: len(content) // 2])
    (folder / "empty.npz").write_bytes(b"")
    (folder / "text.npz").write_text("no arrays")
    with zipfile.ZipFile(folder / "announces.npz", "w") as archive:
        for name in good:
            archive.writestr(f"{name}.npy", _announcing((2**40, 8, 8)))
    np.save(folder / "array.npy", inputs)


def _announcing(shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return header.getvalue()


def _write_images(folder: Path) -> None:
    random = np.random.default_rng(0)

    def image(path: Path, side: int = 8) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (side, side), dtype=np.uint8)).save(path)

    for number in range(20):
        for part in ("train", "test"):
            for kind, labels in {"truncated": 2, "text": 2, "sizes": 2, "one_class": 1, "only_train": 2}.items():
                for label in ("cat", "dog")[:labels]:
                    image(folder / kind / part / label / f"{number}.png")
    image(folder / "sizes" / "train" / "cat" / "large.png", side=9)
    content = (folder / "truncated" / "train" / "cat" / "0.png").read_bytes()
    (folder / "truncated" / "train" / "cat" / "0.png").write_bytes(content[:-30])
    (folder / "text" / "train" / "cat" / "0.png").write_text("no image")
    shutil.rmtree(folder / "only_train" / "test")
    (folder / "empty").mkdir()


def _write_text(folder: Path) -> None:
    (folder / "empty.txt").write_text("")
    (folder / "latin.txt").write_bytes("Zoë\nRené\n".encode("latin-1") * ROWS)
    (folder / "one_line.txt").write_text("anna\n")
    (folder / "blank.txt").write_text("\n" * ROWS)
    (folder / "names.txt").write_text("anna\nbela\n" * ROWS)


def _write_checkpoints(folder: Path) -> None:
    state = {"layer.weight": torch.linspace(-1, 1, 4096).reshape(64, 64)}
    save_file(state, folder / "good.safetensors")
    save_file({"layer.weight": torch.full((64, 64), torch.nan)}, folder / "nan.safetensors")
    save_file({"steps": torch.arange(4096)}, folder / "integers.safetensors")
    save_file({"layer.weight": torch.linspace(-1, 1, 9)}, folder / "small.safetensors")
    save_file({}, folder / "empty_state.safetensors")
    save_file({"layer.weight": torch.zeros(32, 32)}, folder / "other.safetensors")
    content = (folder / "good.safetensors").read_bytes()
    (folder / "truncated.safetensors").write_bytes(content[:-100])
    (folder / "announces.safetensors").write_bytes(struct.pack("<Q", 2**60) + content[8:])
    (folder / "empty.safetensors").write_bytes(b"")
    torch.save(torch.zeros(3), folder / "tensor.pt")
    torch.save([1, 2], folder / "list.pt")
    torch.save({"layer.weight": "text"}, folder / "text.pt")
    torch.save({3: torch.zeros(3)}, folder / "numbered.pt")
    torch.save(torch.nn.Linear(2, 2), folder / "module.pt")
    torch.save({"layer.weight": torch.zeros(1).expand(2**40)}, folder / "expanded.pt")
    (folder / "garbage.pt").write_bytes(b"\x80\x02garbage")
    (folder / "empty.pt").write_bytes(b"")
    (folder / "state.onnx").write_bytes(content)


def _write_runs(folder: Path) -> None:
    def run(name: str, content: str) -> None:
        (folder / name).mkdir()
        for file in ("spec.json", "report.json"):
            (folder / name / file).write_text(content)

    (folder / "nothing").mkdir(parents=True)
    run("no_json", "{")
    run("deep", "[" * 10**5)
    run("list", "[1, 2]")
    run("fly", json.dumps({"command": "fly", "versions": {}, "format": 2}))
    run("noise", json.dumps({"command": "noise", "versions": {}, "format": 2}))
    run("old", json.dumps({"command": "audit", "versions": {}}))
    (folder / "pipe").mkdir()
    for name in ("spec.json", "report.json"):
        os.mkfifo(folder / "pipe" / name)
    asked = to_plain("audit", AuditSpec())
    for name, changed in {"seed": {"seed": 7}, "aborts": {"data": "os:abort"}, "trials": {"trials": 10**30}}.items():
        # Something is kept in it: a run that kept nothing may be asked something else.
        open_run(folder / name, asked | changed).write("tables/kept.csv", "")


def _write_recordings(folder: Path) -> None:
    state = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).state_dict()
    says = {"model": "mine:linear", "data": "digits", "members": {"ann": range(50)}}
    changes = {
        "whole": {},
        "aborts": {"data": "os:abort"},
        "odd": {"model": "mine:"},
        "other": {"model": "mlp"},
        "nobody": {"members": {}},
        "strangers": {"members": {"bob": range(50)}},
        "few": {"members": {"ann": range(3)}},
        "far": {"members": {"ann": [10**9]}},
    }
    with warnings.catch_warnings():
        # That members lack clients is told as rounds are recorded; here it is what commands make of such recordings.
        warnings.simplefilter("ignore", RecordingWarning)
        for name, changed in changes.items():
            Recorder(folder / "recorded" / name, **says | changed).record(0, state, {"ann": state, "zoe": state})
        Recorder(folder / "recorded/cut", **says).record(0, state, {"ann": state})
    Recorder(folder / "recorded/empty", **says)
    (folder / "recorded/cut/rounds/00000/0.safetensors").write_bytes(b"")
    for name, content in {"no_json": "{", "deep": "[" * 10**5, "list": "[1]", "old": '{"format": 0}'}.items():
        (folder / "recorded" / name).mkdir()
        (folder / "recorded" / name / "recording.json").write_text(content)
    (folder / "recorded/pipe").mkdir()
    os.mkfifo(folder / "recorded/pipe/recording.json")
    torch.save(state, folder / "state.pt")
    np.save(folder / "members.npy", np.arange(50))
    np.save(folder / "words.npy", np.array(["a"]))
    np.save(folder / "objects.npy", np.array([None]), allow_pickle=True)
    (folder / "announces.npy").write_bytes(_announcing((2**40,)))


def _write_no_files(folder: Path) -> None:
    """Make what would be waited for, or followed, forever."""
    for suffix in ("csv", "parquet", "npz", "txt", "pt", "safetensors"):
        os.mkfifo(folder / f"pipe.{suffix}")
        (folder / f"loop.{suffix}").symlink_to(f"loop.{suffix}")
