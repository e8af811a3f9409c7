"""A sheet of the model and its values -> a worksheet: cells, tables, rules, page and protection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specxl.errors import LayoutError
from specxl.model.cells import Formula, Link, resolve
from specxl.workbook.native import Figures
from specxl.workbook.strict import strict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from specxl.evaluate import Values
    from specxl.model.cells import Cell, DataBar, Highlight, Sheet, Validation
    from specxl.workbook.native import NativeSheet
    from specxl.workbook.styles import Styles

# Excel parses a text again when it is edited in place; the quote prefix keeps these texts.
_RISKY = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001
_LONGEST_TEXT = 120
_GRIDLINES_NOWHERE = 2
_PROTECTION = {
    "select_locked_cells": True,
    "select_unlocked_cells": True,
    "format_columns": True,
    "format_rows": True,
    "autofilter": True,
    "objects": True,
}


def _cell_format(styles: Styles, cell: Cell) -> Format:
    shown = cell.content.text if isinstance(cell.content, Link) else cell.content
    return styles.format(cell.style, quoted=isinstance(shown, str) and shown.startswith(_RISKY))


def _write_constant(sheet: NativeSheet, row: int, col: int, cell: Cell, styles: Styles, own: str) -> None:
    content, fmt = cell.content, _cell_format(styles, cell)
    if isinstance(content, str):
        strict(sheet.write_string(row, col, content, fmt), "text", own, row, col)
    elif content is None:
        strict(sheet.write_blank(row, col, None, fmt), "blank", own, row, col)
    elif isinstance(content, Link):
        target = "internal:" + content.target[1:] if content.target.startswith("#") else content.target
        strict(sheet.write_url(row, col, target, fmt, content.text), "link", own, row, col)
    elif not isinstance(content, Formula):
        strict(sheet.refused(row, col, content), "number", own, row, col)


def write_sheet(native: NativeSheet, sheet: Sheet, styles: Styles, values: Values) -> None:
    """Write tables, merged cells and every cell; formulas with their results, and numbers, when their rows are written.

    Raises:
        LayoutError: a formula has no result, or XlsxWriter refused a cell.
    """
    name = sheet.name
    native.fill(Figures(sheet, values, lambda cell: _cell_format(styles, cell)))
    headers: set[tuple[int, int]] = set()
    for table in sheet.tables:
        top, left, _, right = table.area.corners
        columns = []
        for col in range(left, right + 1):
            cell = sheet.cells[top, col]
            columns.append({"header": cell.content, "header_format": _cell_format(styles, cell)})
            headers.add((top, col))
        options = {"name": table.name, "columns": columns, "style": None, "title": table.title}
        strict(native.add_table(*table.area.corners, options), f"table {table.name}")
    for area in sheet.merges:
        cell = sheet.cells[area.first.row, area.first.col]
        strict(native.merge_range(*area.corners, "", _cell_format(styles, cell)), f"merge on {name}")
    for (row, col), cell in sheet.cells.items():
        if isinstance(cell.content, Formula):
            value = values[name, row, col]
            if value is None:
                msg = f"the formula at {name} row {row + 1} column {col + 1} has no result"
                raise LayoutError(msg)
            strict(native.refused(row, col), "formula", name, row, col)
        elif (row, col) not in headers:
            _write_constant(native, row, col, cell, styles, name)


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
    elif rule.share:
        options = {**shared, "validate": "decimal", "criteria": "between", "minimum": 0.0, "maximum": 1.0}
    else:
        options = {**shared, "validate": "decimal", "criteria": ">", "value": 0.0}
    row, col = rule.ref.row, rule.ref.col
    strict(sheet.data_validation(row, col, row, col, options), f"validation of {rule.title}")


def _add_highlight(native: Worksheet, mark: Highlight, sheet: str, styles: Styles) -> None:
    options = {"type": "formula", "criteria": "=" + resolve(mark.when, sheet), "format": styles.highlight(mark.style)}
    strict(native.conditional_format(*mark.area.corners, options), "conditional format")


def _add_bar(native: Worksheet, bar: DataBar, styles: Styles) -> None:
    options = {
        "type": "data_bar",
        "bar_color": styles.colour(bar.colour),
        "min_type": "num",
        "min_value": 0,
        "max_type": "num",
        "max_value": bar.longest,
        # As long as the figure says: without these a bar begins at a tenth. Bars of Excel 2010 would be of one colour, but
        # pandas and openpyxl warn of their extension whenever they read the file.
        "min_length": 0,
        "max_length": 100,
    }
    strict(native.conditional_format(*bar.area.corners, options), "data bar")


def finish_sheet(native: Worksheet, sheet: Sheet, styles: Styles, theme: Mapping[str, Any], footer: str) -> None:
    """Set what belongs to a sheet as a whole: widths, rules, highlights, page set-up and protection.

    Raises:
        LayoutError: XlsxWriter refused any of it.
    """
    for col, width in sheet.widths.items():
        strict(native.set_column(col, col, width), "column width")
    for row, height in sheet.heights.items():
        strict(native.set_row(row, height), "row height")
    for rule in sheet.validations:
        _add_validation(native, rule)
    for mark in sheet.highlights:
        _add_highlight(native, mark, sheet.name, styles)
    for bar in sheet.bars:
        _add_bar(native, bar, styles)
    native.hide_gridlines(_GRIDLINES_NOWHERE)
    native.freeze_panes(*sheet.freeze)
    native.set_tab_color(theme["tabs"][sheet.tab])
    _set_page(native, sheet, theme["page"], footer)
    native.protect("", _PROTECTION)


def _set_page(native: Worksheet, sheet: Sheet, page: Mapping[str, Any], footer: str) -> None:
    """Set what a printer asks for: one page wide and any number long, or a scale at which wide tables can be read."""
    if sheet.landscape:
        native.set_landscape()
    native.set_paper(page["paper"])
    if sheet.print_scale:
        native.set_print_scale(sheet.print_scale)
    else:
        native.fit_to_pages(1, int(sheet.one_page))
    native.set_margins(left=0.4, right=0.4, top=0.4, bottom=0.5)
    # A footer's size is digits: a text that begins with one would lengthen the number but for the blank between them.
    left = f" {footer}" if footer[:1].isdigit() else footer
    native.set_footer(
        f"&L&{page['footer_size']}{left}&R&{page['footer_size']}&A, page &P of &N", {"scale_with_doc": False}
    )
    if sheet.repeat_rows:
        native.repeat_rows(*sheet.repeat_rows)
    if sheet.repeat_columns:
        strict(native.repeat_columns(*sheet.repeat_columns), "repeated columns")
    if sheet.print_area:
        strict(native.print_area(*sheet.print_area.corners), "print area")
