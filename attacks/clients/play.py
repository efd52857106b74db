"""Playing the game over clients: signals read every record of a client, and their mean stands for the client."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from attacks.clients.chunk import ClientChunk
from attacks.game.adversaries import Adversary
from attacks.game.engine import Player
from attacks.game.game import COPIES, Game, cut
from attacks.game.play import look_at
from attacks.game.trial import Trials, beside
from attacks.signals import Signal
from fedsz_privacy.core.state import StateDict, nbytes
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.rounds import Round

MEMORY_BYTES = 2**28
"""Most memory for what clients sent: all of a round is kept until its trials are played."""


def chunks_of(game: Game, clients: int, trials: int) -> list[range]:
    """Cut trials in which so many clients send into runs that are played side by side within a bounded memory."""
    return cut(trials, MEMORY_BYTES // ((COPIES + clients * game.rounds) * nbytes(game.state)))


@dataclass(frozen=True)
class ClientPlayer(Player):
    """Plays the game over clients.

    Parameters
    ----------
    clients : int
        Candidate clients, who share the game's pool.
    expected : StateDict
        What the adversary expects each of them to send, as `expected_updates` returns it.
    signals : sequence of Signal
        What the adversary computes.
    adversary : Adversary
        What it sees.
    """

    clients: int
    expected: StateDict
    signals: Sequence[Signal]
    adversary: Adversary

    def chunks(self, trials: int) -> Sequence[range]:
        """Cut the trials into runs that are played side by side within a bounded memory."""
        return chunks_of(self.game, self.clients, trials)

    def play_releases(self, game: Game, trials: range, releases: Sequence[Release]) -> Trials:
        """Play some trials under one training rule and aggregation; every release gets the same first updates."""
        chunk = ClientChunk(game, self.clients, trials, self.expected)
        return beside([self._through(chunk, number, release) for number, release in enumerate(releases)])

    def _through(self, chunk: ClientChunk, number: int, release: Release) -> Trials:
        rounds = chunk.rounds(release, number)
        seen = look_at(chunk, rounds, self.signals, self.adversary)
        by_client = {name: mean_by_client(array, self.clients) for name, array in seen.observed.items()}
        return replace(seen, observed=by_client, sizes=_sizes(rounds, chunk.membership))


def mean_by_client(observed: NDArray[np.float64], clients: int) -> NDArray[np.float64]:
    """Return the mean over each client's records of what was read, (trials, releases, looks, clients) or (..., parts).

    Parameters
    ----------
    observed : float64 array, shape (trials, releases, looks, records) or (..., parts)
        What was read off each record, one client's after another's, equally many each.
    clients : int
        How many clients.
    """
    *trials, _ = observed.shape[:4]
    mean: NDArray[np.float64] = observed.reshape(*trials, clients, -1, *observed.shape[4:]).mean(axis=4)
    return mean


def _sizes(rounds: Sequence[Round], membership: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean size of the updates of those who are in, over rounds, (trials, 1); 0 where nobody is."""
    sizes = np.mean([[each.sent(client).nbytes for client in range(membership.shape[1])] for each in rounds], axis=0).T
    mean: NDArray[np.float64] = (sizes * membership).sum(axis=1) / np.maximum(membership.sum(axis=1), 1)
    return mean[:, np.newaxis]
