"""How numbers are written: 1e-5 as people write it, where Python has 1e-05."""

from decimal import Decimal


def write_number(value: float | Decimal) -> str:
    """Return the shortest spelling of a number as a power, as names of releases have it."""
    return f"{Decimal(str(value)).normalize():e}".replace("e+", "e")


def write_shortest(value: float) -> str:
    """Return the shorter of two spellings that read as exactly this number."""
    return min(repr(value).removesuffix(".0"), write_number(value), key=len)


def write_rounded(value: float, digits: int = 6) -> str:
    """Return a number to so many significant digits, in its shortest spelling.

    Examples
    --------
    >>> write_rounded(0.1), write_rounded(1.23456e-5, 3), write_rounded(1e6), write_rounded(1.797e308, 2)
    ('0.1', '1.23e-5', '1e6', '1.8e308')
    """
    # As decimals, for the greatest numbers round up to one that floats have not.
    text = f"{value:.{digits}g}"
    return min(text, f"{Decimal(text):f}", write_number(Decimal(text)), key=len)
