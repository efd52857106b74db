"""From an update to the update that the server decodes, through quantisers that share randomness with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from numpy.random import Generator
from torch import Tensor

from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.mechanisms.code_frame import pack_codes, unpack_codes
from fedsz_privacy.defences.mechanisms.floats import to_tensors
from fedsz_privacy.defences.mechanisms.quantiser import SharedQuantiser, Values
from fedsz_privacy.defences.release import Released


@dataclass(frozen=True)
class Channel:
    """What a client and the server agree on before the client sends an update.

    Parameters
    ----------
    quantisers : mapping of str to SharedQuantiser
        For every tensor with floats, in an order that both know.
    shared : SharedRandomness
        Used for one update.
    """

    quantisers: Mapping[str, SharedQuantiser]
    shared: SharedRandomness

    def encode(self, values: Mapping[str, Values], others: StateDict, secret: Generator) -> bytes:
        """Return the frame of values, and of what travels as it is."""
        codes = {
            name: quantiser.encode(values[name], self._numbers(number, quantiser, values[name].size), secret)
            for number, (name, quantiser) in enumerate(self.quantisers.items())
        }
        return pack_codes(codes, others)

    def decode(self, frame: bytes, like: StateDict) -> dict[str, Tensor]:
        """Return the update of a frame, in the order, shapes and dtypes of another state."""
        codes, others = unpack_codes(frame, self.quantisers)
        values = {
            name: quantiser.decode(codes[name], self._numbers(number, quantiser, codes[name].size))
            for number, (name, quantiser) in enumerate(self.quantisers.items())
        }
        tensors = {**to_tensors(values, like), **others}
        return {name: tensors[name] for name in like}

    def _numbers(self, number: int, quantiser: SharedQuantiser, size: int) -> Values:
        return self.shared.uniforms(number, (quantiser.draws, size))


def transmit(
    channel: Channel, values: Mapping[str, Values], others: StateDict, like: StateDict, secret: Generator
) -> Released:
    """Send values through a channel and back, and say what that took.

    Parameters
    ----------
    channel : Channel
        What both ends agree on.
    values : mapping of str to float64 array
        Coordinates of every tensor with floats.
    others : StateDict
        What travels as it is.
    like : StateDict
        The update, for the order, shapes and dtypes.
    secret : Generator
        The client's own randomness.
    """
    start = perf_counter()
    frame = channel.encode(values, others, secret)
    sent = perf_counter()
    decoded = channel.decode(frame, like)
    return Released(decoded, len(frame), {}, sent - start, perf_counter() - sent)
