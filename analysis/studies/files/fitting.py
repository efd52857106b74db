"""Whether what was asked of a pipeline fits the state that it will encode."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from fedsz_privacy.codec.layers import LayerBounds
from fedsz_privacy.codec.lossy import default_rule, is_eligible
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict


def require_fitting(fedsz: FedSZ, state: StateDict, lossy: Sequence[str]) -> None:
    """Raise InputError if a pattern fits no tensor of a state, and so would say nothing.

    Parameters
    ----------
    fedsz : FedSZ
        The pipeline, whose bounds may have patterns.
    state : StateDict
        What it will encode.
    lossy : sequence of str
        Patterns of what is lossy.
    """
    eligible = {name: tensor for name, tensor in state.items() if is_eligible(tensor, fedsz.threshold)}
    if unfit := _unfit(lossy, list(eligible)):
        raise InputError(
            f"--lossy {unfit!r} fits no float tensor of more than {fedsz.threshold} elements: leave it out"
        )
    rule = fedsz.lossy or default_rule(state)
    chosen = [name for name, tensor in eligible.items() if rule(name, tensor)]
    layers = fedsz.bound.layers if isinstance(fedsz.bound, LayerBounds) else ()
    if unfit := _unfit([pattern for pattern, _ in layers], chosen):
        raise InputError(f"--bound {unfit!r} fits no tensor that is lossy: choose such by --lossy, or leave it out")


def _unfit(patterns: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the first pattern that fits none of some names, or None."""
    return next((each for each in patterns if not any(fnmatchcase(name, each) for name in names)), None)
