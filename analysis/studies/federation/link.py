"""When compressing an update pays: compress, send and decompress against send."""

from dataclasses import dataclass
from math import isinf

MEGABIT = 1e6


@dataclass(frozen=True)
class Transfer:
    """One update's way from client to server.

    Attributes
    ----------
    nbytes : float
        Size on the wire, in bytes.
    compute_seconds : float
        Time to encode and decode it.
    """

    nbytes: float
    compute_seconds: float

    def seconds(self, megabits: float) -> float:
        """Return the time to encode, send and decode at a bandwidth in Mbit/s (FedSZ, section on communication)."""
        return self.compute_seconds + 8 * self.nbytes / (megabits * MEGABIT)


def break_even(plain: Transfer, compressed: Transfer) -> float:
    """Return the bandwidth in Mbit/s below which compressing is faster; inf if it always is, 0 if it never is."""
    saved_bytes = plain.nbytes - compressed.nbytes
    extra_seconds = compressed.compute_seconds - plain.compute_seconds
    if extra_seconds <= 0:
        return float("inf") if saved_bytes > 0 else 0.0
    return max(0.0, 8 * saved_bytes / extra_seconds / MEGABIT)


def pays(bandwidth: float) -> str:
    """Return for which links compressing saves time, by the bandwidth of `break_even`."""
    if bandwidth == 0:
        return "saves time on no link"
    return "saves time on every link" if isinf(bandwidth) else f"saves time below {bandwidth:,.0f} Mbit/s"
