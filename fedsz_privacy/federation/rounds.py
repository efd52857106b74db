"""Rounds of federated averaging (McMahan et al., AISTATS 2017): the one loop that audits and federations share.

A round takes the global state and the clients, and gives what each client sent and the next global state. Everything is
stacked over trials that are played side by side, k of them; a federation is one trial.

Under error feedback a client remembers what its release lost, and adds it to its next update (Karimireddy et al., ICML
2019, EF-SGD). That memory is a value like any other: a round takes what all clients remember, and what each
remembers afterwards is a part of what it sent.

A release with memory is given the round before, as whoever got the two global states can work it out: see `LastRound`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from itertools import count
from time import perf_counter

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.core.state import StateDict, add, cloned, length, on_device_of, stack, subtract, unstack
from fedsz_privacy.defences.aggregation import AVERAGE, Aggregation
from fedsz_privacy.defences.release import Release, release_each
from fedsz_privacy.federation.payload import Payload
from fedsz_privacy.training.divergence import SLOWER_OF_ANY_KIND, require_convergence


@dataclass(frozen=True)
class Sent:
    """What one client sent in one round of k trials.

    Attributes
    ----------
    update : StateDict
        Decoded, each tensor of shape (k, ...); where a state was sent, that minus the state before the round.
    nbytes : int64 array, shape (k,)
        Bytes on the wire.
    training_seconds, encode_seconds, decode_seconds : float
        What all k trials together took.
    residual : StateDict, optional
        What the client remembers, each tensor of shape (k, ...): what its release lost. Nobody else sees it; None
        without error feedback.
    """

    update: StateDict
    nbytes: NDArray[np.int64]
    training_seconds: float
    encode_seconds: float
    decode_seconds: float
    residual: StateDict | None = None


@dataclass(frozen=True)
class Client:
    """One client of a federation.

    Parameters
    ----------
    train : callable
        From the number of a round and the global states before it, each tensor (k, ...) or (1, ...), to the client's
        updates, each tensor (k, ...).
    release : Release
        What every update, or state, passes through on its way to the server.
    generators : callable
        From the number of a round to the release's generators, one for each trial.
    places : callable
        From the number of a round to the place of each trial in an error, such as " in trial 3".
    payload : Payload
        What passes through the release.
    remedy : str
        What helps where its training diverges.
    """

    train: Callable[[int, StateDict], StateDict]
    release: Release
    generators: Callable[[int], Sequence[Generator]]
    places: Callable[[int], Sequence[str]]
    payload: Payload = Payload.UPDATE
    remedy: str = SLOWER_OF_ANY_KIND

    def send(
        self,
        number: int,
        states: StateDict,
        residual: StateDict | None = None,
        lasts: Sequence[LastRound] = (),
    ) -> Sent:
        """Train, add what is remembered, and pass the sum, or the state that it leads to, through the release.

        The release is given each trial's last round.

        Raises
        ------
        InputError
            If training diverged, or the release returned what cannot stand for an update.
        """
        start = perf_counter()
        updates = self.train(number, states)
        seconds = perf_counter() - start
        require_convergence(updates, states, number, self.remedy)
        whole = add(residual, updates) if residual else updates
        sent = self.payload.pack(whole, states)
        released = release_each(self.release, sent, self.generators(number), self.places(number), lasts)
        decoded = self.payload.unpack(on_device_of(states, stack([each.update for each in released])), states)
        return Sent(
            decoded,
            np.array([each.nbytes for each in released]),
            seconds,
            sum(each.encode_seconds for each in released),
            sum(each.decode_seconds for each in released),
            subtract(whole, decoded) if self.release.feedback else None,
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
    feedback : bool
        Whether clients remember what a release lost of their updates.
    """

    number: int
    states: StateDict
    shares: tuple[float, ...]
    clients: tuple[Callable[[], Sent], ...]
    aggregation: Aggregation = AVERAGE
    generators: Callable[[], Sequence[Generator]] = tuple
    feedback: bool = False

    def copied(self, states: StateDict) -> "Round":
        """Return a copy that its holder may write into, from a copy of the states before it."""
        return replace(self, states=states, clients=tuple(partial(_copy_of, client) for client in self.clients))

    def sent(self, client: int) -> Sent:
        """Return what a client sent."""
        return self.clients[client]()

    @property
    def residuals(self) -> tuple[StateDict | None, ...]:
        """What each client remembers after the round."""
        # Whoever is asked trains, and the round may do without those clients.
        return tuple(sent().residual if self.feedback else None for sent in self.clients)

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

    @cached_property
    def lasts(self) -> tuple[LastRound, ...]:
        """What the next round may know of this one, in each trial: the difference of the two global states."""
        moved = subtract(self.after, self.states)
        return tuple(LastRound(self.number, unstack(moved, row)) for row in range(length(moved)))


def _update_of(client: Callable[[], Sent]) -> StateDict:
    return client().update


def _copy_of(client: Callable[[], Sent]) -> Sent:
    sent = client()
    return replace(sent, update=cloned(sent.update), nbytes=sent.nbytes.copy(), residual=None)


def _nobody(_: int) -> Sequence[Generator]:
    return ()


def play_rounds(
    clients: Sequence[Client],
    shares: Sequence[float],
    states: StateDict,
    first: int = 0,
    residuals: Sequence[StateDict | None] = (),
    aggregation: Aggregation = AVERAGE,
    generators: Callable[[int], Sequence[Generator]] = _nobody,
    lasts: Sequence[LastRound] = (),
) -> Iterator[Round]:
    """Yield rounds without end, from global states, the number of the first round and what clients remember by then.

    A round depends on nothing but the states before it, its number, from which the server's generators follow, one for
    each trial, what clients remember, and the round before it where a release has memory. So a run can be continued.
    Only those clients train whose update somebody reads: the cohort, and all where a release has error feedback.
    """
    residuals = residuals or [None] * len(clients)
    remembering = any(client.release.remembering for client in clients)
    feedback = any(client.release.feedback for client in clients)
    for number in count(first):
        senders = tuple(
            cache(partial(client.send, number, states, residual, lasts))
            for client, residual in zip(clients, residuals, strict=True)
        )
        played = Round(number, states, tuple(shares), senders, aggregation, partial(generators, number), feedback)
        yield played
        states, residuals, lasts = played.after, played.residuals, played.lasts if remembering else ()
