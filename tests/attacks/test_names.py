"""Names that are listed without loading an attack are those of the attacks."""

import pytest

from attacks import ADVERSARIES, ALL_SIGNALS
from attacks.names import ADVERSARY_NAMES, SIGNAL_NAMES, require_known
from fedsz_privacy import InputError


def test_names_are_those_of_the_catalogues():
    assert tuple(ALL_SIGNALS) == SIGNAL_NAMES
    assert tuple(ADVERSARIES) == ADVERSARY_NAMES


def test_known_names_and_import_paths_pass():
    require_known("signal", ["lira", "attacks.signals.lira:LIRA"], SIGNAL_NAMES)


def test_other_names_are_refused():
    with pytest.raises(InputError, match=r"unknown signal 'liar': choose one of loss, "):
        require_known("signal", ["lira", "liar"], SIGNAL_NAMES)
