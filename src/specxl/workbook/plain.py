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

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.model.cells import Book, Content, Sheet

_EMPTY = "<sheetData/>"


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
            filled = _filled(part.decode("utf-8"), parts.pop(name)).encode("utf-8") if name in parts else part
            plain.writestr(name, filled)
    if parts:
        msg = f"the package has no part for {', '.join(sheet.name for sheet in parts.values())}"
        raise LayoutError(msg)


def _filled(part: str, sheet: Sheet) -> str:
    if _EMPTY not in part:
        msg = f"the package's part for {sheet.name} has no place for rows"
        raise LayoutError(msg)
    return part.replace(_EMPTY, f"<sheetData>{_rows(sheet)}</sheetData>")


def _rows(sheet: Sheet) -> str:
    written: list[str] = []
    current = -1
    copies: dict[tuple[int, str], int] = {}
    for (row, col), cell in sorted(sheet.cells.items(), key=itemgetter(0)):
        content = cell.content
        if content is None:
            continue
        if row != current:
            written.append(f'{"" if current < 0 else "</row>"}<row r="{row + 1}">')
            current = row
        place = address(row, col)
        if isinstance(content, Formula) and content.pattern:
            written.append(_copy(place, col, content, copies))
        else:
            written.append(_cell(place, content))
    return "".join(written) + ("</row>" if written else "")


def _copy(place: str, col: int, content: Formula, copies: dict[tuple[int, str], int]) -> str:
    """A copy of a pattern: the engine parses the text of the first, and shares it with the others of its column."""
    number = copies.get((col, content.pattern))
    if number is not None:
        return f'<c r="{place}"><f t="shared" si="{number}"/><v>0</v></c>'
    number = copies[col, content.pattern] = len(copies)
    return f'<c r="{place}"><f t="shared" ref="{place}" si="{number}">{escape(content.text)}</f><v>0</v></c>'


def _cell(place: str, content: Content) -> str:
    if isinstance(content, Formula):
        return f'<c r="{place}"><f>{escape(content.text)}</f><v>0</v></c>'
    if isinstance(content, Link):
        content = content.text
    if isinstance(content, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(content)}</t></is></c>'
    return f'<c r="{place}"><v>{content}</v></c>'
