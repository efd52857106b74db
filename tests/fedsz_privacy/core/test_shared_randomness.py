"""Shared randomness: known answers, the same in another process, and streams that do not know of one another.

Error rate of the statistical tests: 1 in 1000 each, seeds fixed.
"""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from numpy.random import Philox
from scipy import stats

from fedsz_privacy import InputError
from fedsz_privacy.core.shared_randomness import SharedRandomness

KNOWN = [
    (0, 0, "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
    (2**256 - 1, 2**128 - 1, "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0"),
]
"""Counter, key and block of philox4x64-10 from the test vectors of Random123, the authors' own library."""

SHARED = SharedRandomness(key=0x0123456789ABCDEF0123456789ABCDEF, client=5, round_number=7)

WORDS = ["9b3ba59d93828c60", "6e25976ba00d7feb", "6dae9c51c2b4b242"]
UNIFORMS = ["0x1.36774b3b27051p-1", "0x1.b8965dae8035ep-2", "0x1.b6ba71470ad2ep-2"]

PROGRAM = """
import hashlib
from fedsz_privacy.core.shared_randomness import SharedRandomness
shared = SharedRandomness(key=0x0123456789ABCDEF0123456789ABCDEF, client=5, round_number=7)
print(hashlib.sha256(shared.uniforms(11, (100_000,)).tobytes()).hexdigest())
"""


@pytest.mark.parametrize(("counter", "key", "block"), KNOWN)
def test_the_generator_gives_the_blocks_that_its_authors_publish(counter, key, block):
    before = (counter - 1) % 2**256
    words = Philox(key=key, counter=before).random_raw(4)
    assert [f"{word:016x}" for word in words] == block.split()


def test_words_are_those_of_the_counter_that_names_client_round_and_tensor():
    counter = (5 << 192) + (7 << 128) + (11 << 64)
    expected = Philox(key=SHARED.key, counter=counter).random_raw(10)
    assert (SHARED.words(11, 10) == expected).all()


def test_known_answers():
    assert [f"{word:016x}" for word in SHARED.words(11, 3)] == WORDS
    assert [each.hex() for each in SHARED.uniforms(11, (3,))] == UNIFORMS


def test_another_process_has_the_same_bits():
    there = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout.strip()
    assert there == hashlib.sha256(SHARED.uniforms(11, (100_000,)).tobytes()).hexdigest()


def test_a_longer_draw_starts_with_a_shorter_one():
    assert (SHARED.words(0, 1000)[:13] == SHARED.words(0, 13)).all()


def test_numbers_are_exact_odd_multiples_of_two_to_the_minus_53_inside_the_interval():
    numbers = SHARED.uniforms(0, (10_000,))
    scaled = numbers * 2.0**53
    assert ((numbers > 0) & (numbers < 1)).all()
    assert (scaled % 2 == 1).all()
    extremes = (2 * (np.array([0, 2**64 - 1], np.uint64) >> np.uint64(12)) + np.uint64(1)) * 2.0**-53
    assert extremes.tolist() == [2.0**-53, 1 - 2.0**-53]


def test_numbers_are_uniform():
    assert stats.kstest(SHARED.uniforms(0, (100_000,)), "uniform").pvalue > 1e-3


OTHERS = {
    "tensor": SHARED.uniforms(1, (100_000,)),
    "round": SHARED.at(5, 8).uniforms(0, (100_000,)),
    "client": SHARED.at(6, 7).uniforms(0, (100_000,)),
    "key": SharedRandomness(SHARED.key + 1, 5, 7).uniforms(0, (100_000,)),
}


@pytest.mark.parametrize("differs_in", OTHERS)
def test_streams_are_independent(differs_in):
    one, other = SHARED.uniforms(0, (100_000,)), OTHERS[differs_in]
    counts, _, _ = np.histogram2d(one, other, bins=16, range=[(0, 1), (0, 1)])
    assert stats.chisquare(counts.ravel()).pvalue > 1e-3
    assert not np.intersect1d(one, other).size


def test_a_simulation_draws_a_key_of_its_own_each_time():
    rng = np.random.default_rng(0)
    assert SharedRandomness.drawn(rng) != SharedRandomness.drawn(rng)
    assert SharedRandomness.drawn(np.random.default_rng(0)) == SharedRandomness.drawn(np.random.default_rng(0))


@pytest.mark.parametrize("wrong", [{"key": 2**128}, {"key": -1}, {"key": 0, "client": 2**64}])
def test_numbers_that_do_not_fit_are_refused(wrong):
    with pytest.raises(InputError, match="choose"):
        SharedRandomness(**wrong)
