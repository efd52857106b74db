import pytest

from fedsz_privacy import InputError
from fedsz_privacy.imports import import_object
from fedsz_privacy.models import build_model


def test_a_module_in_the_working_directory_is_found(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text(
        "from torch import nn\n\n"
        "def tiny(shape, classes):\n    return nn.Sequential(nn.Flatten(), nn.LazyLinear(classes))\n"
    )
    monkeypatch.chdir(tmp_path)
    model = build_model("my_models:tiny", (1, 8, 8), 3, seed=0)
    assert [type(layer).__name__ for layer in model] == ["Flatten", "LazyLinear"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no_such_module:thing", "no module 'no_such_module'"),
        ("math:no_such_name", "module 'math' has no 'no_such_name'"),
        ("math:", "module 'math' has no ''"),
    ],
)
def test_what_cannot_be_imported_is_one_line(path, message):
    with pytest.raises(InputError, match=message):
        import_object(path)


def test_an_error_inside_the_module_keeps_its_traceback(tmp_path, monkeypatch):
    (tmp_path / "broken_models.py").write_text("import a_package_that_is_missing\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_missing"):
        import_object("broken_models:thing")
