"""How a table writes its numbers: which sign is the decimal one is judged over all cells, since one alone may not tell.

"1,234.5" can only be English and "1.234,5" only continental; "1.234" is either, and what else the table holds decides. Where
nothing else does, the likelier reading is taken, and a notice names both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from specxl.errors import InputError, Notice
from specxl.figures import GROUP_MARKS, number, plain
from specxl.labels import clean_label

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMMA = re.compile(
    rf"[+-]?(?:(?:[0-9]+|[1-9][0-9]{{0,2}}(?:[.{GROUP_MARKS}][0-9]{{3}})+)?,[0-9]+(?:[eE][+-]?[0-9]+)?"
    r"|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,})"
)
"""A number that has a decimal comma, or points between its groups."""
_POINT = re.compile(
    rf"[+-]?(?:(?:[0-9]+|[1-9][0-9]{{0,2}}(?:[,{GROUP_MARKS}][0-9]{{3}})+)?\.[0-9]+(?:[eE][+-]?[0-9]+)?"
    r"|[1-9][0-9]{0,2}(?:,[0-9]{3}){2,})"
)
"""A number that has a decimal point, or commas between its groups."""
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
"""A group of three digits, or three decimals."""
_NUMBER_LIKE = re.compile(r"[\d\s_.,+'eE-]+")
_SWAPPED = str.maketrans(",.", ".,")
_IN_DOUBT = "either"
MAX_DIGITS = 15


Cell = tuple[int, str, str]
"""A row, the name of a column, and the text that stands there instead of a number."""


class Notation:
    """The decimal sign of one table, and what could be read in another way."""

    def __init__(self, cells: Iterable[Cell], delimiter: str, file: str) -> None:
        """Judge all number cells of a table; `delimiter` is empty for a table that has none.

        Raises `InputError` when one cell can only have a decimal comma and another only a decimal point, and for digits
        that are not the ten of ASCII.
        """
        first: dict[str, Cell] = {}
        signs: set[str] = set()
        self._in_doubt = 0
        for cell in cells:
            text = cell[2]
            # nothing to learn from whole numbers, and from points nothing new
            if text.isascii() and not ("," in text or "_" in text) and ("." not in text or "." in first):
                continue
            kind = _kind(cell, file)
            if kind == _IN_DOUBT and delimiter == "," and "." in text:
                continue  # three decimals, as most tools write such tables
            if kind:
                first.setdefault(kind, cell)
            if kind == _IN_DOUBT:
                self._in_doubt += 1
                signs.add("," if "," in text else ".")
        if "," in first and "." in first:
            raise _mixed(first["."], first[","], file)
        self._file, self._doubtful = file, first.get(_IN_DOUBT)
        self._told = "," in first or "." in first
        commas_likelier = signs == {","} and delimiter != "," and "." not in first
        self.sign = "," if "," in first or commas_likelier else "."

    @property
    def notices(self) -> list[Notice]:
        """What could have been read in another way, where nothing in the table decides."""
        if self._told or self._doubtful is None:
            return []
        row, field, text = self._doubtful
        taken, other = (number(self.plain(reading)) for reading in (text, text.translate(_SWAPPED)))
        alike = f" ({self._in_doubt - 1} more cells are like it)" if self._in_doubt > 1 else ""
        words = f"field `{clean_label(field, limit=60)}`: `{text}` may mean {taken:.15g} or {other:.15g}; it was read as {taken:.15g}"
        return [Notice("number", f"{words}{alike}: write it without a mark for thousands", self._file, row)]

    def plain(self, text: str) -> str:
        """Return a number's text with a decimal point and without marks between groups; other text stays."""
        return self._plain(text) or text

    def figure(self, text: str) -> float | int | str:
        """Return the number that a text is; other text stays, for the normaliser to judge."""
        bare = self._plain(text)
        if bare is None:
            return text
        return int(bare) if bare.lstrip("-").isdigit() and len(bare) <= MAX_DIGITS else float(bare)

    def _plain(self, text: str) -> str | None:
        """Return a number as `float` reads it; None for other text."""
        if self.sign == "," and (_COMMA.fullmatch(text) or _EITHER.fullmatch(text)):
            text = text.translate(_SWAPPED)
        return plain(text)


def _kind(cell: Cell, file: str) -> str:
    """Say what a cell shows: "," or "." as the decimal sign, doubt, or nothing."""
    text = cell[2]
    if not text.isascii() or "_" in text:
        _refuse_other_digits(cell, file)
    elif _EITHER.fullmatch(text):
        return _IN_DOUBT
    if _POINT.fullmatch(text):
        return "."
    return "," if _COMMA.fullmatch(text) else ""


def _refuse_other_digits(cell: Cell, file: str) -> None:
    """Refuse 1_000 and digits of other scripts, which Python would read and a spreadsheet would not."""
    row, field, text = cell
    digits = [char for char in text if char.isdigit()]
    if _NUMBER_LIKE.fullmatch(text) and digits and ("_" in text or not "".join(digits).isascii()):
        raise InputError(
            f"`{clean_label(text, limit=40)}` is not a number as tables write them",
            file=file,
            row=row,
            field=clean_label(field, limit=60),
            allowed="the digits 0 to 9, a decimal sign, and marks between groups of three digits",
        )


def _mixed(point: Cell, comma: Cell, file: str) -> InputError:
    """Name two cells that follow different conventions."""
    row, field, text = point
    return InputError(
        f"`{text}` has a decimal point where row {comma[0]} has a decimal comma (`{comma[2]}`)",
        file=file,
        row=row,
        field=clean_label(field, limit=60),
        allowed="one decimal sign in the whole file",
    )
