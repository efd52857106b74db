"""What is compressed: a state, or the update that leads to it from an earlier one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from fedsz_privacy.codec.carrying import carried
from fedsz_privacy.codec.held import Held, fingerprint
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, add, is_number, subtract
from fedsz_privacy.data.lazy_states import LazyState
from fedsz_privacy.data.wrappings import load_state, read_state


@dataclass(frozen=True)
class Update(Mapping[str, Tensor]):
    """After minus before, each tensor when it is asked for."""

    after: StateDict
    before: StateDict

    def __getitem__(self, name: str) -> Tensor:
        return subtract({name: self.after[name]}, self.before)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.after)

    def __len__(self) -> int:
        return len(self.after)


@dataclass(frozen=True)
class Given:
    """A state and, where its update is compressed, the one before it, under the same names and in the same dtypes."""

    state: StateDict
    before: StateDict | None = None

    @property
    def sent(self) -> StateDict:
        """What goes into the frame: the state, or after minus before."""
        return self.state if self.before is None else Update(self.state, self.before)

    @property
    def held(self) -> Held:
        """What the frame says that it holds."""
        return Held() if self.before is None else Held(fingerprint(self.before))

    def restored(self, name: str, decoded: Tensor) -> Tensor:
        """Return the tensor of the state that a decoded one leads to."""
        return added(self.before, name, decoded)


def added(before: StateDict | None, name: str, decoded: Tensor) -> Tensor:
    """Return what a decoded tensor leads to: itself, or an earlier one plus itself."""
    return decoded if before is None else add({name: before[name]}, {name: decoded})[name]


def read_given(source: Path, before: Path | None) -> Given:
    """Read what is compressed.

    Raises
    ------
    InputError
        If a file cannot be read, the two are not of one model, or adding the difference back would leave numbers that
        are not finite where there were some.
    """
    state = _read(source)
    if before is None:
        return Given(state)
    given = Given(state, load_state(before, state, of=source))
    for name, tensor in given.sent.items():
        if is_number(tensor) and not given.restored(name, tensor).isfinite().equal(state[name].isfinite()):
            raise InputError(f"{name} of {source} minus {before} is not finite where it is: compress without --before")
    return given


def _read(source: Path) -> StateDict:
    """Return the state in a file, known to be one that a frame can carry; safetensors are read one by one."""
    state = LazyState(source) if source.suffix == ".safetensors" else read_state(source)
    if not state:
        raise InputError(f"{source} holds no tensors: there is nothing to compress")
    for name in state:
        carried({name: state[name]})
    return state
