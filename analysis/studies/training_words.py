"""How a client's training is told on a page."""

from analysis.studies.spec import ClientSpec

OPTIMIZERS = {"sgd": "SGD", "momentum": "SGD with momentum", "adam": "Adam", "adamw": "AdamW"}


def training_words(spec: ClientSpec) -> str:
    """Return how clients train before any defence, in words."""
    if spec.training:
        return f"the function {spec.training}"
    decay = f", weight decay {spec.weight_decay:g}" if spec.weight_decay else ""
    return (
        f"{spec.epochs} epochs of {OPTIMIZERS[spec.optimizer]}, batch size {spec.batch_size}, learning rate "
        f"{spec.learning_rate:g}{decay}"
    )
