"""Copies of a workbook with parts changed at the level of its XML: what editing by programs and by accident leaves behind."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from support.parts import sheet_parts, written_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TYPES = "[Content_Types].xml"
BOOK = "xl/workbook.xml"
BOOK_RELS = "xl/_rels/workbook.xml.rels"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."


def repack(
    path: Path,
    copy: Path,
    changes: Mapping[str, Callable[[str], str]] | None = None,
    added: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a copy in which some parts are changed and others added; a change that changes nothing is a fault."""
    changes = changes or {}
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            data = source.read(part)
            if part.filename in changes:
                changed = changes[part.filename](data.decode()).encode()
                assert changed != data, f"{part.filename} was not changed"
                data = changed
            target.writestr(part.filename, data)
        for name, data in (added or {}).items():
            target.writestr(name, data)
    return copy


def edit_sheet(path: Path, copy: Path, sheet: str, change: Callable[[str], str]) -> Path:
    """Write a copy in which the XML of one sheet is changed."""
    return repack(path, copy, {sheet_parts(path)[sheet]: change})


def cell_xml(xml: str, address: str) -> str:
    """Return the element of one cell."""
    found = re.search(rf'<c r="{address}"[^>]*?(?:/>|>.*?</c>)', xml, re.DOTALL)
    assert found, f"{address} is not in the sheet"
    return found[0]


def set_constant(address: str, number: float) -> Callable[[str], str]:
    """A change that replaces whatever a cell holds by a number, its look kept."""

    def change(xml: str) -> str:
        old = cell_xml(xml, address)
        look = re.search(r' s="\d+"', old)
        return xml.replace(old, f'<c r="{address}"{look[0] if look else ""}><v>{number!r}</v></c>')

    return change


def set_result(address: str, result: str) -> Callable[[str], str]:
    """A change that replaces the stored result of a formula and leaves the formula as it is."""

    def change(xml: str) -> str:
        old = cell_xml(xml, address)
        assert "<f>" in old, f"{address} holds no formula"
        return xml.replace(old, re.sub(r"<v>[^<]*</v>", f"<v>{result}</v>", old))

    return change


def drop_row(number: int, *, close_up: bool) -> Callable[[str], str]:
    """A change that deletes a row; with `close_up` the rows below move up, as when it is deleted in a program."""

    def change(xml: str) -> str:
        # a program writes the formulas anew, and those that named the row are no copies any more
        xml = re.sub(rf'<row r="{number}".*?</row>', "", written_out(xml), flags=re.DOTALL)
        if not close_up:
            return xml

        def up(match: re.Match[str]) -> str:
            row = int(match[3])
            return f"{match[1]}{match[2]}{row - 1 if row > number else row}{match[4]}"

        return re.sub(r'(<(?:c|row) r=")([A-Z]*)(\d+)(")', up, xml)

    return change


def share_formulas(column: str, rows: range) -> Callable[[str], str]:
    """A change that stores a column's formulas as one shared formula, as Excel does when it saves."""

    def change(xml: str) -> str:
        xml = written_out(xml)
        first, last = rows[0], rows[-1]
        for row in rows:
            old = cell_xml(xml, f"{column}{row}")
            text = re.findall(r"<f>(.*?)</f>", old)[0]
            master = f'<f t="shared" ref="{column}{first}:{column}{last}" si="0">{text}</f>'
            new = old.replace(f"<f>{text}</f>", master if row == first else '<f t="shared" si="0"/>')
            xml = xml.replace(old, new)
        return xml

    return change


def add_part(path: Path, copy: Path, name: str, data: bytes, kind: str, content_type: str) -> Path:
    """Write a copy with one more part that the workbook relates to: a macro, a link to another file."""
    relation = f'<Relationship Id="rIdAdded" Type="{kind}" Target="{name.removeprefix("xl/")}"/></Relationships>'
    override = f'<Override PartName="/{name}" ContentType="{content_type}"/></Types>'
    changes = {
        BOOK_RELS: lambda xml: xml.replace("</Relationships>", relation),
        TYPES: lambda xml: xml.replace("</Types>", override),
    }
    return repack(path, copy, changes, {name: data})


def add_sheet(path: Path, copy: Path, name: str) -> Path:
    """Write a copy with one more sheet at its end, as people add their own; it holds a formula and a number."""
    rows = '<row r="1"><c r="A1"><v>7</v></c><c r="B1"><f>A1*6</f><v>42</v></c></row>'
    xml = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    entry = f'<sheet name="{name}" sheetId="999" r:id="rIdAdded"/></sheets>'
    middle = add_part(
        path,
        copy.with_suffix(".part"),
        "xl/worksheets/own.xml",
        xml.encode(),
        f"{RELATION}/worksheet",
        f"{_MAIN_TYPE}worksheet+xml",
    )
    return repack(middle, copy, {BOOK: lambda book: book.replace("</sheets>", entry)})


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
