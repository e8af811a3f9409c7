"""The copy of the workbook that the spreadsheet engine evaluates: constants and formulas, without results or looks.

The package comes from XlsxWriter, with empty sheets; only the rows are written here, because nothing about them is to be
checked or styled and a large build spends a seventh of its time on them otherwise. Nobody but the engine opens this copy.
"""

from __future__ import annotations

import zipfile
from operator import itemgetter
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from specxl.errors import LayoutError, OutputError
from specxl.model.cells import Formula, Link, address
from specxl.workbook import empty_parts
from specxl.workbook.shared import in_common, to_copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from specxl.model.cells import Book, Content, Sheet

_EMPTY = "<sheetData/>"
_CELLS_AT_ONCE = 4_000
_LONG = 5_000
"""A sheet of more cells has blocks of one kind below each other, whose formulas are worth comparing."""


def write_plain(book: Book, path: Path) -> None:
    """Write the model's constants and formulas to an .xlsx that only the engine reads.

    Raises:
        LayoutError: the package has no place for a sheet's rows.
        OutputError: the folder for temporary files is full or cannot be written.
    """
    try:
        _write(book, path)
    except OSError as exc:
        folder, reason = path.parent.parent, exc.strerror or exc
        msg = f"{folder}: no room for temporary files: {reason}. Make some, or name another folder in TMPDIR"
        raise OutputError(msg) from exc


def _write(book: Book, path: Path) -> None:
    parts = {f"xl/worksheets/sheet{number}.xml": sheet for number, sheet in enumerate(book.sheets, start=1)}
    with zipfile.ZipFile(path, "w") as plain:
        for name, part in empty_parts(book).items():
            with plain.open(name, "w", force_zip64=True) as stream:
                for text in (
                    _filled(part.decode("utf-8"), parts.pop(name)) if name in parts else (part.decode("utf-8"),)
                ):
                    stream.write(text.encode("utf-8"))
    if parts:
        msg = f"the package has no part for {', '.join(sheet.name for sheet in parts.values())}"
        raise LayoutError(msg)


def _filled(part: str, sheet: Sheet) -> Iterator[str]:
    """The part of a sheet in pieces, since a whole one would be among the largest things that a build holds."""
    head, place, tail = part.partition(_EMPTY)
    if not place:
        msg = f"the package's part for {sheet.name} has no place for rows"
        raise LayoutError(msg)
    yield f"{head}<sheetData>"
    yield from _rows(sheet)
    yield f"</sheetData>{tail}"


def _rows(sheet: Sheet) -> Iterator[str]:
    written: list[str] = []
    current = -1
    copies: dict[tuple[int, str], int] = {}
    long = len(sheet.cells) > _LONG
    for (row, col), cell in sorted(sheet.cells.items(), key=itemgetter(0)):
        content = cell.content
        if content is None:
            continue
        if row != current:
            if len(written) > _CELLS_AT_ONCE:
                yield "".join(written)
                written.clear()
            written.append(f'{"" if current < 0 else "</row>"}<row r="{row + 1}">')
            current = row
        if isinstance(content, Formula):
            written.append(_formula(content, row, col, copies, long=long))
        else:
            written.append(_cell(address(row, col), content))
    yield "".join(written) + ("</row>" if current >= 0 else "")


def _formula(content: Formula, row: int, col: int, copies: dict[tuple[int, str], int], *, long: bool) -> str:
    """A formula; of copies in one column the engine parses the text of the first, and shares it with the others."""
    place, source = address(row, col), content.source
    key = source if content.pattern else in_common(source, row) if long else ""
    if not key:
        return f'<c r="{place}"><f>{escape(source)}</f><v>0</v></c>'
    number = copies.get((col, key))
    if number is not None:
        return f'<c r="{place}"><f t="shared" si="{number}"/><v>0</v></c>'
    number = copies[col, key] = len(copies)
    text = escape(content.text(row) if content.pattern else to_copy(source, row))
    return f'<c r="{place}"><f t="shared" ref="{place}" si="{number}">{text}</f><v>0</v></c>'


def _cell(place: str, content: Content) -> str:
    if isinstance(content, Link):
        content = content.text
    if isinstance(content, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(content)}</t></is></c>'
    return f'<c r="{place}"><v>{content}</v></c>'
