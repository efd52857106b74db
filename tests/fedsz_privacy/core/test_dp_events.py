"""The events that are loaded alone are those of dp-accounting."""

import pickle

import dp_accounting
import pytest

from fedsz_privacy.core import dp_events


@pytest.mark.parametrize("name", dp_events.__all__)
def test_classes_are_dp_accountings_own(name):
    assert getattr(dp_events, name) is getattr(dp_accounting, name)


def test_events_survive_pickling():
    event = dp_events.SelfComposedDpEvent(dp_events.GaussianDpEvent(2.0), 3)
    assert pickle.loads(pickle.dumps(event)) == event


def test_other_names_are_not_there():
    with pytest.raises(AttributeError):
        dp_events.NoSuchDpEvent  # noqa: B018
