"""What a client sends through its release: its update, or its whole state after training, as the FedSZ paper does.

A relative bound is a fraction of a tensor's range, and a state's range is not that of its update: the same bound loses
other digits, and sends other sizes. The server knows the state that clients started from, so it takes an update from
either, and averages updates. The command line reads this for its help, so PyTorch is imported where it is used.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from fedsz_privacy.core.errors import InputError

if TYPE_CHECKING:
    from fedsz_privacy.core.state import StateDict
    from fedsz_privacy.defences.release import Release


class Payload(StrEnum):
    """What a client sends."""

    UPDATE = "update"
    STATE = "state"

    def pack(self, updates: "StateDict", states: "StateDict") -> "StateDict":
        """Return what clients send of their updates, each tensor (k, ...), from states of shape (k, ...) or (1, ...).

        Integers and bools are those after training in both.
        """
        from fedsz_privacy.core.state import add, expand, length

        return updates if self is Payload.UPDATE else add(expand(states, length(updates)), updates)

    def unpack(self, sent: "StateDict", states: "StateDict") -> "StateDict":
        """Return the updates that the server takes from what was sent, decoded: `pack` undone up to rounding."""
        from fedsz_privacy.core.state import expand, length, subtract

        return sent if self is Payload.UPDATE else subtract(sent, expand(states, length(sent)))


def find_payload(name: str) -> Payload:
    """Return the payload of a name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in set(Payload):
        raise InputError(f"unknown payload {name!r}: choose one of {', '.join(Payload)}")
    return Payload(name)


def require_fit(payload: Payload, releases: "Iterable[Release]") -> None:
    """Raise InputError for a release with a proof whose input would be a whole state.

    A proof bounds what a client adds by clipping its update. Clipped to the same norm, a state would be cut to nearly
    nothing, and the proof would be of a client's state, there or all zeros, which no federation has. What guarantees
    something before the release, as DP-SGD, or behind it, as `DPFedAvg`, which clips the update that the server takes
    from a state, does not depend on the payload.
    """
    if payload is Payload.STATE and (proved := [release.name for release in releases if release.is_proved]):
        raise InputError(
            f"release {proved[0]} clips and hides an update, and payload state sends a whole state: choose payload "
            "update, or a release without a guarantee of its own"
        )
