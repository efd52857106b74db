import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from attacks import Signal
from fedsz_privacy import InputError
from fedsz_privacy.core.imports import (
    find_import_paths,
    import_callable,
    import_object,
    refusing_imports,
    require_type,
)
from fedsz_privacy.models.catalogue import build_model


def test_a_module_in_the_working_directory_is_found(tmp_path, monkeypatch, digits):
    (tmp_path / "my_models.py").write_text(
        "from torch import nn\n\n"
        "def tiny(shape, classes):\n    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))\n"
    )
    monkeypatch.chdir(tmp_path)
    model = build_model("my_models:tiny", digits, seed=0)
    assert [type(layer).__name__ for layer in model] == ["Flatten", "Linear"]


def test_workers_find_the_module_too(tmp_path, monkeypatch):
    (tmp_path / "my_functions.py").write_text("def double(x):\n    return 2 * x\n")
    monkeypatch.chdir(tmp_path)
    double = import_object("my_functions:double")
    get_reusable_executor().shutdown()
    assert Parallel(n_jobs=2)(delayed(double)(number) for number in range(3)) == [0, 2, 4]
    get_reusable_executor().shutdown()


@pytest.mark.slow
def test_a_module_that_has_the_name_of_one_of_our_packages_is_told_so_and_hides_none(tmp_path):
    """In a process of its own, whose first import is that of a user's module."""
    (tmp_path / "attacks.py").write_text("def net(shape, outputs): ...")
    (tmp_path / "mine.py").write_text("value = 3")
    code = """
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import import_object
assert import_object("mine:value") == 3
import attacks
assert attacks.LIRA
try:
    import_object("attacks:net")
except InputError as error:
    print(error)
"""
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "PYTHONSAFEPATH": "1"}
    said = subprocess.check_output([sys.executable, "-c", code], cwd=tmp_path, env=environment, text=True, timeout=300)
    assert said == (
        "module 'attacks' has no 'net': attacks is a package of this toolkit, so give your own module another name\n"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no_such_module:thing", "no module 'no_such_module'"),
        ("math:no_such_name", "module 'math' has no 'no_such_name'"),
        ("math:", "'math:' is no import path: write module:name"),
        ("math..path:join", "'math..path:join' is no import path: write module:name"),
        ("math", "'math' is no import path: write module:name"),
        (":thing", "':thing' starts with no module: write module:name"),
        ("./mine.py:thing", "'./mine.py:thing' starts with no module: write module:name"),
        ("math.no_such_part:thing", "no module 'math.no_such_part'"),
    ],
)
def test_what_cannot_be_imported_is_one_line(path, message):
    with pytest.raises(InputError, match=message):
        import_object(path)


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("import a_package_that_is_missing", ModuleNotFoundError, "a_package_that_is_missing"),
        ("import math\nmath.no_such_name", AttributeError, "module 'math' has no attribute 'no_such_name'"),
        ("raise ModuleNotFoundError('in words of its own')", ModuleNotFoundError, "in words of its own"),
        ("thing = (", SyntaxError, "was never closed"),
    ],
)
def test_an_error_inside_the_module_keeps_its_traceback(tmp_path, monkeypatch, source, error, message):
    (tmp_path / "broken_module.py").write_text(source + "\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        import_object("broken_module:thing")


def test_what_is_asked_for_as_a_function_is_one():
    assert import_callable("math:hypot")(3, 4) == 5
    with pytest.raises(InputError, match="math:pi is of type float: write the import path of a function"):
        import_callable("math:pi")


def test_what_is_of_another_type_says_which_is_right():
    assert require_type(float, math.pi, "math:pi") is math.pi
    with pytest.raises(InputError, match="math:pi gives an object of type float: make it a Signal"):
        require_type(Signal, math.pi, "math:pi")


def test_while_imports_are_refused_nothing_is_imported(tmp_path, monkeypatch):
    (tmp_path / "refused_module.py").write_text("thing = 3\n")
    monkeypatch.chdir(tmp_path)
    with refusing_imports("trust it first"):
        for path in ("refused_module:thing", "refused_module:", "refused_module"):
            with pytest.raises(InputError, match=f"{path}' is code to run: trust it first"):
                import_object(path)
        assert "refused_module" not in sys.modules
    assert import_object("refused_module:thing") == 3


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("mine:train", True),
        ("mine.part:NAME", True),
        ("mine:CANARY:20", True),
        ("mine:make:sigma=0.1,clip=2", True),
        ("dpsgd:eps=8+mine:make", True),
        ("mine:make:a=1e+2+fedsz:rel=1e-2", True),
        ("none", False),
        ("fedsz:rel=1e-2", False),
        ("dpsgd:eps=8,delta=1e-6+fedsz:rel=1e-2", False),
        ("mislabelled:20", False),
        ("dirichlet:0.5", False),
        ("names:2.csv", False),
        ("owner/name", False),
    ],
)
def test_import_paths_are_found_among_plain_values(text, reads):
    assert find_import_paths({"a": 3, "b": [None, text]}) == ([text] if reads else [])
