"""Outside judges for the tests: other programs and other readings of the same workbook.

Each judge needs a program that a plain checkout may lack (LibreOffice, npm); `require` turns that into a skip with its
reason on a developer's machine, and into a failure in CI, where nothing may be skipped silently.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

Value = float | str | bool | None
Cell = tuple[str, str]
"""A sheet's name and a cell's address without dollar signs: ("About", "B3")."""


def missing(reason: str) -> NoReturn:
    """Skip the test for this reason, or fail it where CI=true or SPECXL_REQUIRE_JUDGES=1 asks for every judge."""
    if os.environ.get("CI") == "true" or os.environ.get("SPECXL_REQUIRE_JUDGES") == "1":
        pytest.fail(f"{reason}, and this run requires it")
    pytest.skip(reason)


def differences(
    expected: dict[Cell, Value], found: dict[Cell, Value], relative: float = 1e-9
) -> list[tuple[Cell, Value, Value]]:
    """Return the cells of `expected` whose value in `found` differs: numbers by more than `relative`, text at all.

    An empty cell and an empty text are the same thing to a reader, and so they are here; so are TRUE and 1, which
    LibreOffice does not tell apart. Near zero, the difference is taken relative to 1e-12.
    """
    pairs = [(cell, value, found.get(cell)) for cell, value in expected.items()]
    return [(cell, value, other) for cell, value, other in pairs if not _same(value, other, relative)]


def _same(a: Value, b: Value, relative: float) -> bool:
    a, b = ("" if value is None else value for value in (a, b))
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return abs(a - b) <= relative * max(abs(a), abs(b), 1e-12)
