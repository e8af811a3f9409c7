"""The model and its values -> an .xlsx file; the only package that knows XlsxWriter, and a strict one.

XlsxWriter reports most faults by a warning or a return code; here each of them stops the build. A formula is never
written without its result, because readers that do not compute would show 0.
"""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from specxl.errors import OutputError
from specxl.workbook.charts import add_chart
from specxl.workbook.sheet import NativeSheet, finish_sheet, write_sheet
from specxl.workbook.strict import warnings_are_errors
from specxl.workbook.styles import Styles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter.workbook import Workbook

    from specxl.evaluate import Values
    from specxl.model.cells import Book, Properties

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
_WINDOW = (2400, 1500)


def empty_package(book: Book) -> bytes:
    """The package of a workbook with these sheets and nothing on them, for whoever fills in plain rows."""
    package = BytesIO()
    with warnings_are_errors(), xlsxwriter.Workbook(package, _OPTIONS) as native_book:
        for sheet in book.sheets:
            native_book.add_worksheet(sheet.name)
    return package.getvalue()


def _write(book: Book, values: Values, theme: Mapping[str, Any], path: Path) -> None:
    native_book = xlsxwriter.Workbook(str(path), _OPTIONS)
    styles = Styles(native_book, theme)
    natives = [(sheet, native_book.add_worksheet(sheet.name, NativeSheet)) for sheet in book.sheets]
    for sheet, native in natives:
        write_sheet(native, sheet, styles, values)
        finish_sheet(native, sheet, styles, theme, book.footer.replace("&", "&&"))
        for chart in sheet.charts:
            add_chart(native_book, native, chart, styles, theme)
    natives[0][1].activate()
    native_book.set_size(*_WINDOW)
    _set_properties(native_book, book.properties)
    native_book.close()


def _set_properties(native_book: Workbook, given: Properties) -> None:
    created = datetime.fromisoformat(given.created).replace(tzinfo=UTC)
    native_book.set_properties(
        {
            "title": given.title,
            "subject": given.subject,
            "author": "specxl",
            "keywords": given.keywords,
            "comments": given.comments,
            "created": created.replace(tzinfo=None),
        }
    )
    for key, text in given.custom.items():
        native_book.set_custom_property(key, text, "text")


def write_workbook(book: Book, values: Values, theme: Mapping[str, Any], path: Path) -> None:
    """Write the finished workbook beside its target and move it there in one step.

    Args:
        book: the model.
        values: the result of every formula, by (sheet, row, column).
        theme: `templates/theme.toml`, parsed.
        path: the .xlsx to make; an older file stays untouched until the new one is complete.

    Raises:
        OutputError: the folder does not exist or cannot be written.
        LayoutError: XlsxWriter refused or warned about anything.
    """
    target = path.resolve()  # a link stays, and what it names is replaced
    try:
        handle, name = tempfile.mkstemp(prefix=".specxl-", suffix=".xlsx", dir=target.parent)
    except OSError as exc:
        raise _output_error(path, exc) from exc
    os.close(handle)
    unfinished = Path(name)
    try:
        with warnings_are_errors():
            _write(book, values, theme, unfinished)
        umask = os.umask(0)
        os.umask(umask)
        unfinished.chmod(0o666 & ~umask)
        unfinished.replace(target)
    except OSError as exc:
        raise _output_error(path, exc) from exc
    finally:
        unfinished.unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Find out before any work whether the output can be written.

    Raises:
        OutputError: the folder does not exist, is not a folder or is read-only, or the target is no plain file.
    """
    folder = path.parent
    try:
        if not folder.is_dir():
            fault = "is not a folder. Choose" if folder.exists() else "does not exist. Create it, or choose"
            msg = f"{path}: {folder} {fault} another place with -o"
            raise OutputError(msg)
        if path.is_dir():
            msg = f"{path}: this is a folder. Name a file in it, such as {path / 'specxl.xlsx'}"
            raise OutputError(msg)
        if path.exists() and not path.is_file():
            msg = f"{path}: this is a device or a pipe, and a workbook is a file. Choose another place with -o"
            raise OutputError(msg)
    except OSError as exc:
        raise _output_error(path, exc) from exc
    if not os.access(folder, os.W_OK):
        msg = f"{path}: the folder {folder} is read-only. Choose another place with -o"
        raise OutputError(msg)


def _output_error(path: Path, exc: OSError) -> OutputError:
    reason = exc.strerror or str(exc)
    return OutputError(
        f"{path}: cannot be written: {reason}. Choose another place with -o, or close the program that holds it"
    )
