import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import InputError
from fedsz_privacy.federation.partition import dirichlet_clients, even_clients, parse_partition

LABELS = np.repeat(np.arange(10), 100)


def test_even_clients_differ_by_one_record():
    clients = even_clients(3, 20)
    assert (clients.sum(axis=0) == 1).all()
    assert sorted(clients.sum(axis=1)) == [6, 7, 7]


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.integers(1, 40), st.floats(0.01, 100), st.integers(0, 5))
def test_every_record_has_one_client_and_every_client_a_record(clients, alpha, seed):
    held = dirichlet_clients(LABELS[::7], clients, alpha, np.random.default_rng(seed))
    assert (held.sum(axis=0) == 1).all()
    assert (held.sum(axis=1) >= 1).all()


def skew(alpha: float) -> float:
    """Mean over clients of the largest class's share of a client's records."""
    held = dirichlet_clients(LABELS, 5, alpha, np.random.default_rng(0))
    return np.mean([np.bincount(LABELS[row]).max() / row.sum() for row in held])


def test_a_small_alpha_skews_and_a_large_one_does_not():
    assert skew(0.05) > 0.4
    assert skew(1000) < 0.15


def test_strings_name_partitions(rng):
    assert np.array_equal(parse_partition("iid", LABELS, 4, rng), even_clients(4, 1000))
    assert parse_partition("dirichlet:0.5", LABELS, 4, rng).shape == (4, 1000)


@pytest.mark.parametrize("text", ["skewed", "dirichlet", "dirichlet:x", "iid:3"])
def test_an_unknown_partition_is_one_line(text, rng):
    with pytest.raises(InputError, match=r"write iid or dirichlet:0\.5"):
        parse_partition(text, LABELS, 4, rng)


@pytest.mark.parametrize("clients", [0, 21])
def test_no_client_is_left_without_records(clients):
    with pytest.raises(InputError, match="choose from 1 to 20"):
        even_clients(clients, 20)


def test_alpha_must_be_positive(rng):
    with pytest.raises(InputError, match="alpha 0: choose a positive number"):
        dirichlet_clients(LABELS, 3, 0, rng)
