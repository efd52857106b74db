"""What a frame travels in: a record of one opaque array, and beside it what the frame was made against.

The array is no ``numpy.ndarray`` to Flower, so whoever would clip it, add noise to it or average it as if it were
parameters is stopped.
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Self

from flwr.app import Array, ArrayRecord, ConfigRecord, Message

FRAME = "fedsz.frame"
"""Name of the one array of a record that carries a frame, and how the array's bytes were made."""

NOTE = "fedsz"
"""Name of the record beside it, which the server takes out again."""

ROUND = "fedsz-round"
"""Key of a message's configuration by which the server says that it reads frames, and in which round."""


@dataclass(frozen=True)
class Note:
    """What a reply says of itself.

    Attributes
    ----------
    sent : bytes
        Digest of the parameters that the server sent, and of the round.
    encode_seconds : float
        Time that the release took on the client.
    client : str
        What the client calls itself: its partition where it has one, or else its node.
    """

    sent: bytes
    encode_seconds: float
    client: str

    def record(self) -> ConfigRecord:
        """Return it as Flower's record."""
        return ConfigRecord({"sent": self.sent, "encode-seconds": self.encode_seconds, "client": self.client})

    @classmethod
    def read(cls, record: ConfigRecord) -> Self | None:
        """Return what a record says, or None if it is no such note; anybody may have written it."""
        sent, seconds, client = (record.get(key) for key in ("sent", "encode-seconds", "client"))
        if not (isinstance(sent, bytes) and isinstance(seconds, float) and isinstance(client, str)):
            return None
        return cls(sent, seconds, client) if 0 <= seconds < float("inf") else None


def wrap(frame: bytes) -> ArrayRecord:
    """Return the record that carries a frame."""
    return ArrayRecord({FRAME: Array("uint8", (len(frame),), FRAME, frame)})


def unwrap(record: ArrayRecord) -> bytes | None:
    """Return the frame that a record carries, or None if it holds arrays."""
    return record[FRAME].data if list(record) == [FRAME] and record[FRAME].stype == FRAME else None


def digest(record: ArrayRecord, number: int) -> bytes:
    """Return the SHA-256 of a round's number and of the names, dtypes, shapes and bytes of the arrays sent in it."""
    whole = hashlib.sha256(struct.pack("<Q", number))
    for name, array in record.items():
        for part in (name.encode(), array.dtype.encode(), repr(tuple(array.shape)).encode(), array.data):
            whole.update(struct.pack("<Q", len(part)))
            whole.update(part)
    return whole.digest()


def mark(message: Message, number: int) -> None:
    """Say in a message that the server reads frames, and in which round it is."""
    configs = message.content.config_records
    if configs:
        next(iter(configs.values()))[ROUND] = number
    else:
        message.content[NOTE] = ConfigRecord({ROUND: number})


def marked(message: Message) -> int | None:
    """Return the round of a message, or None if its server reads no frames."""
    found = [config[ROUND] for config in message.content.config_records.values() if ROUND in config]
    return found[0] if found and isinstance(found[0], int) else None
