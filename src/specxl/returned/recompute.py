"""Every stored result of a workbook file against what the spreadsheet engine computes from the cells as they stand."""

from __future__ import annotations

import re
import tempfile
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from specxl.evaluate import Engine
from specxl.model.cells import address
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from specxl.evaluate import Values
    from specxl.model.cells import Book, Sheet, Value

TOLERANCE = 1e-9
_WHOLE_DIGIT = 1e-6  # how far a difference of one in the last digit may be from one
_NUMBER = re.compile(r"\d+(?:[.,'’\xa0\u202f ]\d+)*")  # noqa: RUF001
# Thousands and decimal separators of the languages in which a spreadsheet program may have written FIXED's text.
_SEPARATORS = ((",", "."), (".", ","), ("\xa0", ","), ("\u202f", ","), (" ", ","), ("’", "."), ("'", "."))  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class ResultDifference:
    """A formula whose stored result is not what it computes now; None is no stored result at all."""

    sheet: str
    cell: str
    stored: Value
    computed: Value

    def __str__(self) -> str:
        stored = "no stored result" if self.stored is None else f"stored {self.stored!r}"
        return f"{self.sheet} {self.cell}: {stored}, computes {self.computed!r}"


@dataclass(frozen=True)
class Recomputation:
    """What the engine computes, how many formulas there are, where stored results differ, and how many only by a tie."""

    values: Values
    formulas: int
    differing: tuple[ResultDifference, ...]
    errors: tuple[str, ...]
    ties: int


def recompute(book: Book, stored: Values) -> Recomputation:
    """Evaluate the sheets of a build, and compare every stored result: numbers to 1e-9, texts in full.

    `book` is without the sheets that people added, to which the build's never refer. Texts may be written with the separators of
    another language, may have lost blanks at their end, and may differ by one in the last digit of a number whose value
    lies halfway: FIXED(1.005,2) is 1.01 in Excel and 1.00 in the engine, which rounds the binary number.

    Raises:
        SpecxlError: the sheets cannot be evaluated.
    """
    with tempfile.TemporaryDirectory(prefix="specxl-") as folder:
        plain = Path(folder) / "plain.xlsx"
        write_plain(book, plain)
        engine = Engine(plain, book)
    values = engine.values()
    unequal = [(p, stored.get(p), now) for p, now in values.items() if not same_result(stored.get(p), now)]
    halves = _halves(book.sheets, values) if unequal else []
    differing = [(place, old, now) for place, old, now in unequal if not _tied(old, now, halves)]
    found = tuple(ResultDifference(name, address(row, col), old, now) for (name, row, col), old, now in differing)
    return Recomputation(values, len(values), found, tuple(engine.errors()), len(unequal) - len(differing))


def same_result(stored: Value, computed: Value) -> bool:
    """Whether a stored result is what the formula computes, in whatever language its text was written.

    An empty text is read back as no result at all.
    """
    stored, computed = ("" if value is None else value for value in (stored, computed))
    if isinstance(stored, str) or isinstance(computed, str):
        if not isinstance(stored, str) or not isinstance(computed, str):
            return False
        return stored.strip() == computed.strip() or all(_same_number(a, b) for a, b in _numbers(stored, computed))
    return abs(stored - computed) <= TOLERANCE * max(abs(stored), abs(computed), 1e-12)


def _numbers(stored: str, computed: str) -> list[tuple[str, str]]:
    """The numbers of two texts side by side; a pair that is never the same where the words between them differ."""
    a, b = stored.strip(), computed.strip()
    if _NUMBER.sub("#", a) != _NUMBER.sub("#", b):
        return [(a, b)]
    return list(zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True))


def _readings(number: str) -> set[str]:
    """What a number may mean as a plain decimal text, by the language in which it was written."""
    return {number.replace(thousands, "").replace(point, ".") for thousands, point in _SEPARATORS}


def _same_number(stored: str, computed: str) -> bool:
    return stored == computed or computed.replace(",", "") in _readings(stored)


def _halves(sheets: Iterable[Sheet], values: Values) -> list[float]:
    """Every number of the workbook, sorted, as a share also in per cent: where a rounded text may come from."""
    constants = (cell.content for sheet in sheets for cell in sheet.cells.values())
    numbers = [abs(float(v)) for v in (*constants, *values.values()) if isinstance(v, (int, float))]
    return sorted([*numbers, *(100 * v for v in numbers if v <= 1)])


def _tied(stored: Value, computed: Value, numbers: list[float]) -> bool:
    if not isinstance(stored, str) or not isinstance(computed, str):
        return False
    return all(_same_number(a, b) or _tied_number(a, b, numbers) for a, b in _numbers(stored, computed))


def _tied_number(stored: str, computed: str, numbers: list[float]) -> bool:
    """Whether two texts round the same number of the workbook, which lies halfway between them."""
    text = computed.replace(",", "")
    decimals = len(text.partition(".")[2])
    if not _NUMBER.fullmatch(computed):
        return False
    for reading in _readings(stored):
        if (
            reading.count(".") > 1
            or not reading.replace(".", "").isdigit()
            or len(reading.partition(".")[2]) != decimals
        ):
            continue
        half = (float(reading) + float(text)) / 2
        if abs(abs(float(reading) - float(text)) * 10**decimals - 1) < _WHOLE_DIGIT and _holds(numbers, half):
            return True
    return False


def _holds(numbers: list[float], wanted: float) -> bool:
    at = bisect_left(numbers, wanted * (1 - TOLERANCE))
    return at < len(numbers) and numbers[at] <= wanted * (1 + TOLERANCE)
