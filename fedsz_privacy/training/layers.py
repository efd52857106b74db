"""Which layer of a model fails, so that an error can name it."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.utils.hooks import RemovableHandle

from fedsz_privacy.core.errors import InputError, one_line


@contextmanager
def naming_layers(model: nn.Module, name: str, task: str) -> Iterator[None]:
    """Turn an error inside a model into one line that names the model, the layer and what it was for.

    Parameters
    ----------
    model : nn.Module
        The model; copies of it that are made meanwhile are watched too.
    name : str
        What the user calls it.
    task : str
        What it is tried on, such as "records of shape (1, 8, 8)".

    Raises
    ------
    InputError
        If the model raises an error.
    """
    entered: list[str] = []
    handles = [handle for path, layer in model.named_modules() for handle in _watch(path, layer, entered)]
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        where = f"layer {entered[-1]} of " if entered and not entered[-1].startswith(" ") else ""
        raise InputError(
            f"{where}model {name} fails on {task} ({one_line(error)}): write it for such records"
        ) from error
    finally:
        for handle in handles:
            handle.remove()


def _watch(path: str, layer: nn.Module, entered: list[str]) -> list[RemovableHandle]:
    called = f"{path} ({type(layer).__name__})"

    # Closures, because a copy of the model shares them, while it would copy the arguments of a partial.
    def enter(*_: object) -> None:
        entered.append(called)

    def leave(*_: object) -> None:
        if entered:
            entered.pop()

    return [layer.register_forward_pre_hook(enter), layer.register_forward_hook(leave)]
