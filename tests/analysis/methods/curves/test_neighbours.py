import numpy as np
import torch

from analysis.methods.curves.neighbours import neighbour_pairs
from fedsz_privacy.training.descent import ABSENT


def test_neighbours_differ_in_one_members_absence(game, monkeypatch):
    trained = []
    monkeypatch.setattr(
        type(game), "updates", lambda _, __, batches: trained.append(batches) or {"w": torch.zeros(len(batches), 1)}
    )
    neighbour_pairs(game, 4)
    present, absent = trained
    membership, _ = game.draw(range(4))
    for with_record, without, members in zip(present, absent, membership, strict=True):
        left_out = np.unique(with_record[with_record != without])
        assert left_out.size == 1
        assert members[left_out[0]]
        assert (without[with_record == left_out[0]] == ABSENT).all()


def test_the_difference_is_what_the_record_did(game):
    (pair,) = neighbour_pairs(game, 1)
    sizes = {name: float(tensor.norm()) for name, tensor in pair.difference.items()}
    assert all(0 < size < float(pair.update[name].norm()) * 2 for name, size in sizes.items())
