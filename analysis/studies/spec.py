"""What the questions of several studies have in common. Defaults and help stand here once; the command line reads them.

Nothing heavy is imported before a question is settled, so that asking the command line for help is quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import require_module
from fedsz_privacy.core.names import require_device
from fedsz_privacy.core.ranges import Range, require_in
from fedsz_privacy.data.names import require_data, require_target, require_task
from fedsz_privacy.defences.names import PRIVATE_NAMES, private_training, require_known
from fedsz_privacy.models.names import require_model
from fedsz_privacy.training.names import find_optimizer

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from fedsz_privacy.defences.defence import Setting
    from fedsz_privacy.defences.proof import Observer
    from fedsz_privacy.training.descent import Training
    from fedsz_privacy.training.rule import TrainingRule

REFERENCE = "none"
"""The undefended release, to which every study compares the others."""

DELTA = 1e-5
"""The delta of every epsilon of a run that asks for no other."""

MOST_SEEDS = 1000
"""Most seeds of one run: more are a slip of the finger."""

LEAST_SCORES = 300
"""Fewest scores of a game, trials times who may be in: half are of those who are not, and must resolve a rate of .1."""

BUILT_IN = ("epochs", "batch_size", "learning_rate", "optimizer", "weight_decay")
"""What is asked of the built-in training, which private training takes too; a function of a user's own does not."""


def option(
    default: Any,
    text: str,
    name: str = "",
    shown: str = "",
    positional: bool = False,
    within: Range | None = None,
    also: str = "",
) -> Any:
    """Return a field of a question, with what the command line says of it.

    Parameters
    ----------
    default
        Default value.
    text : str
        Help.
    name : str
        Name of the option, where it is not the field's; that of one item where the field holds several.
    shown : str
        What help shows for the default, where that is not its value.
    positional : bool
        Whether the command line takes it without a name.
    within : Range, optional
        What a number may be, or each of several; `require_options` checks it.
    also : str
        Another name of the option.
    """
    metadata = {"help": text, "name": name, "shown": shown, "positional": positional, "within": within, "also": also}
    return field(default=default, metadata=metadata)


def require_options(question: "DataclassInstance") -> None:
    """Raise InputError for the first number of a question that is out of its option's range."""
    for each in fields(question):
        if within := each.metadata["within"]:
            value = getattr(question, each.name)
            for number in value if isinstance(value, tuple) else (value,):
                require_in(within, number, (each.metadata["name"] or each.name).replace("_", " "))


def require_scores(trials: int, each: int, of: str, least: int) -> None:
    """Raise InputError if trials of some candidates each are too few scores."""
    if (scores := trials * each) < least:
        asked = f"{trials} trials of {each} {of} are {scores} scores of {least} needed"
        raise InputError(f"{asked}: choose {-(-least // each)} trials or more")


@dataclass(frozen=True, kw_only=True)
class ClientSpec:
    """What clients hold and how they train.

    Parameters
    ----------
    data, target, task, model : str
        Names for `load_data` and `build_model`.
    side : int
        Images are scaled to side x side; 0 leaves them as they are.
    training : str
        Import path of a training function of a user's own; empty for the built-in one.
    epochs, batch_size, learning_rate, optimizer, weight_decay
        As `Training` has them.
    delta : float
        The delta of every epsilon of the run.
    fix_model : bool
        Whether Opacus may replace layers that DP-SGD has no guarantee for.
    device : str
        Where models compute: auto, cpu or cuda.
    seed : int
        Seed of every random choice.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    data: str = option(
        "digits",
        "digits, breast-cancer, diabetes, wine, an .npz, .csv, .parquet or .txt file, a folder of images or parquet "
        "files, owner/name on the hub, or module:function.",
    )
    target: str = option("", "Column of a table that the model is to foretell.", shown="none")
    task: str = option(
        "",
        "classification, binary, regression, next-token, or module:TASK.",
        shown="what the data says",
    )
    side: int = option(0, "Scale images to side x side; 0 leaves them as they are.", within=ranges.SIDE)
    model: str = option("mlp", "mlp, cnn, lstm, transformer, alexnet, mobilenetv2, resnet50, or module:factory.")
    training: str = option("", "A training function of your own, module:function.", shown="the built-in one")
    epochs: int = option(5, "Local epochs.", within=ranges.EPOCHS)
    batch_size: int = option(10, "Records in a batch.", within=ranges.COUNT)
    learning_rate: float = option(0.1, "Step size.", within=ranges.LEARNING_RATE)
    optimizer: str = option("sgd", "sgd, momentum, adam or adamw.")
    weight_decay: float = option(0.0, "Weight decay, as PyTorch's optimisers have it.", within=ranges.WEIGHT_DECAY)
    delta: float = option(DELTA, "The delta of every epsilon of the run.", within=ranges.DELTA)
    fix_model: bool = option(default=False, text="Let Opacus replace layers that DP-SGD has no guarantee for.")
    device: str = option("auto", "Where models compute: auto, cpu or cuda.")
    seed: int = option(0, "Seed of every random choice.", within=ranges.SEED)

    def __post_init__(self) -> None:
        require_options(self)
        require_model(self.model)
        require_data(self.data)
        require_target(self.data, self.target)
        require_device(self.device)
        find_optimizer(self.optimizer)
        if self.task:
            require_task(self.task)
        if self.training:
            require_module(self.training)

    @property
    def built_in_training(self) -> "Training":
        """Epochs, batches and steps of the built-in training."""
        from fedsz_privacy.training.descent import Training

        optimizer = find_optimizer(self.optimizer)
        return Training(self.epochs, self.batch_size, self.learning_rate, optimizer, self.weight_decay)

    def setting(
        self, expected_records: float, rounds: int, observer: "Observer", rule: "TrainingRule | None" = None
    ) -> "Setting":
        """Return what the defences of a run have in common; a rule replaces the spec's once its claim is known."""
        from fedsz_privacy.defences.defence import Setting

        return Setting(rule or self.rule, self.built_in_training, expected_records, self.delta, rounds, observer)

    def settle_defences(self, defences: "Sequence[str]", rounds: int) -> tuple[str, ...]:
        """Return the settled names of defences over so many rounds, ``none`` among them."""
        require_known(defences)
        self.require_read(defences)
        from fedsz_privacy.defences.proof import Composition
        from fedsz_privacy.defences.reading import settle_defences

        return settle_defences([REFERENCE, *defences], Composition(self.delta, rounds))

    def require_read(self, defences: "Sequence[str]") -> None:
        """Raise InputError if something is asked of the built-in training by which no client trains."""
        if not self.training or any(map(private_training, defences)):
            return
        defaults = {each.name: each.default for each in fields(self)}
        if given := [name for name in BUILT_IN if getattr(self, name) != defaults[name]]:
            asked = f"{given[0].replace('_', ' ')} {getattr(self, given[0])}"
            raise InputError(
                f"training {self.training} does not read {asked}: set it in the function, and leave it out here; of "
                f"defences, {' and '.join(PRIVATE_NAMES)} read it"
            )

    @property
    def rule(self) -> "TrainingRule":
        """How every client trains, before any defence."""
        from fedsz_privacy.training.own import find_training

        return find_training(self.training) if self.training else self.built_in_training
