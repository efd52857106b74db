"""The privacy events of dp-accounting, loaded without its accountants.

The package brings SciPy's statistics and signals, which take as long to import as PyTorch; a release that guarantees
nothing needs neither. The classes are dp-accounting's own: whoever imports it afterwards gets the same ones.
"""

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dp_accounting import (
        ComposedDpEvent,
        DpEvent,
        GaussianDpEvent,
        LaplaceDpEvent,
        NonPrivateDpEvent,
        PoissonSampledDpEvent,
        SelfComposedDpEvent,
    )

NAME = "dp_accounting.dp_event"

__all__ = [
    "ComposedDpEvent",
    "DpEvent",
    "GaussianDpEvent",
    "LaplaceDpEvent",
    "NonPrivateDpEvent",
    "PoissonSampledDpEvent",
    "SelfComposedDpEvent",
]


def _load() -> ModuleType:
    """Return the module of events, run by itself unless the package has run it."""
    if NAME in sys.modules:
        return sys.modules[NAME]
    package = find_spec("dp_accounting")
    assert package
    assert package.origin
    spec = spec_from_file_location(NAME, Path(package.origin).with_name("dp_event.py"))
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    return module


_EVENTS = _load()


def __getattr__(name: str) -> object:
    return getattr(_EVENTS, name)
