"""Does the round before predict the scale of an update as well? What it would save of what `scaled` sends, in percent.

Of each tensor that the round before predicts, what is left is coded in classes of scale. "Exponents": those of rows and
columns, sent as differences from the exponents of the prediction itself. "Elements": each class split by the magnitude
of the prediction, in octaves; ideal codes, with 12 bits of a table for each symbol.

Run with: python benchmarks/predicted_scale.py RECORDING...
"""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.integers import write
from fedsz_privacy.codec.compressors.predicted import UNITS, _coefficient
from fedsz_privacy.codec.compressors.scale_classes import ScaleClasses
from fedsz_privacy.codec.compressors.scaled import Coded
from fedsz_privacy.core.state import subtract
from fedsz_privacy.federation.recording import open_recording

RELS = (1e-1, 1e-2, 1e-3)
THRESHOLD = 1000
TABLE_BITS = 12


def cost(codes: NDArray[np.signedinteger]) -> float:
    """Return the bytes of codes under one ideal table."""
    _, counts = np.unique(codes, return_counts=True)
    return float(-(counts * np.log2(counts / codes.size)).sum() + TABLE_BITS * counts.size) / 8


def exponents(classes: ScaleClasses) -> NDArray[np.int16]:
    """Return the exponents of rows and columns."""
    return np.concatenate([classes.rows, classes.columns]).astype(np.int16)


def saved(array: NDArray[np.floating], past: NDArray[np.floating], bound: float) -> tuple[float, float, int] | None:
    """Return the bytes that both ideas save, and those of the tensor; None if nothing predicts it in classes."""
    multiple = past * past.dtype.type(_coefficient(array, past) / UNITS)
    coded = Coded.of(array - multiple, bound)
    if coded.classes is None:
        return None
    predicted = np.rint(multiple.reshape(coded.codes.shape) / (2 * bound)).astype(np.int32)
    sent, known = exponents(coded.classes), exponents(ScaleClasses.of(predicted) or coded.classes)
    levels = np.ceil(np.log2(np.abs(predicted) + 1)).astype(np.int8)
    elements = 0.0
    for codes, level in zip(coded.classes.gather(coded.codes), coded.classes.gather(levels), strict=True):
        elements += cost(codes) - sum(cost(codes[level == each]) for each in np.unique(level))
    return len(write([sent])) - len(write([sent - known])), elements, len(coded.stream)


def main(folders: list[Path]) -> None:
    """Print a row for each recording and bound, of the first client's updates from the second round on."""
    print("| update | REL | exponents | elements |\n|---|---|---|---|")
    for folder in folders:
        rounds = open_recording(folder).rounds
        for rel in RELS:
            found = []
            for before, each in pairwise(rounds):
                past = subtract(each.before(), before.before())
                for name, tensor in each.update(each.participants[0]).items():
                    if tensor.is_floating_point() and tensor.numel() > THRESHOLD and tensor.min() < tensor.max():
                        array = tensor.numpy()
                        found.append(saved(array, past[name].numpy(), float(rel * np.ptp(array))))
            total = np.sum([each for each in found if each], axis=0)
            print(
                f"| {folder.name} | {rel:.0e} | {total[0] / total[2]:+.1%} | {total[1] / total[2]:+.1%} |", flush=True
            )


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
