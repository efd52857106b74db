import dataclasses

import numpy as np
import torch

from analysis.methods.curves.neighbours import adjacency, neighbour_pairs
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import dpsgd_with_noise
from fedsz_privacy.training.own import OwnTraining


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


def test_adjacency_says_that_batches_are_the_same_only_where_they_are(game):
    """A training function that shuffles its records itself: without one of them all its batches are others."""
    orders = []

    def shuffled(_, records, generator):
        orders.append(generator.permutation(len(records)))

    own = OwnTraining(shuffled, "mine:shuffled")
    neighbour_pairs(dataclasses.replace(game, training=own), 1)
    present, absent = orders
    assert [record for record in present if record < len(absent)] != list(absent)
    assert "same batches" not in adjacency(own)
    assert "draws its own batches" in adjacency(own)
    for rule in (Training(), dpsgd_with_noise(Training(), 20, 1.0, 1.0, 1)):
        assert adjacency(rule).endswith("same batches otherwise")
