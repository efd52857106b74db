"""A canary that is seen in the last model alone, beside gradients that react to it: hiding the steps hides little.

The last update adds up all steps, and the noise of all; of a canary of fixed direction it shows no more than
`last_update_epsilon`. That is no theorem about hiding steps (Cebere, Bellet and Papernot, arXiv 2405.14457): other
records may have gradients that write down what a step showed. Here is a model of two parameters where they do. The
canary and the noise of a step move ``last``. At the next step every other record's gradient moves ``last`` back to 0,
and moves ``memory`` by the log-likelihood ratio of what was there. Nobody sees a step, yet ``memory`` holds their sum.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.methods.lower_bounds import NoiseFamily, epsilon_lower_bound
from analysis.methods.lower_bounds.last_update import last_update_epsilon
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import regression
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining, dpsgd
from fedsz_privacy.training.modes import detached

GUARANTEED, DELTA, RECORDS, COINS, AT_ONCE = 8.0, 1e-5, 500, 6400, 400
LEAST, MOST = -0.2, 2.0
"""The log-likelihood ratios of one step that are told apart."""


class Reacting(nn.Module):
    """A model whose loss has gradients that write down what the step before showed.

    Parameters
    ----------
    rule : DPTraining
        How it trains.
    reacts : bool
        Whether gradients react to the parameters; else nothing but canary and noise moves them.
    """

    def __init__(self, rule: DPTraining, reacts: bool) -> None:
        super().__init__()
        self.rule, self.reacts = rule, reacts
        self.last, self.memory = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return what is made small, less 1, for the squared error of a target of -1 to have half of its gradient."""
        if not self.reacts:
            return inputs.flatten(1).sum(1, keepdim=True) * 0 + 0 * (self.last + self.memory)
        written = self.rule.clip_norm * 0.9 * (ratio(self.last.detach(), self.rule) - LEAST) / (MOST - LEAST)
        back = self.last**2 / (2 * self.rule.learning_rate)
        made_small = back - self.memory * written
        # The value is 0, so that the gradient of (outputs + 1)^2 is twice that of what is made small.
        outputs: Tensor = (made_small - made_small.detach()) / 2 + 0 * inputs.flatten(1).sum(1, keepdim=True)
        return outputs


def ratio(last: Tensor, rule: DPTraining) -> Tensor:
    """Return the log-likelihood ratio of membership that one step's move shows, within its limits."""
    seen = -last * rule.batch_size / (rule.learning_rate * rule.clip_norm)
    rate = rule.sampling_rate
    found = torch.log(1 - rate + rate * torch.exp((2 * seen - 1) / (2 * rule.noise_multiplier**2)))
    return found.clamp(LEAST, MOST)


def play(rule: DPTraining, reacts: bool, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return what the last model alone shows of so many canaries, one a training, and which were in."""
    model = Reacting(rule, reacts)
    records = Records((torch.zeros(RECORDS, 1),), -torch.ones(RECORDS, 1), regression(1))
    canary = {"last": torch.full((1, 1), 10 * rule.clip_norm), "memory": torch.zeros(1, 1)}
    scores, coins = [], []
    for trials in _parts():
        generators = [np.random.default_rng([seed, trial]) for trial in trials]
        members = np.array([rng.random() < 0.5 for rng in generators])
        membership = np.column_stack([np.ones((len(members), RECORDS), bool), members])
        batches = rule.draw(membership, generators)
        clients = Clients(stack_of_one(detached(model)), records, batches, generators)
        states = rule.train_watched(model, clients, lambda *_: {}, canary).states
        if reacts:
            unit = rule.learning_rate * rule.clip_norm * 0.9 / (MOST - LEAST)
            seen = states["memory"] / unit + ratio(states["last"], rule)
        else:
            seen = -states["last"]
        scores.append(seen.double().numpy()[:, 0])
        coins.append(members)
    return np.concatenate(scores), np.concatenate(coins)


def _parts() -> Iterator[range]:
    return (range(start, start + AT_ONCE) for start in range(0, COINS, AT_ONCE))


@one_thread()
def measure(reacts: bool) -> float:
    """Return the lower bound on epsilon that the last model alone proves."""
    rule = replace(dpsgd(Training(batch_size=RECORDS // 10), RECORDS, GUARANTEED, DELTA), learning_rate=1.0)
    return epsilon_lower_bound(*play(rule, reacts), NoiseFamily(rule.event)).epsilon


if __name__ == "__main__":
    rule = dpsgd(Training(batch_size=RECORDS // 10), RECORDS, GUARANTEED, DELTA)
    fixed = last_update_epsilon(rule.noise_multiplier, rule.sampling_rate, rule.steps, DELTA)
    print(f"guaranteed {GUARANTEED:g} at delta {DELTA:g}; {COINS:,} coins, the last model alone, 95% lower bounds")
    print(f"a canary of fixed direction can show {fixed:.2f}; measured {measure(reacts=False):.2f}")
    print(f"beside gradients that react to it: measured {measure(reacts=True):.2f}")
