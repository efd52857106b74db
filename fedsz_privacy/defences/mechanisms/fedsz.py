"""FedSZ at one error bound (Wilkins et al., arXiv 2312.13461)."""

from dataclasses import replace
from functools import partial
from time import perf_counter

from numpy.random import Generator

from fedsz_privacy.codec.budget import UNLIMITED
from fedsz_privacy.codec.compressors import get_compressor
from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.codec.lossless import get_lossless
from fedsz_privacy.codec.lossy import THRESHOLD, LossyRule
from fedsz_privacy.codec.names import DEFAULT_COMPRESSOR, DEFAULT_LOSSLESS
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.core.numbers import write_number
from fedsz_privacy.core.ranges import ELEMENTS, REMEMBERED, as_whole
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.grammar import Value, without_defaults, write_options
from fedsz_privacy.defences.one_bound import one_bound
from fedsz_privacy.defences.release import Release, Released


def fedsz(
    lossy: LossyRule | None = None,
    compressor: str = DEFAULT_COMPRESSOR,
    lossless: str = DEFAULT_LOSSLESS,
    threshold: float = THRESHOLD,
    memory: float = 0,
    **bound: float,
) -> Release:
    """Return FedSZ at one error bound: ``fedsz:rel=1e-2``, ``fedsz:abs=1e-4,compressor=sz2,lossless=blosclz``.

    A function of your own can return it with another rule of what is lossy, as `FedSZ` takes it:
    ``fedsz(rel=1e-2, lossy=lambda name, tensor: tensor.ndim >= 2)``. Its name then says nothing of the rule.

    Parameters
    ----------
    lossy : callable, optional
        The rule.
    compressor, lossless : str
        Names for `get_compressor` and `get_lossless`.
    threshold : float
        Number of elements up to which a tensor is kept exactly, a whole number.
    memory : float
        1 predicts an update from the average update of the round before, tensor by tensor where that makes it smaller;
        in the first round, and without memory, nothing predicts it.
    **bound : float
        ``abs``, in the update's own unit, or ``rel``, a fraction of each tensor's range.

    Raises
    ------
    InputError
        If not exactly one bound is given, a number is out of range, or a name is unknown.

    Guarantees
    ----------
    None, with memory or without. What stands before it keeps its own: the round before is public.
    """
    asked = one_bound("fedsz", bound, "1e-4")
    pipeline = FedSZ(
        asked,
        compressor=get_compressor(compressor),
        lossless=get_lossless(lossless),
        threshold=as_whole(ELEMENTS, threshold, "threshold"),
        max_bytes=UNLIMITED,
        lossy=lossy,
    )
    others: dict[str, Value] = {
        "compressor": compressor,
        "lossless": lossless,
        "threshold": threshold,
        "memory": as_whole(REMEMBERED, memory, "fedsz memory="),
    }
    changed = write_options(without_defaults(fedsz, others))
    name = f"fedsz:{asked.mode}={write_number(asked.value)}" + (f",{changed}" if changed else "")
    release = _after(pipeline, name, None)
    return replace(release, remembering=partial(_after, pipeline, name)) if memory else release


def _after(pipeline: FedSZ, name: str, last: LastRound | None) -> Release:
    """Return a pipeline as the release of a round, after the last one if there is any."""

    def apply(update: StateDict, _: Generator) -> Released:
        start = perf_counter()
        frame, bounds = pipeline.encode_with_bounds(update, last)
        sent = perf_counter()
        decoded = pipeline.decode(frame, last)
        received = perf_counter()
        return Released(decoded, len(frame), bounds, sent - start, received - sent)

    return Release(
        name=name,
        apply=apply,
        event=NonPrivateDpEvent(),
        reason="the codec is deterministic, so neighbouring updates that decode differently are told apart for certain",
        encode=lambda update, _: pipeline.encode(update, last),
        keeps_zeros=True,
        tensor_by_tensor=True,
    )
