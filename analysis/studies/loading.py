"""From the question of a study to the records and the model that it names."""

from torch import nn

from analysis.studies.spec import ClientSpec
from fedsz_privacy.core.device import find_device
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.data.records import DataSplit
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.fixing import fix

TEST_RECORDS = 1000
"""Most test records that an audit measures a performance on."""


def load_records(spec: ClientSpec, train: int, test: int) -> DataSplit:
    """Return at most so many records of each part, images of the side that is asked for, on the device.

    Raises
    ------
    InputError
        If there are none of that name, they are no images and a side is asked for, or the device is not there.
    """
    device = find_device(spec.device)
    split = load_data(spec.data, train, test, spec.seed, spec.target, spec.task)
    return (split.resized(spec.side) if spec.side else split).to(device)


def load_model(spec: ClientSpec, split: DataSplit) -> nn.Module:
    """Return the model for such records, with its initial weights, on the device.

    Raises
    ------
    InputError
        If there is none of that name, or it does not take the records.
    """
    model = build_model(spec.model, split.train, spec.seed)
    return (fix(model) if spec.fix_model else model).to(find_device(spec.device))
