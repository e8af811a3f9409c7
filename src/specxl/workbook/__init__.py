"""The model and its values -> an .xlsx file; the only package that knows XlsxWriter, and a strict one.

XlsxWriter reports most faults by a warning or a return code; here each of them stops the build. A formula is never
written without its result, because readers that do not compute would show 0.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from specxl.output import whole_file
from specxl.workbook.charts import add_chart
from specxl.workbook.native import NativeSheet
from specxl.workbook.package import Archive, NativeBook
from specxl.workbook.sheet import finish_sheet, write_sheet
from specxl.workbook.strict import warnings_are_errors
from specxl.workbook.styles import Styles

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xlsxwriter.workbook import Workbook

    from specxl.evaluate import Values
    from specxl.model.cells import Book, Properties

_WINDOW = (2400, 1500)


class _Kept(BytesIO):
    """A part that can be read once it is done."""

    def close(self) -> None:
        """Stay open."""


def empty_parts(book: Book) -> dict[str, bytes]:
    """The package of a workbook with these sheets and nothing on them, for whoever fills in plain rows: its parts by name."""
    parts: dict[str, _Kept] = {}
    with warnings_are_errors():
        native_book = NativeBook(lambda name: parts.setdefault(name, _Kept()))
        for sheet in book.sheets:
            native_book.add_worksheet(sheet.name)
        native_book.close()
    return {name: part.getvalue() for name, part in parts.items()}


def _write_parts(book: Book, values: Values, theme: Mapping[str, Any], archive: Archive) -> None:
    native_book = NativeBook(archive.opened)
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


def package_of(book: Book, values: Values, theme: Mapping[str, Any]) -> bytes:
    """The finished workbook as the content of its file.

    Args:
        book: the model.
        values: the result of every formula, by (sheet, row, column).
        theme: `templates/theme.toml`, parsed.

    Raises:
        LayoutError: XlsxWriter refused or warned about anything.
    """
    with warnings_are_errors():
        with Archive(sum(len(sheet.cells) for sheet in book.sheets)) as archive:
            _write_parts(book, values, theme, archive)
        return archive.content()


def write_package(package: bytes, path: Path) -> None:
    """Write a workbook beside its target and move it there in one step; an older file stays untouched until then.

    Raises:
        OutputError: the folder does not exist, or the system refused to write.
    """
    with whole_file(path) as stream:
        stream.write(package)


def write_workbook(book: Book, values: Values, theme: Mapping[str, Any], path: Path) -> None:
    """Write the finished workbook; see `package_of` and `write_package`."""
    write_package(package_of(book, values, theme), path)
