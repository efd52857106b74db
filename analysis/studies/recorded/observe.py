"""What signals read off every recorded update, passed through every release."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from analysis.methods.leakage.detectable import Estimate
from analysis.methods.over_records import mean_over_records
from analysis.reporting.progress import Progress, Say
from analysis.studies.duration import describe
from analysis.studies.recorded.material import AuditedRound, Material
from analysis.studies.recorded.members import Candidates
from analysis.studies.recorded.sending import Memory, Sent, finite_updates, last_rounds, send
from attacks import Knowledge, Signal, View
from attacks.game.looks import observe
from attacks.signals import Scores
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, add, average, nbytes, stack
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.evaluation import measure_each

SMALLER = "choose fewer --candidates, --signal or --release, or one --client; a GPU is used where there is one"

MEMORY_BYTES = 2**28
"""Memory that the updates of targets and of other clients take which are looked at together."""

Target = tuple[str, str]
"""A release, and the client whose update passed through it."""


@dataclass(frozen=True)
class Observations:
    """What was read off the rounds.

    Attributes
    ----------
    took_part : bool array, shape (rounds, clients)
        Whose update there was to attack.
    scores : mapping of str to mapping of str to float64 array, shape (rounds, records, clients)
        Scores as ``scores[release][signal]``; 0 where a client did not take part.
    sizes : mapping of str to float
        Mean size of an update on the wire, in bytes, by release.
    performance : mapping of str to Estimate
        How good the average of the last round's updates makes the global model, on test records, by release; intervals
        are over records. A release that makes it infinite has none.
    notices : tuple of str
        What was left out, one line each.
    """

    took_part: NDArray[np.bool_]
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]]
    sizes: Mapping[str, float]
    performance: Mapping[str, Estimate]
    notices: tuple[str, ...]

    def mean(self, release: str, signal: str) -> Scores:
        """Return the sum of each client's scores over the rounds that it took part in, by their number.

        Shape (records, clients). Divided by the number of rounds, scores of clients compare that took part in more
        rounds or fewer; the order of one client's records is that of the sum.
        """
        total: Scores = self.scores[release][signal].sum(axis=0) / self.took_part.sum(axis=0)
        return total


def observe_rounds(
    material: Material,
    candidates: Candidates,
    releases: Sequence[Release],
    signals: Sequence[Signal],
    seed: int,
    progress: Progress,
    say: Say,
) -> Observations:
    """Pass every update of every round through every release, and read every signal off those that are attacked.

    Raises
    ------
    InputError
        If a state cannot be read, a release or a signal returns what it may not, or no update of a client is finite.
    """
    pool = material.split.train.select(candidates.records)
    shape = (len(material.rounds), *candidates.membership.shape)
    scores = {release.name: {signal.name: np.zeros(shape) for signal in signals} for release in releases}
    took_part = np.zeros((shape[0], shape[2]), bool)
    sizes: dict[str, list[int]] = {release.name: [] for release in releases}
    performance: dict[str, Estimate] = {}
    memories: dict[str, Memory] = {release.name: {} for release in releases}
    previous: AuditedRound | None = None
    notices: list[str] = []
    start = perf_counter()
    for row, each in enumerate(progress(material.rounds, description="rounds", total=shape[0])):
        before = each.before()
        lasts, previous = last_rounds(previous, each, before), each
        updates, told = finite_updates(each)
        notices += told
        _require_others(updates, each.number, signals)
        took_part[row] = [client in updates for client in candidates.clients]
        sent = {
            release.name: send(release, updates, each.number, material.everybody, seed, memories[release.name], lasts)
            for release in releases
        }
        knowledge = Knowledge(material.model, _placed([before], pool), pool)
        targets = [(release, client) for release in sent for client in candidates.clients if client in updates]
        for some in _together(targets, len(updates) * nbytes(before)):
            for signal, release, client, found in _read(signals, knowledge, sent, some, f" of round {each.number}"):
                scores[release][signal.name][row, :, candidates.clients.index(client)] = found
        for release, by_client in sent.items():
            sizes[release].extend(one.nbytes for one in by_client.values())
            if row == shape[0] - 1 and by_client:
                measured = _performance(material, before, by_client)
                if np.isfinite(measured).all():
                    performance[release] = mean_over_records(measured)
                else:
                    metric = material.split.test.task.metric
                    notices.append(f"{metric} under {release} is not finite of every test record, and left out")
        if row == 0 and shape[0] > 1:
            say(describe("the rounds of this recording take", shape[0] * (perf_counter() - start), SMALLER))
    for client, rounds in zip(candidates.clients, took_part.sum(axis=0), strict=True):
        if not rounds:
            raise InputError(f"no update of client {client} is finite: choose others by --client")
    means = {name: float(np.mean(each)) for name, each in sizes.items()}
    return Observations(took_part, scores, means, performance, tuple(notices))


def _require_others(updates: Mapping[str, StateDict], number: int, signals: Sequence[Signal]) -> None:
    reading = [signal.name for signal in signals if signal.reads_others]
    if len(updates) == 1 and reading:
        raise InputError(
            f"one update alone is finite in round {number}, and {reading[0]} reads those of others: choose --signal "
            "without it"
        )


def _together(targets: Sequence[Target], size: int) -> Iterator[Sequence[Target]]:
    """Yield runs of targets that are looked at together: with all updates of their round they take bounded memory."""
    count = max(1, MEMORY_BYTES // max(size, 1))
    return (targets[start : start + count] for start in range(0, len(targets), count))


def _view(knowledge: Knowledge, sent: Mapping[str, Sent], targets: Sequence[Target], sees_others: bool) -> View:
    """Return the look at some targets, each in the place of a trial: all start from one state."""
    others = [[(release, other) for other in sent[release] if other != client] for release, client in targets]
    updates, *of_others = (
        _placed([sent[release][client].update for release, client in each], knowledge.pool)
        for each in (targets, *(zip(*others, strict=True) if sees_others else ()))
    )
    return View(knowledge, updates, tuple(of_others))


def _read(
    signals: Sequence[Signal], knowledge: Knowledge, sent: Mapping[str, Sent], targets: Sequence[Target], where: str
) -> Iterator[tuple[Signal, str, str, NDArray[np.float64]]]:
    """Yield each signal's scores of each target, shape (records,), with the release and the client."""
    view = _view(knowledge, sent, targets, any(signal.reads_others for signal in signals))
    for signal in signals:
        for (release, client), found in zip(targets, _score(signal, view, where), strict=True):
            yield signal, release, client, found


def _score(signal: Signal, view: View, where: str) -> Scores:
    """Return a signal's scores of the targets in a view, shape (targets, records)."""
    observed = observe(signal, view, where)
    if not np.isfinite(observed).all():
        raise InputError(f"signal {signal.name} reads numbers that are not finite{where}: leave the signal out")
    return signal.score(observed[:, None], np.zeros(observed.shape[:2], bool))


def _performance(material: Material, before: StateDict, sent: Sent) -> NDArray[np.float64]:
    """Return how good a model is after a round, its updates averaged by how many records who sent them holds.

    Shape (test records,).
    """
    held = [len(material.manifest.members.get(client, ())) for client in sent]
    shares = [each / sum(held) for each in held] if all(held) else [1 / len(sent)] * len(sent)
    after = add(before, average((each.update for each in sent.values()), shares))
    test = material.split.test
    (found,) = measure_each(material.model, _placed([after], test), test)
    return np.asarray(found.cpu().numpy(), np.float64)


def _placed(states: Sequence[StateDict], records: Records) -> dict[str, Tensor]:
    """Return a stack of states, where the records are."""
    return {name: tensor.to(records.targets.device) for name, tensor in stack(states).items()}
