"""What is compressed: a state, or the update that leads to it from an earlier one."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import Tensor

from fedsz_privacy.codec.carrying import carried
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, add, is_number, subtract
from fedsz_privacy.data.wrappings import load_state, read_state


@dataclass(frozen=True)
class Given:
    """A state and, where its update is compressed, the one before it, under the same names and in the same dtypes."""

    state: StateDict
    before: StateDict | None = None

    @cached_property
    def sent(self) -> StateDict:
        """What goes into the frame: the state, or after minus before."""
        return self.state if self.before is None else subtract(self.state, self.before)

    def restored(self, name: str, decoded: Tensor) -> Tensor:
        """Return what a decoded tensor leads to: itself, or before plus itself."""
        return decoded if self.before is None else add({name: self.before[name]}, {name: decoded})[name]


def read_given(source: Path, before: Path | None) -> Given:
    """Read what is compressed.

    Raises
    ------
    InputError
        If a file cannot be read, the two are not of one model, or adding the difference back would leave numbers that
        are not finite where there were some.
    """
    state = carried(read_state(source))
    given = Given(state, load_state(before, state) if before else None)
    for name, tensor in given.sent.items():
        if given.before is not None and is_number(tensor):
            restored = given.restored(name, tensor)
            if not bool((restored.isfinite() == state[name].isfinite()).all()):
                raise InputError(
                    f"{name} of {source} minus {before} is not finite where it is: compress it without --before"
                )
    return given
