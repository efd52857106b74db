"""Guarantees from privacy events: thin calls to dp-accounting."""

from dp_accounting import DpEvent
from dp_accounting.pld import PLDAccountant


def epsilon(event: DpEvent, delta: float) -> float:
    """Return the epsilon that an event guarantees at delta, in nats, by privacy loss distributions; inf for none."""
    return float(PLDAccountant().compose(event).get_epsilon(delta))
