"""From the options of a command to error bounds; nothing heavy is imported, so that wrong ones are refused at once."""

from collections.abc import Sequence

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.layers import LayerBounds
from fedsz_privacy.core.errors import InputError


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
    given = "no error bound given: write" if rel is None else "two error bounds given: write only one of"
    raise InputError(f"{given} --rel 1e-2 or --abs 1e-4")


def _layer(mode: str, text: str) -> tuple[str, ErrorBound]:
    pattern, _, number = text.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        pattern, value = "", 0.0
    if not pattern:
        raise InputError(f"--bound {text!r}: write a pattern of names and a number, such as 'conv1.*=1e-3'")
    return pattern, ErrorBound(mode, value)
