"""Choices by layer: patterns of tensors' names, the bounds of those that fit, and the rule that they are lossy.

A pattern is one of the shell's, case and all: ``conv1.*`` fits every name that begins so, ``*`` every name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fedsz_privacy.codec.bounds import ErrorBound, require_error_bound

if TYPE_CHECKING:
    from torch import Tensor

    from fedsz_privacy.codec.lossy import LossyRule


@dataclass(frozen=True)
class LayerBounds:
    """Error bounds by layer: that of the first pattern that fits a tensor's name, or of all others.

    Parameters
    ----------
    others : ErrorBound
        Bound of the tensors that no pattern fits.
    layers : tuple of (str, ErrorBound)
        Patterns and their bounds, in the order in which they are tried.

    Raises
    ------
    InputError
        If a bound is no `ErrorBound`.

    Examples
    --------
    >>> bounds = LayerBounds(ErrorBound.rel(1e-2), (("conv1.*", ErrorBound.rel(1e-3)),))
    >>> bounds.of("conv1.weight").value, bounds.of("fc.weight").value
    (0.001, 0.01)
    """

    others: ErrorBound
    layers: tuple[tuple[str, ErrorBound], ...] = ()

    def __post_init__(self) -> None:
        for bound in (self.others, *(bound for _, bound in self.layers)):
            require_error_bound(bound)

    def of(self, name: str) -> ErrorBound:
        """Return the bound of the tensor of that name."""
        return next((bound for pattern, bound in self.layers if fnmatchcase(name, pattern)), self.others)


def fitting(patterns: Collection[str]) -> "LossyRule":
    """Return the rule that a tensor is lossy if one of some patterns fits its name."""

    def rule(name: str, _: "Tensor") -> bool:
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    return rule
