import pytest

from fedsz_privacy.codec.compressors import COMPRESSORS, Compressor, get_compressor

PACKAGES = {"sz2": ("h5py", "hdf5plugin"), "zfp": ("zfpy",), "sperr": ("h5py", "hdf5plugin")}


@pytest.fixture(params=COMPRESSORS)
def compressor(request: pytest.FixtureRequest) -> Compressor:
    """Every compressor whose package is installed."""
    for package in PACKAGES.get(request.param, ()):
        pytest.importorskip(package)
    return get_compressor(request.param)
