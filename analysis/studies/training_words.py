"""How a client's training is told on a page."""

from collections.abc import Iterable

from analysis.reporting.numbers import count
from analysis.studies.spec import ClientSpec
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.names import private_training

OPTIMIZERS = {"sgd": "SGD", "momentum": "SGD with momentum", "adam": "Adam", "adamw": "AdamW"}


def training_words(spec: ClientSpec, defences: Iterable[str] = ()) -> str:
    """Return how clients train, in words: before any defence, and under those that train in a way of their own."""
    decay = f", weight decay {write_shortest(spec.weight_decay)}" if spec.weight_decay else ""
    built_in = (
        f"{count(spec.epochs, 'epoch')} of {OPTIMIZERS[spec.optimizer]}, batch size {spec.batch_size}, learning rate "
        f"{write_shortest(spec.learning_rate)}{decay}"
    )
    if not spec.training:
        return built_in
    named = dict.fromkeys(filter(None, map(private_training, defences)))
    return f"the function {spec.training}" + (f"; under {' and '.join(named)}, {built_in}" if named else "")
