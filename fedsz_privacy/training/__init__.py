"""How a client trains: the contract, plain training, DP-SGD, Opacus, a user's own function, and accounting."""

from typing import TYPE_CHECKING

from fedsz_privacy.core.lazy import lazy

if TYPE_CHECKING:
    from fedsz_privacy.training.clients import Clients
    from fedsz_privacy.training.descent import Training
    from fedsz_privacy.training.dpsgd import DPTraining
    from fedsz_privacy.training.names import Optimizer
    from fedsz_privacy.training.own import OwnTraining
    from fedsz_privacy.training.rule import TrainingRule

_HOMES = {
    "Clients": "clients",
    "DPTraining": "dpsgd",
    "Optimizer": "names",
    "OwnTraining": "own",
    "Training": "descent",
    "TrainingRule": "rule",
}

__all__ = ["Clients", "DPTraining", "Optimizer", "OwnTraining", "Training", "TrainingRule"]

__getattr__ = lazy(__name__, _HOMES)
