"""What a frame in a file says that it holds: a state, or the update of an earlier one.

Bytes: none where it does not say, as between clients and a server | u8 0, a state | u8 1, an update, and the
fingerprint of the earlier state.
"""

from dataclasses import dataclass

import xxhash

from fedsz_privacy.codec.arrays import to_bytes
from fedsz_privacy.core.state import StateDict

STATE, UPDATE = b"\0", b"\1"
FINGERPRINT_SIZE = 16


@dataclass(frozen=True)
class Held:
    """A state, or an update.

    Attributes
    ----------
    base : bytes or None
        `fingerprint` of the state that the update leads on from; None for a state.
    """

    base: bytes | None = None


def fingerprint(state: StateDict) -> bytes:
    """Return XXH3 of 128 bits of the raw bytes of all tensors of a state, in their order.

    It tells states apart that were mixed up, and is no signature. Names are left out: what wraps a model changes them.
    """
    checksum = xxhash.xxh3_128()
    for tensor in state.values():
        checksum.update(to_bytes(tensor))
    return checksum.digest()


def encode_held(held: Held | None) -> bytes:
    """Return the bytes of what a frame says that it holds; None where it does not say."""
    if held is None:
        return b""
    return STATE if held.base is None else UPDATE + held.base


def decode_held(data: bytes) -> Held | None:
    """Return what some bytes say; ValueError if they are not what `encode_held` writes."""
    if data in (b"", STATE):
        return Held() if data else None
    if data[:1] != UPDATE or len(data) != len(UPDATE) + FINGERPRINT_SIZE:
        raise ValueError(f"{len(data)} bytes do not say what a frame holds")
    return Held(data[len(UPDATE) :])
