"""Formulas as a file states them: what in one could act, what is too long for an engine, and copies that share a text."""

from __future__ import annotations

import re
from typing import NamedTuple

from specxl.labels import clean_label
from specxl.model.cells import column_name
from specxl.model.formulas import ALLOWED_FUNCTIONS, FORMULA_LIMIT
from specxl.returned.areas import COLUMNS, ROWS, column_number

LEVELS = 64
TOO_LONG = f"its formula has more than {FORMULA_LIMIT} characters or {LEVELS} levels, the most that a program takes"
# What rules for entries and looks use besides: programs write "begins with" by these.
RULE_FUNCTIONS = ALLOWED_FUNCTIONS | {"LEFT", "RIGHT", "LEN", "SEARCH", "FIND", "ISERROR", "ISBLANK", "TRIM"}

_QUOTED = re.compile(r'"(?:[^"]|"")*"?')
_SHEET_NAME = re.compile(r"'(?:[^']|'')*'?")
_FUNCTION = re.compile(r"(?<![\w.\\])([A-Za-z_\\][\w.\\]*)\s*\(")
_ELSEWHERE = re.compile(r"[\[\]|]|file:|https?:|\\\\", re.IGNORECASE)
_PIECES = re.compile(
    r"""("(?:[^"]|"")*"?|'(?:[^']|'')*'?!?)"""  # texts and quoted sheet names stay as they are
    r"|(?<![\w.$])(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6})(?![\w.(!])",
    re.ASCII,
)


def is_short(text: str) -> bool:
    """Whether a program would open a formula and an engine's recursion survive it: 8,192 characters, 64 levels."""
    return len(text) <= FORMULA_LIMIT and (text.count("(") <= LEVELS or _depth(text) <= LEVELS)


def _depth(text: str) -> int:
    deepest = level = 0
    for sign in _QUOTED.sub('""', text):
        level += (sign in "({") - (sign in ")}")
        deepest = max(deepest, level)
    return deepest


def acting(text: str, allowed: frozenset[str] = ALLOWED_FUNCTIONS) -> str:
    """What in a formula could act or is none of ours: "WEBSERVICE", "a reference to another file"; empty for nothing."""
    code = _QUOTED.sub('""', text)
    names = {name.upper() for name in _FUNCTION.findall(_SHEET_NAME.sub("s", code))}
    foreign = sorted(names - allowed)
    if foreign:
        return clean_label(", ".join(foreign), limit=60)
    return "a reference to another file" if _ELSEWHERE.search(code) else ""


class _Reference(NamedTuple):
    """A reference to a cell: column and row from zero, each with the dollar sign that holds it."""

    fixed_col: str
    col: int
    fixed_row: str
    row: int

    def moved(self, down: int, right: int) -> str:
        """The reference as it reads in a copy so far away."""
        row = self.row + (0 if self.fixed_row else down)
        col = self.col + (0 if self.fixed_col else right)
        if not (0 <= row < ROWS and 0 <= col < COLUMNS):
            return "#REF!"
        return f"{self.fixed_col}{column_name(col)}{self.fixed_row}{row + 1}"


class Shared(NamedTuple):
    """A formula that several cells share: its text in pieces, each reference apart, as it reads in one of them.

    Whole rows and columns do not move along; no formula of ours names any.
    """

    pieces: tuple[str | _Reference, ...]
    row: int
    col: int

    @classmethod
    def of(cls, text: str, row: int, col: int) -> Shared:
        """Take the text apart that stands in a cell."""
        pieces: list[str | _Reference] = []
        at = 0
        for match in _PIECES.finditer(text):
            if match[1] is not None:
                continue
            reference = _Reference(match[2], column_number(match[3].upper()), match[4], int(match[5]) - 1)
            pieces += [text[at : match.start()], reference]
            at = match.end()
        return cls((*pieces, text[at:]), row, col)

    def copied(self, row: int, col: int) -> str:
        """The formula as it reads in another cell: what has no dollar sign moves along."""
        down, right = row - self.row, col - self.col
        return "".join(piece if isinstance(piece, str) else piece.moved(down, right) for piece in self.pieces)
