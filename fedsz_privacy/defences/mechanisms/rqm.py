"""The randomized quantization mechanism (Youn, Hu, Ziani and Abernethy, arXiv 2306.11913)."""

import torch
from numpy.random import Generator

from fedsz_privacy.codec.integer_codes import decode_integers, encode_integers
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import CLIP_NORM, Share, Whole, as_whole, require_in
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.grammar import write_options
from fedsz_privacy.defences.mechanisms.random_levels import RandomLevels
from fedsz_privacy.defences.mechanisms.sending import Codec, each_alone, send
from fedsz_privacy.defences.mechanisms.worst_pair import worst_pair
from fedsz_privacy.defences.proof import Observer, Proof, Unit
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.gaussian_rounds import Adjacency

LEVELS = Whole(4, 64)
BEYOND = Whole(1, 31)
KEEP = Share(1e-3, 1)
DEFAULTS = {"levels": 16, "keep": 0.42, "beyond": 4}


def rqm(
    clip: float,
    levels: float = DEFAULTS["levels"],
    keep: float = DEFAULTS["keep"],
    beyond: float = DEFAULTS["beyond"],
) -> Release:
    """Return the randomized quantization mechanism: every float is clipped, and rounded to levels kept at random.

    Parameters
    ----------
    clip : float
        Largest magnitude of a coordinate, in the update's own unit; a public number.
    levels : int
        Levels, from 4 to 64.
    keep : float
        Probability that a level is kept, but for the first and the last, which always are.
    beyond : int
        Levels beyond the clip on either side.

    Raises
    ------
    InputError
        If a number is out of range; in use, if the update holds complex numbers.

    Guarantees
    ----------
    For one float coordinate of a client's update, replaced by any other, in one round: that of a mechanism that the
    distributions of clip and -clip dominate, which is checked for the given numbers. Integers and bools, such as a
    count of batches, leave as zeros. Probabilities are those of floating-point numbers, so right to about 1e-16 each.
    """
    require_in(CLIP_NORM, clip, "rqm clip")
    require_in(KEEP, keep, "rqm keep")
    count, outside = as_whole(LEVELS, levels, "rqm levels"), as_whole(BEYOND, beyond, "rqm beyond")
    if count - 2 * outside < 2:
        raise InputError(
            f"rqm beyond {outside} of {count} levels leaves none for the clip: choose {count // 2 - 1} or less"
        )
    rounding = RandomLevels(clip, count, keep, outside)
    event = worst_pair(rounding)
    if event is None:
        raise InputError(f"rqm keep {keep:g} with {count} levels, {outside} beyond, has no proof here: choose others")
    codec = Codec(
        "rqm",
        each_alone(lambda values, generator: encode_integers(rounding.draw(values, generator))),
        lambda stream, size, _: rounding.values(decode_integers(stream, size)),
    )

    def apply(update: StateDict, generator: Generator) -> Released:
        return send(codec, _clippable(update), generator)

    given = {"clip": clip, "levels": count, "keep": keep, "beyond": outside}
    options = write_options({name: value for name, value in given.items() if value != DEFAULTS.get(name)})
    proof = Proof(
        event,
        Unit.COORDINATE,
        Adjacency.REPLACE,
        Observer.SERVER,
        "clip against -clip dominates every other pair of values of a coordinate",
        "Youn et al., arXiv 2306.11913, checked over all pairs of levels",
    )
    return Release(f"rqm:{options}", apply, event, proof.reason, unit=proof.unit)


def _clippable(update: StateDict) -> StateDict:
    """Return an update of finite floats, and of zeros for integers and bools: nothing leaves but by the mechanism."""
    if odd := next((name for name, tensor in update.items() if tensor.is_complex()), None):
        raise InputError(f"tensor {odd!r} is of complex numbers, which rqm does not clip: view it as real ones")
    return {
        name: tensor.nan_to_num() if tensor.is_floating_point() else torch.zeros_like(tensor)
        for name, tensor in update.items()
    }
