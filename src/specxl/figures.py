"""Reading numbers that come from files: what is no usable figure is None, never 0.

Text is read as people and programs write numbers in English: ASCII digits, a decimal point, commas or blanks between groups
of three digits, an exponent. Other signs of Python's own (1_000, digits of other scripts, "inf") are no numbers here. Tables
that write decimal commas are brought into this form first (`specxl.sources.notation`).
"""

from __future__ import annotations

import re
from math import isfinite

from specxl.schema import round15

Figure = float | int | str | None
"""A number as a file holds it. Text and non-finite numbers are allowed here: the normaliser judges them."""

GROUP_MARKS = " '\u2019\u00a0\u2009\u202f"
"""What stands between groups of three digits besides commas and points: blanks, apostrophes, no-break and thin blanks."""
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(rf"[+-]?[1-9][0-9]{{0,2}}(?:(?:,[0-9]{{3}})+|(?:[{GROUP_MARKS}][0-9]{{3}})+)(?:\.[0-9]*)?")
_MARKS = re.compile(rf"[,{GROUP_MARKS}]")


def number(value: Figure) -> float | None:
    """Read a figure as files write it; None when it is missing or no finite number."""
    if type(value) is float:
        return value if isfinite(value) else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = plain(value)
        if value is None:
            return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if isfinite(result) else None


def plain(text: str) -> str | None:
    """Return a number's text without marks between its groups, as `float` reads it; None for what is no number."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return text
    return _MARKS.sub("", text) if _GROUPED.fullmatch(text) else None


def positive(value: Figure) -> float | None:
    """Read a figure above zero, rounded to 15 digits; a zero stands for a missing value in several formats."""
    result = number(value)
    return round15(result) if result is not None and result > 0 else None
