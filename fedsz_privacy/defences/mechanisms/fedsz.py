"""FedSZ at one error bound (Wilkins et al., arXiv 2312.13461)."""

from time import perf_counter

from numpy.random import Generator

from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.budget import UNLIMITED
from fedsz_privacy.codec.lossy import LossyRule
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.grammar import write_number
from fedsz_privacy.defences.release import Release, Released


def fedsz(lossy: LossyRule | None = None, **bound: float) -> Release:
    """Return FedSZ at one error bound, ``fedsz(rel=1e-2)`` or ``fedsz(abs=1e-4)``, under the pipeline's defaults.

    A function of your own can return it with another rule of what is lossy, as `FedSZ` takes it:
    ``fedsz(rel=1e-2, lossy=lambda name, tensor: tensor.ndim >= 2)``. Its name then stands for the bound alone.

    Raises
    ------
    InputError
        If not exactly one bound is given, or it is not positive.
    """
    if len(bound) != 1:
        raise InputError(f"fedsz takes one bound, got {len(bound)}: write fedsz:rel=1e-2 or fedsz:abs=1e-4")
    ((mode, value),) = bound.items()
    pipeline = FedSZ(ErrorBound(mode, value), lossy=lossy, max_bytes=UNLIMITED)

    def apply(update: StateDict, _: Generator) -> Released:
        start = perf_counter()
        frame, bounds = pipeline.encode_with_bounds(update)
        sent = perf_counter()
        decoded = pipeline.decode(frame)
        received = perf_counter()
        return Released(decoded, len(frame), bounds, sent - start, received - sent)

    return Release(
        name=f"fedsz:{mode}={write_number(value)}",
        apply=apply,
        event=NonPrivateDpEvent(),
        reason="the codec is deterministic, so neighbouring updates that decode differently are told apart for certain",
        encode=lambda update, _: pipeline.encode(update),
    )
