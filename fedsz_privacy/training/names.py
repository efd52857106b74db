"""What optimisers are called; asking loads none, so that a wrong name is refused at once."""

from enum import StrEnum

from fedsz_privacy.core.errors import InputError


class Optimizer(StrEnum):
    """How gradients become steps."""

    SGD = "sgd"
    MOMENTUM = "momentum"
    ADAM = "adam"
    ADAMW = "adamw"

    @property
    def is_linear(self) -> bool:
        """Whether a training from zeros ends at a sum of its gradients, with weights that are the same for all numbers.

        Then what orthogonal gradients add stays orthogonal, and independent Gaussian noise stays independent.
        """
        return self in {Optimizer.SGD, Optimizer.MOMENTUM}


def find_optimizer(name: str) -> Optimizer:
    """Return the optimiser of a name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in set(Optimizer):
        raise InputError(f"unknown optimizer {name!r}: choose one of {', '.join(Optimizer)}")
    return Optimizer(name)
