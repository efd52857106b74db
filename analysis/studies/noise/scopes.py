"""Errors that were fitted together, and what tables and figures call them and what they are measured in."""

from dataclasses import dataclass

from analysis.methods.noise.noise_fit import NoiseFit

POOLED = "pooled"
"""What errors of all tensors together are called."""


@dataclass(frozen=True)
class Scope:
    """Errors that were fitted together: those of one tensor, or of all.

    Attributes
    ----------
    tensor : str or None
        Name of the tensor; None of all tensors together.
    fit : NoiseFit
        The fit.
    decided : float
        R2(e|all values).
    unit : str
        What the errors of the fit are measured in: the reported bound, or the observed one, the largest error seen.
    of_all : str
        What the errors of all tensors are called.
    """

    tensor: str | None
    fit: NoiseFit
    decided: float
    unit: str
    of_all: str = POOLED

    @property
    def kind(self) -> str:
        """Whether it is a tensor or all of them pooled: the name of a tensor may be any word."""
        return self.of_all if self.tensor is None else "tensor"

    @property
    def label(self) -> str:
        """What a table for people calls it: a tensor that has the name of pooled errors is called a tensor."""
        if self.tensor is None:
            return self.of_all
        return f"tensor {self.tensor}" if self.tensor.partition(",")[0] == POOLED else self.tensor
