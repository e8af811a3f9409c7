"""Small files that would fill the memory, run for ever or end the process: one sentence, or a finding, in a minute and 1 GB."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from support.books import default_book, small_book
from support.parts import sheet_parts
from support.repack import BOOK, BOOK_RELS, TYPES, cell_xml
from support.tamper import added, changed, formula, front, in_sheet, related, rewrite, text, with_cell, with_row

from specxl.cli import main
from specxl.errors import WorkbookFileError
from specxl.evaluate import Budget, Engine, evaluate_apart
from specxl.model.cells import Book, Cell, Formula, Properties, Sheet
from specxl.returned import verify_file
from specxl.returned.reading import read_workbook
from specxl.workbook.plain import write_plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.tamper import Parts

    Change = Callable[[Parts], None]

resource = pytest.importorskip("resource", reason="limits on memory are those of POSIX systems")

SECONDS, MEMORY = 60, 1 << 30
WAIT_SECONDS = 5 * SECONDS
"""A machine that is busy elsewhere gives a run a part of its time."""
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "Results"


def in_formula(content: str) -> Callable[[], Change]:
    """Another formula in place of one of the workbook's."""

    def change() -> Change:
        sheet, address = formula(small_book(), SHEET)
        return in_sheet(small_book(), sheet, with_cell(address, f"<f>{content}</f><v>1</v>"))

    return change


def over(xml: str) -> Callable[[], Change]:
    """More elements before the margins of a sheet; equal ones make room."""
    tag = re.match(r"<(\w+)", xml)
    assert tag

    def edit(sheet: str) -> str:
        sheet = re.sub(rf"<{tag[1]}[ >].*?</{tag[1]}>", "", sheet, flags=re.DOTALL)
        return sheet.replace("<pageMargins", xml + "<pageMargins", 1)

    return lambda: in_sheet(small_book(), SHEET, edit)


def row(number: int | str, inner: str = "") -> Callable[[], Change]:
    """One more row at the end of a sheet."""
    return lambda: in_sheet(small_book(), SHEET, with_row(number, inner))  # type: ignore[arg-type]


def value(kind: str, inner: str) -> Callable[[], Change]:
    """Another value in a locked text cell."""

    def change() -> Change:
        return in_sheet(small_book(), SHEET, with_cell(text(small_book(), SHEET)[1], inner, kind))

    return change


def many_sheets() -> Change:
    """Four and a half thousand sheets that share one part."""
    entries = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1000, 5500))
    return changed(BOOK, lambda xml: xml.replace("</sheets>", entries + "</sheets>"))


def many_relations() -> Change:
    """Two thousand sheets with relations of their own to one part."""

    def change(parts: Parts) -> None:
        relations = "".join(
            f'<Relationship Id="e{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
            for n in range(2000)
        )
        entries = "".join(f'<sheet name="s{n}" sheetId="{n + 1000}" r:id="e{n}"/>' for n in range(2000))
        parts[BOOK_RELS] = parts[BOOK_RELS].replace(b"</Relationships>", relations.encode() + b"</Relationships>")
        parts[BOOK] = parts[BOOK].replace(b"</sheets>", entries.encode() + b"</sheets>")

    return change


def nested() -> Change:
    """Elements a hundred thousand deep."""
    return in_sheet(small_book(), SHEET, lambda xml: xml.replace("<sheetData>", "<a>" * 100_000 + "<sheetData>"))


def endless_element() -> Change:
    """An attribute of 60 MB, incompressible enough not to be a bomb."""
    digits = "".join(f"{n * 7919:x}" for n in range(8_000_000))
    return in_sheet(small_book(), SHEET, lambda xml: xml.replace("<sheetData>", f'<sheetData x="{digits}">'))


def shared_giant() -> Change:
    """A formula of 5,000 characters and more that a hundred thousand cells share."""
    long = "+".join(f"A{n}" for n in range(1000, 1900))
    first = f'<c r="A900000"><f t="shared" si="77" ref="A900000:A1000000">{long}</f></c>'
    rows = "".join(f'<row r="{n}"><c r="A{n}"><f t="shared" si="77"/></c></row>' for n in range(900_001, 1_000_000))
    data = f'<row r="900000">{first}</row>{rows}</sheetData>'
    return in_sheet(small_book(), SHEET, lambda xml: xml.replace("</sheetData>", data))


def many_cells() -> Change:
    """Two million cells and more in a sheet of ours."""
    cells = "".join(f'<c r="{letters}{{0}}"><v>7</v></c>' for letters in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    rows = "".join(f'<row r="{n}">{cells.format(n)}</row>' for n in range(5_000, 86_000))
    return in_sheet(small_book(), SHEET, lambda xml: xml.replace("</sheetData>", rows + "</sheetData>"))


# What is wrong with the file, and what is said: refused with status 3 in one sentence that holds these words.
REFUSED: dict[str, tuple[Callable[[], Change], str]] = {
    "5,000 parentheses": (in_formula("(" * 4_000 + "1" + ")" * 4_000), "64 levels"),
    "4,000 nested functions": (in_formula("ABS(" * 2_000 + "1" + ")" * 2_000), "64 levels"),
    "sum of 40,000 characters": (in_formula("1" + "+1" * 20_000), "8192 characters"),
    "row 1,000,000,000": (row(1_000_000_000, '<c r="A1000000000"><v>1</v></c>'), "not|none|row"),
    "row 1,048,577": (row(1_048_577, '<c r="A1048577"><v>1</v></c>'), "rows 1 to 1048576"),
    "cell A999999999": (row(1_000_000, '<c r="A999999999"><v>1</v></c>'), "no cell of a sheet"),
    "cell XFE": (row(1_000_000, '<c r="XFE1000000"><v>1</v></c>'), "no cell of a sheet"),
    "cell A0": (row(1_000_000, '<c r="A0"><v>1</v></c>'), "no cell of a sheet"),
    "row -1": (row("-1", '<c r="A1"><v>1</v></c>'), "none that the file format knows"),
    "row 0": (row(0, '<c r="A1"><v>1</v></c>'), "has a row 0"),
    "row without digits": (row("\u0661", '<c r="A1"><v>1</v></c>'), "none that the file format knows"),
    "number of 400 digits": (value("", f"<v>{'9' * 400}</v>"), "no number that a cell takes"),
    "not a number": (value("", "<v>NaN</v>"), "no number that a cell takes"),
    "number with a bar": (value("", "<v>1_000</v>"), "no number that a cell takes"),
    "text 4,000,000,000": (value(' t="s"', "<v>4000000000</v>"), "none that the file format knows"),
    "text 99,999,999": (value(' t="s"', "<v>99999999</v>"), "shared text 99999999"),
    "cell of no kind": (value(' t="zz"', "<v>1</v>"), "which no program writes"),
    "text of 10,000,000": (value(' t="str"', f"<v>{'xyz' * 3_000_000}</v>"), "longer than any cell"),
    "merged area without an end": (over('<mergeCells><mergeCell ref="A1:"/></mergeCells>'), "no cell of a sheet"),
    "merged area of no cells": (over('<mergeCells><mergeCell ref="A1:ZZZZ9"/></mergeCells>'), "no cell of a sheet"),
    "2,000 huge areas": (
        over("<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 2_000 + "</mergeCells>"),
        "more than 200 areas",
    ),
    "70,000 links": (over("<hyperlinks>" + '<hyperlink ref="ZZ9" location="A1"/>' * 70_000 + "</hyperlinks>"), "areas of one kind"),
    "4,500 sheets of one part": (many_sheets, "two ways"),
    "2,000 sheets with relations": (many_relations, "two ways"),
    "100,000 levels of elements": (nested, "within each other"),
    "an element of 60 MB": (endless_element, "one element has more"),
    "formulas of 600 MB": (shared_giant, "longer texts and formulas than are compared"),
    "2,100,000 cells": (many_cells, "more cells than are compared"),
}  # fmt: skip


def verify(path: Path) -> tuple[int, str, str]:
    """Run the command in a process of its own, within a minute of computing and 1 GB of memory."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 * MEMORY, 2 * MEMORY))  # addresses; twice what is in use

    run = subprocess.run(
        [sys.executable, "-c", _RUN, str(path)],
        capture_output=True, text=True, check=False, timeout=WAIT_SECONDS, preexec_fn=limited,
    )  # fmt: skip
    measured, _, errors = run.stderr.partition("\n")
    used, computed = measured.split()
    assert int(used) < MEMORY >> 10, f"{used} KiB"
    assert float(computed) < SECONDS
    return run.returncode, run.stdout, errors


_RUN = """
import atexit, io, resource, sys
from specxl.cli import main
from specxl.errors import WorkbookFileError
from specxl.evaluate import Budget, Engine, evaluate_apart
from specxl.model.cells import Book, Cell, Formula, Properties, Sheet
from specxl.returned import verify_file
from specxl.returned.reading import read_workbook
from specxl.workbook.plain import write_plain
own, sys.stderr = sys.stderr, io.StringIO()
def told():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    # what getrusage says of this process counts the memory of the test runner, from which it was begun
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    used = max(int(status["VmHWM"].split()[0]), usages[1].ru_maxrss)
    computed = sum(u.ru_utime + u.ru_stime for u in usages)
    own.write(f"{used} {computed}\\n{sys.stderr.getvalue()}")
atexit.register(told)
main(["verify", sys.argv[1]])
"""


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_hostile_file_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    """What no program writes is not read further; the sentence says what, and the status is 3."""
    change, words = REFUSED[case]
    path = rewrite(small_book(), tmp_path / "hostile.xlsx", change())
    status, printed, said = verify(path)
    assert (status, printed) == (3, "")
    assert said.startswith(f"Error: {path}: ")
    assert len(said.splitlines()) == 1
    assert re.search(words, said), said


# What is large and yet no reason to refuse: found or passed, and the figures are still computed.
HUGE: dict[str, tuple[Callable[[], Change], str]] = {
    "merged area over everything": (over('<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), "merged"),
    "link over a column": (
        over('<hyperlinks><hyperlink ref="A1:A1048576" location="x!A1"/></hyperlinks>'),
        "A1:A1048576",
    ),
    "cell in the last row": (row(1_048_576, '<c r="A1048576"><v>1</v></c>'), "1048576"),
    "cell in the last column": (row(1_000, '<c r="XFD1000"><v>1</v></c>'), "1000"),
    "engine in a loop": (in_formula("COMBIN(1E15,5E14)"), "COMBIN"),
    "engine in a large sum": (in_formula("SUMPRODUCT(A1:XFD1048576*A1:XFD1048576)"), "not as built"),
    "engine in a deep sum": (in_formula("1" + "+1" * 4_000), "not as built"),
    "engine in a row of signs": (in_formula("-" * 8_000 + "1"), "not as built"),
}


@pytest.mark.parametrize("case", HUGE, ids=str)
def test_what_is_huge_is_found_in_time(case: str, tmp_path: Path) -> None:
    """Areas are never walked over, and formulas that stop the engine cost a sentence."""
    change, words = HUGE[case]
    path = rewrite(small_book(), tmp_path / "huge.xlsx", change())
    status, printed, said = verify(path)
    assert (status, said) == (1, "")
    assert "ALTERED since it was built" in printed
    assert words in printed


def test_a_huge_statement_of_extent_is_nothing(tmp_path: Path) -> None:
    """What a sheet says of its own extent is never believed, and rules for entries may cover whole columns."""
    path = rewrite(
        small_book(),
        tmp_path / "extent.xlsx",
        in_sheet(small_book(), SHEET, lambda xml: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', xml)),
        in_sheet(small_book(), front(small_book()), lambda xml: re.sub(r'(<dataValidation [^>]*sqref=")', r"\1A1:XFD1048576 ", xml)),
    )  # fmt: skip
    status, printed, _ = verify(path)
    assert (status, "its cells are as built" in printed) == (0, True)


def test_a_huge_sheet_of_ones_own_is_not_read(tmp_path: Path) -> None:
    """Two million cells that somebody added cost no more than unpacking them."""
    cells = "".join(f"<c><v>{n}</v></c>" for n in range(100, 120))
    rows = "".join(f'<row r="{n}">{cells}</row>' for n in range(1, 100_001))
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    path = rewrite(
        small_book(),
        tmp_path / "own.xlsx",
        added("xl/worksheets/own.xml", sheet.encode(), SHEET_TYPE),
        related(BOOK, "worksheet", "worksheets/own.xml"),
        changed(
            BOOK, lambda xml: xml.replace("</sheets>", '<sheet name="Raw" sheetId="998" r:id="rIdAdded"/></sheets>')
        ),
    )
    status, printed, _ = verify(path)
    assert (status, "sheets of your own, not looked at: 1" in printed) == (0, True)


# Packages whose bytes no program wrote


def lzma(path: Path) -> None:
    """A package with a part compressed by LZMA, and broken there."""
    with zipfile.ZipFile(small_book()) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            method = zipfile.ZIP_LZMA if name == BOOK else zipfile.ZIP_DEFLATED
            target.writestr(name, source.read(name), method)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as package:
        start = package.getinfo(BOOK).header_offset
    data[start + 60 : start + 80] = bytes(20)
    path.write_bytes(bytes(data))


def bad_name(path: Path) -> None:
    """A package with an entry whose name says that it is UTF-8, and is not."""
    with zipfile.ZipFile(small_book()) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("xl/ünknown.xml", b"<a/>")
    path.write_bytes(path.read_bytes().replace("ü".encode(), b"\xff\xfe"))


def empty_name(path: Path) -> None:
    """A package with an entry that has no name."""
    with zipfile.ZipFile(small_book()) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr(zipfile.ZipInfo("z"), b"")
    data = path.read_bytes()
    at = data.rindex(b"PK\x01\x02")
    path.write_bytes(data[:at] + data[at:].replace(struct.pack("<H", 1) + bytes(2), struct.pack("<H", 0) + bytes(2), 1))


def climbing(path: Path) -> None:
    """A package with an entry that climbs out of it."""
    rewrite(small_book(), path, lambda parts: parts.update({"xl/../../etc/x.xml": b"<a/>"}))


def wrong_offset(path: Path) -> None:
    """A package whose directory lies further back than the file is long."""
    data = bytearray(small_book().read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 16 : end + 20] = struct.pack("<I", 0xFFFFFF0)
    path.write_bytes(bytes(data))


def unsound(part: str, content: bytes) -> Callable[[Path], None]:
    """A package with one part replaced by bytes."""
    return lambda path: rewrite(small_book(), path, lambda parts: parts.update({part: content})) and None


def utf16_entities(path: Path) -> None:
    """A package with entities declared in UTF-16, in which no plain search finds them."""
    declared = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    unsound("xl/theme/theme1.xml", declared.encode("utf-16"))(path)


PACKAGES: dict[str, Callable[[Path], object]] = {
    "LZMA": lzma,
    "name no UTF-8": bad_name,
    "no name": empty_name,
    "climbing name": climbing,
    "directory beyond the end": wrong_offset,
    "workbook no XML": unsound(BOOK, b"<workbook"),
    "workbook empty": unsound(BOOK, b""),
    "relations no XML": unsound(BOOK_RELS, b"\xff\xfe<"),
    "types of another root": unsound(TYPES, b"<a/>"),
    "unknown encoding": unsound(BOOK, b'<?xml version="1.0" encoding="x-evil"?><a/>'),
    "sheets missing": unsound(BOOK_RELS, b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'),
    "texts missing": lambda path: rewrite(small_book(), path, lambda parts: parts.pop("xl/sharedStrings.xml") and None),
    "entities in UTF-16": utf16_entities,
}  # fmt: skip


@pytest.mark.parametrize("case", PACKAGES, ids=str)
def test_a_broken_package_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    """Whatever the bytes provoke in the libraries, the command says one sentence and ends with status 3."""
    path = tmp_path / "broken.xlsx"
    PACKAGES[case](path)
    run = CliRunner().invoke(main, ["verify", str(path)])
    assert (run.exit_code, run.stdout) == (3, "")
    assert run.stderr.startswith(f"Error: {path}: ")
    assert len(run.stderr.splitlines()) == 1


# The process of its own


def test_an_evaluation_without_end_is_ended(tmp_path: Path) -> None:
    """Too little time, too little memory, and an engine that ends its process are three sentences."""
    book = read_workbook(default_book()).book
    write_plain(book, tmp_path / "plain.xlsx")
    for budget, words in (
        (Budget(0.05, 1 << 30), "was not done after 0 s"),
        (Budget(30, 32 << 20), "the engine ended with status|the engine was ended by|no answer"),
    ):
        with pytest.raises(WorkbookFileError, match=f"could not be computed: .*({words})"):
            evaluate_apart(tmp_path / "plain.xlsx", book, budget)
    values, errors = evaluate_apart(tmp_path / "plain.xlsx", book, Budget.of(20_000))
    assert (len(values), errors) == (sum(1 for sheet in book.sheets for _ in sheet.formulas()), [])
    own = Engine(tmp_path / "plain.xlsx", book)
    assert values == own.values()


def test_formulas_that_end_the_engine_are_a_sentence(tmp_path: Path) -> None:
    """Recursion deeper than the stack ends the process of the engine, and not the command."""
    for text_of_formula, budget, words in (
        ("(" * 200_000 + "1" + ")" * 200_000, Budget.of(1), "the engine was ended by SIG|the engine ended with status"),
        ("COMBIN(1E15,5E14)", Budget(2, 1 << 30), "was not done after 2 s"),
        ("SUMPRODUCT(A1:XFD1048576*A1:XFD1048576)", Budget.of(1), "the engine was ended by SIG|the engine ended with"),
    ):
        sheet = Sheet("A", cells={(0, 0): Cell(Formula(text_of_formula), "")})
        book = Book([sheet], Properties("", "", "", "", "", {}))
        write_plain(book, tmp_path / "plain.xlsx")
        with pytest.raises(WorkbookFileError, match=words):
            evaluate_apart(tmp_path / "plain.xlsx", book, budget)


def test_what_could_not_be_computed_is_not_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook whose formulas could not be computed is neither right nor wrong, and does not pass."""
    monkeypatch.setattr(Budget, "of", classmethod(lambda cls, _: cls(0.05, 1 << 30)))
    report = verify_file(small_book())
    assert (report.outcome, report.exit_status, report.differences) == ("not verified", 1, ())
    assert "could NOT be verified" in next(report.lines())


def test_a_pipe_is_no_workbook(tmp_path: Path) -> None:
    """A named pipe would never be read to its end."""
    path = tmp_path / "pipe.xlsx"
    subprocess.run(["mkfifo", str(path)], check=True)
    run = CliRunner().invoke(main, ["verify", str(path)])
    assert (run.exit_code, "this is no file" in run.stderr) == (3, True)


def test_nothing_beside_the_file_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder may hold modules named like the standard library's; the process that evaluates must not import them."""
    for name in ("json", "ironcalc", "resource"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(main, ["verify", str(small_book())])
    assert (run.exit_code, (tmp_path / "ran").exists()) == (0, False)


def test_the_helper_strikes_where_it_says() -> None:
    """A cell that is replaced is there, and keeps its look."""
    sheet, address = formula(small_book(), SHEET)
    xml = zipfile.ZipFile(small_book()).read(sheet_parts(small_book())[sheet]).decode()
    look = re.search(r' s="\d+"', cell_xml(xml, address))
    assert look
    assert look[0] in cell_xml(with_cell(address, "<v>1</v>")(xml), address)
