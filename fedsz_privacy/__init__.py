"""What leaves a client: the FedSZ pipeline, releases, and local and federated training.

Names load on first use, so that importing the package, and asking the command line for help, costs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedsz_privacy.bounds import ErrorBound
    from fedsz_privacy.errors import InputError
    from fedsz_privacy.pipeline import FedSZ
    from fedsz_privacy.release import Release, Released, parse_release
    from fedsz_privacy.wire import FrameError

_HOMES = {
    "ErrorBound": "bounds",
    "FedSZ": "pipeline",
    "FrameError": "wire",
    "InputError": "errors",
    "Release": "release",
    "Released": "release",
    "parse_release": "release",
}

__all__ = ["ErrorBound", "FedSZ", "FrameError", "InputError", "Release", "Released", "parse_release"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
