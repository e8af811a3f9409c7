"""The far side of `support.libreoffice.Session`: runs under the Python that has LibreOffice's `uno` module.

Reads one JSON request per line from standard input and answers with one JSON line: {"ok": result} or {"error": text}.
Imports nothing but the standard library and uno, since that Python has nothing else.
"""

# ruff: noqa: ANN401, FBT003, T201 - UNO objects have no types, its calls no keywords, and the answers are printed

from __future__ import annotations

import json
import sys
import time
from typing import Any

import uno  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from com.sun.star.connection import NoConnectException  # type: ignore[import-not-found]

FORMULA_ERRORS = 4  # com.sun.star.sheet.FormulaResult.ERROR


def connect(pipe: str, seconds: float) -> Any:
    """Return the desktop of the office that listens on this pipe, waiting while it starts."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + seconds
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except NoConnectException:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def properties(**values: Any) -> tuple[Any, ...]:
    """Return UNO property values."""
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


def position(address: str) -> tuple[int, int]:
    """Return the row and column of an address such as AB12, both from 0."""
    letters = address.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(address[len(letters) :]) - 1, column - 1


def stretches(rows: Any) -> list[tuple[int, int]]:
    """Return the first and last of each run of rows without a gap."""
    found: list[tuple[int, int]] = []
    for row in sorted(rows):
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


class Office:
    """The requests; each method is one, by its name."""

    def __init__(self, desktop: Any) -> None:
        self.desktop = desktop
        self.book: Any = None
        self.sheets: dict[str, Any] = {}

    def open(self, path: str) -> list[str]:
        """Open a workbook in place of the one before it, and return its sheet names."""
        self.close()
        self.book = self.desktop.loadComponentFromURL(
            uno.systemPathToFileUrl(path), "_blank", 0, properties(Hidden=True)
        )
        if self.book is None:
            raise ValueError(f"LibreOffice cannot open {path}")
        self.sheets = {name: self.book.Sheets.getByName(name) for name in self.book.Sheets.ElementNames}
        return list(self.sheets)

    def close(self) -> None:
        """Close the open workbook without saving it."""
        if self.book is not None:
            self.book.close(True)
            self.book = None

    def unprotect(self) -> None:
        """Lift the protection of all sheets (it has no password), so that locked cells can be changed."""
        for sheet in self.sheets.values():
            sheet.unprotect("")

    def edit(self, cells: list[list[Any]], reads: list[list[str]], *, recalculate: bool = True) -> list[Any]:
        """Set cells ([sheet, address, value]; null empties), calculate everything afresh, and return cells read."""
        for sheet, address, value in cells:
            cell = self.sheets[sheet].getCellRangeByName(address)
            if self.sheets[sheet].isProtected() and cell.CellProtection.IsLocked:  # UNO itself would let numbers pass
                raise PermissionError(f"{address} on {sheet} is locked")
            if isinstance(value, bool):
                cell.setFormula("=TRUE()" if value else "=FALSE()")
            elif isinstance(value, (int, float)):
                cell.setValue(value)
            else:
                cell.setString("" if value is None else value)
        if recalculate:
            self.book.calculateAll()
        return self._values(reads)

    def _values(self, reads: list[list[str]]) -> list[Any]:
        """Return the numbers and texts of cells; an error as its text.

        Each question to the office takes as long as many cells do, so that neighbouring rows are asked for in one.
        """
        wanted: dict[str, dict[int, list[int]]] = {}
        places = [(sheet, *position(address)) for sheet, address in reads]
        for sheet, row, column in places:
            wanted.setdefault(sheet, {}).setdefault(row, []).append(column)
        found = {}
        for sheet, rows in wanted.items():
            for first, last in stretches(rows):
                columns = [column for row in range(first, last + 1) for column in rows[row]]
                left = min(columns)
                area = self.sheets[sheet].getCellRangeByPosition(left, first, max(columns), last)
                for down, values in enumerate(area.getDataArray()):
                    found.update({(sheet, first + down, left + at): value for at, value in enumerate(values)})
                for row, column in self._errors(area):
                    found[sheet, row, column] = self.sheets[sheet].getCellByPosition(column, row).getString()
        return [found[place] for place in places]

    def _errors(self, area: Any) -> list[tuple[int, int]]:
        """Return the row and column of every cell of an area that shows an error."""
        return [
            (row, column)
            for found in area.queryFormulaCells(FORMULA_ERRORS).RangeAddresses
            for row in range(found.StartRow, found.EndRow + 1)
            for column in range(found.StartColumn, found.EndColumn + 1)
        ]

    def block(self, sheet: str) -> dict[str, Any]:
        """Return all values of a sheet from A1 to its last used cell, and its error cells as [row, column, text]."""
        cursor = self.sheets[sheet].createCursor()
        cursor.gotoEndOfUsedArea(False)
        last = cursor.RangeAddress
        area = self.sheets[sheet].getCellRangeByPosition(0, 0, last.EndColumn, last.EndRow)
        errors = [
            [row, column, self.sheets[sheet].getCellByPosition(column, row).getString()]
            for row, column in self._errors(area)
        ]
        return {"rows": area.getDataArray(), "errors": errors}

    def save(self, path: str) -> None:
        """Save a copy of the open workbook as xlsx, as LibreOffice writes it."""
        self.book.storeToURL(uno.systemPathToFileUrl(path), properties(FilterName="Calc MS Excel 2007 XML"))

    def pdf(self, path: str) -> None:
        """Print the open workbook to PDF."""
        self.book.storeToURL(uno.systemPathToFileUrl(path), properties(FilterName="calc_pdf_Export"))

    def quit(self) -> None:
        """End the office."""
        self.close()
        self.desktop.terminate()


def main() -> None:
    """Serve requests until "quit" or the end of the input."""
    office = Office(connect(sys.argv[1], float(sys.argv[2])))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": getattr(office, request["name"])(**request["arguments"])}
        except Exception as error:  # noqa: BLE001 - every fault travels to the test that caused it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
        if request["name"] == "quit":
            return


if __name__ == "__main__":
    main()
