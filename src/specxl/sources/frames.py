"""A table in memory as one more input: columns or rows under a name, brought into the form of a tidy CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from specxl.errors import InputError
from specxl.labels import clean_label

Columns = Mapping[str, Sequence[object]]
Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class TidyRows:
    """A table by columns (`{"model": [...], ...}`) or by rows (`[{"model": ...}, ...]`), read as a tidy CSV file is.

    `name` is what reports call it. Row 1 is the header, so the first row of the table is row 2. A missing value is None,
    NaN or whatever is unequal to itself. The digest of the source is that of `csv()`.
    """

    name: str
    rows: Columns | Rows

    def csv(self) -> bytes:
        """Return the table as CSV: the columns in their order, numbers in full, dates in ISO form, lines ended by a newline.

        Raises `InputError` when it is no table or its columns differ in length.
        """
        names, lines = self._lines()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        # a first cell that begins with "#" would make the header a comment
        order = sorted(range(len(names)), key=lambda place: names[place].lstrip().startswith(("#", "sep=")))
        writer.writerow([names[place] for place in order])
        for line in lines:
            writer.writerow([_text(line[place]) for place in order])
        return text.getvalue().encode("utf-8", "replace")

    def _lines(self) -> tuple[list[str], list[Sequence[object]]]:
        """Return the names of the columns and the values of every row."""
        table = self.rows
        if isinstance(table, Mapping):
            names = [str(name) for name in table]
            columns = list(table.values())
            lengths = {len(column) for column in columns}
            if len(lengths) > 1:
                shown = ", ".join(str(length) for length in sorted(lengths))
                raise InputError("the columns differ in length", file=clean_label(self.name), allowed=f"one of {shown}")
            return names, list(zip(*columns, strict=True))
        if isinstance(table, Sequence) and all(isinstance(row, Mapping) for row in table):
            keys = list(dict.fromkeys(key for row in table for key in row))
            return [str(key) for key in keys], [[row.get(key) for key in keys] for row in table]
        allowed = "columns by name, or a list of rows by column name"
        raise InputError("this is no table", file=clean_label(self.name), allowed=allowed)


def _text(value: object) -> str:
    """Return a value as a cell of CSV on one line."""
    if is_missing(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if hasattr(value, "item"):  # a scalar of numpy
        return _text(value.item())
    return " ".join(str(value).splitlines())


def is_missing(value: object) -> bool:
    """Whether a value stands for none: None, or unequal to itself as NaN and NaT are; the NA of pandas cannot even tell."""
    try:
        return value is None or bool(value != value)  # noqa: PLR0124
    except (TypeError, ValueError):
        return True
