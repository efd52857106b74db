import numpy as np
import pytest
from rivals import decoded, mean_of
from scipy.linalg import hadamard
from scipy.stats import norm

from fedsz_privacy.defences.mechanisms.lloyd_max import centroids
from fedsz_privacy.defences.mechanisms.rotation import rotated, rotated_back

MAX_1960 = {1: (0.7980, 0.3634), 2: (1.510, 0.1175), 3: (2.152, 0.03454), 4: (2.733, 0.009497)}
"""Largest output level and mean squared error of the quantisers of a normal number: J. Max, 1960, Table I."""


def distortion(bits):
    """Return the mean squared error of the quantiser on a standard normal number."""
    levels = np.array(centroids(bits))
    edges = np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])
    return 1 - (levels**2 * np.diff(norm.cdf(edges))).sum()


@pytest.mark.parametrize("bits", MAX_1960)
def test_quantisers_are_those_of_the_table(bits):
    largest, error = MAX_1960[bits]
    assert centroids(bits)[-1] == pytest.approx(largest, abs=2e-3)
    assert distortion(bits) == pytest.approx(error, rel=2e-3)


@pytest.mark.parametrize("size", [1, 2, 64, 256])
def test_the_rotation_is_signs_and_then_the_hadamard_matrix(size, rng):
    vector = rng.standard_normal(size)
    signs = rotated(np.eye(size)[0], 5)[0] * np.sqrt(size) if size == 1 else None
    matrix = np.stack([rotated(row, 5) for row in np.eye(size)], axis=1)
    assert np.allclose(np.abs(matrix @ np.diag(matrix[0] * np.sqrt(size))), np.abs(hadamard(size)) / np.sqrt(size))
    assert np.allclose(matrix @ np.diag(matrix[0] * np.sqrt(size)), hadamard(size) / np.sqrt(size))
    assert np.allclose(matrix.T @ matrix, np.eye(size))
    assert np.allclose(rotated_back(rotated(vector, 5), 5), vector)
    assert signs is None or abs(signs) == 1


def test_signs_of_a_seed_never_change():
    """Raw bits of Philox: a stream that NumPy promises to keep."""
    assert np.sign(rotated(np.ones(64), 7) @ np.ones(64)) in (-1, 1)
    raw = int(np.random.Philox(key=7).random_raw())
    bits = [raw >> 8 * byte + (7 - bit) & 1 for byte in range(8) for bit in range(8)]
    spectrum = rotated(np.ones(64), 7)
    assert np.allclose(hadamard(64) @ (1 - 2 * np.array(bits)) / 8, spectrum)


@pytest.mark.parametrize("bits", MAX_1960)
def test_the_error_is_what_the_paper_tabulates(bits, rng):
    """Vargaftik et al., 2022: the error tends to 1 / (1 - D) - 1, with D the quantiser's; pi / 2 - 1 at one bit."""
    values = rng.standard_t(3, 2**13)
    errors = [np.square(decoded(f"eden:bits={bits}", values, seed) - values).sum() for seed in range(20)]
    expected = 1 / (1 - distortion(bits)) - 1
    assert np.mean(errors) / np.square(values).sum() == pytest.approx(expected, rel=0.05)
    assert bits > 1 or expected == pytest.approx(np.pi / 2 - 1)


@pytest.mark.slow
@pytest.mark.parametrize("size", [128, 200])
def test_the_mean_is_the_update(size, rng):
    """Fixed seeds; numbers within 5 standard errors and 1% of the largest, for what Hadamard rotations leave."""
    values = rng.standard_normal(size)
    mean, error = mean_of("eden:bits=2", values, 1000)
    assert (np.abs(mean - values) <= 5 * error + 0.01 * np.abs(values).max()).all()


def test_one_number_alone_comes_back():
    values = np.zeros(300)
    values[5] = -4.0
    assert np.allclose(decoded("eden:bits=1", values), values, atol=1e-6)


def test_one_bit_a_coordinate_whatever_the_length():
    import torch

    from fedsz_privacy.defences.parsing import parse_release

    for size in (2**14, 2**14 + 1, 3 * 2**13 + 5):
        update = {"w": torch.randn(size)}
        assert parse_release("eden:bits=1").apply(update, np.random.default_rng(0)).nbytes < size / 8 + 200
