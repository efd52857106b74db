"""What a release returns is checked each time: one line names the release, the tensor and the place."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from dp_accounting import NonPrivateDpEvent

from fedsz_privacy import InputError
from fedsz_privacy.core.state import is_finite
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.release import Release, Released, release_copy, release_each

UPDATES = {"weight": torch.arange(6.0).reshape(2, 3), "steps": torch.tensor([1, 2])}
PLACES = [" in trial 8", " in trial 9"]


def own(change):
    """Return a release whose second update is changed."""
    calls = iter(range(9))

    def apply(update, _):
        sent = Released(dict(update), 24)
        return change(sent) if next(calls) else sent

    return Release("own", apply, NonPrivateDpEvent(), "for the test")


def with_tensor(sent, **tensors):
    return replace(sent, update={**sent.update, **tensors})


RETURNED = {
    "nothing": (lambda _: None, r"returns a NoneType in trial 9: return Released\(update, nbytes\)"),
    "the update alone": (lambda sent: sent.update, "returns a dict in trial 9: return Released"),
    "no dict": (lambda sent: replace(sent, update=[1]), "returns a list as the update in trial 9: return a dict"),
    "fewer names": (
        lambda sent: replace(sent, update={}),
        r"tensors in trial 9 \(weight: torch.float32 \(3,\) to none\)",
    ),
    "more names": (
        lambda sent: with_tensor(sent, bias=torch.zeros(2)),
        r"\(bias: none to torch.float32 \(2,\)\): keep",
    ),
    "a shape": (lambda sent: with_tensor(sent, weight=torch.zeros(2)), r"\(3,\) to torch.float32 \(2,\)\): keep them"),
    "a dtype": (lambda sent: with_tensor(sent, steps=torch.tensor(1.0)), r"\(steps: torch.int64 \(\) to torch.float32"),
    "an array": (lambda sent: with_tensor(sent, weight=np.zeros(3)), r"to float64 \(3,\)\): keep them"),
    "a number": (lambda sent: with_tensor(sent, steps=3), "to int without a shape"),
    "NaN": (
        lambda sent: with_tensor(sent, weight=torch.tensor([0, torch.nan, 0])),
        "makes weight not finite in trial 9",
    ),
    "infinity": (lambda sent: with_tensor(sent, weight=torch.tensor([0, 0, -torch.inf])), "makes weight not finite in"),
    **{
        f"{size} bytes": (lambda sent, size=size: replace(sent, nbytes=size), f"sends {size} bytes in trial 9: give a")
        for size in (0, -3, np.nan, np.inf, "24", None)
    },
    "seconds": (lambda sent: replace(sent, decode_seconds=-1.0), "takes -1.0 decode_seconds in trial 9: give a number"),
    "a bound of another": (lambda sent: replace(sent, bounds={"w": 1.0}), "reports the bound 1.0 of w in trial 9"),
    "a bound of NaN": (
        lambda sent: replace(sent, bounds={"weight": np.nan}),
        "reports the bound nan of weight in trial",
    ),
    "no bounds": (lambda sent: replace(sent, bounds=None), "reports bounds of type NoneType in trial 9"),
}


@pytest.mark.parametrize("kind", RETURNED)
def test_what_cannot_stand_for_an_update_is_one_line(kind, rng):
    change, message = RETURNED[kind]
    with pytest.raises(InputError, match=message) as caught:
        release_each(own(change), UPDATES, [rng, rng], PLACES)
    assert str(caught.value).startswith("release own ")
    assert "\n" not in str(caught.value)


def test_what_was_not_finite_before_may_stay_so(rng):
    mask = {"mask": torch.tensor([0.0, -torch.inf])}
    assert release_copy(none(), mask, rng).update["mask"].equal(mask["mask"])


def test_global_draws_repeat_themselves_and_move_nobody_elses():
    def apply(update, generator):
        seen.append((float(torch.rand(())), float(np.random.rand()), random.random(), generator.random()))  # noqa: NPY002
        return Released(update, 1)

    seen, release = [], Release("own", apply, NonPrivateDpEvent(), "for the test")
    torch.manual_seed(3)
    expected = float(torch.rand(()))
    torch.manual_seed(3)
    for seed in (1, 2, 1):
        release_copy(release, {"weight": torch.zeros(1)}, np.random.default_rng(seed))
    assert seen[0] == seen[2]
    assert len({draw for each in seen[:2] for draw in each}) == 8
    assert seen[0][3] == np.random.default_rng(1).random()
    assert float(torch.rand(())) == expected


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64])
def test_finite_is_what_torch_calls_finite(dtype):
    for value in (0.0, 1e4, torch.nan, torch.inf, -torch.inf):
        tensor = torch.tensor([1.0, value, 2.0]).to(dtype)
        assert is_finite(tensor) == bool(tensor.isfinite().all())
    assert is_finite(torch.empty(0, 3, dtype=dtype))
    assert is_finite(torch.tensor([True, False]))
