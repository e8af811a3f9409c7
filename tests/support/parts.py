"""The XML parts of an xlsx file: formulas and stored results as they stand on disk, and copies with results spoiled."""

from __future__ import annotations

import html
import re
import zipfile
from posixpath import normpath
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from openpyxl.formula.translate import Translator

if TYPE_CHECKING:
    from pathlib import Path

    from support import Cell, Value

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
SPOILED = "this result was not recalculated"

_CELL = re.compile(r'<c r="([A-Z]+[0-9]+)"([^>]*)>(<f[^>]*/>|<f[ >].*?</f>)(?:<v>([^<]*)</v>|<v/>)?</c>', re.DOTALL)
_SHARED = re.compile(r'<f t="shared"(?: ref="([A-Z]+[0-9]+):[A-Z]+[0-9]+")? si="([0-9]+)"(?:/>|>([^<]*)</f>)')
_TYPE = re.compile(r' t="([a-z]+)"')


def sheet_parts(path: Path) -> dict[str, str]:
    """Return the part of each worksheet by the sheet's name, in the order of the tabs."""
    with zipfile.ZipFile(path) as package:
        book = ET.fromstring(package.read("xl/workbook.xml"))  # noqa: S314 - our own file
        relations = ET.fromstring(package.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {
        relation.attrib["Id"]: relation.attrib["Target"] for relation in relations.iter(f"{PACKAGE}Relationship")
    }
    return {
        sheet.attrib["name"]: normpath(f"xl/{targets[sheet.attrib[RELATION]]}".replace("xl//xl/", "xl/"))
        for sheet in book.iter(f"{MAIN}sheet")
    }


def formula_texts(path: Path) -> dict[Cell, str]:
    """Return every formula of the workbook as it reads in its cell, without its equals sign."""
    found: dict[Cell, str] = {}
    for name, xml in _sheets(path).items():
        for address, _, formula, _ in _CELL.findall(written_out(xml)):
            found[name, address] = html.unescape(re.sub(r"^<f[^>]*>|</f>$", "", formula))
    return found


def written_out(xml: str) -> str:
    """Return a sheet's XML in which no formula is shared: each cell has its own, moved there by openpyxl."""
    moved: dict[str, Translator] = {}

    def own(cell: re.Match[str]) -> str:
        shared = _SHARED.match(cell[3])
        if not shared:
            return cell[0]
        area, number, text = shared.groups()
        if text:
            assert area == cell[1], f"the formula of {cell[1]} does not stand where its area begins"
            moved[number] = Translator("=" + html.unescape(text), origin=cell[1])
        formula = moved[number].translate_formula(cell[1])[1:]
        return cell[0].replace(cell[3], f"<f>{html.escape(formula, quote=False)}</f>", 1)

    return _CELL.sub(own, xml)


def stored_results(path: Path) -> dict[Cell, Value]:
    """Return the stored result of every formula cell: what a reader sees that calculates nothing. Errors are text."""
    found: dict[Cell, Value] = {}
    for name, xml in _sheets(path).items():
        for address, attributes, _, value in _CELL.findall(xml):
            kind = _TYPE.search(attributes)
            found[name, address] = _typed(kind[1] if kind else "n", html.unescape(value))
    return found


def spoil_results(path: Path, copy: Path) -> None:
    """Write a copy in which every stored result is a text that no formula gives.

    A program that trusts stored results shows that text. This is stricter than blanking them, which some programs take
    as the request to calculate that the workbook itself should not need to make.
    """
    sheets = set(sheet_parts(path).values())
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename in sheets:
                content = _CELL.sub(_spoiled, content.decode()).encode()
            target.writestr(item, content)


def _sheets(path: Path) -> dict[str, str]:
    parts = sheet_parts(path)
    with zipfile.ZipFile(path) as package:
        return {name: package.read(part).decode() for name, part in parts.items()}


def _typed(kind: str, value: str) -> Value:
    if kind == "b":
        return value == "1"
    if kind in {"str", "e"} or not value:
        return value
    return float(value)


def _spoiled(cell: re.Match[str]) -> str:
    address, attributes, formula, _ = cell.groups()
    return f'<c r="{address}"{_TYPE.sub("", attributes)} t="str">{formula}<v>{SPOILED}</v></c>'
