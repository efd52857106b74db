"""What signals read off all updates of a round, as they left through every release."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.studies.recorded.members import Candidates
from analysis.studies.recorded.sending import ReleasedByClient
from attacks import Knowledge, Signal, View
from attacks.game.looks import observe
from attacks.signals import Scores
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, nbytes, stack
from fedsz_privacy.data.records import Records

MEMORY_BYTES = 2**28
"""Memory that the updates of targets and of other clients take which are looked at together."""

Target = tuple[str, str]
"""A release, and the client whose update passed through it."""


def read_scores(
    model: nn.Module,
    pool: Records,
    candidates: Candidates,
    signals: Sequence[Signal],
    before: StateDict,
    sent: Mapping[str, ReleasedByClient],
    where: str,
) -> dict[str, dict[str, Scores]]:
    """Return the scores of every release and signal, each of shape (records, clients); 0 of who sent nothing.

    The pool is the candidates' records.
    """
    knowledge = Knowledge(model, placed([before], pool), pool)
    scores: dict[str, dict[str, Scores]] = {
        release: {signal.name: np.zeros(candidates.membership.shape) for signal in signals} for release in sent
    }
    targets = [(release, client) for release in sent for client in candidates.clients if client in sent[release]]
    senders = max(map(len, sent.values()))
    for some in _together(targets, senders * nbytes(before)):
        for signal, release, client, found in _read(signals, knowledge, sent, some, where):
            scores[release][signal.name][:, candidates.clients.index(client)] = found
    return scores


def _together(targets: Sequence[Target], size: int) -> Iterator[Sequence[Target]]:
    """Yield runs of targets that are looked at together: with all updates of their round they take bounded memory."""
    count = max(1, MEMORY_BYTES // max(size, 1))
    return (targets[start : start + count] for start in range(0, len(targets), count))


def _view(
    knowledge: Knowledge, sent: Mapping[str, ReleasedByClient], targets: Sequence[Target], sees_others: bool
) -> View:
    """Return the look at some targets, each in the place of a trial: all start from one state."""
    others = [[(release, other) for other in sent[release] if other != client] for release, client in targets]
    updates, *of_others = (
        placed([sent[release][client].update for release, client in each], knowledge.pool)
        for each in (targets, *(zip(*others, strict=True) if sees_others else ()))
    )
    return View(knowledge, updates, tuple(of_others))


def _read(
    signals: Sequence[Signal],
    knowledge: Knowledge,
    sent: Mapping[str, ReleasedByClient],
    targets: Sequence[Target],
    where: str,
) -> Iterator[tuple[Signal, str, str, NDArray[np.float64]]]:
    """Yield each signal's scores of each target, shape (records,), with the release and the client."""
    view = _view(knowledge, sent, targets, any(signal.reads_others for signal in signals))
    for signal in signals:
        scores = _score(signal, view, where, _remedy(signal, signals))
        for (release, client), found in zip(targets, scores, strict=True):
            yield signal, release, client, found


def _remedy(signal: Signal, signals: Sequence[Signal]) -> str:
    """Return what leaves a signal out."""
    others = [f"--signal {each.name}" for each in signals if each.name != signal.name]
    return f"leave it out by {' '.join(others)}" if others else "choose another --signal"


def _score(signal: Signal, view: View, where: str, remedy: str) -> Scores:
    """Return a signal's scores of the targets in a view, shape (targets, records)."""
    observed = observe(signal, view, where)
    if not np.isfinite(observed).all():
        raise InputError(f"signal {signal.name} reads numbers that are not finite{where}: {remedy}")
    return signal.score(observed[:, None], np.zeros(observed.shape[:2], bool))


def placed(states: Sequence[StateDict], records: Records) -> dict[str, Tensor]:
    """Return a stack of states, where the records are."""
    return {name: tensor.to(records.targets.device) for name, tensor in stack(states).items()}
