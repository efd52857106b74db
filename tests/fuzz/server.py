"""A server that decodes one frame after another, keeps what is good and names what is not."""

from collections.abc import Callable, Iterable, Iterator

from torch import Tensor

from fedsz_privacy import FedSZ, FrameError

State = dict[str, Tensor]


def serve(receiver: FedSZ, frames: Iterable[bytes], keep: Callable[[int, State], None]) -> Iterator[tuple[int, str]]:
    """Decode frames, hand each state to ``keep`` with its index, and yield the index and reason of each refusal."""
    for index, frame in enumerate(frames):
        try:
            state = receiver.decode(frame)
        except FrameError as error:
            yield index, str(error)
        else:
            keep(index, state)
