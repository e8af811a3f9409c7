"""`specxl verify`: what it accepts, what it finds, what it refuses to open, and what it says."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from click.testing import CliRunner
from support.books import default_book, pages, reference_book, shapes_book
from support.libreoffice import Session
from support.parts import formula_texts, sheet_parts, stored_results
from support.references import Formula
from support.repack import (
    RELATION,
    add_part,
    add_sheet,
    cell_xml,
    drop_row,
    edit_sheet,
    repack,
    set_constant,
    set_result,
    share_formulas,
)

from specxl.cli import main
from specxl.errors import WorkbookFileError
from specxl.model.manifest import ROOT_PROPERTY
from specxl.model.tokens import formula_token
from specxl.returned import verify_file
from specxl.returned.recompute import same_result
from specxl.returned.safety import Limits, screen_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support import Cell, Value
    from support.finder import Workbook
    from support.libreoffice import Locale

    from specxl.returned import FileReport

pytestmark = pytest.mark.usefixtures("evaluated_here")

MACRO_TYPE = "application/vnd.ms-office.vbaProject"
MACRO_RELATION = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
LINK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"


@pytest.fixture(scope="module")
def office() -> Iterator[Session]:
    """Return a running LibreOffice; skips the test where there is none."""
    with Session() as session:
        yield session


def saved(
    office: Session, path: Path, copy: Path, cells: dict[Cell, Value] | None = None, *, locked: bool = False
) -> Path:
    """Open a workbook in LibreOffice, edit it, recalculate it, and save it under another name."""
    office.open(path)
    if locked:
        office.unprotect()
    office.edit(cells or {})
    office.save(copy)
    return copy


def quiet(report: FileReport) -> bool:
    """Whether a report finds nothing but edited inputs."""
    found = (
        report.differences,
        report.active_content,
        report.results,
        report.errors,
        report.disagreements,
        report.problems,
    )
    return not any(found) and report.checks_pass and report.exit_status == 0


def choices_of(book: Workbook, cell: Cell) -> list[str]:
    """Return what a cell's dropdown offers; nothing where it has none."""
    return book.texts(cell) if book.has_choices(cell) else []


def reads_laid(path: Path) -> int:
    """Return how many comparisons the blocks of a workbook hold, as its manifest lists them."""
    return sum(block.rows for block in pages(path).manifest.blocks if block.kind == "comparison")


def knot_cell(path: Path) -> Cell:
    """Return the cell of a knot's throughput on the Curves sheet, in the middle of a curve."""
    page = pages(path).sheet("Curves")
    head = max(
        row for row in range(1, 60) if page.cell(row, 1).value == "curve id" and page.cell(row, 2).value == "knot"
    )
    column = next(c for c in range(1, 20) if page.cell(head, c).value == "total (value)")
    return "Curves", page.cell(head + 2, column).coordinate


# What passes


@pytest.mark.parametrize("book", [default_book, shapes_book], ids=["published points", "hand-made curves"])
def test_a_workbook_as_built_is_unchanged(book: Callable[[], Path]) -> None:
    """As built, every result and every read agrees and nothing is reported."""
    report = verify_file(book())
    assert (report.outcome, report.inputs, report.own_sheets) == ("unchanged", (), ())
    assert quiet(report)
    assert report.formulas == len(formula_texts(book()))
    assert report.reads > 0
    assert report.worst < 1e-9


def test_the_real_workbook_as_saved_again(shared: Path, office: Session, tmp_path: Path) -> None:
    """The workbook of the shared answer is unchanged as LibreOffice saves it."""
    path = reference_book(shared / "data" / "inferencex" / "benchmarks.json")
    report = verify_file(saved(office, path, tmp_path / "again.xlsx"))
    assert report.outcome == "unchanged"
    assert quiet(report)
    assert report.reads == reads_laid(path)


def test_saving_again_is_no_change(office: Session, tmp_path: Path) -> None:
    """LibreOffice rewrites formulas, numbers and texts when it saves; none of that counts as a change."""
    copy = saved(office, default_book(), tmp_path / "again.xlsx")
    assert formula_texts(copy) != formula_texts(default_book())
    report = verify_file(copy)
    assert (report.outcome, report.root_digest) == ("unchanged", verify_file(default_book()).root_digest)
    assert quiet(report)


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR"])
def test_texts_of_another_language_are_the_same_results(locale: Locale, tmp_path: Path) -> None:
    """A German or French program stores FIXED's texts with its own separators; they say the same."""
    with Session(locale) as office:
        copy = saved(office, default_book(), tmp_path / "again.xlsx")
    before, after = stored_results(default_book()), stored_results(copy)
    assert any(isinstance(value, str) and value.strip() != str(before[cell]).strip() for cell, value in after.items())
    assert quiet(verify_file(copy))


def test_shared_formulas_are_no_change(tmp_path: Path) -> None:
    """Excel stores the formulas of a column once; each cell still has its own formula."""
    texts = formula_texts(shapes_book())
    column, rows = longest_column(texts, "Results")
    copy = edit_sheet(shapes_book(), tmp_path / "shared.xlsx", "Results", share_formulas(column, rows))
    assert 't="shared"' in zipfile.ZipFile(copy).read(sheet_parts(copy)["Results"]).decode()
    assert verify_file(copy).outcome == "unchanged"


def longest_column(texts: dict[Cell, str], sheet: str) -> tuple[str, range]:
    """Return a column and rows of a sheet in which every formula was filled from the one above."""
    shapes = {cell: Formula(*cell, f"={text}").shape for cell, text in texts.items() if cell[0] == sheet}
    rows: dict[tuple[str, str], list[int]] = {}
    for (_, address), shape in shapes.items():
        letters = address.rstrip("0123456789")
        rows.setdefault((letters, shape), []).append(int(address[len(letters) :]))
    (column, _), found = max(rows.items(), key=lambda item: len(item[1]))
    assert len(found) > 10
    assert found == list(range(found[0], found[-1] + 1))
    return column, range(found[0], found[-1] + 1)


def test_edited_inputs_are_named_and_everything_follows(office: Session, tmp_path: Path) -> None:
    """Price, tier, power, target and metric edited in a program: each is listed with old and new, and all figures are right."""
    book = pages(default_book())
    page = book.pair("DeepSeek R1 on B300")
    neocloud = "Owning cost, neocloud"
    rate = book.find("Prices", "B300")
    heads = {cell.value: cell.column_letter for cell in book.sheet("Prices")[book.find("Prices", "Hardware")]}
    edits: dict[Cell, Value] = {
        next(cell for cell in book.unlocked() if cell[0] == "Summary" and neocloud in choices_of(book, cell)): neocloud,
        ("Prices", f"{heads[neocloud]}{rate}"): 3.21,
        ("Prices", f"{heads['Own kW']}{rate}"): 1.75,
        page.targets[0]: 1.005,
        page.controls["metric"]: "Requests in flight",
        page.targets[2]: 120.25,
    }
    report = verify_file(saved(office, default_book(), tmp_path / "edited.xlsx", edits))
    assert report.outcome == "inputs edited"
    assert quiet(report)
    assert {(edit.sheet, edit.cell): edit.new for edit in report.inputs} == edits
    old = {(edit.sheet, edit.cell): edit.old for edit in report.inputs}
    assert (old[page.targets[0]], old[page.targets[2]]) == (59, 144)
    assert all(edit.label for edit in report.inputs)
    assert report.ties == 0


def test_a_number_halfway_may_be_rounded_either_way(office: Session, tmp_path: Path) -> None:
    """FIXED(1.005,2) is 1.01 in Excel and 1.00 in the engine: that is a tie; 1.02 would be another number."""
    target = pages(default_book()).pair("DeepSeek R1 on B300").targets[0]
    edited = saved(office, default_book(), tmp_path / "tie.xlsx", {target: 1.005})
    shown = "1.00 tok/s per user"
    excel = edit_sheet(
        edited, tmp_path / "excel.xlsx", target[0], lambda xml: xml.replace(shown, "1.01 tok/s per user")
    )
    report = verify_file(excel)
    assert (report.outcome, report.results) == ("inputs edited", ())
    assert report.ties > 0
    wrong = edit_sheet(
        edited, tmp_path / "wrong.xlsx", target[0], lambda xml: xml.replace(shown, "1.02 tok/s per user")
    )
    assert verify_file(wrong).results


def test_a_target_that_is_no_number_is_an_edit_that_cannot_be_used(office: Session, tmp_path: Path) -> None:
    """A text as a target is listed as an edit, and the workbook says itself that it cannot be used."""
    target = pages(default_book()).pair("DeepSeek R1 on B300").targets[0]
    report = verify_file(saved(office, default_book(), tmp_path / "text.xlsx", {target: "fast"}))
    assert [(edit.old, edit.new) for edit in report.inputs] == [(59, "fast")]
    assert quiet(report)
    said = [v for (sheet, _), v in stored_results(tmp_path / "text.xlsx").items() if sheet == "Checks"]
    assert [v for v in said if f"1 cannot be used, first: {' '.join(target)}" in str(v)] != []


def test_sheets_of_ones_own_are_mentioned(tmp_path: Path) -> None:
    """A sheet that people added is named and not looked at."""
    report = verify_file(add_sheet(default_book(), tmp_path / "own.xlsx", "My notes"))
    assert (report.outcome, report.own_sheets) == ("unchanged", ("My notes",))


# What is found


def test_a_changed_knot_is_found(office: Session, tmp_path: Path) -> None:
    """A constant in place of a knot: the cell is named, the checks fail, and the reference contradicts its reads."""
    sheet, address = knot_cell(default_book())
    report = verify_file(saved(office, default_book(), tmp_path / "knot.xlsx", {(sheet, address): 1234.5}, locked=True))
    assert [(d.sheet, d.cells) for d in report.differences] == [(sheet, (address,))]
    assert "1234.5" in str(report.differences[0])
    assert (report.outcome, report.exit_status, report.checks_pass) == ("altered", 1, False)
    assert report.disagreements


def test_a_changed_measurement_is_found(tmp_path: Path) -> None:
    """A digit typed over on Measurements is named, and its stored results no longer follow from it."""
    header = pages(default_book()).find("Measurements", "No.")
    page = pages(default_book()).sheet("Measurements")
    column = next(c for c in range(1, 40) if page.cell(header, c).value == "Total throughput (tok/s/GPU)")
    cell = page.cell(header + 1, column)
    copy = edit_sheet(
        default_book(), tmp_path / "m.xlsx", "Measurements", set_constant(cell.coordinate, float(cell.value) * 10)
    )
    report = verify_file(copy)
    assert [d.cells for d in report.differences] == [(cell.coordinate,)]
    assert report.results
    assert not report.checks_pass


def test_an_overwritten_result_is_found(tmp_path: Path) -> None:
    """The result of a formula typed over the formula is found by the manifest alone, since every figure still agrees."""
    address, value = next(
        (address, value)
        for (sheet, address), value in stored_results(default_book()).items()
        if sheet == "Results" and isinstance(value, float) and value > 100
    )
    report = verify_file(edit_sheet(default_book(), tmp_path / "o.xlsx", "Results", set_constant(address, value)))
    assert [(d.sheet, d.kind, d.cells) for d in report.differences] == [("Results", "cell", (address,))]
    assert (report.outcome, report.results, report.checks_pass) == ("altered", (), True)


@pytest.mark.parametrize("close_up", [True, False], ids=["rows below move up", "row left empty"])
@pytest.mark.parametrize("sheet", ["Measurements", "Curves", "Results"])
def test_a_deleted_row_is_found(sheet: str, close_up: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """A deleted row is named by the number that it had."""
    page = pages(default_book()).sheet(sheet)
    row = next(r for r in range(1, page.max_row) if page.cell(r, 1).value in ("No.", "curve id", "model")) + 2
    report = verify_file(edit_sheet(default_book(), tmp_path / "d.xlsx", sheet, drop_row(row, close_up=close_up)))
    deleted = [d for d in report.differences if d.sheet == sheet and d.kind == "rows deleted"]
    assert [d.rows for d in deleted] == [(row,)]
    assert f"row {row} of the build is missing" in str(deleted[0])
    assert report.exit_status == 1


def test_a_replaced_stored_result_is_found(tmp_path: Path) -> None:
    """A stored result that was exchanged under an intact formula is found by computing it; no cell differs."""
    texts = stored_results(default_book())
    number = next(
        address for (sheet, address), v in texts.items() if sheet == "Results" and isinstance(v, float) and v > 100
    )
    report = verify_file(edit_sheet(default_book(), tmp_path / "r.xlsx", "Results", set_result(number, "99999.5")))
    assert (report.outcome, report.differences) == ("wrong", ())
    assert [(r.sheet, r.cell, r.stored) for r in report.results] == [("Results", number, 99999.5)]
    sentence = next(
        (sheet, address) for (sheet, address), v in texts.items() if isinstance(v, str) and "86 % less" in v
    )
    changed = str(texts[sentence]).replace("86 % less", "87 % less")
    report = verify_file(edit_sheet(default_book(), tmp_path / "s.xlsx", sentence[0], set_result(sentence[1], changed)))
    assert [(r.sheet, r.cell) for r in report.results] == [sentence]
    assert report.ties == 0


def test_results_that_were_dropped_are_found(tmp_path: Path) -> None:
    """The library openpyxl saves formulas without their results, so that readers which do not compute would show nothing."""
    book = openpyxl.load_workbook(default_book())
    book.save(tmp_path / "dropped.xlsx")
    report = verify_file(tmp_path / "dropped.xlsx")
    assert (report.outcome, report.differences, report.exit_status) == ("not recalculated", (), 1)
    assert "Open it in a spreadsheet program and save it" in next(report.lines())
    assert len(report.results) > 5000
    assert all(result.stored is None for result in report.results)


def test_a_macro_is_found(tmp_path: Path) -> None:
    """A macro that was added is named, whatever its content; it is not read."""
    copy = add_part(default_book(), tmp_path / "m.xlsm", "xl/vbaProject.bin", b"\x00macro", MACRO_RELATION, MACRO_TYPE)
    report = verify_file(copy)
    assert report.active_content == ("xl/vbaProject.bin: a macro",)
    assert (report.outcome, report.exit_status, report.differences) == ("altered", 1, ())


def test_a_link_to_another_file_is_found(tmp_path: Path) -> None:
    """A link to another workbook that was added is named."""
    name = "xl/externalLinks/externalLink1.xml"
    xml = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    report = verify_file(
        add_part(default_book(), tmp_path / "l.xlsx", name, xml, f"{RELATION}/externalLink", LINK_TYPE)
    )
    assert report.active_content == (f"{name}: a link to another file (or a DDE link)",)
    assert report.exit_status == 1


def test_a_renamed_sheet_is_found(tmp_path: Path) -> None:
    """A sheet under another name is missing, and the other name is one that people added."""
    copy = repack(
        default_book(),
        tmp_path / "n.xlsx",
        {"xl/workbook.xml": lambda xml: xml.replace('name="Results"', 'name="Old results"')},
    )
    report = verify_file(copy)
    assert [(d.sheet, d.kind) for d in report.differences if d.kind == "sheet missing"] == [
        ("Results", "sheet missing")
    ]
    assert report.own_sheets == ("Old results",)
    assert report.exit_status == 1


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "docProps/custom.xml"], ids=["manifest", "property"])
def test_an_altered_manifest_is_found(part: str, tmp_path: Path) -> None:
    """The root digest stands on About and in a property of the file; it must be that of the manifest in both."""
    root = verify_file(default_book()).root_digest
    copy = repack(default_book(), tmp_path / "a.xlsx", {part: lambda xml: xml.replace(root, "0" * len(root))})
    report = verify_file(copy)
    assert [(d.sheet, d.kind) for d in report.differences] == [("About", "manifest")]
    assert report.exit_status == 1


def test_a_manifest_that_is_gone_is_an_alteration(tmp_path: Path) -> None:
    """A workbook that says it is ours and has no manifest cannot be compared, and is not passed."""
    heading = "Manifest: digests by which"
    copy = repack(default_book(), tmp_path / "g.xlsx", {"xl/sharedStrings.xml": lambda xml: xml.replace(heading, "x")})
    report = verify_file(copy)
    assert "the manifest is missing" in str(report.differences[0])
    assert report.exit_status == 1


# What is not opened


def other_xlsx(path: Path) -> None:
    """Write a workbook of another tool."""
    openpyxl.Workbook().save(path)


def truncated(path: Path) -> None:
    """Write the first half of a workbook."""
    data = default_book().read_bytes()
    path.write_bytes(data[: len(data) // 2])


def damaged(path: Path) -> None:
    """Write a workbook with a byte flipped inside a compressed part."""
    data = bytearray(default_book().read_bytes())
    with zipfile.ZipFile(default_book()) as package:
        start = package.getinfo("xl/worksheets/sheet1.xml").header_offset
    data[start + 500] ^= 0xFF
    path.write_bytes(bytes(data))


def bomb(path: Path) -> None:
    """Write a package whose one part unpacks to a thousand times its size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b"<workbook/>" + b" " * 20_000_000)


def lying_bomb(path: Path) -> None:
    """Write the same package with directory entries that state a harmless size."""
    bomb(path)
    data = path.read_bytes()
    true, false = struct.pack("<I", 20_000_011), struct.pack("<I", 2_000)
    assert true in data
    path.write_bytes(data.replace(true, false))


def many_parts(path: Path) -> None:
    """Write a package of too many parts."""
    with zipfile.ZipFile(path, "w") as package:
        for number in range(5_001):
            package.writestr(f"xl/part{number}.xml", b"")


def entities(path: Path) -> None:
    """Write a workbook whose sheet declares entities that would unfold to gigabytes."""
    declared = '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa">]><worksheet'
    edit_sheet(default_book(), path, "Summary", lambda xml: xml.replace("<worksheet", declared, 1))


def twins(path: Path) -> None:
    """Write a package with two parts of one name, of which two programs may read different ones."""
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("xl/workbook.xml", b"<a/>")
        with pytest.warns(UserWarning, match="Duplicate name"):
            package.writestr("xl/workbook.xml", b"<b/>")


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "encrypted": (
        lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)),
        "encrypted with a password",
    ),
    "text": (lambda path: path.write_text("model,hardware\n"), "does not begin as a zip file"),
    "empty": (lambda path: path.write_bytes(b""), "does not begin as a zip file"),
    "truncated": (truncated, "damaged or was cut off"),
    "damaged": (damaged, "damaged or was cut off"),
    "no workbook": (
        lambda path: zipfile.ZipFile(path, "w").writestr("a.txt", "a"),
        "this zip file is no .xlsx workbook|damaged",
    ),
    "another tool": (other_xlsx, "not a workbook of specxl"),
    "bomb": (bomb, "zip bomb"),
    "lying bomb": (lying_bomb, "zip bomb|damaged or was cut off"),
    "many parts": (many_parts, "5001 parts, more than 5000"),
    "entities": (entities, "declares XML entities"),
    "twins": (twins, "two parts of one name"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_file_that_is_not_ours_or_not_safe_is_refused(case: str, tmp_path: Path) -> None:
    """One sentence says what is wrong with the file, and the exit status is 3."""
    write, reason = REFUSED[case]
    path = tmp_path / "file.xlsx"
    write(path)
    with pytest.raises(WorkbookFileError, match=reason) as caught:
        verify_file(path)
    assert str(path) in str(caught.value)
    run = CliRunner().invoke(main, ["verify", str(path)])
    assert (run.exit_code, run.stdout) == (3, "")
    assert run.stderr.startswith(f"Error: {path}: ")


def test_limits_hold_before_anything_is_unpacked(tmp_path: Path) -> None:
    """The size of the file, of its content and their ratio are each limited."""
    path = default_book()
    for limits, reason in (
        (Limits(file_bytes=1000), "MiB that are opened"),
        (Limits(total_bytes=1000), "zip bomb"),
        (Limits(ratio=1), "times its size"),
        (Limits(entries=3), "parts, more than 3"),
    ):
        with pytest.raises(WorkbookFileError, match=reason):
            screen_package(path, limits)
    assert screen_package(path) == ()


# What it says


def test_the_command_says_it_in_words() -> None:
    """The text names the verdict, the numbers behind it and its limits; exit status 0."""
    run = CliRunner().invoke(main, ["verify", str(default_book())])
    assert run.exit_code == 0
    lines = run.stdout.splitlines()
    assert lines[0].startswith(f"{default_book()}: its cells are as built; not compared: colours, fonts, ")
    assert f"root digest {verify_file(default_book()).root_digest}" in lines
    assert "Checks sheet: all passed" in lines
    assert lines[-1].startswith("It detects accidents, not forgers")


def test_the_command_gives_json(office: Session, tmp_path: Path) -> None:
    """The keys of the JSON answer and their types are those of docs/verify.md; the exit status is in it too."""
    sheet, address = knot_cell(default_book())
    target = pages(default_book()).pair("DeepSeek R1 on B300").targets[0]
    edits: dict[Cell, Value] = {(sheet, address): 1234.5, target: 77.5}
    copy = saved(office, default_book(), tmp_path / "both.xlsx", edits, locked=True)
    run = CliRunner().invoke(main, ["verify", str(copy), "--json"])
    answer = json.loads(run.stdout)
    assert {key: type(value).__name__ for key, value in answer.items()} == {
        "specxl": "str", "file": "str", "outcome": "str", "exit_status": "int", "built_by": "str", "root_digest": "str",
        "inputs_edited": "list", "differences": "list", "active_content": "list", "own_sheets": "list",
        "noted": "list", "not_compared": "list", "expected_digest": "str",
        "recomputed": "dict", "reads": "dict", "checks": "dict", "problems": "list", "limits": "str",
    }  # fmt: skip
    described = (Path(__file__).parents[1] / "docs" / "verify.md").read_text(encoding="utf-8")
    assert [key for key in answer if f"`{key}`" not in described] == []
    assert (run.exit_code, answer["exit_status"], answer["outcome"]) == (1, 1, "altered")
    assert answer["inputs_edited"] == [
        {"sheet": target[0], "cell": target[1], "label": "Speed per user, tok/s, 1", "old": 59, "new": 77.5}
    ]
    assert [(d["sheet"], d["kind"], d["cells"]) for d in answer["differences"]] == [("Curves", "cell", [address])]
    assert set(answer["recomputed"]) == {"formulas", "differing", "error_cells", "rounding_ties", "left_out"}
    assert set(answer["reads"]) == {"compared", "worst", "disagreements"}
    assert answer["checks"]["passed"] is False
    assert answer["checks"]["overall"].startswith("failed: ")


def test_json_says_why_a_file_is_refused(tmp_path: Path) -> None:
    """A program that reads the JSON answer learns of a refusal too."""
    other_xlsx(tmp_path / "other.xlsx")
    run = CliRunner().invoke(main, ["verify", str(tmp_path / "other.xlsx"), "--json"])
    answer = json.loads(run.stdout)
    assert (run.exit_code, answer["exit_status"], answer["outcome"]) == (3, 3, "refused")
    assert "not a workbook of specxl" in answer["error"]


def test_a_missing_file_is_misuse(tmp_path: Path) -> None:
    """No file, or a folder, is a wrong command: exit status 2."""
    for path in (tmp_path / "none.xlsx", tmp_path):
        run = CliRunner().invoke(main, ["verify", str(path)])
        assert run.exit_code == 2
        assert "Error: Invalid value for 'FILE'" in run.stderr


def test_the_root_digest_is_printed_and_kept(tmp_path: Path) -> None:
    """The build prints the root digest that the file holds in a cell and as a property."""
    path = tmp_path / "built.xlsx"
    run = CliRunner().invoke(main, ["build", "-o", str(path)])
    root = verify_file(path).root_digest
    assert f"root digest {root}" in run.stdout
    properties = {item.name: item.value for item in openpyxl.load_workbook(path).custom_doc_props.props}
    assert properties[ROOT_PROPERTY] == root
    assert root in cell_xml_texts(path)


def cell_xml_texts(path: Path) -> set[str]:
    """Return every text in column B of About."""
    about = openpyxl.load_workbook(path)["About"]
    return {str(about.cell(row, 2).value) for row in range(1, about.max_row + 1)}


# The canonical forms


@pytest.mark.parametrize(
    ("built", "rewritten"),
    [
        ("'Checks'!$B$6", "Checks!$B$6"),
        ("'My ''own'' B300'!A1+1", "'My ''own'' b300'!$A$1 + 1"),
        ("IF(A1>1E-9,1,0)", "IF(A1>0.000000001,1,0)"),
        ("A1*1E-12", "A1*0.000000000001"),
        ("A1*0.05", "A1*.05"),
        ("IF(TRUE,FALSE,A1)", "IF(TRUE(),FALSE(),A1)"),
        ("SUM(A1,B1)-A1", "+sum(+A1, B1)\n-A1"),
        ('IF(A1="it\'s $1.50 + 1E-9","a  b","")', '=IF(A1="it\'s $1.50 + 1E-9", "a  b", "")'.removeprefix("=")),
    ],
)  # fmt: skip
def test_rewriting_a_formula_does_not_change_its_token(built: str, rewritten: str) -> None:
    """Quotes, blanks, case, dollar signs, truth values and the writing of numbers do not count."""
    assert formula_token(built) == formula_token(rewritten)


@pytest.mark.parametrize(
    ("built", "changed"),
    [
        ("A1+B1", "A1-B1"),
        ("A1*1E-9", "A1*1E-8"),
        ("A1*1.05", "A1*1.5"),
        ("SUM(A1:A9)", "SUM(A1:A8)"),
        ('A1&" USD"', 'A1&"USD"'),
        ('A1&"Usd"', 'A1&"USD"'),
        ("'DeepSeek R1 B300'!A1", "'DeepSeek R1 B200'!A1"),
        ("IF(A1=1,B1,C1)", "IF(A1=1,C1,B1)"),
    ],
)
def test_changing_a_formula_changes_its_token(built: str, changed: str) -> None:
    """What computes or says something else has another token."""
    assert formula_token(built) != formula_token(changed)


@pytest.mark.parametrize(
    ("stored", "computed", "same"),
    [
        (1.0, 1.0 + 1e-10, True),
        (1.0, 1.0 + 1e-8, False),
        (None, "", True),
        (None, 0, False),
        ("At 1.234,5 tok/s", "At 1,234.5 tok/s", True),
        ("At 1\u202f234,5 tok/s", "At 1,234.5 tok/s ", True),
        ("At 1.234,6 tok/s", "At 1,234.5 tok/s", False),
        ("At 12,345 tok/s", "At 1,234.5 tok/s", False),
        ("1", 1, False),
    ],
)
def test_results_are_compared_as_people_read_them(stored: Value, computed: Value, same: bool) -> None:  # noqa: FBT001
    """Numbers agree to 1e-9, texts in full but for blanks at the end and the separators of another language."""
    assert same_result(stored, computed) is same


def test_cell_xml_names_the_cell() -> None:
    """The tests' own way into a sheet's XML finds one cell and fails for one that is not there."""
    assert cell_xml('<c r="A1"/><c r="A11" s="2"><v>1</v></c>', "A11") == '<c r="A11" s="2"><v>1</v></c>'
    with pytest.raises(AssertionError, match="B7 is not in the sheet"):
        cell_xml('<c r="A1"/>', "B7")
