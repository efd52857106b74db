"""From the options of a command to a pipeline."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.layers import LayerBounds
from fedsz_privacy.codec.lossy import default_rule, is_eligible
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict


def read_bounds(rel: float | None, absolute: float | None, layers: Sequence[str]) -> LayerBounds:
    """Return the bound that is asked for, and those of layers in the same mode.

    Parameters
    ----------
    rel, absolute : float or None
        The bound of all other tensors; one of both.
    layers : sequence of str
        Such as ``conv1.*=1e-3``.

    Raises
    ------
    InputError
        If not exactly one bound is given, or one cannot be read or is out of range.
    """
    if rel is not None and absolute is None:
        return LayerBounds(ErrorBound.rel(rel), tuple(_layer("rel", text) for text in layers))
    if absolute is not None and rel is None:
        return LayerBounds(ErrorBound.abs(absolute), tuple(_layer("abs", text) for text in layers))
    raise InputError(f"{'no error bound' if rel is None else 'two error bounds'} given: write --rel 1e-2 or --abs 1e-4")


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


def _layer(mode: str, text: str) -> tuple[str, ErrorBound]:
    pattern, _, number = text.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        pattern, value = "", 0.0
    if not pattern:
        raise InputError(f"--bound {text!r}: write a pattern of names and a number, such as 'conv1.*=1e-3'")
    return pattern, ErrorBound(mode, value)
