"""What models are called; asking loads no model, so that a wrong name is refused at once."""

from fedsz_privacy.core.names import require_known

MODEL_NAMES = ("mlp", "cnn", "lstm", "transformer", "alexnet", "mobilenetv2", "resnet50")


def require_model(name: str) -> None:
    """Raise InputError for a name that is neither a built-in model's nor an import path."""
    require_known("model", name, MODEL_NAMES, "write module:factory for one of your own")
