import numpy as np
import pytest
from rivals import decoded
from scipy import stats


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "bucket"), [(2, 512), (4, 512), (4, 7)])
def test_the_mean_is_the_update(bits, bucket, rng):
    """Fixed seeds; each of 600 counts of an exact sampler passes its binomial test but with probability 1e-6."""
    values, levels, times = rng.standard_normal(600), 2 ** (bits - 1) - 1, 1000
    name = f"qsgd:bits={bits},bucket={bucket}"
    norms = np.concatenate([np.full(part.size, np.linalg.norm(part)) for part in _buckets(values, bucket)])
    share, below = np.modf(levels * np.abs(values) / norms)
    heights = np.stack([levels * np.abs(decoded(name, values, seed)) / norms for seed in range(times)])
    counts = np.rint(heights - below).sum(axis=0)
    tails = stats.binom(times, share)
    assert (np.minimum(tails.cdf(counts), tails.sf(counts - 1)) > 1e-6).all()


def _buckets(values, bucket):
    return np.split(values, range(bucket, values.size, bucket))


@pytest.mark.parametrize(("bits", "bucket"), [(2, 512), (4, 512), (4, 64), (8, 512)])
def test_the_variance_is_within_the_papers_bound(bits, bucket, rng):
    """Alistarh et al., Lemma 3.1, and the closed form of the variance of each number, within 5%."""
    values, levels = rng.standard_normal(2 * bucket), 2 ** (bits - 1) - 1
    squares = [np.square(decoded(f"qsgd:bits={bits},bucket={bucket}", values, seed) - values) for seed in range(400)]
    variance, norms = np.mean(squares, axis=0), np.repeat(np.linalg.norm(values.reshape(2, -1), axis=1), bucket)
    share = np.modf(levels * np.abs(values) / norms)[0]
    closed = np.square(norms / levels) * share * (1 - share)
    assert variance.sum() == pytest.approx(closed.sum(), rel=0.05)
    assert variance.sum() <= min(bucket / levels**2, np.sqrt(bucket) / levels) * np.square(values).sum()


def test_numbers_become_one_of_the_two_levels_around_them(rng):
    values = rng.standard_normal(512).astype(np.float32)
    heights = decoded("qsgd:bits=4", values) / np.linalg.norm(values) * 7
    assert np.allclose(heights, np.rint(heights), atol=1e-4)
    assert (np.abs(heights - 7 * values / np.linalg.norm(values)) < 1 + 1e-4).all()


def test_one_number_alone_is_exact():
    assert decoded("qsgd:bits=4", np.array([0.0, -2.5, 0.0])).tolist() == pytest.approx([0.0, -2.5, 0.0], rel=1e-6)
