"""What is wrong with a file of a run, in one line."""

from pydantic import ValidationError

from fedsz_privacy.core.errors import one_line


def why(error: Exception) -> str:
    """Return what is wrong in one line; of what pydantic finds, the first."""
    if not isinstance(error, ValidationError):
        return one_line(error)
    first = error.errors(include_url=False, include_input=False)[0]
    return one_line(ValueError(": ".join([*map(str, first["loc"]), first["msg"]])))
