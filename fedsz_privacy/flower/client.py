"""The client's side: a mod that sends what a release makes of the update."""

from functools import partial
from logging import getLogger
from time import perf_counter

from flwr.app import ArrayRecord, Context, Error, Message, MessageType
from flwr.clientapp.typing import ClientAppCallable, Mod
from flwr.common.constant import ErrorCode
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, is_finite, subtract
from fedsz_privacy.core.words import SystemGenerator
from fedsz_privacy.defences.release import Release, release_copy
from fedsz_privacy.flower.arrays import moved, read_like, read_state, write_state
from fedsz_privacy.flower.envelope import NOTE, Note, digest, marked, wrap
from fedsz_privacy.flower.order import parse_sendable, require_first_mod
from fedsz_privacy.training.divergence import SLOWER

LOG = getLogger("flwr")


def fedsz_mod(release: str = "fedsz:rel=1e-2", rounds: int | None = None, delta: float = 1e-5) -> Mod:
    """Return a mod for a ``ClientApp`` that passes each trained update through a release.

    The update is what the app returns minus what the server sent; integers and bools are carried as they are. A release
    that ends in ``fedsz`` leaves as a frame, for `FedSZStrategy` to read, and carries the names of the arrays with it.
    Any other has no form on the wire: the parameters that its decoded update leads to travel as the arrays that Flower
    would send. Noise is made of words of the operating system's secure source; what a user's own release draws is
    seeded from there.

    Parameters
    ----------
    release : str
        Such as ``none``, ``fedsz:rel=1e-2``, ``gaussian:noise=1.1,clip=1+fedsz:abs=0.5sigma`` or
        ``mine:gaussian:noise=1+fedsz:rel=1e-2``.
    rounds : int, optional
        Rounds that a client takes part in at most; needed where the release asks for an epsilon, which is over all of
        them, as ``gaussian:eps=8`` does. A client that takes part in more of them spends more.
    delta : float
        The delta that such an epsilon is for.

    Raises
    ------
    InputError
        If the string names no release, puts noise behind compression, or asks for an epsilon over unknown rounds. What
        a round shows to be wrong becomes an error reply of one line: ``LocalDpMod`` outside this mod, an update that is
        not finite under a release without a guarantee, other arrays than the server sent, or a server without
        `FedSZStrategy`.

    Guarantees
    ----------
    Those of the release, and of mods behind this one such as ``LocalDpMod``, whose result it post-processes.
    """
    return partial(_send, parse_sendable(release, delta, rounds))


def _send(release: Release, message: Message, context: Context, call_next: ClientAppCallable) -> Message:
    if message.metadata.message_type.partition(".")[0] != MessageType.TRAIN:
        return call_next(message, context)
    try:
        require_first_mod()
        number = _require_round(message, release)
        sent = next(iter(_only_arrays(message, "the server's message").values()))
        # The app may take arrays out of its message while it reads them.
        before, mark = read_state(sent), digest(sent, number)
        reply = call_next(message, context)
        return reply if reply.has_error() else _released(release, reply, before, mark, _name(context))
    except InputError as error:
        LOG.error("fedsz_mod: %s", error)
        return Message(Error(ErrorCode.MOD_FAILED_PRECONDITION, str(error)), reply_to=message)


def _released(release: Release, reply: Message, before: StateDict, mark: bytes, client: str) -> Message:
    """Return a reply with its arrays replaced by what the release makes of them."""
    ((key, record),) = _only_arrays(reply, "the app's reply").items()
    after = {name: _like(tensor, before[name]) for name, tensor in read_like(record, before).items()}
    update = subtract(after, before)
    diverged = [name for name, tensor in update.items() if not is_finite(tensor)]
    # A refusal says something of the data, which a release with a guarantee must not.
    if diverged and not release.is_proved:
        raise InputError(f"the update of {diverged[0]!r} is not finite: training diverged, {SLOWER}")
    start = perf_counter()
    reply.content[key] = _travelling(release, update, before, after)
    reply.content[NOTE] = Note(mark, perf_counter() - start, client).record()
    return reply


def _travelling(release: Release, update: StateDict, before: StateDict, after: StateDict) -> ArrayRecord:
    """Return the release's frame, or the parameters that its decoded update leads to."""
    generator = SystemGenerator()
    if release.encode is not None:
        return wrap(release.encode(update, generator))
    decoded = release_copy(release, update, generator).update
    # What a release leaves alone is sent as it is: before plus (after minus before) may differ in the last bit.
    kept = {name: after[name] for name, tensor in decoded.items() if tensor.equal(update[name])}
    return write_state({name: kept.get(name, moved(tensor, decoded[name])) for name, tensor in before.items()})


def _like(after: Tensor, before: Tensor) -> Tensor:
    """Return a trained tensor in the dtype that was sent, unless it is of integers or bools, which Flower averages."""
    return after.to(before.dtype) if after.is_floating_point() else after


def _only_arrays(message: Message, whose: str) -> dict[str, ArrayRecord]:
    records = dict(message.content.array_records)
    if len(records) != 1:
        raise InputError(f"{whose} holds {len(records)} records of arrays: fedsz_mod compresses exactly one")
    return records


def _require_round(message: Message, release: Release) -> int:
    number = marked(message)
    if number is None and release.encode is not None:
        raise InputError(f"the server reads no frames of {release.name}: wrap its strategy in FedSZStrategy")
    return number or 0


def _name(context: Context) -> str:
    return str(context.node_config.get("partition-id", context.node_id))
