"""The strict writer: what the file format refuses stops the build, nothing is guessed, and nothing is left behind."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.parts import stored_results

from specxl.errors import LayoutError, OutputError
from specxl.model.cells import Book, Cell, Chart, Highlight, Link, Properties, Series, Sheet, TableSpec, Validation
from specxl.output import require_writable
from specxl.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from specxl.evaluate import Values
    from specxl.house import House

PROPERTIES = Properties("Title", "subject", "comments", "keywords", "2026-05-01T10:00:00", {"specxl version": "1"})
OLD = b"an older workbook"
RISKY = ("=1+1", "+1", "-1", "@x", "\tx", "＝1", "＋1", "－1", "＠x")  # noqa: RUF001
PLAIN = ("1e5", "TRUE", "007", "2026-01-01", "http://evil.example", "a=1", " =1", "'=1", "", "#N/A", "1/2")


def sheet(name: str = "In & Out") -> Sheet:
    """A sheet with a text, a number and a formula over it: A1, A2, B2."""
    made = Sheet(name)
    made.put(0, 0, "Label", "title")
    made.put(1, 0, 2.5, "speed input")
    made.formula(1, 1, "A2*2", "speed")
    return made


def values(*sheets: Sheet, result: object = 5.0) -> Values:
    """The same result for every formula of these sheets."""
    return {(ref.sheet, ref.row, ref.col): result for one in sheets for ref, _ in one.formulas()}  # type: ignore[misc]


@pytest.fixture
def write(tmp_path: Path, house: House) -> Callable[..., Path]:
    """Return a function that writes sheets to a file and returns its path."""

    def written(*sheets: Sheet, result: object = 5.0, **changes: Any) -> Path:  # noqa: ANN401 - parts of the book
        book = Book(list(sheets), **{"properties": PROPERTIES, "footer": "of us & them"} | changes)
        path = tmp_path / "out" / "book.xlsx"
        path.parent.mkdir(exist_ok=True)
        write_workbook(book, values(*sheets, result=result), house.theme, path)
        return path

    return written


# --- refusals ---------------------------------------------------------------------------------------------------------


def _put(content: Any, style: str = "text") -> Callable[[Sheet], object]:  # noqa: ANN401 - any content
    return lambda made: made.put(4, 2, content, style)


def _rule(**changes: object) -> Callable[[Sheet], object]:
    return lambda made: made.validations.append(replace(Validation(made.ref(1, 0), "Title", "Message"), **changes))  # type: ignore[arg-type]


def _table(name: str, rows: int = 2) -> Callable[[Sheet], object]:
    def add(made: Sheet) -> None:
        top = 10 * (1 + len(made.tables))
        made.put(top, 0, "Head", "head")
        made.tables.append(TableSpec(made.area(top, 0, top + rows, 0), name, "A table"))

    return add


def _both(*steps: Callable[[Sheet], object]) -> Callable[[Sheet], object]:
    return lambda made: [step(made) for step in steps]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_put("x", "speed nowhere"), "the theme has no style 'nowhere'"),
        (_put("x" * 32_768), r"text at In & Out row 5 column 3 was refused with code -2"),
        (lambda made: made.cells.update({(2_000_000, 0): Cell("x", "text")}), r"text at In & Out row 2000001 column 1 was refused"),
        (_put(Link("https://github.com/" + "a" * 3_000, "run")), "breaks a rule of the file format: Ignoring URL"),
        (_rule(message="m" * 256), "breaks a rule of the file format: Length of input message .* exceeds Excel's limit of 255"),
        (_rule(title="t" * 33), "breaks a rule of the file format: Length of input title .* exceeds Excel's limit of 32"),
        (_both(_table("Rows"), _table("rows")), "breaks a rule of the file format: Duplicate name 'rows'"),
        (_table("Two words"), "breaks a rule of the file format: Name 'Two words' in add_table"),
        (_table("Rows", rows=0), "breaks a rule of the file format: Must have at least one data row"),
        (lambda made: made.merges.extend([made.area(0, 0, 0, 2), made.area(0, 0, 1, 1)]), "breaks a rule of the file format: Merge range"),
        (lambda made: made.highlights.append(Highlight(made.area(0, 0, 1, 1), "x", "nowhere")), "the theme has no style 'nowhere'"),
        (lambda made: made.widths.update({20_000: 9.0}), "column width was refused"),
    ],
)  # fmt: skip
def test_what_the_format_refuses_stops_the_build(
    write: Callable[..., Path], tmp_path: Path, change: Callable[[Sheet], object], message: str
) -> None:
    """A warning or a refusal of XlsxWriter is an error, the older file stays, and no other file is left."""
    path = tmp_path / "out" / "book.xlsx"
    path.parent.mkdir()
    path.write_bytes(OLD)
    made = sheet()
    change(made)

    with pytest.raises(LayoutError, match=message):
        write(made)

    assert path.read_bytes() == OLD
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["x" * 32, "a/b", "'a", "a'"])
def test_a_sheet_name_that_excel_refuses(write: Callable[..., Path], name: str) -> None:
    """A name that Excel would not open is refused, whoever minted it."""
    with pytest.raises(LayoutError, match="breaks a rule of the file format: "):
        write(sheet(name))


def test_two_sheets_of_one_name(write: Callable[..., Path]) -> None:
    """Names are compared as Excel does, without regard to case."""
    with pytest.raises(LayoutError, match=r"breaks a rule of the file format: .*with case ignored"):
        write(sheet("Data"), sheet("DATA"))


def test_a_property_that_is_too_long(write: Callable[..., Path]) -> None:
    """A custom property over 255 characters would be cut silently, so it is refused."""
    with pytest.raises(LayoutError, match=r"breaks a rule of the file format: .*255"):
        write(sheet(), properties=replace(PROPERTIES, custom={"Rate card": "x" * 256}))


def test_a_theme_without_a_colour(tmp_path: Path, house: House) -> None:
    """A style that names a colour which the theme lacks is an error, not a default colour."""
    theme = {**house.theme, "styles": {**house.theme["styles"], "text": {"font_color": "nowhere"}}}
    made = Sheet("S")
    made.put(0, 0, "x")

    with pytest.raises(LayoutError, match="the theme has no colour 'nowhere'"):
        write_workbook(Book([made], PROPERTIES), {}, theme, tmp_path / "o.xlsx")


def test_a_formula_without_a_result(write: Callable[..., Path]) -> None:
    """A formula is never written without its result: a program that does not compute would show 0."""
    with pytest.raises(LayoutError, match="the formula at In & Out row 2 column 2 has no result"):
        write(sheet(), result=None)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_no_number_is_written_that_is_none(write: Callable[..., Path], number: float) -> None:
    """NaN and infinity have no place in a cell; they would become error values."""
    made = sheet()
    made.put(3, 3, number)

    with pytest.raises(TypeError, match="NAN/INF not supported"):
        write(made)


def test_a_chart_of_an_unknown_kind_or_look(write: Callable[..., Path]) -> None:
    """A chart that cannot be made as asked is an error."""
    made = sheet()
    line = Series(made.ref(0, 0), made.area(1, 0, 1, 0), made.area(1, 1, 1, 1), "nowhere")
    chart = Chart("scatter", made.ref(5, 5), 300, 200, (line,), "x", "y", "what it shows", "Chart")
    made.charts.append(chart)
    with pytest.raises(KeyError, match="nowhere"):
        write(made)

    made.charts[:] = [replace(chart, kind="pie chart", series=())]  # type: ignore[arg-type]
    with pytest.raises(
        LayoutError, match="breaks a rule of the file format: Chart1 must contain at least one data series"
    ):
        write(made)


# --- what is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [5.0, 0, -1.5e-12, "", "text & <more>", True, False])
def test_results_are_stored_as_they_are(write: Callable[..., Path], result: object) -> None:
    """Numbers, texts, empty texts and truth values come back from the file as the engine gave them."""
    stored = stored_results(write(sheet(), result=result))

    assert stored == {("In & Out", "B2"): result}
    assert isinstance(stored["In & Out", "B2"], bool) == isinstance(result, bool)


def test_text_is_never_guessed_to_be_anything_else(write: Callable[..., Path]) -> None:
    """Texts that look like numbers, dates, links or formulas are stored as text; what would be parsed is quoted."""
    made = sheet()
    for row, text in enumerate((*RISKY, *PLAIN)):
        made.put(row, 5, text)
        made.put(row, 6, Link("#'In & Out'!A1", text or "-"))

    page = openpyxl.load_workbook(write(made))["In & Out"]

    for row, text in enumerate((*RISKY, *PLAIN), start=1):
        shown, link = page.cell(row, 6), page.cell(row, 7)
        assert (shown.value or "") == text
        assert shown.data_type == "s" or not text
        assert bool(shown.quotePrefix) == (text in RISKY)
        assert link.value == (text or "-")
        assert bool(link.quotePrefix) == ((text or "-").startswith(("-", *RISKY)))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(texts=st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=30), max_size=20))
def test_any_text_comes_back(house: House, tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Whatever a text holds, markup and escapes of the format included, the cell shows it."""
    made = Sheet("S")
    for row, text in enumerate(texts):
        made.put(row, 0, text)
    path = tmp_path_factory.mktemp("any") / "o.xlsx"

    write_workbook(Book([made], PROPERTIES), {}, house.theme, path)

    page = openpyxl.load_workbook(path)["S"]
    assert [page.cell(row + 1, 1).value or "" for row in range(len(texts))] == texts


def test_links_are_internal_or_https(write: Callable[..., Path]) -> None:
    """An internal link is stored as a place in the file, an https one as an external target with its text."""
    made = sheet()
    made.put(5, 0, Link(made.ref(1, 1).link(), "there"))
    made.put(6, 0, Link("https://github.com/a/b", "run"))

    page = openpyxl.load_workbook(write(made))["In & Out"]

    assert (page["A6"].hyperlink.location, page["A6"].hyperlink.target) == ("'In & Out'!B2", None)
    assert (page["A7"].hyperlink.target, page["A7"].value) == ("https://github.com/a/b", "run")


def test_sheets_are_locked_but_for_inputs_and_properties_are_set(write: Callable[..., Path]) -> None:
    """Protection is on without a password, the style `input` unlocks, and nothing depends on the clock or the machine."""
    path = write(sheet())

    book = openpyxl.load_workbook(path)
    page = book["In & Out"]
    assert page.protection.sheet
    assert page.protection.password is None
    assert [page["A2"].protection.locked, page["B2"].protection.locked] == [False, True]
    assert book.properties.created == book.properties.modified == datetime(2026, 5, 1, 10)  # noqa: DTZ001
    assert book.properties.creator == "specxl"
    assert {prop.name: prop.value for prop in book.custom_doc_props.props} == {"specxl version": "1"}
    assert "of us & them" in page.oddFooter.left.text.replace("&&", "&")
    with zipfile.ZipFile(path) as package:
        assert {item.date_time for item in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_each_kind_of_input_has_its_rule(write: Callable[..., Path]) -> None:
    """Choices come from a list and stop anything else; numbers must be above zero and texts short, with a warning."""
    made = sheet()
    made.put(2, 0, "EUR", "input")
    made.put(3, 0, "b", "input")
    choices = made.area(0, 0, 0, 0)
    made.validations += [
        Validation(made.ref(1, 0), "Price", "Above zero."),
        Validation(made.ref(2, 0), "Label", "A short text.", text=True),
        Validation(made.ref(3, 0), "Choice", "From the list.", choices=choices, stop=True),
    ]

    rules = openpyxl.load_workbook(write(made))["In & Out"].data_validations.dataValidation

    assert [(str(r.sqref), r.type, r.operator, r.formula1, r.errorStyle) for r in rules] == [
        ("A2", "decimal", "greaterThan", "0.0", "warning"),
        ("A3", "textLength", "lessThanOrEqual", "120", "warning"),
        ("A4", "list", None, "$A$1:$A$1", None),
    ]


def test_the_same_model_gives_the_same_bytes(write: Callable[..., Path]) -> None:
    """Writing twice changes nothing."""
    assert write(sheet()).read_bytes() == write(sheet()).read_bytes()


# --- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_permissions_follow_the_umask(write: Callable[..., Path], umask: int, mode: int) -> None:
    """The finished file is as readable as any file that the user makes, though it began as a private one."""
    before = os.umask(umask)
    try:
        path = write(sheet())
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == mode
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_went_away(tmp_path: Path, house: House) -> None:
    """A folder that is gone by the time of writing is an output error with the system's reason."""
    with pytest.raises(OutputError, match=r"gone/o\.xlsx: cannot be written: No such file or directory\. Choose"):
        write_workbook(Book([sheet()], PROPERTIES), values(sheet()), house.theme, tmp_path / "gone" / "o.xlsx")


def test_a_target_that_became_a_folder(tmp_path: Path, house: House) -> None:
    """A target that cannot be replaced leaves no temporary file."""
    target = tmp_path / "o.xlsx"
    (target / "inside").mkdir(parents=True)

    with pytest.raises(OutputError, match="cannot be written: Is a directory"):
        write_workbook(Book([sheet()], PROPERTIES), values(sheet()), house.theme, target)

    assert list(tmp_path.iterdir()) == [target]


def test_places_are_checked_without_writing(tmp_path: Path) -> None:
    """A good place passes and is not touched, whether or not the file exists; a folder does not pass."""
    old = tmp_path / "old.xlsx"
    old.write_bytes(OLD)

    require_writable(old)
    require_writable(tmp_path / "new.xlsx")

    assert list(tmp_path.iterdir()) == [old]
    with pytest.raises(OutputError, match=r"this is a folder\. Name a file in it"):
        require_writable(tmp_path)


@pytest.mark.parametrize(
    ("footer", "shown"),
    [
        ("of us & them", "&L&9of us && them&R&9&A, page &P of &N"),
        ("83M measurements", "&L&9 83M measurements&R&9&A, page &P of &N"),
        ("2026 data of our lab", "&L&9 2026 data of our lab&R&9&A, page &P of &N"),
        ("0", "&L&9 0&R&9&A, page &P of &N"),
        ("", "&L&9&R&9&A, page &P of &N"),
    ],
)
def test_a_footer_that_begins_with_a_digit_keeps_it(write: Callable[..., Path], footer: str, shown: str) -> None:
    """A text that begins with a digit stands apart from the size before it, which is digits too."""
    path = write(sheet(), footer=footer)

    with zipfile.ZipFile(path) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    assert f"<oddFooter>{escape(shown)}</oddFooter>" in xml
    assert openpyxl.load_workbook(path).worksheets[0].oddFooter.left.size in (9, None)
