"""What both ends have of the round before.

Both subtract the two global states that clients got: the one after that round, and the one before it. So they have the
same bits, which they would not have if a server took the average that it formed before it added it to the state. A
client that missed one of the two states has no last round, and sends a frame that needs none.
"""

from dataclasses import dataclass

from torch import Tensor

from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.codec.compressors.predicted import Array
from fedsz_privacy.codec.header import Entry
from fedsz_privacy.core.ranges import Whole, require_in
from fedsz_privacy.core.state import StateDict

ROUNDS = Whole(0, 2**62 - 1)
"""Numbers of rounds: a frame has 63 bits for one."""


@dataclass(frozen=True)
class LastRound:
    """The round before the one that an update is of.

    Attributes
    ----------
    number : int
        Its number, from 0.
    average : StateDict
        Its average update: the global state that clients got after it, minus the one that they got before it.

    Raises
    ------
    InputError
        If the number is not one of a round.
    """

    number: int
    average: StateDict

    def __post_init__(self) -> None:
        require_in(ROUNDS, self.number, "last round")

    def array(self, name: str, like: Tensor | Entry) -> Array | None:
        """Return the average update of a tensor as an array; None if it has none of that name, shape and dtype."""
        found = self.average.get(name)
        if found is None or (tuple(found.shape), found.dtype) != (tuple(like.shape), like.dtype):
            return None
        return to_array(found)
