"""The one exception for what a user asked and cannot have."""


class InputError(ValueError):
    """A request that cannot be met; its message is one line that names the value and the remedy."""


def one_line(error: Exception) -> str:
    """Return what another package's error says, in one line of at most 120 characters."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def printable(text: str) -> str:
    """Return a text as one line: ends of lines and other characters that control a terminal are written as escapes."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def unknown(kind: str, value: str, known: tuple[str, ...], remedy: str) -> InputError:
    """Return the error for a name that is not in the list of known ones."""
    return InputError(f"unknown {kind} {value!r}: choose one of {', '.join(known)}, or {remedy}")
