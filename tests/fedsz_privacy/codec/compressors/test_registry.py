import sys

import numpy as np
import pytest

from fedsz_privacy import InputError
from fedsz_privacy.codec.compressors import (
    COMPRESSORS,
    DECODERS,
    SPERR,
    SZ2,
    SZ3,
    ZFP,
    Auto,
    Quantiser,
    Scaled,
    SZx,
    get_compressor,
)

NEEDS = {"sz2": "h5py", "zfp": "zfpy"}


def test_names_lead_to_compressors():
    sz3 = [SZ3("nopred"), SZ3("lorenzo_reg"), SZ3("interp_lorenzo"), SZ3("interp")]
    expected = [*sz3, SZ2(), ZFP(), SPERR(), SZx(), Quantiser(), Scaled(), Auto()]
    assert [get_compressor(name) for name in COMPRESSORS] == expected


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match=r"unknown compressor 'sz4': choose one of nopred, .*auto, or leave it out"):
        get_compressor("sz4")


def test_the_registries_cannot_be_changed():
    for registry in (COMPRESSORS, DECODERS):
        with pytest.raises(TypeError):
            registry["mine"] = None


def test_what_the_wire_is_trusted_with_leaves_sz2_and_sperr_out():
    assert list(DECODERS) == ["sz3", "zfp", "szx", "quantiser", "scaled", "auto"]


@pytest.mark.parametrize("name", NEEDS)
def test_a_missing_package_is_named_with_its_remedy(name, monkeypatch):
    monkeypatch.setitem(sys.modules, NEEDS[name], None)
    message = rf"'{NEEDS[name]}' is not installed: from the top of the repository, pip install -e '\.\[compressors\]'"
    with pytest.raises(InputError, match=message):
        get_compressor(name).encode(np.linspace(0, 1, 100), 1e-2)
