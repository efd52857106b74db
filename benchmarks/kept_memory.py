"""Memory that the allocator keeps, for two pieces of work that are timed in turn."""

from ctypes import CDLL

TRIM_THRESHOLD, MMAP_MAX = -1, -4
"""Names of settings in glibc's malloc.h."""


def keep_memory() -> None:
    """Have glibc keep what is freed.

    It gives memory back to the system otherwise, and which of the two pieces of work has to fetch it again is chance:
    the page faults of 20 MB take a third of the time that SZ3 takes for them.
    """
    allocator = CDLL(None)
    for setting, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, -1)):
        if not allocator.mallopt(setting, value):
            raise OSError(f"the allocator does not take the setting {setting}: these times need glibc's")
