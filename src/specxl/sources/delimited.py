"""Delimited text: where its header stands, what delimits it, and its rows."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.sources.bounds import MAX_CELLS, MAX_COLUMNS, MAX_FIELD_CHARS, MAX_ROWS
from specxl.sources.jsontext import broken_by_conflict, conflict_marker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DELIMITERS = (",", ";", "\t")
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR = re.compile(r'"?sep ?= ?(.)"?\1*', re.IGNORECASE)
"""What Excel reads as a first line that names the delimiter; saved again, it is padded to the width of the table."""


@dataclass(frozen=True, slots=True)
class Table:
    """A delimited text: its header, its rows with the line each ends on, and its delimiter."""

    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]
    delimiter: str


@dataclass(frozen=True, slots=True)
class _Head:
    """Where the header begins, how many lines precede it, and what delimits it."""

    start: int
    skipped: int
    delimiter: str


def header_of(text: str) -> tuple[str, ...]:
    """Return the cells of the header line; never raises."""
    head = _head(text)
    line = _first_line(text, head.start)[:MAX_FIELD_CHARS]
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=head.delimiter), []))
    except csv.Error:
        return ()


def parse_table(text: str, name: str) -> Table:
    """Split a delimited text into its header (the first line that is no "#" comment) and rows.

    Raises `InputError` for broken quotes, and for more rows, columns or cells than the bounds allow.
    """
    head = _head(text)
    # the limit is the interpreter's own: what others set is put back
    limit = csv.field_size_limit(MAX_FIELD_CHARS)
    reader = csv.reader(_lines(text, head.start), delimiter=head.delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    held = 0
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        _check_width(header, name)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) == 1 and (marker := conflict_marker(cells[0])):
                raise broken_by_conflict(reader.line_num + head.skipped, marker, name)
            rows.append((reader.line_num + head.skipped, cells))
            held += len(cells)
            if len(rows) > MAX_ROWS:
                raise InputError(f"more than {MAX_ROWS} rows are too many", file=name)
            if held > MAX_CELLS:
                raise InputError("the cells are too many", file=name, allowed=f"at most {MAX_CELLS}")
    except csv.Error as error:
        raise InputError(f"broken CSV at line {reader.line_num + head.skipped} ({error})", file=name) from error
    finally:
        csv.field_size_limit(limit)
    return Table(header, rows, head.delimiter)


def _check_width(header: Sequence[str], name: str) -> None:
    if len(header) > MAX_COLUMNS:
        raise InputError(f"the header has {len(header)} columns", file=name, allowed=f"at most {MAX_COLUMNS}")


def _head(text: str) -> _Head:
    """Find the first line that is neither empty nor a "#" comment, nor names the delimiter."""
    start, skipped, named = 0, 0, ""
    while start < len(text):
        line = _first_line(text, start)
        if separator := _SEPARATOR.fullmatch(line.strip("\r\n ")):
            named = separator[1]
        elif line.strip() and not line.lstrip().startswith(("#", '"#')):
            break
        start, skipped = start + len(line), skipped + 1
    return _Head(start, skipped, named or _delimiter(_first_line(text, start)))


def _first_line(text: str, start: int) -> str:
    """Return the line that begins at a position, with its end."""
    return text[start : _line_end(text, start)]


def _lines(text: str, start: int) -> Iterator[str]:
    """Split a text into lines one by one, since a list of all of them would double it."""
    while start < len(text):
        end = _line_end(text, start)
        yield text[start:end]
        start = end


def _line_end(text: str, start: int) -> int:
    """Return where the next line begins: behind a line feed, a carriage return, or both."""
    feed = text.find("\n", start)
    after = len(text) if feed < 0 else feed + 1
    carriage = text.find("\r", start, after)
    return after if carriage < 0 or carriage + 1 == feed else carriage + 1


def _delimiter(line: str) -> str:
    """Return the delimiter that splits the header into most cells; what stands in quotes does not count."""
    bare = _QUOTED.sub("", line)
    return max(DELIMITERS, key=bare.count)
