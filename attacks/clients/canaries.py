r"""Client canaries (Andrew et al., ICLR 2024, arXiv 2302.03098): clients whose updates are directions drawn at random.

A coin decides whether a canary takes part, in all rounds or in none. It sends an update far longer than the clip norm,
along a direction of its own, and the code that clips clients clips it. No client can do more, so these are the worst
case that a guarantee for one client is for. What the server makes of all updates is scored by how far it goes along the
canary: the paper's cosine, but for the length of the sum, which all canaries share.

The paper's canaries are all in, and the null distribution is that of cosines to random directions. Here coins decide,
so that lower bounds on epsilon hold without a distribution of the scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from attacks.canaries.directions import draw_directions, draw_orthogonal_directions
from attacks.canaries.evidence import Steps, add_up_ratios
from attacks.canaries.gradients import PLAIN_NORM, UNCLIPPED, CanaryDesign
from attacks.canaries.play import EVIDENCE, UPDATE
from attacks.clients.chunk import ClientChunk, nothing
from attacks.clients.play import chunks_of
from attacks.game.engine import Player
from attacks.game.game import Game
from attacks.game.trial import Trials, beside
from attacks.signals.base import Scores
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, expand, rows
from fedsz_privacy.core.state import beside as shaped
from fedsz_privacy.defences.aggregation import Aggregation
from fedsz_privacy.defences.dpfedavg import DPFedAvg
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.rounds import Client, play_rounds
from fedsz_privacy.training.gradients import gradient_names

AMONG_CLIENTS = CanaryDesign("random updates among the clients", draw_directions, True, 6, 7)
"""The federation as it is: what clients add to a canary's score makes its coin depend on theirs, a little."""

CLIENTS_ALONE = CanaryDesign("orthogonal updates without clients", draw_orthogonal_directions, False, 8, 9)
"""Noise along orthogonal directions is independent and nothing else is added, so the coins are independent where the
server gets canaries as they are. What a codec makes of them is not orthogonal."""


@dataclass(frozen=True)
class ClientCanaryPlayer(Player):
    """Plays trials with client canaries.

    Parameters
    ----------
    clients : int
        Candidate clients, who share the game's pool and take part beside the canaries where the design says so.
    canaries : int
        Number of canaries.
    design : CanaryDesign
        What they are, and who takes part beside them.
    """

    clients: int
    canaries: int
    design: CanaryDesign

    def chunks(self, trials: int) -> Sequence[range]:
        """Cut the trials into runs that are played side by side within a bounded memory."""
        return chunks_of(self.game, self.clients + self.canaries, trials)

    def play_releases(self, game: Game, trials: range, releases: Sequence[Release]) -> Trials:
        """Play some trials under one training rule and aggregation."""
        trained = {name: game.state[name] for name in gradient_names(game.model, game.state)}
        rng = generator(game.seed, Purpose.CANARY, self.design.directions_path)
        canaries = CanaryClients(game, self.design.draw(trained, self.canaries, rng), self.design, trials)
        chunk = ClientChunk(game, self.clients, trials)
        return beside([canaries.play(each, number, chunk) for number, each in enumerate(releases)])


@dataclass(frozen=True, eq=False)
class CanaryClients:
    """The canaries of some trials.

    Parameters
    ----------
    game : Game
        What is played.
    directions : StateDict
        Unit directions, each tensor of shape (canaries, ...), of all parameters that train.
    design : CanaryDesign
        Who takes part beside them.
    trials : sequence of int
        Numbers of the trials, which decide all that is random in each.

    Guarantees
    ----------
    The coins, draws and noise of trials are independent. So trials compose in parallel: all canaries of all trials may
    be audited as those of one run, against the epsilon of one client in all rounds of a trial.
    """

    game: Game
    directions: StateDict
    design: CanaryDesign
    trials: Sequence[int]

    @property
    def count(self) -> int:
        """Number of canaries."""
        return len(next(iter(self.directions.values())))

    @cached_property
    def membership(self) -> NDArray[np.bool_]:
        """Who is in, shape (trials, canaries)."""
        return np.stack([rng.random(self.count) < 0.5 for rng in self._streams()])

    def play(self, release: Release, number: int, beside_them: ClientChunk) -> Trials:
        """Return what is read off all rounds with the canaries' updates through a release of that number.

        `EVIDENCE` is for an adversary of every round, `UPDATE` for one of the final model; higher: more likely in.
        """
        clients = [self._canary(each, release, number) for each in range(self.count)]
        clients += beside_them.senders(release, number) if self.design.records else []
        shares, states = [1 / len(clients)] * len(clients), self.game.knowledge.states
        aggregation = self.game.aggregation.for_model(self.game.model)
        played = play_rounds(clients, shares, states, aggregation=aggregation, generators=self._server)
        along = np.stack([self._along(each.average) for each in islice(played, self.game.rounds)], axis=1)
        read = {EVIDENCE: evidence(self.game.aggregation, along, len(clients)), UPDATE: along.sum(axis=1)}
        zeros = np.zeros((len(self.trials), 1))
        return Trials(self.membership, {name: each[:, None, None] for name, each in read.items()}, zeros, zeros)

    def _canary(self, canary: int, release: Release, number: int) -> Client:
        return Client(partial(self._send, canary), release, partial(self._release, number, canary), self._places)

    def _send(self, canary: int, _: int, states: StateDict) -> StateDict:
        aggregation = self.game.aggregation
        norm = UNCLIPPED * aggregation.clip_norm if isinstance(aggregation, DPFedAvg) else PLAIN_NORM
        lengths = torch.from_numpy(norm * self.membership[:, canary])
        return {
            name: shaped(lengths.to(tensor), tensor) * self.directions[name][canary].to(tensor)
            if name in self.directions
            else nothing(tensor)
            for name, tensor in expand(states, len(self.trials)).items()
        }

    def _along(self, steps: StateDict) -> NDArray[np.float64]:
        """Return how far a step goes along each canary, shape (trials, canaries)."""
        products = [rows(steps[name]).double().cpu() @ rows(each).double().T for name, each in self.directions.items()]
        return torch.stack(products).sum(dim=0).numpy()

    def _streams(self, *path: int) -> list[Generator]:
        start = (self.game.seed, Purpose.CANARY, self.design.trials_path)
        return [generator(*start, trial, *path) for trial in self.trials]

    def _release(self, number: int, canary: int, round_number: int) -> list[Generator]:
        return self._streams(number, round_number, canary)

    def _server(self, round_number: int) -> list[Generator]:
        return self._streams(round_number)

    def _places(self, round_number: int) -> list[str]:
        return [f" in canary trial {trial}, round {round_number + 1}" for trial in self.trials]


def evidence(aggregation: Aggregation, along: Steps, clients: int) -> Scores:
    """Return what all rounds together say of each canary: the log-likelihood ratio where noise is known, else the sum.

    Parameters
    ----------
    aggregation : Aggregation
        How the server made its steps.
    along : float64 array, shape (trials, rounds, canaries)
        How far each step goes along each canary.
    clients : int
        How many clients there are, canaries included.
    """
    if not isinstance(aggregation, DPFedAvg):
        total: Scores = along.sum(axis=1)
        return total
    in_clip_norms = along * aggregation.sampling_rate * clients / aggregation.clip_norm
    return add_up_ratios(in_clip_norms, aggregation.sampling_rate, aggregation.noise_multiplier)
