import numpy as np

from attacks.game.trial import concatenate, to_arrays


def test_parts_join_to_the_whole(trials):
    joined = to_arrays(concatenate([trials.part(row) for row in range(len(trials.membership))]))
    assert all(np.array_equal(joined[name], array) for name, array in to_arrays(trials).items())
