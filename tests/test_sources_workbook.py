"""Workbooks, Parquet files and tables in memory as input: where a table is found, and what is said when it is not."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from openpyxl.worksheet.datavalidation import DataValidation
from pyarrow import parquet

from specxl.errors import InputError
from specxl.reading.dataset import DatasetOptions, collect, load
from specxl.sources import Content, TidyRows
from specxl.sources import parquet as parquet_reader
from specxl.sources.containers import open_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset

HEADER = ("model", "hardware", "variant", "concurrency", "interactivity_tok_s_user", "total_tok_s_gpu", "date")
OFF = ("dsr1", "b200", "none", 4, 40.5, 900.25, dt.date(2026, 6, 1))
MTP = ("dsr1", "b200", "mtp", 4, 90.5, 450.25, dt.datetime(2026, 6, 2, 12, tzinfo=None))  # noqa: DTZ001


def _book(path: Path, sheets: dict[str, Iterable[Sequence[Any]]]) -> Path:
    """Write sheets of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def _points(dataset: Dataset) -> list[tuple[object, ...]]:
    rows = dataset.measurements
    return [(m.source_file, m.source_row, m.variant, m.interactivity_tok_s_user, str(m.date)) for m in rows]


@pytest.mark.parametrize(
    ("sheets", "points"),
    [
        ({"Data": [HEADER, OFF, MTP]}, [("t.xlsx", 2, "none", 40.5, "2026-06-01"), ("t.xlsx", 3, "mtp", 90.5, "2026-06-02")]),
        ({"Off": [HEADER, OFF], "MTP": [HEADER, MTP]}, [("t.xlsx!Off", 2, "none", 40.5, "2026-06-01"), ("t.xlsx!MTP", 2, "mtp", 90.5, "2026-06-02")]),
        ({"Cover": [["Benchmarks"], ["of June"]], "Data": [HEADER, OFF]}, [("t.xlsx!Data", 2, "none", 40.5, "2026-06-01")]),
        ({"Data": [["Results of June"], [], ["", *HEADER], [None, *OFF], [], [None, *MTP]]}, [("t.xlsx", 4, "none", 40.5, "2026-06-01"), ("t.xlsx", 6, "mtp", 90.5, "2026-06-02")]),
        ({"Empty": [], "Data": [[None] * 3, HEADER, OFF]}, [("t.xlsx!Data", 3, "none", 40.5, "2026-06-01")]),
    ],
)  # fmt: skip
def test_a_table_is_found_wherever_it_stands(
    tmp_path: Path, house: House, sheets: dict[str, Any], points: list[tuple[object, ...]]
) -> None:
    """On any sheet, below a title, right of a margin; rows are numbered as in the sheet, and names say which sheet."""
    dataset = load([_book(tmp_path / "t.xlsx", sheets)], house)

    assert _points(dataset) == points
    assert all(m.usable for m in dataset.measurements)
    left_out = [name for name in sheets if len(sheets) > 1 and not any(f"!{name}" in str(point[0]) for point in points)]
    said = [str(notice) for notice in dataset.notices if notice.topic == "left out"]
    assert [f"t.xlsx!{name}: this is a sheet without a table, so it was left out" for name in left_out] == said


def test_case_tidy_two_sheets(shared: Path, house: House) -> None:
    """The Off rows on one sheet, the MTP rows on another."""
    dataset = load([shared / "data/cases/tidy_two_sheets.xlsx"], house)

    assert {m.variant for m in dataset.measurements if m.usable} == {"none", "mtp"}
    assert all(m.usable for m in dataset.measurements)
    assert len({file.sha256 for file in dataset.files}) == 1


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        ({"Costs": [["item", "usd"], ["gpu", 3]]}, r"t\.xlsx: no table on sheet `Costs`: looked for its header in rows 1 to 50\. docs"),
        ({"Runs": [["June"], ["model", "speed"], ["m", 3]]}, r"sheet `Runs`: .*; row 2 comes nearest and lacks `hardware`, `total_tok_s_gpu`, `inter"),
        ({"A": [["x"]], "B": [["model", "concurrency", "gpus"]], "C": [["model"]]}, r"t\.xlsx!B: no table on sheet `B`: .*row 1 comes nearest"),
        ({"Far": [[]] * 60 + [HEADER, OFF]}, r"no table on sheet `Far`: looked for its header in rows 1 to 50"),
        ({"Part": [["model", "hardware", "interactivity_tok_s_user"], ["m", "b200", 3]]}, r"field `total_tok_s_gpu`: the column is missing"),
    ],
)  # fmt: skip
def test_a_workbook_without_a_table_says_where_it_looked(
    tmp_path: Path, house: House, sheets: dict[str, Any], message: str
) -> None:
    """Sheet, rows, and the row that comes nearest with what it lacks."""
    with pytest.raises(InputError, match=message):
        load([_book(tmp_path / "t.xlsx", sheets)], house)


def test_settings_reach_the_sheets_by_the_name_of_the_file(tmp_path: Path, house: House) -> None:
    """A pattern for the file speaks for all its sheets, one for a sheet for that alone; so do sidecars."""
    book = {
        "Off": [HEADER[:2] + HEADER[4:], ("m", "b200", 40.5, 9, "2026-06-01")],
        "On": [HEADER[:2] + HEADER[4:], ("m", "b200", 50, 8, "")],
    }
    _book(tmp_path / "t.xlsx", book)
    (tmp_path / "specxl.toml").write_text('[[files]]\nmatch = "*!Off"\nvariant = "none"\n')

    dataset = load([tmp_path / "t.xlsx"], house, DatasetOptions(settings=("t.xlsx:gpus=8", "*!On:variant=mtp")))

    assert [(m.gpus, m.variant) for m in dataset.measurements] == [(8, "none"), (8, "mtp")]


def _patched(path: Path, part: str, old: str, new: str) -> Path:
    """Rewrite text in one part of a workbook."""
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            target.writestr(
                entry.filename, data.replace(old.encode(), new.encode()) if entry.filename == part else data
            )
    return path


def test_formulas_without_a_stored_result_are_named(tmp_path: Path, house: House) -> None:
    """A script that writes formulas stores no results: the rows that need them say so, and the notice says what to do."""
    rows = [HEADER, OFF, ("dsr1", "b200", "mtp", "=2*8", "=E2*2", "=F2/2", "")]
    path = _book(tmp_path / "t.xlsx", {"Data": rows})

    dataset = load([path], house)

    assert [m.usable for m in dataset.measurements] == [True, False]
    assert dataset.measurements[1].excluded == "interactivity is `formula without a result`, not a number above zero"
    said = [str(notice) for notice in dataset.notices if notice.topic == "formula"]
    assert len(said) == 1
    assert said[0].startswith("t.xlsx, row 3: formulas without a stored result stand in 1 rows")
    assert "open the workbook in a spreadsheet program and save it" in said[0]


@pytest.mark.parametrize("stored", ["<v>81</v>", "<v></v>"])
def test_a_stored_result_is_read(tmp_path: Path, house: House, stored: str) -> None:
    """A formula with its result is that result; an empty one is none."""
    path = _book(tmp_path / "t.xlsx", {"Data": [HEADER, ("dsr1", "b200", "mtp", 4, "=E9*2", 450, ""), OFF]})
    _patched(path, "xl/worksheets/sheet1.xml", "<f>E9*2</f><v></v>", f"<f>E9*2</f>{stored}")
    _patched(path, "xl/worksheets/sheet1.xml", "<f>E9*2</f><v />", f"<f>E9*2</f>{stored}")

    first = load([path], house).measurements[0]

    assert first.interactivity_tok_s_user == (81.0 if "81" in stored else None)


def test_text_of_a_formula_without_result_is_not_invented(tmp_path: Path, house: House) -> None:
    """A model that a formula would have given is not said, rather than called like the fault."""
    path = _book(tmp_path / "t.xlsx", {"Data": [HEADER, ('="ds"&"r1"', *OFF[1:]), OFF]})

    dataset = load([path], house)

    assert dataset.measurements[0].excluded.startswith("the file does not say model")
    assert {m.model for m in dataset.measurements if m.usable} == {"dsr1"}


def test_cells_beside_the_table_are_named(tmp_path: Path, house: House) -> None:
    """A note right of the table is not read, and the notice says in which row it stands."""
    path = _book(tmp_path / "t.xlsx", {"Data": [HEADER, OFF, (*MTP, None, "measured twice")]})

    dataset = load([path], house)

    assert len(dataset.measurements) == 2
    assert any("t.xlsx, row 3: cells right of the table" in str(notice) for notice in dataset.notices)


def test_nothing_of_openpyxl_reaches_the_terminal(tmp_path: Path) -> None:
    """Extensions that openpyxl drops, and dates out of range, are no warnings to the user."""
    path = _book(tmp_path / "t.xlsx", {"Data": [HEADER, OFF, MTP]})
    book = openpyxl.load_workbook(path)
    book["Data"].add_data_validation(DataValidation(type="list", formula1='"a,b"'))
    book["Data"]["G2"].number_format = "yyyy-mm-dd"
    book.save(path)
    extension = '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>'
    _patched(path, "xl/worksheets/sheet1.xml", "</worksheet>", extension)
    _patched(path, "xl/worksheets/sheet1.xml", "<v>46174</v>", "<v>99999999999</v>")

    command = [sys.executable, "-W", "always", "-m", "specxl", "inspect", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "arning" not in done.stderr


def _corrupt(path: Path, part: str, data: bytes) -> None:
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, data if entry.filename == part else source.read(entry))


@pytest.mark.parametrize(
    ("part", "data"),
    [
        ("xl/workbook.xml", b"<workbook"),
        (
            "xl/workbook.xml",
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><workbook><sheets><sheet name="&b;"/></sheets></workbook>',
        ),
        (
            "xl/worksheets/sheet1.xml",
            b"<worksheet><sheetData><row r='1'><c r='A0'><v>1</v></c></row></sheetData></worksheet>",
        ),
        ("xl/worksheets/sheet1.xml", b"no xml"),
        ("xl/styles.xml", b"\xff\xfe\0"),
        ("[Content_Types].xml", b"<Types/>"),
    ],
)
def test_damaged_workbooks_are_one_sentence(tmp_path: Path, house: House, part: str, data: bytes) -> None:
    """Whatever part is damaged, the message names the file and no traceback follows."""
    path = _book(tmp_path / "t.xlsx", {"Data": [HEADER, OFF]})
    _corrupt(path, part, data)

    with pytest.raises(InputError, match=r"^t\.xlsx: "):
        load([path], house)


def _frame() -> pd.DataFrame:
    return pd.DataFrame([OFF, MTP], columns=list(HEADER))


def test_parquet_keeps_what_the_frame_held(tmp_path: Path, house: House) -> None:
    """Dates, a named index, decimals and categories of a Parquet file give the rows of the table; rows count from 1."""
    frame = _frame()
    frame["date"] = pd.to_datetime(frame["date"])
    frame["total_tok_s_gpu"] = [Decimal("900.25"), Decimal("450.25")]
    frame["variant"] = frame["variant"].astype("category")
    frame["colour"] = ["red", None]
    frame.index = [7, 9]
    frame.to_parquet(tmp_path / "t.parquet")

    dataset = load([tmp_path / "t.parquet"], house)

    assert [point[1:] for point in _points(dataset)] == [
        (1, "none", 40.5, "2026-06-01"),
        (2, "mtp", 90.5, "2026-06-02"),
    ]
    assert [m.total_tok_s_gpu for m in dataset.measurements] == [900.25, 450.25]
    assert [n.text for n in dataset.notices if n.topic == "columns"] == [
        "columns that mean nothing here were not read: `colour`"
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.replace(b"dsr1", b"\xff\xfe\xfd\xfc"), "t.parquet: the file cannot be read"),
        (lambda data: data[:40] + b"\0" * 30 + data[70:], "t.parquet: the file cannot be read"),
        (lambda data: data[:20] + data[-20:], "t.parquet: the file cannot be read"),
        (lambda _: b"PAR1PAR1", "t.parquet: the file cannot be read"),
    ],
)
def test_damaged_parquet_is_one_sentence(tmp_path: Path, house: House, change: Any, message: str) -> None:  # noqa: ANN401
    """Text that is not UTF-8, and damage anywhere."""
    table = pa.table({name: [OFF[place]] for place, name in enumerate(HEADER[:-1])})
    parquet.write_table(table, tmp_path / "t.parquet", compression="none", use_dictionary=False)
    (tmp_path / "t.parquet").write_bytes(change((tmp_path / "t.parquet").read_bytes()))

    with pytest.raises(InputError, match=re.escape(message)):
        load([tmp_path / "t.parquet"], house)


def test_parquet_without_its_package_says_what_to_install(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named."""
    _frame().astype(str).to_parquet(tmp_path / "t.parquet")

    def missing(name: str) -> NoReturn:
        raise ImportError(name)

    monkeypatch.setattr(parquet_reader, "import_module", missing)

    with pytest.raises(InputError, match=r'pyarrow.*pip install "specxl\[parquet\]"'):
        load([tmp_path / "t.parquet"], house)


def _columns() -> dict[str, list[object]]:
    return {name: [OFF[place], MTP[place]] for place, name in enumerate(HEADER)}


@pytest.mark.parametrize(
    "rows",
    [
        _columns(),
        [dict(zip(HEADER, row, strict=True)) for row in (OFF, MTP)],
        {name: np.array(values, dtype=object) for name, values in _columns().items()},
        {name: list(values) for name, values in _frame().items()},
        {"# note": ["=1", "\n"], **_columns()},
    ],
)
def test_a_table_in_memory_is_read_as_its_csv_would_be(tmp_path: Path, house: House, rows: Any) -> None:  # noqa: ANN401
    """Columns or rows, plain or of NumPy: the same measurements as the tidy CSV, and the digest of that CSV."""
    table = TidyRows("june", rows)
    (tmp_path / "t.csv").write_bytes(table.csv())

    dataset, from_file = (load([given], house) for given in (table, tmp_path / "t.csv"))

    assert [point[1:] for point in _points(dataset)] == [point[1:] for point in _points(from_file)]
    assert [point[1:] for point in _points(dataset)] == [
        (2, "none", 40.5, "2026-06-01"),
        (3, "mtp", 90.5, "2026-06-02"),
    ]
    source = dataset.files[0]
    assert (source.name, source.format, source.rows) == ("june", "tidy", 2)
    assert source.sha256 == hashlib.sha256(table.csv()).hexdigest()


def test_values_of_frames_survive_exactly() -> None:
    """Floats are written in full, missing values of every kind are empty, line breaks do not shift rows."""
    values = [
        0.1 + 0.2,
        np.float64(1) / 3,
        np.float32(0.5),
        np.int64(7),
        None,
        float("nan"),
        pd.NA,
        pd.NaT,
        True,
        "a\nb",
        'q"',
        "",
    ]
    text = TidyRows("t", {"a": [1] * len(values), "b": values}).csv().decode()

    assert text.splitlines() == [
        "a,b", "1,0.30000000000000004", f"1,{1 / 3!r}", "1,0.5", "1,7", "1,", "1,", "1,", "1,", "1,true", "1,a b", '1,"q"""', "1,",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"model": ["a", "b"], "hardware": ["c"]}, "june: the columns differ in length; allowed: one of 1, 2"),
        ([{"model": "a"}, 3], "june: this is no table; allowed: columns by name, or a list of rows by column name"),
        ("model", "june: this is no table"),
        ({}, "june: the file is empty"),
        ({"model": ["m"], "hardware": ["h200"]}, r"june: .*also needs the columns `total_tok_s_gpu`"),
        ({**_columns(), "gpus": ["1_0", 8]}, "june, row 2, field `gpus`: `1_0` is not a number"),
    ],
)
def test_what_is_no_table_in_memory_is_refused(house: House, rows: Any, message: str) -> None:  # noqa: ANN401
    """The name of the table stands for the file in messages."""
    with pytest.raises(InputError, match=message):
        load([TidyRows("june", rows)], house)


def test_tables_and_files_make_one_data_set(tmp_path: Path, house: House) -> None:
    """Two tables of one name and a file are told apart."""
    path = _book(tmp_path / "t.xlsx", {"Data": [HEADER, OFF]})
    tables = [TidyRows("frame", [dict(zip(HEADER, MTP, strict=True))]) for _ in range(2)]

    found = open_inputs([*tables, path])

    assert [content.name for content in found] == ["frame (1)", "frame (2)", "t.xlsx"]
    assert len(collect([*tables, path], house, DatasetOptions()).measurements) == 3
    assert isinstance(found[0], Content)
