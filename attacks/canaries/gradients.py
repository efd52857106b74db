r"""Gradient canaries: directions put into the gradients themselves, for white-box audits of a training rule.

A canary is a unit direction :math:`u` in the space of parameters. Where it is a member, and whenever it is drawn into
a batch, it takes the part of a record whose gradient lies along :math:`u` at every step. Under DP-SGD with clip norm
:math:`c` that gradient is longer than :math:`c` and is clipped to it, by the clipping of records. No record can do
more, so these are the worst case that a guarantee is for (Nasr et al., USENIX Security 2023). Random directions are
almost orthogonal in many dimensions, so that many canaries are audited in one training (Andrew et al., ICLR 2024;
Steinke, Nasr and Jagielski, NeurIPS 2023).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from attacks.canaries.directions import draw_directions, draw_orthogonal_directions
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, length, rows
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.gradients import gradient_names
from fedsz_privacy.training.rule import SteppedRule, TrainingRule, require_stepped
from fedsz_privacy.training.watching import Watched

PLAIN_NORM = 1.0
"""Norm of a canary under plain training: that of DP-SGD's default clip norm, so that both can face equal canaries."""

UNCLIPPED = 10.0
"""Norm of a canary before clipping, in clip norms: what forgets to clip shows."""


@dataclass(frozen=True)
class CanaryDesign:
    """What canaries are, and what trains beside them.

    Parameters
    ----------
    name : str
        What it is called in results and tables.
    draw : callable
        From a state, a count and a generator to unit directions, each tensor of shape (count, ...).
    records : bool
        Whether the records of the pool train beside the canaries.
    directions_path, trials_path : int
        Where in `Purpose.CANARY` its random streams lie.
    """

    name: str
    draw: Callable[[StateDict, int, Generator], dict[str, Tensor]]
    records: bool
    directions_path: int
    trials_path: int


AMONG_RECORDS = CanaryDesign("random directions among the records", draw_directions, True, 0, 1)
"""The client as it is: what canaries and records add to a canary's score makes its coin depend on theirs, a little."""

ALONE = CanaryDesign("orthogonal directions without records", draw_orthogonal_directions, False, 2, 3)
"""Noise along orthogonal directions is independent and nothing else is added, so the coins are independent in the noisy
sums of DP-SGD, and in an update that is linear in them. Adam and most releases make them depend on each other."""


@dataclass(frozen=True, eq=False)
class CanaryTraining:
    r"""A training rule with gradient canaries: records beyond the data are canaries, and are drawn as records are.

    Parameters
    ----------
    base : SteppedRule
        How the client trains on its records.
    directions : StateDict
        Unit directions, each tensor of shape (canaries, ...), of all parameters that train.
    norm : float
        L2 norm of a canary's gradient before the rule clips it. Under plain training nothing bounds what a record adds,
        so there is no worst case, and the number says how strong a canary was asked about.

    Raises
    ------
    InputError
        If the norm is negative or infinite.

    Notes
    -----
    A canary joins the sum of gradients of each step that draws it, before the optimiser makes a step of them. DP-SGD
    divides that sum by the expected batch size, plain training by the number of records and canaries present.

    Guarantees
    ----------
    The base's event holds for each canary as for a record, one added or removed: it is drawn as a record is, and
    clipped as one. So an audit of canaries that contradicts the event contradicts the training rule.
    """

    base: SteppedRule
    directions: StateDict
    norm: float

    def __post_init__(self) -> None:
        if not 0 <= self.norm < np.inf:
            raise InputError(f"norm {self.norm} of canaries: choose a finite number, 0 or more")

    @property
    def canaries(self) -> int:
        """Number of canaries."""
        return length(self.directions)

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw batches by the base rule; membership is of shape (clients, records + canaries)."""
        return self.base.draw(membership, generators)

    def train(self, model: nn.Module, clients: Clients) -> Watched:
        """Train every client, and keep how far the gradients of each step go along each canary, (clients, canaries).

        In the batches, indices from ``len(records)`` on are canaries.
        """
        gradients = {name: self.norm * directions for name, directions in self.directions.items()}

        def watch(_: StateDict, step: StateDict) -> StateDict:
            return {ALONG: self._along(step)}

        return self.base.train_watched(model, clients, watch, gradients)

    def score(self, updates: StateDict) -> NDArray[np.float64]:
        """Return the inner products of k updates and the canaries' negative directions, shape (k, canaries)."""
        return (-self._along(updates)).cpu().numpy()

    def _along(self, stacked: StateDict) -> Tensor:
        """Return the inner products of what is stacked and the directions, float64 of shape (k, canaries)."""
        products = [rows(stacked[name]).float() @ rows(each).T for name, each in self.directions.items()]
        return torch.stack(products).double().sum(dim=0)


ALONG = "along"
"""Name under which a watched training keeps how far each step goes along each canary."""


def add_canaries(
    base: TrainingRule, model: nn.Module, state: StateDict, count: int, seed: int, design: CanaryDesign = AMONG_RECORDS
) -> CanaryTraining:
    """Return a training rule with gradient canaries: longer than its clip norm, or of `PLAIN_NORM` if it clips nothing.

    Raises
    ------
    InputError
        If the rule does not take its steps one at a time, or there are too many canaries for the memory.
    """
    stepped = require_stepped(base, "gradient canaries (--gradient-canaries) need")
    norm = PLAIN_NORM if np.isinf(stepped.clips_to) else UNCLIPPED * stepped.clips_to
    trained = {name: state[name] for name in gradient_names(model, state)}
    rng = generator(seed, Purpose.CANARY, design.directions_path)
    return CanaryTraining(stepped, design.draw(trained, count, rng), norm)
