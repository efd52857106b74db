"""Which training rules train the trials of an audit one after another, so that they take longer than side by side."""

from collections.abc import Sequence

from torch import nn

from attacks import Game
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.training.clipped_sums import trains_privately_at_once
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.opacus import OpacusTraining
from fedsz_privacy.training.own import OwnTraining
from fedsz_privacy.training.plain_steps import trains_at_once
from fedsz_privacy.training.rule import TrainingRule


def one_after_another(game: Game, defences: Sequence[Defence], trials: int, one: str) -> str:
    """Return under which rules one trains after another where memory has room for several, as part of a sentence.

    It is empty where there is no such rule; ``one`` says one what.
    """
    rules = [defence.training for defence in defences]
    looped = dict.fromkeys(_named(rule) for rule in rules if not _trains_at_once(rule, game.model, game.pool))
    if not looped or len(game.chunks(trials)[0]) == 1:
        return ""
    return f", {one} after another under {', '.join(looped)},"


def _trains_at_once(rule: TrainingRule, model: nn.Module, records: Records) -> bool:
    if isinstance(rule, DPTraining):
        return trains_privately_at_once(model, records)
    return isinstance(rule, Training) and trains_at_once(model, records)


def _named(rule: TrainingRule) -> str:
    """Return what a user calls a rule."""
    if isinstance(rule, OwnTraining):
        return rule.name
    names = {Training: "plain training", DPTraining: "dpsgd", OpacusTraining: "opacus"}
    return names.get(type(rule), type(rule).__name__)
