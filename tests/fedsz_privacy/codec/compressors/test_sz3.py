import numpy as np
import pytest

from fedsz_privacy import ErrorBound, FedSZ, FrameError
from fedsz_privacy.codec.compressors import SZ3
from fedsz_privacy.codec.names import SZ3_ALGORITHMS

FLOAT = np.dtype(np.float32)
PREDICTORS = [name for name in SZ3_ALGORITHMS if name != "nopred"]


@pytest.fixture
def frames(state):
    return {name: FedSZ(ErrorBound.rel(1e-2), SZ3(name)).encode(state) for name in SZ3_ALGORITHMS}


@pytest.mark.parametrize("algorithm", PREDICTORS)
def test_a_receiver_decodes_its_own_algorithm_and_the_default_and_no_other(frames, algorithm):
    with pytest.raises(FrameError, match=f"'sz3-{algorithm}'.*not trusted"):
        FedSZ(ErrorBound.rel(1e-2)).decode(frames[algorithm])
    own = FedSZ(ErrorBound.rel(1e-2), SZ3(algorithm))
    for name, frame in frames.items():
        if name in {algorithm, "nopred"}:
            assert own.decode(frame)
        else:
            with pytest.raises(FrameError, match="not trusted"):
                own.decode(frame)


@pytest.mark.parametrize("algorithm", PREDICTORS)
def test_a_stream_by_another_algorithm_under_the_name_of_the_default_is_refused(algorithm):
    array = np.linspace(0, 1, 1024, dtype=FLOAT)
    stream = SZ3(algorithm)._compress(array, 1e-2)
    with pytest.raises(ValueError, match="not trusted"):
        SZ3().decode(stream, array.shape, FLOAT)


@pytest.mark.parametrize("algorithm", PREDICTORS)
def test_what_no_prediction_can_hold_is_exact(algorithm, rng):
    array = rng.normal(size=300).astype(FLOAT)
    array[:4] = np.nan, np.inf, np.finfo(FLOAT).max, -np.finfo(FLOAT).max / 2**19
    for bound in (1e-2, 1e-60, 1e300):
        decoded = SZ3(algorithm).decode(SZ3(algorithm).encode(array, bound), array.shape, FLOAT)
        assert np.array_equal(decoded[:4], array[:4], equal_nan=True)
        assert float(np.abs(decoded[4:] - array[4:]).max()) <= bound
