"""The one exception for what a user asked and cannot have."""


class InputError(ValueError):
    """A request that cannot be met; its message is one line that names the value and the remedy."""


def unknown(kind: str, value: str, known: tuple[str, ...], remedy: str) -> InputError:
    """Return the error for a name that is not in the list of known ones."""
    return InputError(f"unknown {kind} {value!r}: choose one of {', '.join(known)}, or {remedy}")
