"""States in files go through compress and decompress within their bounds; what cannot be done is one line."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from processes import room_for, start
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from analysis.cli import app
from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.arrays import to_bytes
from fedsz_privacy.codec.compressors import DECODERS, get_compressor
from fedsz_privacy.codec.held import fingerprint
from fedsz_privacy.codec.names import COMPRESSOR_NAMES
from fedsz_privacy.data.wrappings import read_state

ODD = {
    "a.weight": torch.linspace(-1, 1, 3000).reshape(50, 60).T,
    "größe/層.weight": torch.where(torch.arange(2000) % 7 == 0, torch.nan, torch.linspace(-2, 2, 2000)),
    "wide.weight": torch.linspace(-1e300, 1e300, 2000, dtype=torch.float64),
    "brain.weight": torch.linspace(-3, 3, 2000).bfloat16(),
    "half.weight": torch.linspace(-3, 3, 2000).half(),
    "endless.weight": torch.linspace(-1, 1, 2000).index_fill(0, torch.tensor([3]), torch.inf),
    "constant.weight": torch.full((2000,), 0.5),
    "integers.weight": torch.arange(2000),
    "none.weight": torch.empty(0, 3),
    "scale": torch.tensor(0.25),
    "count": torch.tensor(7),
    "mask": torch.tensor([True, False]),
}


def end(*words):
    """Run a command; return its exit code, what it printed and what it complained of."""
    result = CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result.exit_code, result.stdout, result.stderr


def done(*words):
    code, printed, complaint = end(*words)
    assert (code, complaint) == (0, ""), complaint
    return printed


def refused(*words):
    code, printed, complaint = end(*words)
    assert (code, printed, complaint.count("\n")) == (2, "", 1), printed + complaint
    return complaint


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    save_file({"a.weight": torch.randn(60, 50), "b": torch.randn(20)}, "in.safetensors")


def same(one, other):
    return to_bytes(one) == to_bytes(other)


@pytest.mark.parametrize("bound", [("rel", 1e-2), ("abs", 1e-3)])
def test_every_kind_of_tensor_comes_back_within_its_bound(bound):
    torch.save(ODD, "in.pt")
    mode, value = bound
    printed = done("compress", "in.pt", "-o", "frame", f"--{mode}", value, "--verify")
    done("decompress", "frame", "-o", "out.pt")
    found, bounds = torch.load("out.pt"), FedSZ(ErrorBound(mode, value)).bounds(ODD)
    assert list(found) == list(ODD)
    for name, tensor in ODD.items():
        assert (found[name].shape, found[name].dtype) == (tensor.shape, tensor.dtype)
        finite, bound = tensor.isfinite(), bounds.get(name, 0.0)
        assert not (found[name].double() - tensor.double())[finite].abs().gt(bound).any()
        assert torch.equal(found[name].isnan(), tensor.isnan())
        assert name in printed or same(found[name], tensor)
    assert "verified: every tensor is within its bound" in printed


WAYS = {
    "lightning.ckpt": lambda state, path: torch.save({"state_dict": state, "epoch": 3}, path),
    "plain.pth": torch.save,
    "flat.safetensors": save_file,
    "flower.npz": lambda state, path: np.savez(path, *[tensor.numpy() for tensor in state.values()]),
}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("out", ["out.safetensors", "out.npz", "out.pt"])
def test_whatever_a_state_was_saved_in_is_restored_by_the_suffix(name, out):
    given = load_file("in.safetensors")
    WAYS[name](given, name)
    done("compress", name, "-o", "frame.fedsz", "--rel", 0.01)
    done("decompress", "frame.fedsz", "-o", out)
    found, bound = read_state(Path(out)), 0.01 * float(given["a.weight"].max() - given["a.weight"].min())
    for key, (read, tensor) in zip(found, ((found[key], given[key]) for key in found if key in given), strict=False):
        assert (read - tensor).abs().max() <= (bound if key == "a.weight" else 0)
    if name.endswith(".npz"):
        assert list(found) == ["arr_0", "arr_1"]
        assert (found["arr_0"] - given["a.weight"]).abs().max() <= bound


def test_an_update_is_added_back_and_its_bound_holds_but_for_rounding():
    before = {name: tensor + 0.01 * torch.randn_like(tensor) for name, tensor in load_file("in.safetensors").items()}
    torch.save({"model_state_dict": {f"module.{name}": tensor for name, tensor in before.items()}}, "base.pt")
    printed = done("compress", "in.safetensors", "-o", "frame", "--abs", 1e-3, "--before", "base.pt", "--verify")
    done("decompress", "frame", "-o", "out.npz", "--before", "base.pt")
    found, given = read_state(Path("out.npz")), load_file("in.safetensors")
    for name, tensor in given.items():
        spacing = torch.finfo(torch.float32).eps * torch.maximum(tensor.abs().max(), before[name].abs().max())
        assert (found[name] - tensor).abs().max() <= (1e-3 if name == "a.weight" else 0) + spacing
    assert "the state with --before added back" in printed
    assert Path("frame").stat().st_size < FedSZ(ErrorBound.abs(1e-3)).encode(given).__len__()


def test_an_update_is_added_to_the_state_that_it_is_of_and_to_no_other():
    base = {name: tensor + 1 for name, tensor in load_file("in.safetensors").items()}
    torch.save({"model_state_dict": {f"module.{name}": tensor for name, tensor in base.items()}}, "base.pt")
    torch.save(base | {"b": base["b"].nextafter(torch.tensor(9.0))}, "wrong.pt")
    np.savez("same.npz", *[tensor.numpy() for tensor in base.values()])
    done("compress", "in.safetensors", "-o", "frame", "--abs", 1e-3, "--before", "base.pt")
    printed = done("decompress", "frame", "-o", "one.npz", "--before", "base.pt")
    assert ", restored by adding that state\n" in printed
    done("decompress", "frame", "-o", "other.npz", "--before", "same.npz")
    assert Path("one.npz").read_bytes() == Path("other.npz").read_bytes()
    complaint = refused("decompress", "frame", "-o", "out.pt", "--before", "wrong.pt")
    assert "wrong.pt is not the state that frame was compressed with: give that one as --before" in complaint
    printed = done("decompress", "frame", "-o", "update.pt")
    assert "out of an update of the state with the fingerprint" in printed
    assert "restored" not in printed
    assert "; --before adds it to that state\n" in printed
    done("compress", "in.safetensors", "-o", "state", "--abs", 1e-3)
    assert "--before" not in done("decompress", "state", "-o", "state.pt")


def test_a_file_says_what_it_holds_and_a_frame_from_elsewhere_does_not():
    done("compress", "in.safetensors", "-o", "frame", "--abs", 1e-3)
    assert "holds a state\n" in done("inspect", "frame")
    complaint = refused("decompress", "frame", "-o", "out.pt", "--before", "in.safetensors")
    assert "frame holds a state and no update: leave out --before" in complaint
    done("compress", "in.safetensors", "-o", "update", "--abs", 1e-3, "--before", "in.safetensors")
    digest = fingerprint(load_file("in.safetensors")).hex()
    assert f"holds an update of the state with the fingerprint {digest}" in done("inspect", "update")
    Path("sent").write_bytes(FedSZ(ErrorBound.abs(1e-3)).encode(load_file("in.safetensors")))
    assert "holds a state or an update: it does not say which" in done("inspect", "sent")
    done("decompress", "sent", "-o", "out.pt", "--before", "in.safetensors")


def test_layers_have_bounds_of_their_own_and_the_rule_is_ones_own():
    torch.save({name: torch.randn(50, 60) for name in ("conv1.kernel", "conv2.kernel", "fc.weight")}, "in.pt")
    rule = ["--lossy", "*.kernel", "--bound", "conv1.*=1e-4"]
    rows = {
        line.split()[0]: line.split()
        for line in done("compress", "in.pt", "-o", "frame", "--abs", "1e-2", "--verify", *rule).splitlines()
        if line.strip()
    }
    assert rows["conv1.kernel"][-2] == "0.0001"
    assert rows["conv2.kernel"][-2] == "0.01"
    assert all(float(rows[f"conv{layer}.kernel"][-1]) <= bound for layer, bound in ((1, 1e-4), (2, 1e-2)))
    assert "fc.weight" not in rows


def test_little_that_is_lossy_is_a_warning():
    torch.save({"a.weight": torch.randn(50, 60), "b": torch.randn(90, 60)}, "in.pt")
    code, _, complaint = end("compress", "in.pt", "-o", "frame", "--rel", 1e-2)
    assert code == 0
    assert complaint.startswith("warning: only 35.7% of the float bytes are compressed lossily")
    assert "--lossy" in complaint


def test_a_tensor_of_nothing_finite_is_named_as_kept_exactly():
    state = {"a.weight": torch.randn(50, 60), "b.weight": torch.full((50, 60), torch.nan)}
    small_and_unchosen = {"c.weight": torch.full((5,), torch.nan), "d": torch.full((50, 60), torch.nan)}
    torch.save(state | small_and_unchosen, "in.pt")
    printed = done("compress", "in.pt", "-o", "frame", "--rel", 1e-2, "--verify")
    assert "\nb.weight is kept exactly: it has no finite number\n" in printed
    torch.save(state | {"e\n.weight": torch.full((2000,), -torch.inf)}, "in.pt")
    printed = done("compress", "in.pt", "-o", "frame", "--rel", 1e-2, "--force")
    assert r"b.weight, e\n.weight are kept exactly: they have no finite number" in printed
    assert "kept exactly" not in done("compress", "in.safetensors", "-o", "frame", "--rel", 1e-2, "--force")


def test_a_frame_is_inspected_without_being_decoded():
    frame = bytearray(FedSZ(ErrorBound.rel(1e-2)).encode(load_file("in.safetensors")))
    Path("frame").write_bytes(frame)
    printed = done("inspect", "frame")
    assert "compressor auto, lossless codec zstd, 2 tensors" in printed
    for line in ("a.weight", "(60, 50)", "float32", "12,000", "lossy", "exact", f"{len(frame):,}"):
        assert line in printed


def test_names_from_a_file_neither_control_the_terminal_nor_are_taken_for_markup():
    named = {"[red]\x1b[31m\nweight": torch.randn(2000), "[/x]": torch.ones(2)}
    torch.save(named, "in.pt")
    printed = done("compress", "in.pt", "-o", "frame", "--rel", 1e-2) + done("inspect", "frame")
    assert "\x1b" not in printed
    assert printed.count(r"[red]\x1b[31m\nweight") == 2
    assert "[/x]" in printed


@pytest.mark.parametrize("compressor", COMPRESSOR_NAMES)
def test_other_codecs_are_undone_and_the_unsafe_one_when_it_is_trusted(compressor):
    for package in ("hdf5plugin", "zfpy", "blosc2"):
        pytest.importorskip(package)
    asked = ["--compressor", compressor, "--lossless", "blosclz", "--verify"]
    done("compress", "in.safetensors", "-o", "frame", "--rel", 1e-2, *asked)
    unsafe = get_compressor(compressor).name not in DECODERS
    if unsafe:
        assert f"give --trust {compressor}" in refused("decompress", "frame", "-o", "out.pt")
        assert f"give --trust {compressor}" in refused("decompress", "frame", "-o", "out.pt", "--trust", "nopred")
    done("decompress", "frame", "-o", "out.pt", *(["--trust", compressor] if unsafe else []))
    assert torch.equal(torch.load("out.pt")["b"], load_file("in.safetensors")["b"])


def damaged():
    frame = bytearray(FedSZ(ErrorBound.rel(1e-2)).encode(load_file("in.safetensors")))
    frame[40] ^= 1
    return bytes(frame)


def test_two_processes_write_the_same_frame():
    torch.save({f"{layer}.weight": torch.randn(50, 60) for layer in range(5)} | ODD, "in.pt")
    done("compress", "in.pt", "-o", "one", "--rel", 1e-2)
    done("compress", "in.pt", "-o", "two", "--rel", 1e-2, "--workers", 2, "--verify")
    assert Path("one").read_bytes() == Path("two").read_bytes()


HOSTILE = {
    "empty": lambda: b"",
    "short": lambda: b"FedSZ",
    "other": lambda: b"PK\3\4" + bytes(100),
    "old": lambda: b"FedSZ\1" + bytes(100),
    "damaged": damaged,
    "cut": lambda: damaged()[:-9],
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("command", ["inspect", "decompress"])
def test_bytes_that_are_no_frame_are_one_line(kind, command):
    Path("frame").write_bytes(HOSTILE[kind]())
    options = ["-o", "out.pt"] if command == "decompress" else []
    assert "frame cannot be read: frame" in refused(command, "frame", *options)
    assert not Path("out.pt").exists()


COMPRESS = "compress in.safetensors -o out"
REFUSED = {
    COMPRESS: "no error bound given: write --rel 1e-2 or --abs 1e-4",
    f"{COMPRESS} --rel 1 --abs 1": "two error bounds given: write only one of --rel 1e-2 or --abs 1e-4",
    f"{COMPRESS} --rel 2": "error bound rel=2: choose a positive number",
    f"{COMPRESS} --abs nan": "choose a positive number",
    f"{COMPRESS} --rel 1e-2 --bound a": "--bound 'a': write a pattern of names and a number, such as 'conv1.*=1e-3'",
    f"{COMPRESS} --rel 1e-2 --bound a=b": "--bound 'a=b': write a pattern",
    f"{COMPRESS} --rel 1e-2 --bound =1": "--bound '=1': write a pattern",
    f"{COMPRESS} --rel 1e-2 --bound a*=0": "error bound rel=0: choose a positive number",
    f"{COMPRESS} --rel 1e-2 --bound b=1e-3": "--bound 'b' fits no tensor that is lossy",
    f"{COMPRESS} --rel 1e-2 --lossy b": "--lossy 'b' fits no float tensor of more than 1000 elements",
    f"{COMPRESS} --rel 1e-2 --compressor zip": "unknown compressor 'zip': choose one of nopred",
    f"{COMPRESS} --rel 1e-2 --lossless zip": "unknown lossless codec 'zip': choose one of zstd",
    f"{COMPRESS} --rel 1e-2 --threshold -1": "threshold -1: choose 0 or more",
    f"{COMPRESS} --rel 1e-2 --max-bytes 10": "takes 12000 bytes or more to decode; --max-bytes allows 10",
    f"{COMPRESS} --rel 1e-2 --before other.pt": "other.pt has no a.weight, unlike in.safetensors: give states",
    f"{COMPRESS} --rel 1e-2 --before missing.pt": "no file at missing.pt",
    "compress missing.pt -o out --rel 1e-2": "no file at missing.pt",
    "compress text.pt -o out --rel 1e-2": "text.pt is no state dict that can be read without running its code",
    "compress empty.pt -o out --rel 1e-2": "empty.pt holds no state dict",
    "compress nothing.safetensors -o out --rel 1e-2": "nothing.safetensors holds no tensors: there is nothing to comp",
    "compress frame.safetensors -o out --rel 1e-2": "frame.safetensors is no safetensors file",
    "compress . -o out --rel 1e-2": ". is a folder",
    "compress in.safetensors -o no/out --rel 1e-2": "no folder at no for out: make it first",
    "compress in.safetensors -o . --rel 1e-2": ". is no file: give the name of one",
    "compress in.safetensors -o there --rel 1e-2": "there is there already: choose another name, or give --force",
    "compress in.safetensors -o in.safetensors --rel 1e-2 --force": "in.safetensors is what would be read",
    "compress in.safetensors -o link --rel 1e-2 --force": "link is what would be read",
    "compress in.safetensors -o other.pt --rel 1e-2 --before other.pt --force": "other.pt is what would be read",
    "compress float8.pt -o out --rel 1e-2": "has dtype torch.float8_e4m3fn: convert it",
    "decompress frame -o out.txt": "out.txt has no suffix of a format that states are saved in",
    "decompress frame -o brain.npz": "brain.npz cannot hold 'c' of torch.bfloat16",
    "decompress frame -o there": "there is there already",
    "decompress frame -o out.pt --before other.pt": "other.pt has no a.weight",
    "decompress frame -o out.pt --max-bytes 20000": "bytes to decode one by one; --max-bytes allows 20000",
    "decompress frame -o out.pt --max-bytes 10": "times as many; --max-bytes allows 10",
    "decompress frame -o out.pt --trust zip": "unknown compressor 'zip'",
    "decompress missing -o out.pt": "no file at missing: give a frame",
    "inspect missing": "no file at missing",
    "inspect .": ". is a folder",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(words):
    Path("text.pt").write_text("no checkpoint")
    Path("there").write_text("mine")
    Path("link").symlink_to("in.safetensors")
    torch.save({}, "empty.pt")
    save_file({}, "nothing.safetensors")
    Path("frame.safetensors").write_bytes(b"FedSZ" + bytes(9))
    torch.save({"other": torch.ones(3)}, "other.pt")
    torch.save({"w": torch.ones(3).to(torch.float8_e4m3fn)}, "float8.pt")
    state = load_file("in.safetensors") | {"c": torch.ones(3).bfloat16()}
    Path("frame").write_bytes(FedSZ(ErrorBound.rel(1e-2)).encode(state))
    before = {path: path.read_bytes() for path in Path().iterdir()}
    assert REFUSED[words] in refused(*words.split())
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


def test_what_is_there_is_replaced_where_that_is_asked():
    Path("frame").write_text("old")
    done("compress", "in.safetensors", "-o", "frame", "--rel", 1e-2, "--force")
    done("inspect", "frame")


@pytest.mark.parametrize(
    ("after", "before"),
    [
        (torch.tensor([1.0, 2.0]), torch.tensor([torch.inf, 2.0])),
        (torch.tensor([6e4]).half(), torch.tensor([-6e4]).half()),
    ],
)
def test_a_difference_that_does_not_lead_back_is_one_line(after, before):
    torch.save({"w": after}, "after.pt")
    torch.save({"w": before}, "before.pt")
    told = refused("compress", "after.pt", "-o", "out", "--rel", 1e-2, "--before", "before.pt")
    assert "w of after.pt minus before.pt is not finite where it is: compress without --before" in told


def test_a_full_disk_is_one_line_and_leaves_nothing():
    torch.save({"a.weight": torch.randn(300, 300)}, "in.pt")
    done("compress", "in.pt", "-o", "frame", "--rel", 1e-2)
    before = sorted(Path().iterdir())
    with room_for(2000):
        for words in (["compress", "in.pt", "-o", "out", "--rel", 1e-2], ["decompress", "frame", "-o", "out.pt"]):
            assert "File too large): make room" in refused(*words)
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("compress in.safetensors -o out --rel 1e-2", "out"),
        ("inspect frame", "frame"),
        ("decompress frame -o out.npz", "out.npz"),
    ],
)
def test_quiet_prints_a_path_and_json_a_row_for_each_tensor(command, path):
    save_file({"a.weight": torch.randn(60, 50), "b": torch.ones(3)}, "in.safetensors")
    done("compress", "in.safetensors", "-o", "frame", "--rel", 1e-2)
    words = [*command.split(), *(["--force"] if "-o" in command else [])]
    assert CliRunner().invoke(app, [*words, "--quiet"]).stdout == f"{path}\n"
    printed = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    rows = printed["tensors"] if words[0] == "inspect" else printed
    assert {row["name"]: (row["shape"], row["nbytes"]) for row in rows} == {
        "a.weight": ([60, 50], 12_000), "b": ([3], 12)
    }  # fmt: skip


@pytest.mark.parametrize("before", [None, "base.npz"])
def test_a_frame_says_as_json_what_it_says_of_itself(before):
    state = {"a.weight": torch.randn(60, 50), "b": torch.ones(3)}
    save_file(state, "in.safetensors")
    np.savez("base.npz", **{name: tensor.numpy() + 1 for name, tensor in state.items()})
    done("compress", "in.safetensors", "-o", "frame", "--rel", 1e-2, *(["--before", before] if before else []))
    said = json.loads(CliRunner().invoke(app, ["inspect", "frame", "--json"]).stdout)
    assert said["holds"] == ("update" if before else "state")
    assert (said["base"] is not None) is (before is not None)
    assert not before or said["base"] in done("inspect", "frame")
    assert (said["nbytes"], said["compressed_nbytes"]) == (12_012, Path("frame").stat().st_size)
    assert {each["name"]: each["lossy"] for each in said["tensors"]} == {"a.weight": True, "b": False}


LINGER = """
import time
from fedsz_privacy.codec import workers
from fedsz_privacy.codec.compressors.sz3 import SZ3
def lingering(*_):
    open("begun", "w").close()
    time.sleep(60)
"""
PLACES = {"1": "SZ3.encode = lingering", "2": "workers._first = lingering"}
"""Where the process that is asked lingers: in a compressor, or waiting for others, which have just been started."""


@pytest.mark.slow
@pytest.mark.parametrize("workers", PLACES)
def test_an_interruption_is_one_line_and_leaves_nothing_half_written(tmp_path, workers):
    save_file({f"{layer}.weight": torch.randn(60, 50) for layer in range(9)}, "in.safetensors")
    asked = ["compress", "in.safetensors", "-o", "out", "--rel", "1e-2", "--compressor", "nopred", "--workers", workers]
    process = start(tmp_path, *asked, before=LINGER + PLACES[workers])
    while not Path("begun").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    printed, complaint = process.communicate(timeout=300)
    assert (process.returncode, printed, complaint) == (130, "", "fedsz-privacy: interrupted; nothing was written\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["begun", "in.safetensors"]


@pytest.mark.slow
def test_a_real_process_goes_there_and_back(tmp_path):
    for words in (
        "compress in.safetensors -o frame --rel 1e-2 --verify",
        "inspect frame",
        "decompress frame -o out.npz",
    ):
        process = start(tmp_path, *words.split())
        _, complaint = process.communicate(timeout=300)
        assert (process.returncode, complaint) == (0, "")
    assert list(read_state(tmp_path / "out.npz")) == list(load_file("in.safetensors"))


@pytest.mark.parametrize("command", ["compress", "decompress", "inspect"])
def test_help_loads_nothing_heavy(tmp_path, command):
    heavy = "{'torch', 'numpy', 'scipy', 'matplotlib', 'pysz'}"
    lines = f"import sys, atexit\natexit.register(lambda: print(sorted({heavy} & set(sys.modules))))"
    printed, complaint = start(tmp_path, command, "--help", before=lines).communicate(timeout=300)
    assert complaint == ""
    assert printed.endswith("[]\n")
