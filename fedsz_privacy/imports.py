"""Objects of a user's own, by import path."""

import sys
from importlib import import_module
from typing import Any

from fedsz_privacy.errors import InputError


def import_object(path: str) -> Any:
    """Return what ``module:name`` names; modules in the working directory are found too.

    Raises
    ------
    InputError
        If there is no such module or name. An error inside the module keeps its traceback.
    """
    module_name, _, name = path.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return getattr(import_module(module_name), name)
    except ModuleNotFoundError as error:
        if error.name and not (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise
        raise InputError(f"no module {error.name!r} for {path!r}: write module:name of one that imports") from None
    except AttributeError:
        raise InputError(f"module {module_name!r} has no {name!r}: write module:name of something it defines") from None
