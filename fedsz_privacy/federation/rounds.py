"""Rounds of federated averaging (McMahan et al., AISTATS 2017): the one loop that audits and federations share.

A round takes the global state and the clients, and gives what each client sent and the next global state. Everything is
stacked over trials that are played side by side, k of them; a federation is one trial.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from itertools import count
from time import perf_counter

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.core.state import StateDict, add, cloned, on_device_of, stack
from fedsz_privacy.defences.aggregation import AVERAGE, Aggregation
from fedsz_privacy.defences.release import Release, release_each
from fedsz_privacy.training.divergence import require_convergence


@dataclass(frozen=True)
class Sent:
    """What one client sent in one round of k trials.

    Attributes
    ----------
    update : StateDict
        Decoded, each tensor of shape (k, ...).
    nbytes : int64 array, shape (k,)
        Bytes on the wire.
    training_seconds, encode_seconds, decode_seconds : float
        What all k trials together took.
    """

    update: StateDict
    nbytes: NDArray[np.int64]
    training_seconds: float
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True)
class Client:
    """One client of a federation.

    Parameters
    ----------
    train : callable
        From the number of a round and the global states before it, each tensor (k, ...) or (1, ...), to the client's
        updates, each tensor (k, ...).
    release : Release
        What every update passes through on its way to the server.
    generators : callable
        From the number of a round to the release's generators, one for each trial.
    places : callable
        From the number of a round to the place of each trial in an error, such as " in trial 3".
    """

    train: Callable[[int, StateDict], StateDict]
    release: Release
    generators: Callable[[int], Sequence[Generator]]
    places: Callable[[int], Sequence[str]]

    def send(self, number: int, states: StateDict) -> Sent:
        """Train, and pass what came out through the release.

        Raises
        ------
        InputError
            If training diverged, or the release returned what cannot stand for an update.
        """
        start = perf_counter()
        updates = self.train(number, states)
        seconds = perf_counter() - start
        require_convergence(updates, states, number)
        released = release_each(self.release, updates, self.generators(number), self.places(number))
        return Sent(
            on_device_of(states, stack([each.update for each in released])),
            np.array([each.nbytes for each in released]),
            seconds,
            sum(each.encode_seconds for each in released),
            sum(each.decode_seconds for each in released),
        )


@dataclass(frozen=True)
class Round:
    """One round: what was there before it, and what its clients sent.

    Attributes
    ----------
    number : int
        From 0.
    states : StateDict
        The global states before the round, each tensor (k, ...), or (1, ...) if all trials start from one.
    shares : tuple of float
        Weight of each client in the average.
    clients : tuple of callable
        What each client sent; it trains once somebody asks.
    aggregation : Aggregation
        How the server makes a step of that.
    generators : callable
        Gives fresh generators of the server, one for each trial.
    """

    number: int
    states: StateDict
    shares: tuple[float, ...]
    clients: tuple[Callable[[], Sent], ...]
    aggregation: Aggregation = AVERAGE
    generators: Callable[[], Sequence[Generator]] = tuple

    def copied(self, states: StateDict) -> "Round":
        """Return a copy that its holder may write into, from a copy of the states before it."""
        return replace(self, states=states, clients=tuple(partial(_copy_of, client) for client in self.clients))

    def sent(self, client: int) -> Sent:
        """Return what a client sent."""
        return self.clients[client]()

    @property
    def cohort(self) -> NDArray[np.bool_]:
        """Who takes part, shape (k, clients)."""
        return self.aggregation.cohort(len(self.clients), self.generators())

    @cached_property
    def average(self) -> StateDict:
        """The step of the global state: the mean of all clients' updates by their shares, or what stands for it."""
        updates = [partial(_update_of, client) for client in self.clients]
        return self.aggregation.step(self.states, updates, self.shares, self.generators())

    @cached_property
    def after(self) -> StateDict:
        """The global states after the round."""
        return add(self.states, self.average)


def _update_of(client: Callable[[], Sent]) -> StateDict:
    return client().update


def _copy_of(client: Callable[[], Sent]) -> Sent:
    sent = client()
    return replace(sent, update=cloned(sent.update), nbytes=sent.nbytes.copy())


def _nobody(_: int) -> Sequence[Generator]:
    return ()


def play_rounds(
    clients: Sequence[Client],
    shares: Sequence[float],
    states: StateDict,
    first: int = 0,
    aggregation: Aggregation = AVERAGE,
    generators: Callable[[int], Sequence[Generator]] = _nobody,
) -> Iterator[Round]:
    """Yield rounds without end, from global states and the number of the first round.

    A round depends on nothing but the states before it and its number, from which the server's generators follow, one
    for each trial. So a run can be continued. In the last round that is asked for, only those clients train whose
    update somebody reads.
    """
    for number in count(first):
        senders = tuple(cache(partial(client.send, number, states)) for client in clients)
        played = Round(number, states, tuple(shares), senders, aggregation, partial(generators, number))
        yield played
        states = played.after
