"""An .xlsx file that comes back -> the plain sheet model and the stored results; the only module that knows openpyxl."""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.datetime import to_excel
from openpyxl.utils.exceptions import InvalidFileException

from specxl.errors import WorkbookFileError
from specxl.model.cells import Book, Cell, Formula, Link, Properties, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from openpyxl.cell.cell import Cell as NativeCell
    from openpyxl.workbook.workbook import Workbook

    from specxl.evaluate import Values
    from specxl.model.cells import Content, Value

# What openpyxl raises on parts that are not as the file format asks.
_BROKEN = (
    InvalidFileException, BadZipFile, ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkbookFile:
    """A workbook as it stands in a file: its cells without looks, the stored result of every formula, its properties.

    A formula without a stored result has None there. `book` holds worksheets only, in order.
    """

    book: Book
    stored: Values
    properties: Mapping[str, str]


def read_workbook(path: Path) -> WorkbookFile:
    """Read a workbook whose package was screened (`safety.screen_package`).

    Raises:
        WorkbookFileError: a part is missing or is not as the file format asks.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of looks that it cannot keep; nothing is written back
            live: Any = openpyxl.load_workbook(path, keep_links=False)  # its stubs lack custom properties
            results = openpyxl.load_workbook(path, data_only=True, read_only=True, keep_links=False)
            sheets = [_read_sheet(live[sheet.title]) for sheet in live.worksheets]
            stored = _read_results(results, sheets)
            results.close()
            custom = {item.name: str(item.value) for item in live.custom_doc_props.props}
    except _BROKEN as exc:
        msg = f"{path}: the workbook cannot be read: {exc}. Open and save it in a spreadsheet program, and try again"
        raise WorkbookFileError(msg) from exc
    return WorkbookFile(Book(sheets, Properties("", "", "", "", "", custom)), stored, custom)


def _read_sheet(native: Any) -> Sheet:  # noqa: ANN401 - openpyxl's worksheet, whose cells have no usable types
    sheet = Sheet(native.title)
    # the filled cells only: walking over rows would make half a million empty ones
    for (row, column), cell in native._cells.items():  # noqa: SLF001
        content = _content(cell)
        if content is not None and content != "":
            sheet.cells[row - 1, column - 1] = Cell(content, "")
    return sheet


def _content(cell: NativeCell) -> Content:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        # an array or data table formula is an object with its text
        text = value if isinstance(value, str) else getattr(value, "text", None) or repr(vars(value))
        return Formula(str(text).removeprefix("="))
    plain = _plain(value)
    link = getattr(cell, "hyperlink", None)
    if link is not None and isinstance(plain, str):
        place = f"#{link.location}" if link.location else ""
        return Link((link.target or "") + place, plain)
    return plain


def _plain(value: object) -> str | int | float | None:
    """Dates as the day numbers that they are stored as, rich text as its text, truth values as 1 and 0."""
    if isinstance(value, (dt.datetime, dt.date, dt.time, dt.timedelta)):
        serial: float = to_excel(value)  # type: ignore[no-untyped-call]
        return serial
    if isinstance(value, bool):
        return int(value)
    return value if value is None or isinstance(value, (int, float)) else str(value)


def _read_results(results: Workbook, sheets: list[Sheet]) -> Values:
    stored: Values = {}
    for sheet in sheets:
        formulas = {place for place, cell in sheet.cells.items() if isinstance(cell.content, Formula)}
        native: Any = results[sheet.name]
        native.reset_dimensions()  # a file may state its extent wrongly
        for row, values in enumerate(native.iter_rows(values_only=True)):
            for col, value in enumerate(values):
                if (row, col) in formulas:
                    held: Value = _plain(value)
                    stored[sheet.name, row, col] = held
                    formulas.discard((row, col))
        stored |= {(sheet.name, row, col): None for row, col in formulas}
    return stored
