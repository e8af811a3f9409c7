"""Workbooks that somebody tampered with: where to strike, found in the workbook itself, and how, at the level of its parts."""

from __future__ import annotations

import re
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import openpyxl
from openpyxl.utils import get_column_letter

from support.parts import sheet_parts
from support.repack import BOOK, BOOK_RELS, RELATION, TYPES, cell_xml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openpyxl.cell.cell import Cell as NativeCell
    from openpyxl.workbook.workbook import Workbook

    from support import Cell

Parts = dict[str, bytes]
EVIL = "https://evil.example/x"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_NO_RELATIONS = f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{_RELATIONS}"></Relationships>'


def rewrite(path: Path, copy: Path, *changes: Callable[[Parts], None]) -> Path:
    """Write a copy of a package after changes to its parts, which are a mapping of names to bytes."""
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    for change in changes:
        before = dict(parts)
        change(parts)
        assert parts != before, "the change changed nothing"
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return copy


def replaced(part: str, old: str, new: str, count: int = 1) -> Callable[[Parts], None]:
    """A change that replaces text in a part; the text must be there."""

    def change(parts: Parts) -> None:
        text = parts[part].decode()
        assert old in text, f"{old!r} is not in {part}"
        parts[part] = text.replace(old, new, count).encode()

    return change


def changed(part: str, edit: Callable[[str], str]) -> Callable[[Parts], None]:
    """A change of a part's text."""

    def change(parts: Parts) -> None:
        parts[part] = edit(parts[part].decode()).encode()

    return change


def added(part: str, data: bytes, content_type: str) -> Callable[[Parts], None]:
    """A change that adds a part with its content type."""

    def change(parts: Parts) -> None:
        parts[part] = data
        override = f'<Override PartName="/{part}" ContentType="{content_type}"/></Types>'
        parts[TYPES] = parts[TYPES].decode().replace("</Types>", override).encode()

    return change


def related(source: str, kind: str, target: str, name: str = "rIdAdded", mode: str = "") -> Callable[[Parts], None]:
    """A change that adds a relation to a part (to the package: ""); `kind` is the end of an office relation or a whole one."""

    def change(parts: Parts) -> None:
        folder, _, file = source.rpartition("/")
        rels = f"{folder}/_rels/{file}.rels".removeprefix("/")
        whole = kind if ":" in kind else f"{RELATION}/{kind}"
        entry = f'<Relationship Id="{name}" Type="{whole}" Target="{target}"{mode}/></Relationships>'
        parts[rels] = parts.get(rels, _NO_RELATIONS.encode()).decode().replace("</Relationships>", entry).encode()

    return change


def outside(source: str, kind: str, target: str, name: str = "rIdAdded") -> Callable[[Parts], None]:
    """A change that adds a relation to something outside of the package."""
    return related(source, kind, target, name, ' TargetMode="External"')


def in_sheet(path: Path, sheet: str, edit: Callable[[str], str]) -> Callable[[Parts], None]:
    """A change of the XML of a sheet."""
    return changed(sheet_parts(path)[sheet], edit)


def on_sheet(
    book: Callable[[], Path], sheet: Callable[[Path], str], edit: Callable[[str], str]
) -> Callable[[Parts], None]:
    """A change of the XML of a sheet of a workbook that is built when the change is made."""

    def change(parts: Parts) -> None:
        in_sheet(book(), sheet(book()), edit)(parts)

    return change


def before_margins(xml: str) -> Callable[[str], str]:
    """A change that lays elements where a sheet's links end."""
    return lambda sheet: sheet.replace("<pageMargins", xml + "<pageMargins", 1)


def linked(area: str, relation: str = "rIdAdded") -> Callable[[str], str]:
    """A change that lays a link over an area, among the sheet's other links."""
    link = f'<hyperlink ref="{area}" r:id="{relation}"/>'

    def edit(sheet: str) -> str:
        if "</hyperlinks>" in sheet:
            return sheet.replace("</hyperlinks>", link + "</hyperlinks>", 1)
        return before_margins(f"<hyperlinks>{link}</hyperlinks>")(sheet)

    return edit


def with_cell(address: str, inner: str, kind: str = "") -> Callable[[str], str]:
    """A change that replaces what a cell holds, its look kept."""

    def edit(xml: str) -> str:
        old = cell_xml(xml, address)
        look = re.search(r' s="\d+"', old)
        return xml.replace(old, f'<c r="{address}"{look[0] if look else ""}{kind}>{inner}</c>')

    return edit


def with_row(number: int, inner: str) -> Callable[[str], str]:
    """A change that lays a row at the end of the sheet's data."""
    return lambda xml: xml.replace("</sheetData>", f'<row r="{number}">{inner}</row></sheetData>', 1)


@cache
def _native(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


@cache
def _results(path: Path) -> Workbook:
    return openpyxl.load_workbook(path, data_only=True)


def _first(path: Path, sheet: str, wanted: Callable[[NativeCell], bool]) -> Cell:
    for row in _native(path)[sheet].iter_rows():
        for cell in row:
            if cell.value is not None and wanted(cell):
                return sheet, cell.coordinate
    raise AssertionError(f"{sheet} has no such cell")


def front(path: Path) -> str:
    """Return the name of the first sheet."""
    return str(_native(path).sheetnames[0])


def charted(path: Path) -> tuple[str, str]:
    """Return the name of a sheet with charts, and the part of the first of them."""
    with zipfile.ZipFile(path) as package:
        for sheet, part in sheet_parts(path).items():
            rels = part.replace("worksheets/", "worksheets/_rels/") + ".rels"
            drawing = (
                re.search(r"drawings/(drawing\d+\.xml)", package.read(rels).decode())
                if rels in package.namelist()
                else None
            )
            if drawing:
                charts = package.read(f"xl/drawings/_rels/{drawing[1]}.rels").decode()
                found = re.search(r"charts/chart\d+\.xml", charts)
                assert found
                return sheet, f"xl/{found[0]}"
    raise AssertionError("no sheet has charts")


def formula(path: Path, sheet: str) -> Cell:
    """Return a locked formula cell whose result is a number above one."""

    def wanted(cell: NativeCell) -> bool:
        held = _results(path)[sheet][cell.coordinate].value
        return cell.data_type == "f" and isinstance(held, float) and held > 1

    return _first(path, sheet, wanted)


def number(path: Path, sheet: str) -> Cell:
    """Return a locked cell with a constant number."""
    return _first(path, sheet, lambda cell: cell.data_type == "n" and cell.protection.locked)


def text(path: Path, sheet: str) -> Cell:
    """Return a locked cell with a constant text and no link."""
    return _first(path, sheet, lambda cell: cell.data_type == "s" and cell.protection.locked and not cell.hyperlink)


def blank(path: Path, sheet: str) -> Cell:
    """Return a place in which nothing stands, right of everything on the sheet."""
    return sheet, f"{get_column_letter(_native(path)[sheet].max_column + 2)}1"


def entry(path: Path) -> Cell:
    """Return an input cell that holds a number."""
    for sheet in _native(path).sheetnames:
        for row in _native(path)[sheet].iter_rows():
            for cell in row:
                if cell.data_type == "n" and cell.value is not None and not cell.protection.locked:
                    return sheet, cell.coordinate
    raise AssertionError("no input holds a number")


def sign_off(path: Path) -> Cell:
    """Return a cell on About in which somebody signs."""
    for row in _native(path)["About"].iter_rows():
        for cell in row:
            if not cell.protection.locked:
                return "About", cell.coordinate
    raise AssertionError("About has no unlocked cell")


__all__ = ["BOOK", "BOOK_RELS", "TYPES"]
