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
        raise InputError(f"package {package!r} is not installed: pip install 'fedsz-privacy[{extra}]'") from error
