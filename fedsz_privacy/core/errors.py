"""The one exception for what a user asked and cannot have."""

from math import inf


class InputError(ValueError):
    """A request that cannot be met; its message is one line that names the value and the remedy."""


def one_line(error: Exception) -> str:
    """Return what another package's error says, in one line of at most 120 characters."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def unknown(kind: str, value: str, known: tuple[str, ...], remedy: str) -> InputError:
    """Return the error for a name that is not in the list of known ones."""
    return InputError(f"unknown {kind} {value!r}: choose one of {', '.join(known)}, or {remedy}")


def require_at_least(holder: object, **least: int) -> None:
    """Raise InputError for the first attribute that is below the least value it may have."""
    for name, minimum in least.items():
        if getattr(holder, name) < minimum:
            raise InputError(f"{name.replace('_', ' ')} {getattr(holder, name)}: choose {minimum} or more")


def require_between(holder: object, low: float, high: float, *names: str) -> None:
    """Raise InputError for the first attribute that does not lie between two numbers."""
    for name in names:
        if not low < getattr(holder, name) < high:
            raise InputError(
                f"{name.replace('_', ' ')} {getattr(holder, name):g}: choose a number between {low:g} and {high:g}"
            )


def require_positive(holder: object, *names: str) -> None:
    """Raise InputError for the first attribute that is not a positive finite number."""
    for name in names:
        if not 0 < getattr(holder, name) < inf:
            raise InputError(f"{name.replace('_', ' ')} {getattr(holder, name)}: choose a positive number")
