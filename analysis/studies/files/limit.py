"""A limit on memory that is too low, in the words of the command line."""

from collections.abc import Iterator
from contextlib import contextmanager

from fedsz_privacy.codec.header import OverLimit
from fedsz_privacy.core.errors import InputError

OPTION = "--max-bytes"


def in_options(error: ValueError) -> str:
    """Return what an error says, under the option's name where it is about the limit."""
    told = error.args[0]
    return told.of(OPTION) if isinstance(told, OverLimit) else str(error)


@contextmanager
def naming_options() -> Iterator[None]:
    """Turn an InputError about the limit into one that names the option."""
    try:
        yield
    except InputError as error:
        if not isinstance(error.args[0], OverLimit):
            raise
        raise InputError(in_options(error)) from error
