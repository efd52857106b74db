"""A frame that breaks its word does not get past the check; what gauges show adds up."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from analysis.studies.files.checking import check
from analysis.studies.files.compress import compress
from analysis.studies.files.given import Given, read_given
from analysis.studies.files.restore import restore
from analysis.studies.files.spec import CompressSpec
from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import SZ3
from fedsz_privacy.core.errors import InputError

STATE = {
    "weight": torch.tensor([1.0, -2.0, torch.nan, torch.inf]),
    "count": torch.tensor(7),
    "bias": torch.tensor([0.0, 1.0]),
    "phase": torch.tensor([1 + 1j]),
}


def changed(**tensors):
    return (STATE | tensors).items()


def test_what_lies_within_its_bound_passes_with_its_greatest_error():
    found = check(Given(STATE), {"weight": 0.25}, changed(weight=torch.tensor([1.25, -2.125, torch.nan, torch.inf])))
    assert found.errors == {"weight": 0.25, "count": 0, "bias": 0, "phase": 0}
    assert found.restored == 0.25


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (
            {"weight": torch.tensor([1.26, -2.0, torch.nan, torch.inf])},
            "'weight' comes back 0.26 off, beyond its bound",
        ),
        ({"weight": torch.tensor([1.0, -2.0, 0.0, torch.inf])}, "'weight' comes back inf off"),
        ({"weight": torch.tensor([torch.nan, -2.0, torch.nan, torch.inf])}, "'weight' comes back inf off"),
        ({"weight": torch.tensor([1.0, -2.0, torch.nan, -torch.inf])}, "'weight' comes back inf off"),
        ({"weight": torch.tensor([1.0, -2.0, torch.nan, 3.0])}, "'weight' comes back inf off"),
        ({"count": torch.tensor(8)}, "'count' comes back changed"),
        ({"bias": torch.tensor([-0.0, 1.0])}, "'bias' comes back changed"),
        ({"phase": torch.tensor([1 - 1j])}, "'phase' comes back changed"),
    ],
)
def test_what_does_not_is_one_line(tensors, message):
    with pytest.raises(InputError, match=message):
        check(Given(STATE), {"weight": 0.25}, changed(**tensors))


def test_the_error_of_the_sum_is_that_of_the_state(tmp_path):
    torch.save({"w": torch.tensor([1.0, 3.0])}, tmp_path / "after.pt")
    torch.save({"w": torch.tensor([2.0**25, 2.5])}, tmp_path / "before.pt")
    given = read_given(tmp_path / "after.pt", tmp_path / "before.pt")
    # 1 - 2**25 is rounded to even in 32 bits: the sum gives 0, one off.
    assert given.sent["w"].tolist() == [-(2.0**25), 0.5]
    assert check(given, {"w": 0.1}, given.sent.items()).restored == 1


def test_defaults_are_those_of_the_library(tmp_path):
    (tmp_path / "in.pt").touch()
    asked = CompressSpec(tmp_path / "in.pt", rel=1e-2).fedsz()
    assert replace(asked, bound=ErrorBound.rel(1e-2)) == FedSZ(ErrorBound.rel(1e-2))


def gauge(seen):
    @contextmanager
    def show(description, total):
        seen[description] = [total, 0]

        def tell(done):
            seen[description][1] += done

        yield tell

    return show


def test_gauges_show_all_bytes(tmp_path):
    torch.save({"a.weight": torch.randn(50, 60), "b": torch.ones(3)}, tmp_path / "in.pt")
    seen = {}
    compress(CompressSpec(tmp_path / "in.pt", rel=1e-2, verify=True), tmp_path / "frame", gauge(seen))
    restore(tmp_path / "frame", tmp_path / "out.pt", None, None, 2**30, gauge(seen))
    assert seen == {name: [12_012, 12_012] for name in ("compress", "verify", "decompress")}


def test_a_compressor_that_breaks_its_bound_leaves_no_file_and_keeps_the_old_one(tmp_path, monkeypatch):
    encode = SZ3.encode
    monkeypatch.setattr(SZ3, "encode", lambda self, array, bound: encode(self, array, 2 * bound))
    torch.save({"a.weight": torch.randn(50, 60)}, tmp_path / "in.pt")
    (tmp_path / "frame").write_text("old")
    with pytest.raises(InputError, match="off, beyond its bound"):
        compress(CompressSpec(tmp_path / "in.pt", rel=1e-2, compressor="nopred", verify=True), tmp_path / "frame")
    assert Path(tmp_path / "frame").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frame", "in.pt"]
