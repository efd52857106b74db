"""Error feedback over recorded rounds: what a release lost of a client's update is added to its next recorded one."""

import numpy as np
import torch
from numpy.random import default_rng

from analysis.studies.recorded.sending import send
from fedsz_privacy.defences.parsing import parse_release


def test_what_was_lost_in_one_round_is_sent_in_the_next():
    release, residuals = parse_release("ef+topk:share=0.2"), {}
    first, second = (torch.from_numpy(default_rng(seed).standard_normal(10)).float() for seed in (1, 2))
    sent = [
        send(release, {"one": {"w": update}}, number, ["one"], 0, residuals)["one"].update["w"]
        for number, update in enumerate((first, second))
    ]
    largest = np.sort(np.argsort(-(second + first - sent[0]).abs().numpy())[:2])
    assert np.flatnonzero(sent[1]).tolist() == largest.tolist()
    assert torch.allclose(sent[0] + sent[1] + residuals["one"]["w"], first + second, atol=1e-6)


def test_a_client_that_missed_a_round_keeps_its_memory():
    release, residuals = parse_release("ef+sign"), {}
    updates = {name: {"w": torch.tensor([1.0, -3.0])} for name in ("one", "two")}
    send(release, updates, 0, ["one", "two"], 0, residuals)
    kept = residuals["two"]["w"].clone()
    send(release, {"one": updates["one"]}, 1, ["one", "two"], 0, residuals)
    assert residuals["two"]["w"].equal(kept)
    assert not residuals["one"]["w"].equal(kept)
