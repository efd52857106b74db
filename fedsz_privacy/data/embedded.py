"""Data sets that scikit-learn holds, by name."""

from types import MappingProxyType

import torch

from fedsz_privacy.data.images import packed
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.splitting import split_order
from fedsz_privacy.data.standard import standardised
from fedsz_privacy.data.targets import name_task, settle

DIGITS = "digits"

EMBEDDED = MappingProxyType(
    {
        DIGITS: "load_digits",
        "breast-cancer": "load_breast_cancer",
        "diabetes": "load_diabetes",
        "wine": "load_wine",
    }
)
"""Names here, and of the functions of scikit-learn."""


def load_embedded(name: str, seed: int, task: str) -> DataSplit:
    """Return one of the `EMBEDDED` data sets, split 80/20 at random.

    Digits are 1,797 grey 8x8 images from 0 to 1. The others are tables, whose numbers are standardised by the training
    rows, targets of regression among them.

    Raises
    ------
    InputError
        If its targets do not fit the task.
    """
    from sklearn import datasets

    bunch, of_table = getattr(datasets, EMBEDDED[name])(), name != DIGITS
    rows, targets = split_order(len(bunch.target), seed, name), bunch.target
    asked = task or name_task([targets], of_table)
    if of_table:
        inputs = torch.from_numpy(standardised(bunch.data, rows[0]))
        targets = standardised(targets[:, None], rows[0])[:, 0] if asked == "regression" else targets
    else:
        inputs = torch.from_numpy(bunch.images / bunch.images.max()).float().unsqueeze(1)
    settled, kind = settle(asked, [targets[chosen] for chosen in rows], name)
    parts = [
        Records((packed(inputs[torch.from_numpy(chosen)]),), each, kind)
        for chosen, each in zip(rows, settled, strict=True)
    ]
    return DataSplit(*parts)
