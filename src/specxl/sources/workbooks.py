"""Workbooks as input: which sheets they have, and the rows of a sheet, streamed.

The package is looked through before openpyxl parses it: a few kilobytes of a workbook can unfold to millions of elements,
and a single cell in the last corner of a sheet to a rectangle that no memory holds.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from functools import cached_property
from importlib import import_module
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.schema import SHEET_ROWS
from specxl.sources.archives import WORKBOOK_PART, Archive
from specxl.sources.bounds import MAX_CELLS, MAX_FILE_BYTES, MAX_ROWS, MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openpyxl.workbook import Workbook

OWN_PART, OWN_MARK = "docProps/custom.xml", b"specxl root digest"
"""A workbook that specxl wrote says so in its custom properties."""
NO_RESULT = "formula without a result"
MAX_TAGS = {"worksheet": 4 * MAX_CELLS, "sst": 4_000_000}
"""Most tags of a part by its root: cells take four, shared strings as many."""
MAX_OTHER_TAGS = 200_000
"""Most tags of any other part, and of a sheet outside its rows or within one: these are held together."""
MAX_TAG_BYTES = MIB
FARTHEST_ROW = 9_999_999
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_ROW = re.compile(rb"<(?:[\w.-]+:)?row[\s/>]")
_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_FAR_AWAY = re.compile(rb'\sr=["\'][A-Za-z]{0,3}\d{8,}["\']')
_BEFORE_ROOT = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


def sheet_names(archive: Archive) -> list[str]:
    """Return the names of a workbook's sheets in their order. `InputError` when its list of sheets is broken."""
    try:
        root = fromstring(archive.read(WORKBOOK_PART, MAX_OTHER_TAGS * 40), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        reason = clean_label(error, limit=80)
        raise InputError(f"the workbook is broken ({reason})", file=archive.name) from error
    elements = (element for element in root.iter() if element.tag.rpartition("}")[2] == "sheet")
    return [name for element in elements if (name := element.get("name"))]


def is_own(archive: Archive) -> bool:
    """Whether specxl wrote the workbook, or a program that saved it again."""
    return OWN_MARK in archive.read(OWN_PART, MIB)


class WorkbookFile:
    """An xlsx file whose sheets are read one after the other; what they share is loaded once."""

    def __init__(self, opener: Callable[[], IO[bytes]], name: str, sheets: list[str], *, own: bool) -> None:
        """Take what opens the file; nothing is read until rows are asked for."""
        self._opener, self._name = opener, name
        self.sheets, self.is_own = sheets, own
        self._has_formulas = False
        self._books: dict[bool, Workbook] = {}

    @cached_property
    def data(self) -> bytes:
        """The bytes of the file."""
        with self._opener() as stream:
            return stream.read(MAX_FILE_BYTES + 1)

    def rows(self, sheet: str, first: int, last: int, width: int) -> list[tuple[int, tuple[Any, ...]]]:
        """Return the filled rows of a sheet from `first` to `last` with their numbers, up to `width` cells each.

        A formula without a stored result is `NO_RESULT`. Raises `InputError` for what is no workbook or too large.
        """
        try:
            with warnings.catch_warnings():  # what openpyxl leaves out is nothing that is read here
                warnings.simplefilter("ignore")
                return self._rows(sheet, first, last, width)
        except InputError:
            raise
        except Exception as error:  # damaged parts raise xml, zip, key, type and value errors
            raise InputError(f"the file cannot be read ({clean_label(error, limit=100)})", file=self._name) from error

    def _rows(self, sheet: str, first: int, last: int, width: int) -> list[tuple[int, tuple[Any, ...]]]:
        values = self._rows_of(sheet, first, last, width, results=True)
        if self._has_formulas:
            formulas = self._rows_of(sheet, first, last, width, results=False)
            values = (_with_formulas(*both) for both in zip(values, formulas, strict=True))
        found: list[tuple[int, tuple[Any, ...]]] = []
        held = 0
        for number, cells in enumerate(values, first):
            filled = _filled(cells)
            if not filled:
                continue
            if number > SHEET_ROWS:
                raise self._too_far()
            found.append((number, cells[:filled]))
            held += filled
            if len(found) > MAX_ROWS or held > MAX_CELLS:
                allowed = f"at most {MAX_ROWS} rows and {MAX_CELLS} cells"
                raise InputError("the rows are too many", file=self._name, allowed=allowed)
        return found

    def _rows_of(self, sheet: str, first: int, last: int, width: int, *, results: bool) -> Iterator[tuple[Any, ...]]:
        """Yield all rows of a sheet, empty ones among them, with results or with formulas."""
        if not self._books:
            self._look_through()
        if results not in self._books:
            # on first use: most builds read no workbook, and openpyxl takes a while to import
            load_workbook = import_module("openpyxl").load_workbook
            self._books[results] = load_workbook(
                BytesIO(self.data), read_only=True, data_only=results, keep_links=False
            )
        book = self._books[results]
        table = book[sheet] if sheet in book.sheetnames else None
        if table is None or not hasattr(table, "iter_rows"):  # a chart sheet has none
            return iter(())
        rows: Iterator[tuple[Any, ...]] = table.iter_rows(min_row=first, max_row=last, max_col=width, values_only=True)
        return rows

    def _look_through(self) -> None:
        """Look through all parts for what would take much memory; parts are known by what they hold, not by name."""
        with zipfile.ZipFile(BytesIO(self.data)) as package:
            for entry in package.infolist():
                with package.open(entry) as part:
                    self._look_through_part(part, entry.filename)

    def _look_through_part(self, part: IO[bytes], name: str) -> None:
        """Count the tags of one part: all of them, those from one row to the next, and the bytes of the longest."""
        chunk = part.read(MIB)
        if not chunk.lstrip(_BEFORE_ROOT).startswith(b"<"):
            return
        match = _ROOT.search(chunk)
        root = match[1].decode("ascii", "replace") if match else ""
        total, near, open_tag = 0, 0, 0
        while chunk:
            pieces = [len(piece) for piece in chunk.split(b"<")]
            rows = [piece.count(b"<") for piece in _ROW.split(chunk)] if root == "worksheet" else [0]
            total += len(pieces) - 1
            most = max(near + rows[0], *rows)
            longest = max(open_tag + pieces[0], *pieces)
            if total > MAX_TAGS.get(root, MAX_OTHER_TAGS) or most > MAX_OTHER_TAGS or longest > MAX_TAG_BYTES:
                allowed = f"at most {MAX_CELLS} cells in a sheet"
                raise InputError(f"its part {clean_label(name)} holds too much", file=self._name, allowed=allowed)
            if root == "worksheet" and _FAR_AWAY.search(chunk):
                raise self._too_far()
            self._has_formulas = self._has_formulas or (root == "worksheet" and bool(_FORMULA.search(chunk)))
            near = rows[-1] if len(rows) > 1 else near + rows[0]
            open_tag = pieces[-1] if len(pieces) > 1 else open_tag + pieces[0]
            chunk = part.read(MIB)

    def _too_far(self) -> InputError:
        return InputError("a cell lies below the last row of a sheet", file=self._name, allowed=f"{SHEET_ROWS} rows")


def _filled(cells: tuple[Any, ...]) -> int:
    """Count the cells of a row up to the last that holds something."""
    filled = len(cells)
    while filled and cells[filled - 1] is None:
        filled -= 1
    return filled


def _with_formulas(values: tuple[Any, ...], formulas: tuple[Any, ...]) -> tuple[Any, ...]:
    """Mark cells that have a formula and no result."""
    if not any(formulas):
        return values
    return tuple(
        NO_RESULT if value is None and formula is not None and _is_formula(formula) else value
        for value, formula in zip(values, formulas, strict=True)
    )


def _is_formula(value: object) -> bool:
    """Whether a cell's content is a formula: text with an equals sign, or one of openpyxl's formula objects."""
    return value.startswith("=") if isinstance(value, str) else hasattr(value, "ref")
