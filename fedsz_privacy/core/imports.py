"""Objects of a user's own, by import path."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from fedsz_privacy.core.errors import InputError, unknown

Kind = TypeVar("Kind")


class MissingModuleError(InputError):
    """An import path names a module that is not there."""


_REFUSED: ContextVar[str] = ContextVar("_REFUSED", default="")
"""What helps, while nothing may be imported; empty while all may."""

_PATH = re.compile(r"[\w.]+:[^\W\d]\w*(:.*)?")

TOOLKIT = {"fedsz_privacy", "attacks", "analysis"}
"""The packages of this toolkit."""


def is_users_own(function: object) -> bool:
    """Return whether a callable, or one that a partial is made of, is defined outside this toolkit."""
    if isinstance(function, partial):
        given = (*function.args, *function.keywords.values())
        return any(is_users_own(each) for each in (function.func, *filter(callable, given)))
    return str(getattr(function, "__module__", "")).partition(".")[0] not in TOOLKIT


def import_object(path: str) -> Any:
    """Return what ``module:name`` names; modules in the working directory are found too.

    Raises
    ------
    InputError
        If there is no such module or name, or `refusing_imports` is in force. An error inside the module keeps its
        traceback.
    """
    if remedy := _REFUSED.get():
        raise InputError(f"{path!r} is code to run: {remedy}")
    module_name, _, name = path.partition(":")
    module = _import_module(module_name, path)
    try:
        return getattr(module, name)
    except AttributeError:
        remedy = _rename(module_name) or "write module:name of something it defines"
        raise InputError(f"module {module_name!r} has no {name!r}: {remedy}") from None


@contextmanager
def refusing_imports(remedy: str) -> Iterator[None]:
    """Let `import_object`, and whatever imports by it, end in one line with that remedy."""
    token = _REFUSED.set(remedy)
    try:
        yield
    finally:
        _REFUSED.reset(token)


def find_import_paths(value: object) -> list[str]:
    """Return the strings within plain values that read as import paths, or as defences that hold one.

    This is for a message that names them all; `refusing_imports` stops those that read otherwise.
    """
    if isinstance(value, str):
        return [value] if any(_PATH.fullmatch(part.strip()) for part in value.split("+")) else []
    parts: Iterable[object] = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [each for part in parts for each in find_import_paths(part)]


def require_module(path: str) -> None:
    """Raise InputError for an import path whose module, or the package that it is of, is not there; nothing is run.

    Where `refusing_imports` is in force nothing is said: the refusal of what it names comes first.
    """
    module = path.partition(":")[0]
    _require_form(module, path)
    _look_here()
    package = module.partition(".")[0]
    if not (_REFUSED.get() or package in sys.modules or find_spec(package)):
        raise _missing(package, path)


def import_callable(path: str) -> Callable[..., Any]:
    """Return the function, class or other callable that ``module:name`` names.

    Raises
    ------
    InputError
        If there is none.
    """
    function: Callable[..., Any] = import_object(path)
    if not callable(function):
        raise InputError(f"{path} is of type {type(function).__name__}: write the import path of a function")
    return function


def find_part(kind: str, of: type[Kind], name: str, known: Mapping[str, Kind]) -> Kind:
    """Return the part of a name, or of an import path ``module:NAME``, by which it then goes.

    Parameters
    ----------
    kind : str
        What it is, in words, such as "signal".
    of : type
        Its type, a dataclass with a name.
    name : str
        A key of the known ones, or an import path.
    known : mapping of str to that type
        Those that are there.

    Raises
    ------
    InputError
        If there is none, or it is of another type.
    """
    if ":" in name:
        imported: Any = require_type(of, import_object(name), name)
        renamed: Kind = replace(imported, name=name)
        return renamed
    if name not in known:
        raise unknown(kind, name, tuple(known), "write module:NAME for one of your own")
    return known[name]


def require_type(kind: type[Kind], value: object, path: str) -> Kind:
    """Return what an import path gave, known to be of a type.

    Raises
    ------
    InputError
        If it is of another one.
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__.startswith(("A", "E", "I", "O", "U")) else "a"
        raise InputError(f"{path} gives an object of type {type(value).__name__}: make it {article} {kind.__name__}")
    return value


def _import_module(name: str, path: str) -> ModuleType:
    _require_form(name, path)
    _look_here()
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise _missing(error.name, path) from None


def _missing(module: str, path: str) -> MissingModuleError:
    remedy = _rename(module) or "write module:name of one that imports"
    return MissingModuleError(f"no module {module!r} for {path!r}: {remedy}")


def _require_form(module: str, path: str) -> None:
    if not module or module.startswith("."):
        raise InputError(f"{path!r} starts with no module: write module:name, with dots between packages")
    if module.endswith(".py"):
        named = f"{module.removesuffix('.py').replace('/', '.')}:{path.partition(':')[2]}"
        raise InputError(f"{path!r} names a file: write {named}, the module and no suffix")
    if "" in (*module.split("."), path.partition(":")[2]):
        raise InputError(f"{path!r} is no import path: write module:name, with dots between packages")


def _look_here() -> None:
    """Let modules in the working directory be found."""
    if (here := str(Path.cwd())) not in sys.path:
        # A user's analysis.py or attacks/ would stand before ours, were they not imported yet.
        for package in sorted(TOOLKIT):
            import_module(package)
        sys.path.insert(0, here)


def _rename(module: str) -> str:
    """Return what helps where a module of a user's own has the name of one of this toolkit's packages."""
    package = module.partition(".")[0]
    return f"{package} is a package of this toolkit, so give your own module another name" if package in TOOLKIT else ""
