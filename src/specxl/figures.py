"""Reading numbers that come from files: what is no usable figure is None, never 0."""

from __future__ import annotations

from math import isfinite

from specxl.schema import round15

Figure = float | int | str | None
"""A number as a file holds it. Text and non-finite numbers are allowed here: the normaliser judges them."""


def number(value: Figure) -> float | None:
    """Read a figure as files write it; None when it is missing or no finite number."""
    if type(value) is float:
        return value if isfinite(value) else None
    if value is None or isinstance(value, bool):
        return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if isfinite(result) else None


def positive(value: Figure) -> float | None:
    """Read a figure above zero, rounded to 15 digits; a zero stands for a missing value in several formats."""
    result = number(value)
    return round15(result) if result is not None and result > 0 else None
