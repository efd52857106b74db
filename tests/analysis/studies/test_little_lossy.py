"""What is said of releases that compress little, in the words of the command line."""

import re

import torch
from torch import nn

from analysis.studies.little_lossy import describe_shortfalls, find_shortfalls, shortfalls_of
from fedsz_privacy import parse_release
from fedsz_privacy.codec.lossy import Shortfall
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.training.descent import Training

BOUNDS = ("fedsz:rel=1e-3", "fedsz:rel=1e-1")


def lines_of(update, *names):
    return list(describe_shortfalls(find_shortfalls({name: parse_release(name) for name in names}, update)))


def test_small_tensors_are_told_once_of_all_bounds_and_the_remedy_is_a_release_that_compresses_them():
    update = {"a.weight": torch.randn(1000), "b.weight": torch.randn(10, 10)}
    (line,) = lines_of(update, "none", *BOUNDS)
    assert line.startswith("fedsz:rel=1e-3, fedsz:rel=1e-1: no tensor is compressed lossily, all are kept exactly: ")
    remedy = re.search(r"as in --release (\S+)", line)[1]
    assert lines_of(update, remedy) == []


def test_a_release_that_compresses_enough_has_no_line_beside_one_that_does_not():
    update = {"a.weight": torch.randn(999)}
    (line,) = lines_of(update, "fedsz:rel=1e-2,threshold=0", "fedsz:rel=1e-2")
    assert line.startswith("fedsz:rel=1e-2: no tensor")


def test_large_tensors_that_the_rule_leaves_out_are_told_of_with_their_share():
    (line,) = lines_of({"a.weight": torch.randn(40, 50), "bank": torch.randn(8000)}, "fedsz:rel=1e-2")
    assert line.startswith("fedsz:rel=1e-2: only 20.0% of the update's float bytes are compressed lossily, all else ex")
    assert line.endswith(
        "give --release a function of your own, module:function, that returns fedsz(rel=1e-2, lossy=...)"
    )


def test_frozen_parameters_of_a_model_do_not_count():
    model = nn.Sequential(nn.Linear(50, 50), nn.Linear(50, 10))
    model[0].requires_grad_(False)
    setting = Setting(Training(), Training(), expected_records=10)
    defences = [parse_defence(name, setting) for name in BOUNDS]
    assert shortfalls_of(defences, model) == dict.fromkeys(BOUNDS, Shortfall(0, has_large=False))
    model[0].requires_grad_(True)
    assert shortfalls_of(defences, model) == {}
