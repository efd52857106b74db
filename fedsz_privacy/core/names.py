"""Names that a user gives: a wrong one is refused at once, as asking imports nothing."""

from fedsz_privacy.core.errors import InputError, unknown
from fedsz_privacy.core.imports import require_module

AUTO = "auto"
"""The device that is a GPU if there is one, and the processor else."""

DEVICES = ("cpu", "cuda", "mps", "xpu", "xla", "hpu", "mtia", "npu")
"""The kinds of devices that PyTorch or its plug-ins know and compute on."""


def require_known(kind: str, name: str, known: tuple[str, ...], remedy: str) -> None:
    """Raise InputError for a name that is neither known nor an import path of a module that is there."""
    if ":" in name:
        require_module(name)
    elif name not in known:
        raise unknown(kind, name, known, remedy)


def require_device(name: str) -> None:
    """Raise InputError for a name that is no device's; whether it is there PyTorch says, once it is loaded."""
    if name != AUTO and name.partition(":")[0] not in DEVICES:
        raise InputError(f"unknown device {name!r}: choose auto, cpu or cuda")
