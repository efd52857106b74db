"""What leaves a client: how it trains, what stands between its records and an observer, and what is sent.

The rooms:

- ``core``: errors, imports, files, randomness, states
- ``codec``: error bounds, compressors, the FedSZ pipeline and its frame
- ``data``: records, tasks, and readers of both
- ``models``: small ones, the FedSZ paper's, and a user's own
- ``training``: the contract of a training rule; plain training, DP-SGD, Opacus, a user's own; accounting
- ``defences``: releases, and the strings that name a training rule and a release
- ``federation``: who holds which records, the one loop of rounds, and recordings of rounds
- ``flower``: a mod and a strategy that compress the updates of a Flower app

Names load on first use, so that importing the package, and asking the command line for help, costs no torch.
"""

from typing import TYPE_CHECKING

from fedsz_privacy.core.lazy import lazy

if TYPE_CHECKING:
    from fedsz_privacy.codec.bounds import ErrorBound
    from fedsz_privacy.codec.header import FrameError
    from fedsz_privacy.codec.lossy import LossyWarning
    from fedsz_privacy.codec.pipeline import FedSZ
    from fedsz_privacy.core.errors import InputError
    from fedsz_privacy.defences.parsing import parse_release
    from fedsz_privacy.defences.release import Release, Released

_HOMES = {
    "ErrorBound": "codec.bounds",
    "FedSZ": "codec.pipeline",
    "FrameError": "codec.header",
    "InputError": "core.errors",
    "LossyWarning": "codec.lossy",
    "Release": "defences.release",
    "Released": "defences.release",
    "parse_release": "defences.parsing",
}

__all__ = ["ErrorBound", "FedSZ", "FrameError", "InputError", "LossyWarning", "Release", "Released", "parse_release"]


__getattr__ = lazy(__name__, _HOMES)
