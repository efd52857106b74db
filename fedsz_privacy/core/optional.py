"""Packages that only some choices need."""

from importlib import import_module
from types import ModuleType

from fedsz_privacy.core.errors import InputError


def optional(package: str, extra: str) -> ModuleType:
    """Import a package that one of this project's extras brings.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        remedy = f"from the top of the repository, pip install -e '.[{extra}]'"
        raise InputError(f"package {package!r} is not installed: {remedy}") from error
