"""Every stored result of a workbook file against what the spreadsheet engine computes from the cells as they stand."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from specxl.errors import OutputError, WorkbookFileError
from specxl.evaluate import Budget, evaluate_apart
from specxl.labels import clean_label
from specxl.model.cells import Cell, Sheet, address
from specxl.returned.formulas import acting
from specxl.scratch import scratch_folder
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from specxl.evaluate import Values
    from specxl.model.cells import Book, Value

TOLERANCE = 1e-9
_SHEET_NAME = re.compile(r"(?!')[^\[\]:*?/\\\x00-\x1f]{1,31}(?<!')")
_SHEET_IN_FORMULA = re.compile(r"'((?:[^']|'')+)'!|(?<![^\s'!(),;:&=<>+*/^-])([^\s'!(),;:&=<>+*/^-]+)!")
_SHOWN_TEXT = 200
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
        stored = "no stored result" if self.stored is None else f"stored {_short(self.stored)}"
        return f"{self.sheet} {self.cell}: {stored}, computes {_short(self.computed)}"


def _short(value: Value) -> str:
    return repr(clean_label(value, limit=_SHOWN_TEXT)) if isinstance(value, str) else repr(value)


@dataclass(frozen=True)
class Recomputation:
    """What the engine computes, how many formulas there are, where stored results differ, and how many only by a tie.

    `left_out` are the cells whose formulas were not computed, because they use what no build uses or refer to sheets
    that people added: their stored results stand for them.
    """

    values: Values
    formulas: int
    differing: tuple[ResultDifference, ...]
    errors: tuple[str, ...]
    ties: int
    left_out: tuple[str, ...] = ()

    @property
    def never_computed(self) -> bool:
        """Whether results differ only because the file was saved by a program that stores none."""
        return bool(self.differing) and all(found.stored is None for found in self.differing)


def recompute(book: Book, stored: Values) -> Recomputation:
    """Evaluate the sheets of a build, and compare every stored result: numbers to 1e-9, texts in full.

    `book` is without the sheets that people added, to which the build's never refer. Texts may be written with the separators of
    another language, may have lost blanks at their end, and may differ by one in the last digit of a number whose value
    lies halfway: FIXED(1.005,2) is 1.01 in Excel and 1.00 in the engine, which rounds the binary number.

    Raises:
        SpecxlError: the sheets cannot be evaluated, or not within the time and the memory that they may take.
    """
    for sheet in book.sheets:
        if not _SHEET_NAME.fullmatch(sheet.name):
            msg = f"{clean_label(sheet.name, limit=60)!r} is no name that a sheet may have"
            raise WorkbookFileError(msg)
    left_out = {place: stored.get(place) for place in _not_computed(book)}
    computable = _without(book, left_out)
    computed, errors = _evaluated(computable)
    values = {**computed, **left_out}
    unequal = [(p, stored.get(p), now) for p, now in values.items() if not same_result(stored.get(p), now)]
    halves = _halves(book.sheets, values) if unequal else []
    differing = [(place, old, now) for place, old, now in unequal if not _tied(old, now, halves)]
    found = tuple(ResultDifference(name, address(row, col), old, now) for (name, row, col), old, now in differing)
    named = tuple(f"{name} {address(row, col)}" for name, row, col in left_out)
    return Recomputation(values, len(values), found, tuple(errors), len(unequal) - len(differing), named)


def _evaluated(book: Book) -> tuple[Values, list[str]]:
    with scratch_folder() as folder:
        plain = folder / "plain.xlsx"
        try:
            write_plain(book, plain)
        except OSError as exc:
            msg = f"no room for temporary files: {exc.strerror or exc}. Make some, or name another folder in TMPDIR"
            raise OutputError(msg) from exc
        formulas = sum(1 for sheet in book.sheets for _ in sheet.formulas())
        return evaluate_apart(plain, book, Budget.of(formulas))


def _not_computed(book: Book) -> Iterator[tuple[str, int, int]]:
    """The formulas that are not handed to the engine: it need not know more than builds use."""
    names = {sheet.name.casefold() for sheet in book.sheets}
    for sheet in book.sheets:
        for ref, text in sheet.formulas():
            if acting(text) or _refers_elsewhere(text, names):
                yield sheet.name, ref.row, ref.col


def _refers_elsewhere(text: str, names: Collection[str]) -> bool:
    if "!" not in text:
        return False
    code = re.sub(r'"(?:[^"]|"")*"', "", text)
    found = (quoted.replace("''", "'") or plain for quoted, plain in _SHEET_IN_FORMULA.findall(code))
    return any(name.replace("$", "").casefold() not in names for name in found)


def _without(book: Book, left_out: Values) -> Book:
    """The book with stored results in place of some formulas."""
    touched = {name for name, _, _ in left_out}
    sheets = []
    for sheet in book.sheets:
        if sheet.name not in touched:
            sheets.append(sheet)
            continue
        cells = {
            place: Cell(left_out[sheet.name, *place], "") if (sheet.name, *place) in left_out else cell
            for place, cell in sheet.cells.items()
        }
        sheets.append(Sheet(sheet.name, cells=cells))
    return replace(book, sheets=sheets)


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
