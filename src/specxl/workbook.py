"""The model and its values -> an .xlsx file; the only module that knows XlsxWriter, and a strict one.

XlsxWriter reports most faults by a warning or a return code; here each of them stops the build. A formula is never
written without its result, because readers that do not compute would show 0.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError, XlsxWriterException
from xlsxwriter.worksheet import Worksheet as NativeSheet

from specxl.cells import Formula, Link, resolve
from specxl.errors import LayoutError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from specxl.cells import Book, Cell, Chart, Content, Highlight, Properties, Range, Series, Sheet, Validation, Value
    from specxl.evaluate import Values

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
# Excel parses a text again when it is edited in place; the quote prefix keeps these texts.
_RISKY = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001
_LONGEST_TEXT = 120
_WINDOW = (2400, 1500)
_GRIDLINES_NOWHERE = 2
_COLOURED = ("font_color", "bg_color", "border_color", "bottom_color", "top_color")
_MOVE_WITH_CELLS = 2
_PROTECTION = {
    "select_locked_cells": True,
    "select_unlocked_cells": True,
    "format_columns": True,
    "format_rows": True,
    "autofilter": True,
    "objects": True,
}


class _Sheet(NativeSheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """XlsxWriter's worksheet without its search for functions newer than Excel 2007 in every formula.

    None is ever written (`formulas.ALLOWED_FUNCTIONS`, held by a test), and the search is most of the time of a build.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002
        return formula.removeprefix("=")


def _strict(code: object, what: str, *place: object) -> None:
    """XlsxWriter returns a negative number for a refused call and 0 or None for a good one."""
    if isinstance(code, int) and code != 0:
        where = f" at {place[0]} row {int(str(place[1])) + 1} column {int(str(place[2])) + 1}" if place else ""
        msg = f"{what}{where} was refused with code {code}"
        raise LayoutError(msg)


@contextmanager
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            yield
        except FileCreateError as exc:  # no fault of the model: it wraps what the system said
            raise OSError(*exc.args[0].args) from exc
        except (UserWarning, XlsxWriterException) as exc:
            msg = f"the sheet model breaks a rule of the file format: {exc}"
            raise LayoutError(msg) from exc


class _Styles:
    """Style names -> XlsxWriter formats, one object per distinct set of properties."""

    def __init__(self, book: Workbook, theme: Mapping[str, Any]) -> None:
        self._book, self._theme = book, theme
        self._made: dict[tuple[str, bool], Format] = {}

    def colour(self, name: str) -> str:
        """A colour of the theme by name."""
        found = self._theme["colours"].get(name)
        if found is None:
            msg = f"the theme has no colour {name!r}"
            raise LayoutError(msg)
        return str(found)

    def properties(self, style: str) -> dict[str, Any]:
        """The merged properties of a style, colours resolved."""
        page = self._theme["page"]
        merged: dict[str, Any] = {
            "font_name": page["font"],
            "font_size": page["size"],
            "font_color": "ink",
            "valign": "vcenter",
        }
        for token in style.split():
            if token not in self._theme["styles"]:
                msg = f"the theme has no style {token!r}"
                raise LayoutError(msg)
            merged.update(self._theme["styles"][token])
        return {k: self.colour(v) if k in _COLOURED else v for k, v in merged.items()}

    def format(self, style: str, *, quoted: bool = False) -> Format:
        """The XlsxWriter format of a style."""
        key = (style, quoted)
        if key not in self._made:
            extra = {"quote_prefix": True} if quoted else {}
            self._made[key] = self._book.add_format({**self.properties(style), **extra})
        return self._made[key]

    def highlight(self, style: str) -> Format:
        """A format for conditional formatting: colours and weight only."""
        wanted = {k: v for k, v in self.properties(style).items() if k in ("font_color", "bg_color", "bold", "italic")}
        return self._book.add_format(wanted)


def _write_cell(
    sheet: Worksheet, row: int, col: int, content: Content, fmt: Format | None, value: Value, own: str
) -> None:
    if isinstance(content, Formula):
        _strict(sheet.write_formula(row, col, "=" + content.text, fmt, value), "formula", own, row, col)
    elif isinstance(content, str):
        _strict(sheet.write_string(row, col, content, fmt), "text", own, row, col)
    elif content is None:
        _strict(sheet.write_blank(row, col, None, fmt), "blank", own, row, col)
    elif isinstance(content, Link):
        target = "internal:" + content.target[1:] if content.target.startswith("#") else content.target
        _strict(sheet.write_url(row, col, target, fmt, content.text), "link", own, row, col)
    else:
        _strict(sheet.write_number(row, col, content, fmt), "number", own, row, col)


def _place(area: Range) -> tuple[int, int, int, int]:
    return area.first.row, area.first.col, area.last.row, area.last.col


def _chart_range(area: Range) -> list[object]:
    return [area.sheet, *_place(area)]


def _look(series: Series, looks: Mapping[str, Any], styles: _Styles) -> dict[str, Any]:
    look = looks[series.look]
    if "bar" in look:
        colour = styles.colour(look["bar"])
        if "pattern" in look:
            return {"pattern": {"pattern": look["pattern"], "fg_color": colour, "bg_color": "#FFFFFF"}}
        return {"fill": {"color": colour}}
    if "line" in look:
        line = {"color": styles.colour(look["line"]), "width": look["width"], "dash_type": look["dash"]}
        return {"line": line, "marker": {"type": "none"}}
    fill = {"color": styles.colour(look["fill"])}
    border = {"color": styles.colour(look["border"]), "width": 1.25}
    marker = {"type": look["marker"], "size": look["size"], "fill": fill, "border": border}
    return {"line": {"none": True}, "marker": marker}


def _add_chart(book: Workbook, sheet: Worksheet, chart: Chart, styles: _Styles, theme: Mapping[str, Any]) -> None:
    kind = {"type": "scatter", "subtype": "straight"} if chart.kind == "scatter" else {"type": "bar"}
    native = book.add_chart(kind)
    if native is None:
        msg = f"no chart of kind {chart.kind!r}"
        raise LayoutError(msg)
    for series in chart.series:
        options = {
            "name": [series.name.sheet, series.name.row, series.name.col],
            "categories": _chart_range(series.x),
            "values": _chart_range(series.y),
            **_look(series, theme["looks"], styles),
        }
        _strict(native.add_series(options), f"series of {chart.name}")
    font = {"name": theme["page"]["font"], "size": 9, "bold": False, "color": styles.colour("ink")}
    grid = {"visible": True, "line": {"color": styles.colour("rule"), "width": 0.5}}
    axis = {"num_font": font, "name_font": font, "line": {"color": styles.colour("muted")}}
    if chart.kind == "scatter":
        native.set_x_axis({**axis, "name": chart.x_title, "min": 0, "major_gridlines": {"visible": False}})
        native.set_y_axis({**axis, "name": chart.y_title, "min": 0, "major_gridlines": grid})
    else:
        native.set_x_axis({**axis, "name": chart.x_title, "min": 0, "major_gridlines": grid})
        native.set_y_axis({**axis, "name": chart.y_title, "reverse": True, "major_gridlines": {"visible": False}})
    native.set_title({"none": True})
    native.set_legend({"position": "bottom", "font": font})
    native.set_size({"width": chart.width, "height": chart.height})
    native.show_hidden_data()
    place = {"description": chart.alt_text, "object_position": _MOVE_WITH_CELLS}
    _strict(sheet.insert_chart(chart.at.row, chart.at.col, native, place), chart.name)


def _add_validation(sheet: Worksheet, rule: Validation) -> None:
    shared: dict[str, object] = {
        "input_title": rule.title,
        "input_message": rule.message,
        "error_title": rule.title,
        "error_message": rule.message,
        "error_type": "stop" if rule.stop else "warning",
    }
    if rule.choices is not None:
        source = "=" + resolve(str(rule.choices), rule.ref.sheet)
        options = {**shared, "validate": "list", "source": source}
    elif rule.text:
        options = {**shared, "validate": "length", "criteria": "<=", "value": _LONGEST_TEXT}
    else:
        options = {**shared, "validate": "decimal", "criteria": ">", "value": 0.0}
    row, col = rule.ref.row, rule.ref.col
    _strict(sheet.data_validation(row, col, row, col, options), f"validation of {rule.title}")


def _add_highlight(native: Worksheet, mark: Highlight, sheet: str, styles: _Styles) -> None:
    if mark.when:
        options = {"type": "formula", "criteria": "=" + resolve(mark.when, sheet)}
    elif mark.whole:
        options = {"type": "cell", "criteria": "==", "value": f'"{mark.text}"'}
    else:
        options = {"type": "text", "criteria": "begins with", "value": mark.text}
    code = native.conditional_format(*_place(mark.area), {**options, "format": styles.highlight(mark.style)})
    _strict(code, "conditional format")


def _finish_sheet(
    book: Workbook, native: Worksheet, sheet: Sheet, styles: _Styles, theme: Mapping[str, Any], footer: str
) -> None:
    for col, width in sheet.widths.items():
        _strict(native.set_column(col, col, width), "column width")
    for row, height in sheet.heights.items():
        _strict(native.set_row(row, height), "row height")
    for rule in sheet.validations:
        _add_validation(native, rule)
    for mark in sheet.highlights:
        _add_highlight(native, mark, sheet.name, styles)
    for chart in sheet.charts:
        _add_chart(book, native, chart, styles, theme)
    native.hide_gridlines(_GRIDLINES_NOWHERE)
    native.freeze_panes(*sheet.freeze)
    native.set_tab_color(theme["tabs"][sheet.tab])
    _set_page(native, sheet, theme["page"], footer)
    native.protect("", _PROTECTION)


def _set_page(native: Worksheet, sheet: Sheet, page: Mapping[str, Any], footer: str) -> None:
    """Set what a printer asks for: one page wide, any number long."""
    if sheet.landscape:
        native.set_landscape()
    native.set_paper(page["paper"])
    native.fit_to_pages(1, 0)
    native.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    native.set_footer(f"&L&{page['footer_size']}{footer}&R&{page['footer_size']}&A, page &P of &N")
    if sheet.repeat_rows:
        native.repeat_rows(*sheet.repeat_rows)
    if sheet.print_area:
        _strict(native.print_area(*_place(sheet.print_area)), "print area")


def _cell_format(styles: _Styles, cell: Cell) -> Format:
    shown = cell.content.text if isinstance(cell.content, Link) else cell.content
    return styles.format(cell.style, quoted=isinstance(shown, str) and shown.startswith(_RISKY))


def _write_sheet(native: Worksheet, sheet: Sheet, styles: _Styles, values: Values) -> None:
    name = sheet.name
    headers: set[tuple[int, int]] = set()
    for table in sheet.tables:
        top, left, _, right = _place(table.area)
        columns = []
        for col in range(left, right + 1):
            cell = sheet.cells[top, col]
            columns.append({"header": cell.content, "header_format": _cell_format(styles, cell)})
            headers.add((top, col))
        options = {"name": table.name, "columns": columns, "style": None, "title": table.title}
        _strict(native.add_table(*_place(table.area), options), f"table {table.name}")
    for area in sheet.merges:
        cell = sheet.cells[area.first.row, area.first.col]
        _strict(native.merge_range(*_place(area), "", _cell_format(styles, cell)), f"merge on {name}")
    for (row, col), cell in sheet.cells.items():
        if (row, col) in headers:
            continue
        value = values[name, row, col] if isinstance(cell.content, Formula) else None
        if isinstance(cell.content, Formula) and value is None:
            msg = f"the formula at {name} row {row + 1} column {col + 1} has no result"
            raise LayoutError(msg)
        _write_cell(native, row, col, cell.content, _cell_format(styles, cell), value, name)


def empty_package(book: Book) -> bytes:
    """The package of a workbook with these sheets and nothing on them, for whoever fills in plain rows."""
    package = BytesIO()
    with _warnings_are_errors(), xlsxwriter.Workbook(package, _OPTIONS) as native_book:
        for sheet in book.sheets:
            native_book.add_worksheet(sheet.name)
    return package.getvalue()


def _write(book: Book, values: Values, theme: Mapping[str, Any], path: Path) -> None:
    native_book = xlsxwriter.Workbook(str(path), _OPTIONS)
    styles = _Styles(native_book, theme)
    natives = [(sheet, native_book.add_worksheet(sheet.name, _Sheet)) for sheet in book.sheets]
    for sheet, native in natives:
        _write_sheet(native, sheet, styles, values)
        _finish_sheet(native_book, native, sheet, styles, theme, book.footer.replace("&", "&&"))
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
        with _warnings_are_errors():
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
