"""Clipping, noise and compression in the order in which Flower's guarantees survive.

Noise before compression: compressing is then post-processing, which keeps a guarantee. Compression between clipping and
noise is refused, because what is decoded may be longer than the clip norm that the noise was made for. So a client
clips, adds noise and then compresses; a server decodes, then clips, averages and adds noise.
"""

import inspect
from collections.abc import Iterator
from types import CodeType

from flwr.clientapp.mod import LocalDpMod, adaptiveclipping_mod, fixedclipping_mod
from flwr.serverapp.strategy import (
    DifferentialPrivacyClientSideAdaptiveClipping,
    DifferentialPrivacyClientSideFixedClipping,
    DifferentialPrivacyServerSideAdaptiveClipping,
    DifferentialPrivacyServerSideFixedClipping,
    Strategy,
)

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.grammar import split_parts
from fedsz_privacy.defences.parsing import asks_for_epsilon, parse_release
from fedsz_privacy.defences.proof import Composition
from fedsz_privacy.defences.release import Release

CLIPPED_BY_CLIENTS = (DifferentialPrivacyClientSideFixedClipping, DifferentialPrivacyClientSideAdaptiveClipping)
CLIPPED_BY_SERVER = (DifferentialPrivacyServerSideFixedClipping, DifferentialPrivacyServerSideAdaptiveClipping)

PRIVATE_MODS: dict[CodeType, str] = {
    LocalDpMod.__call__.__code__: "LocalDpMod",
    fixedclipping_mod.__code__: "fixedclipping_mod",
    adaptiveclipping_mod.__code__: "adaptiveclipping_mod",
}
PRIVATE_STRATEGIES: dict[CodeType, str] = {
    kind.configure_train.__code__: kind.__name__ for kind in (*CLIPPED_BY_CLIENTS, *CLIPPED_BY_SERVER)
}


def parse_sendable(text: str, delta: float, rounds: int | None) -> Release:
    """Return the release that a string names, whose codec, if it has one, comes last.

    Raises
    ------
    InputError
        If the string names none, asks for an epsilon over rounds of which nobody says how many they are, or has a part
        that changes the update behind a codec.
    """
    if rounds is None and asks_for_epsilon(text):
        raise InputError(
            f"release {text!r} asks for an epsilon, which is over all rounds that a client takes part in: give "
            "fedsz_mod how many they are by rounds=, or write noise= in its place"
        )
    release = parse_release(text, Composition(delta, rounds or 1))
    if release.feedback:
        raise InputError(f"release {text!r} feeds back what it lost, and fedsz_mod keeps nothing: leave ef+ out")
    if release.remembering:
        raise InputError(f"release {text!r} remembers the round before, and fedsz_mod does not: leave memory= out")
    parts = split_parts(text)
    chains = ("+".join(parts[:end]) for end in range(1, len(parts)))
    if release.encode is None and any(parse_release(chain).encode for chain in chains):
        raise InputError(
            f"release {text!r} changes the update behind the codec, where no frame can carry the change: "
            "write noise first and fedsz last"
        )
    return release


def require_first_mod() -> None:
    """Raise InputError if a mod of Flower's that clips or adds noise would take what `fedsz_mod` returns."""
    if outer := _find_caller(PRIVATE_MODS):
        raise InputError(
            f"{outer} would change what fedsz_mod has compressed: noise comes before compression, "
            f"so write mods=[fedsz_mod(...), {outer}]"
        )


def require_outermost_strategy() -> None:
    """Raise InputError if a strategy of Flower's that clips or adds noise calls `FedSZStrategy`."""
    if outer := _find_caller(PRIVATE_STRATEGIES):
        raise InputError(
            f"{outer} stands outside FedSZStrategy and would clip frames instead of updates: "
            f"write FedSZStrategy({outer}(...))"
        )


def require_clipping_behind(strategy: Strategy) -> None:
    """Raise InputError if a strategy, or one within it, relies on clipping that compression comes after."""
    for each in within(strategy):
        if isinstance(each, CLIPPED_BY_CLIENTS):
            name = type(each).__name__
            raise InputError(
                f"{name} adds noise for updates that clients clipped, and compression after clipping can exceed the "
                f"clip norm: use {name.replace('ClientSide', 'ServerSide')}, which clips what was decoded"
            )


def require_clippable(strategy: Strategy, sent: StateDict, state: StateDict) -> None:
    """Raise InputError if a strategy clips by an update's norm, and it is 0: Flower's division fails on that."""
    unmoved = all(tensor.equal(sent[name]) for name, tensor in state.items())
    if unmoved and any(isinstance(each, CLIPPED_BY_SERVER) for each in within(strategy)):
        raise InputError("the update is 0, which Flower cannot clip")


def fewest_clients(strategy: Strategy) -> int:
    """Return the fewest updates that a strategy's noise is enough for; 1 if it adds none."""
    private = [each for each in within(strategy) if isinstance(each, CLIPPED_BY_SERVER)]
    return max([each.num_sampled_clients for each in private], default=1)


def within(strategy: Strategy) -> Iterator[Strategy]:
    """Yield a strategy, and those that it wraps as Flower's own wrappers do."""
    inner: object = strategy
    while isinstance(inner, Strategy):
        yield inner
        inner = getattr(inner, "strategy", None)


def _find_caller(names: dict[CodeType, str]) -> str | None:
    """Return the name of a function that waits for this call to return, or None."""
    # Flower tells neither a mod nor a strategy what stands around it; the call stack does.
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code in names:
            return names[frame.f_code]
        frame = frame.f_back
    return None
