"""Where models compute."""

import torch

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.names import AUTO


def find_device(name: str) -> torch.device:
    """Return the device of a name: ``auto`` is a GPU if there is one, and the processor else.

    Raises
    ------
    InputError
        If PyTorch knows no such device, or it is not there.
    """
    if name == AUTO:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(f"device {name!r} is not there: choose auto or cpu") from None
    return device
