"""Tamperings drawn at random, over all kinds and all sheets: each is found, or the report says what was noted.

`pytest tests/test_returned_drawn.py --tamperings 300` draws as many; without the option there are a few of each kind.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import pytest
from support.books import small_book
from support.parts import sheet_parts
from support.repack import BOOK, BOOK_RELS, cell_xml
from support.tamper import EVIL, added, before_margins, blank, in_sheet, linked, outside, related, with_cell

from specxl.errors import SpecxlError
from specxl.returned import verify_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from support.tamper import Parts

pytestmark = pytest.mark.usefixtures("evaluated_here")

STYLES = "xl/styles.xml"
STRINGS = "xl/sharedStrings.xml"
_CELL = re.compile(r'<c r="([A-Z]+\d+)"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)


class Draw:
    """What is tampered with: a copy of the parts of a workbook, and chance."""

    def __init__(self, parts: Parts, chance: Random) -> None:
        self.parts, self.chance = dict(parts), chance
        self.sheets = sheet_parts(small_book())

    def do(self, *changes: Callable[[Parts], None]) -> None:
        """Change the parts."""
        for change in changes:
            change(self.parts)

    def cell(self, wanted: Callable[[str, str], bool]) -> tuple[str, str]:
        """Draw a sheet, then a cell of it, by its attributes and what stands in it; inputs and the manifest are left out."""
        while True:
            sheet = self.chance.choice(sorted(self.sheets))
            found = [address for address, attributes, inner in cells(sheet) if wanted(attributes, inner)]
            if found:
                return sheet, self.chance.choice(found)

    def put(self, sheet: str, address: str, inner: str, kind: str = "") -> None:
        """Let a cell hold something else, its look kept."""
        self.do(in_sheet(small_book(), sheet, with_cell(address, inner, kind)))

    def edit(self, part: str, pattern: str, text: str | Callable[[re.Match[str]], str]) -> None:
        """Change one of the places of a part that a pattern finds."""
        whole = self.parts[part].decode()
        found = self.chance.choice(list(re.finditer(pattern, whole, re.DOTALL)))
        new = text if isinstance(text, str) else text(found)
        self.parts[part] = (whole[: found.start()] + new + whole[found.end() :]).encode()

    def part_with(self, needle: str, start: str = "xl/worksheets/sheet") -> str:
        """Draw a part in which a text stands."""
        return self.chance.choice(
            sorted(n for n, data in self.parts.items() if n.startswith(start) and needle.encode() in data)
        )


@cache
def parts_of(path: Path) -> Parts:
    """Return the parts of a workbook by name."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


@cache
def cells(sheet: str) -> list[tuple[str, str, str]]:
    """Return address, attributes and inner XML of the locked cells of a sheet, those of the manifest left out."""
    xml = parts_of(small_book())[sheet_parts(small_book())[sheet]].decode()
    if sheet == "About":
        return []
    styles = parts_of(small_book())[STYLES].decode()
    formats = re.findall(r"<xf [^>]*?(?:/>|>.*?</xf>)", styles.partition("<cellXfs")[2], re.DOTALL)
    unlocked = {str(number) for number, xf in enumerate(formats) if 'locked="0"' in xf}
    found = [(m[1], m[2], m[3] or "") for m in _CELL.finditer(xml)]
    return [cell for cell in found if re.search(r's="(\d+)"', cell[1] + ' s="0"')[1] not in unlocked]  # type: ignore[index]


def _is_number(attributes: str, inner: str) -> bool:
    return 't="' not in attributes and inner.startswith("<v>")


def _is_text(attributes: str, inner: str) -> bool:
    return 't="s"' in attributes and "<v>" in inner


def _is_formula(_: str, inner: str) -> bool:
    return "<f>" in inner


def _has_result(attributes: str, inner: str) -> bool:
    return _is_formula(attributes, inner) and 't="' not in attributes and re.search(r"<v>-?\d", inner) is not None


def _inner(sheet: str, address: str) -> str:
    return next(inner for at, _, inner in cells(sheet) if at == address)


def _text_changed(draw: Draw) -> None:
    draw.put(
        *draw.cell(_is_text),
        f"<is><t>{draw.chance.choice(('certified', 'x', '0 %', 'GB300'))}</t></is>",
        ' t="inlineStr"',
    )


def _shared_text_changed(draw: Draw) -> None:
    draw.edit(STRINGS, r"<t[^>]*>[^<]{3,}</t>", lambda found: found[0].replace("</t>", "\u200b</t>"))


def _number_changed(draw: Draw) -> None:
    sheet, address = draw.cell(_is_number)
    held = float(re.sub(r"</?v>", "", _inner(sheet, address)))
    draw.put(
        sheet, address, f"<v>{held * draw.chance.choice((1.0001, 0.5, -1, 1e6)) + draw.chance.choice((0.001, 1))}</v>"
    )


def _number_as_text(draw: Draw) -> None:
    sheet, address = draw.cell(_is_number)
    draw.put(sheet, address, _inner(sheet, address).replace("v>", "t>").join(("<is>", "</is>")), ' t="inlineStr"')


def _formula_lost(draw: Draw) -> None:
    sheet, address = draw.cell(_has_result)
    draw.put(sheet, address, re.sub(r"<f>.*?</f>", "", _inner(sheet, address)))


def _formula_changed(draw: Draw) -> None:
    sheet, address = draw.cell(_is_formula)
    new = draw.chance.choice(("+0</f>", "&amp;&quot;&quot;</f>", "*1</f>"))
    draw.put(sheet, address, _inner(sheet, address).replace("</f>", new))


def _result_changed(draw: Draw) -> None:
    sheet, address = draw.cell(_has_result)
    by = draw.chance.choice((1.00001, 2.5, 0.1))
    draw.put(
        sheet,
        address,
        re.sub(r"<v>(.*?)</v>", lambda m: f"<v>{float(m[1]) * by + 1e-3}</v>", _inner(sheet, address)),
    )


def _cell_emptied(draw: Draw) -> None:
    sheet, address = draw.cell(lambda _, inner: "<v>" in inner and "shared" not in inner)
    draw.do(in_sheet(small_book(), sheet, lambda xml: xml.replace(cell_xml(xml, address), "")))


def _lay(draw: Draw, attributes: str, inner: str) -> None:
    """Lay a cell right of everything on a sheet that is drawn."""
    sheet = draw.chance.choice(sorted(draw.sheets))
    _, address = blank(small_book(), sheet)
    row = rf'\1<c r="{address}"{attributes}>{inner}</c></row>'
    draw.edit(draw.sheets[sheet], r'(<row r="1"[^>]*>.*?)</row>', lambda found: found.expand(row))


def _cell_added(draw: Draw) -> None:
    _lay(draw, ' t="inlineStr"', "<is><t>approved</t></is>")


def _formula_added(draw: Draw) -> None:
    what = draw.chance.choice(('WEBSERVICE("http://evil.example")', "1+1", 'HYPERLINK("https://evil.example",1)'))
    _lay(draw, "", f"<f>{what}</f><v>1</v>")


def _link_laid(draw: Draw) -> None:
    sheet, address = draw.cell(lambda _, inner: bool(inner))
    part = draw.sheets[sheet]
    draw.do(
        outside(part, "hyperlink", draw.chance.choice((EVIL, "file:///c:/x"))),
        in_sheet(small_book(), sheet, linked(address)),
    )


def _link_removed(draw: Draw) -> None:
    draw.edit(draw.part_with("<hyperlink "), r"<hyperlink [^>]*/>", "")


def _inner_link_changed(draw: Draw) -> None:
    draw.edit(draw.part_with(' location="'), r' location="[^"]*"', " location=\"'About'!A77\"")


def _row_hidden(draw: Draw) -> None:
    draw.edit(
        draw.part_with('<row r="'),
        r'<row r="\d+"(?![^>]*hidden)[^>]*>(?=<c [^>]*>.)',
        lambda m: m[0].replace("<row", '<row hidden="1"'),
    )


def _column_hidden(draw: Draw) -> None:
    draw.edit(draw.part_with("<col min"), r"<col min[^>]*/>", lambda m: m[0].replace("/>", ' hidden="1"/>'))


def _sheet_hidden(draw: Draw) -> None:
    how = draw.chance.choice(("hidden", "veryHidden"))
    draw.edit(BOOK, r"<sheet name=", f'<sheet state="{how}" name=')


def _sheet_renamed(draw: Draw) -> None:
    draw.edit(BOOK, r'<sheet name="[^"]*', lambda m: m[0] + draw.chance.choice((" ", "2", "'s")))


def _format_changed(draw: Draw) -> None:
    code = draw.chance.choice((";;;", "&quot;0.05&quot;", "0.00,", "0,,", "&quot;better&quot;", "[White]0", "yyyy"))
    draw.edit(STYLES, r'(<numFmt [^>]*formatCode=")[^"]*', lambda m: m[1] + code)


def _rules_removed(draw: Draw) -> None:
    draw.edit(draw.part_with("<conditionalFormatting"), r"<conditionalFormatting.*?</conditionalFormatting>", "")


def _validation_removed(draw: Draw) -> None:
    draw.edit(draw.part_with("<dataValidation "), r"<dataValidations.*?</dataValidations>", "")


def _protection_removed(draw: Draw) -> None:
    draw.edit(draw.part_with("<sheetProtection"), r"<sheetProtection[^>]*/>", "")


def _series_moved(draw: Draw) -> None:
    draw.edit(
        draw.part_with("<c:f>", "xl/charts/"),
        r"<c:f>[^<]*\$(\d+)</c:f>",
        lambda m: m[0].replace(f"${m[1]}<", f"${int(m[1]) + 1}<"),
    )


def _points_changed(draw: Draw) -> None:
    draw.edit(
        draw.part_with("<c:v>", "xl/charts/"),
        r"<c:yVal>.*?</c:yVal>|<c:val>.*?</c:val>",
        lambda m: re.sub(r"<c:v>-?[0-9.]+", "<c:v>4711", m[0]),
    )


def _series_removed(draw: Draw) -> None:
    draw.edit(draw.part_with("<c:ser>", "xl/charts/"), r"<c:ser>.*?</c:ser>", "")


def _drawing_removed(draw: Draw) -> None:
    draw.edit(draw.part_with("<drawing "), r"<drawing [^>]*/>", "")


def _overlay_laid(draw: Draw) -> None:
    place = f"<xdr:from><xdr:col>{draw.chance.randrange(6)}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{draw.chance.randrange(30)}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
    shape = draw.chance.choice(("<xdr:pic/>", "<xdr:sp><xdr:txBody/></xdr:sp>", "<xdr:cxnSp/>"))
    draw.edit(
        draw.part_with("</xdr:wsDr>", "xl/drawings/"),
        "</xdr:wsDr>",
        f"<xdr:twoCellAnchor>{place}{shape}<xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>",
    )


def _cell_twice(draw: Draw) -> None:
    sheet, address = draw.cell(_is_number)
    first = draw.chance.random() < 0.5

    def twice(xml: str) -> str:
        cell = cell_xml(xml, address)
        forged = re.sub(r"<v>.*?</v>", "<v>42</v>", cell)
        return xml.replace(cell, forged + cell if first else cell + forged)

    draw.do(in_sheet(small_book(), sheet, twice))


def _two_readings(draw: Draw) -> None:
    how = draw.chance.randrange(4)
    if how == 0:
        draw.do(related("", "officeDocument", "ev/workbook.xml", "rIdEvil"))
        draw.parts["ev/workbook.xml"] = draw.parts[BOOK]
    elif how == 1:
        draw.edit(BOOK_RELS, r"<Relationship [^>]*/>", lambda m: m[0] + m[0].replace("sheet1.xml", "sheet2.xml"))
    elif how == 2:
        part = draw.part_with("<sheetData")
        draw.edit(part, r"</sheetData>", "</sheetData><sheetData/>")
    else:
        name = draw.part_with("<sheetData")
        draw.parts[name.replace("sheet", "Sheet")] = draw.parts[name]


def _active_content(draw: Draw) -> None:
    name = draw.chance.choice(("theme/t.bin", "media/o.bin", "x/y.xml"))
    kind = draw.chance.choice(
        (
            "application/vnd.ms-office.vbaProject",
            "application/vnd.ms-excel.intlmacrosheet+xml",
            "application/vnd.openxmlformats-officedocument.oleObject",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml",
        )
    )
    draw.do(added(f"xl/{name}", b"\0\1", kind))


def _settings_changed(draw: Draw) -> None:
    how = draw.chance.choice(('fullPrecision="0"', 'calcMode="manual"', 'iterate="1"'))
    draw.edit(BOOK, r"<calcPr ", f"<calcPr {how} ")


def _properties_changed(draw: Draw) -> None:
    draw.edit("docProps/custom.xml", r"<vt:lpwstr>[^<]*", lambda m: m[0][:-1] + draw.chance.choice("xyz7"))


def _name_changed(draw: Draw) -> None:
    draw.edit(BOOK, r"(<definedName [^>]*>[^<]*\$)\d+", lambda m: m[1] + "3")


def _input_spoilt(draw: Draw) -> None:
    sheet = next(name for name in draw.sheets if name == "Prices")
    address = draw.chance.choice(("B7", "D7"))
    draw.put(
        sheet,
        address,
        *draw.chance.choice(
            (("<f>1+1</f><v>2</v>", ""), ("<is><t>2.5</t></is>", ' t="inlineStr"'), ("<v>9.5</v>", ""))
        ),
    )


def _printed_frame(draw: Draw) -> None:
    draw.do(
        in_sheet(
            small_book(),
            draw.chance.choice(sorted(draw.sheets)),
            before_margins('<autoFilter ref="A1:B9"><filterColumn colId="0"/></autoFilter>'),
        )
    )


KINDS: Sequence[Callable[[Draw], None]] = (
    _text_changed, _shared_text_changed, _number_changed, _number_as_text, _formula_lost, _formula_changed, _result_changed, _cell_emptied,
    _cell_added, _formula_added, _link_laid, _link_removed, _inner_link_changed, _row_hidden, _column_hidden, _sheet_hidden, _sheet_renamed,
    _format_changed, _rules_removed, _validation_removed, _protection_removed, _series_moved, _points_changed, _series_removed,
    _drawing_removed, _overlay_laid, _cell_twice, _two_readings, _active_content, _settings_changed, _properties_changed, _name_changed,
    _input_spoilt, _printed_frame,
)  # fmt: skip


NOT_COMPARED = {
    _rules_removed: "highlighting",
    _properties_changed: "document properties",
    _name_changed: "page set-up",
}
"""Kinds that are not compared, and by what words the outcome says so."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__).strip("_"))
def test_nothing_passes_as_built(kind: Callable[[Draw], None], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """However the places fall: found or refused, or noted under the outcome."""
    count = -(-request.config.getoption("--tamperings") // len(KINDS))
    seen: Counter[str] = Counter()
    for number in range(count):
        draw = Draw(parts_of(small_book()), Random(f"{kind.__name__} {number}"))  # noqa: S311 - a draw
        kind(draw)
        assert draw.parts != parts_of(small_book())
        path = tmp_path / f"{number}.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in draw.parts.items():
                package.writestr(name, data)
        try:
            report = verify_file(path)
        except SpecxlError:
            seen["refused"] += 1
            continue
        headline = next(iter(report.lines()))
        words = NOT_COMPARED.get(kind, "")
        said = report.outcome != "unchanged" or report.noted or report.own_sheets or (words and words in headline)
        seen[report.outcome if said else f"unseen: {number}"] += 1
    assert not [outcome for outcome in seen if outcome.startswith("unseen")], dict(seen)
