"""Numbers as people and programs write them, in every tabular reader: what they mean, and when that is in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
import pytest
from support.rows import api_metrics, api_row, load_rows

from specxl.errors import InputError
from specxl.figures import number, plain
from specxl.reading.dataset import DatasetOptions, collect, load
from specxl.sources.notation import Notation

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House
    from specxl.reading.dataset import Dataset

HEADER = ("model", "hardware", "variant", "concurrency", "interactivity_tok_s_user", "total_tok_s_gpu")
NO_BREAK, THIN = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1108.9", 1108.9),
        ("1,108.90", 1108.9),
        ("12,345,678", 12345678.0),
        ("-2,000", -2000.0),
        ("+7", 7.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.5e-3", 0.0015),
        (" 42 ", 42.0),
        ("1 234.5", 1234.5),
        (f"1{NO_BREAK}234{NO_BREAK}567", 1234567.0),
        ("1'234.5", 1234.5),
    ],
)
def test_text_that_is_a_number(text: str, value: float) -> None:
    """Points, exponents, and commas, blanks or apostrophes between groups of three digits."""
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "1_000", "\uff11\uff12", "\u0663", "inf", "nan", "Infinity", "1e400", "0x10", "1,5", "0,015", "12,34"),
        *("1,2345", "1,108,9", "1.108,90", "1 23", "--1", "52 ms", "n/a", "1e5_0", "\u0661\u0662.5"),
    ],
)  # fmt: skip
def test_text_that_is_no_number(text: str) -> None:
    """Digits of other scripts, Python's own spellings, and commas in other places are no numbers."""
    assert number(text) is None
    assert plain(text) is None or text == "1e400"


@pytest.mark.parametrize(
    ("texts", "delimiter", "read"),
    [
        (["1,108.90", "99"], ",", [1108.9, 99]),
        (["1.234", "100,5"], ";", [1234.0, 100.5]),
        (["1.234", "100.5"], ";", [1.234, 100.5]),
        (["1,234", "100.5"], ";", [1234.0, 100.5]),
        (["1,234", "7,25"], ";", [1.234, 7.25]),
        (["1.234.567"], ";", [1234567]),
        (["1.234,5", "0,015", "2.000"], "\t", [1234.5, 0.015, 2000]),
        (["1,234,567", "1,234"], "\t", [1234567, 1234]),
        ([f"1{THIN}234,5", f"12{NO_BREAK}345"], ";", [1234.5, 12345]),
        (["1,5e3", "2"], ";", [1500.0, 2]),
        (["100,5", "2.000"], ",", [100.5, 2000]),
        (["n/a", "\u2014", "0,5"], ";", ["n/a", "\u2014", 0.5]),
        (["12.345", "678.901"], ",", [12.345, 678.901]),
    ],
)
def test_the_whole_table_tells_the_decimal_sign(texts: list[str], delimiter: str, read: list[object]) -> None:
    """What one cell leaves open another decides, whatever the delimiter; nothing is in doubt then."""
    notation = Notation([(row, "total", text) for row, text in enumerate(texts, 2)], delimiter, "t.csv")

    assert [notation.figure(text) for text in texts] == read
    assert notation.notices == []


@pytest.mark.parametrize(
    ("texts", "delimiter", "read", "words"),
    [
        (["1.234"], ";", [1.234], "row 2: field `total`: `1.234` may mean 1.234 or 1234; it was read as 1.234"),
        (["7", "2,500"], ";", [7, 2.5], "row 3: field `total`: `2,500` may mean 2.5 or 2500; it was read as 2.5"),
        (["2,500", "3,125"], ",", [2500, 3125], "it was read as 2500 (1 more cells are like it)"),
        (["1.349", "2.780"], "\t", [1.349, 2.78], "it was read as 1.349 (1 more cells are like it)"),
    ],
)
def test_doubt_is_said(texts: list[str], delimiter: str, read: list[object], words: str) -> None:
    """Where no cell decides, the likelier reading is taken and a notice names both, with row and field."""
    notation = Notation([(row, "total", text) for row, text in enumerate(texts, 2)], delimiter, "t.csv")

    assert [notation.figure(text) for text in texts] == read
    assert [words in str(notice) for notice in notation.notices] == [True]


def _table(delimiter: str, *rows: tuple[str, ...]) -> str:
    return "\n".join(delimiter.join(row) for row in (HEADER, *rows)) + "\n"


def _points(dataset: Dataset) -> list[tuple[float | None, float | None]]:
    return [(m.interactivity_tok_s_user, m.total_tok_s_gpu) for m in dataset.measurements]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        (_table(",", ("m", "b200", "none", "4", "52.5", '"12,108.90"')), [(52.5, 12108.9)]),
        (_table(";", ("m", "b200", "none", "1.024", "52,5", "12.108,90")), [(52.5, 12108.9)]),
        (_table("\t", ("m", "b200", "none", "4", "52.5", "12,108.90")), [(52.5, 12108.9)]),
        ("sep=;\n" + _table(";", ("m", "b200", "none", "4", "52,5", "90")), [(52.5, 90.0)]),
        ("SEP = ;\r\n\r\n" + _table(";", ("m", "b200", "none", "4", "52,5", "90")), [(52.5, 90.0)]),
        ("sep=;;;;;;\n" + _table(";", ("m", "b200", "none", "4", "52,5", "90")), [(52.5, 90.0)]),
        ('"sep=|"\n' + _table("|", ("m", "b200", "none", "4", "52.5", "90")), [(52.5, 90.0)]),
        ("# made by hand\r\nsep=\t\r\n" + _table("\t", ("m", "b200", "none", "4", "52.5", "90")), [(52.5, 90.0)]),
    ],
)
def test_tidy_tables_in_the_notations_of_the_world(
    tmp_path: Path, house: House, text: str, points: list[tuple[float, float]]
) -> None:
    """Thousands, decimal commas, and a first line that names the delimiter, as spreadsheets write it."""
    (tmp_path / "t.csv").write_bytes(text.encode())

    assert _points(load([tmp_path / "t.csv"], house)) == points


def test_doubt_reaches_the_user(tmp_path: Path, house: House) -> None:
    """A semicolon table that only holds 1.234 is read, and the notice names file, row, field and both readings."""
    (tmp_path / "t.csv").write_text(_table(";", ("m", "b200", "none", "4", "52", "1.234")))

    dataset = load([tmp_path / "t.csv"], house)

    assert _points(dataset) == [(52.0, 1.234)]
    said = [str(notice) for notice in dataset.notices if notice.topic == "number"]
    assert len(said) == 1
    assert said[0].startswith("t.csv, row 2: field `total_tok_s_gpu`: `1.234` may mean 1.234 or 1234")


@pytest.mark.parametrize("cell", ["1_000", "\uff15\uff12", "\u0665", "1\u0660.5", "5_2.0"])
@pytest.mark.parametrize("kind", ["tidy", "web", "aiperf"])
def test_other_digits_are_refused_with_their_place(tmp_path: Path, house: House, cell: str, kind: str) -> None:
    """Python would read them and a spreadsheet would not: every tabular reader names the row and the field."""
    texts = {
        "tidy": _table(",", ("m", "b200", "none", "4", "52", "9"), ("m", "b200", "none", "8", "50", cell)),
        "web": "Model,Hardware Key,Framework,Precision,Concurrency,Throughput/GPU (tok/s),Median TPOT (s),Spec Decoding\n"
        f"m,h200_vllm,vllm,fp8,4,9,0.01,none\nm,h200_vllm,vllm,fp8,{cell},9,0.01,none\n",
        "aiperf": f"Metric,avg,min,max,p50\nRequest Latency (ms),1,1,1,1\nInter Token Latency (ms),1,1,1,{cell}\n",
    }
    fields = {"tidy": "total_tok_s_gpu", "web": "Concurrency", "aiperf": r"Inter Token Latency \(ms\)"}
    (tmp_path / "t.csv").write_text(texts[kind], encoding="utf-8")

    with pytest.raises(InputError, match=rf"row 3, field `{fields[kind]}`: `{cell}` is not a number as tables write"):
        load([tmp_path / "t.csv"], house)


def test_text_numbers_of_json_follow_the_same_rule(tmp_path: Path, house: House) -> None:
    """A grouped number in quotes is one; 1_000 and a decimal comma are none, and the row says so."""
    speeds = ["1,000.5", "1_000", "0,0152", "\u0661"]
    rows = [
        api_row(api_metrics() | {"median_intvty": text, "median_tpot": None}, conc=2**n)
        for n, text in enumerate(speeds)
    ]

    found = load_rows(tmp_path, house, *rows).measurements

    assert [m.interactivity_tok_s_user for m in found] == [1000.5, None, None, None]
    assert [m.excluded for m in found[1:3]] == [
        "interactivity is `1_000`, not a number above zero",
        "interactivity is `0,0152`, not a number above zero",
    ]


def test_text_numbers_of_a_workbook_follow_the_same_rule(tmp_path: Path, house: House) -> None:
    """A sheet with numbers stored as text, in German and with a thousand, is read as the sheet means them."""
    book = openpyxl.Workbook()
    for row in (HEADER, ("m", "b200", "none", "4", "52,5", "1.108,9"), ("m", "b200", "none", 8, 40, "2.000")):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")

    assert _points(load([tmp_path / "t.xlsx"], house)) == [(52.5, 1108.9), (40.0, 2000.0)]


def test_web_export_with_decimal_commas(tmp_path: Path, house: House) -> None:
    """An export that a spreadsheet program saved again with semicolons keeps its meaning."""
    (tmp_path / "t.csv").write_text(
        "Model;ISL;OSL;Hardware Key;Framework;Precision;TP;Concurrency;Throughput/Chip (tok/s);Median TPOT (s);"
        "Median Interactivity (tok/s/user);Disaggregated;Spec Decoding\n"
        "dsr1;1.024;1.024;h200_sglang;sglang;fp8;8;64;1.349,5;0,0125;80;false;none\n"
    )

    row = load([tmp_path / "t.csv"], house).measurements[0]

    assert (row.interactivity_tok_s_user, row.total_tok_s_gpu, row.workload) == (80.0, 1349.5, "1024x1024")


CASE = ("model=dsr1", "hardware=h200", "gpus=8", "precision=fp8", "variant=none", "concurrency=32", "engine=vllm")


def test_case_genai_perf_thousands(shared: Path, house: House) -> None:
    """Quoted cells with thousands separators in a GenAI-Perf export."""
    dataset = load([shared / "data/cases/genai_perf_thousands.csv"], house, DatasetOptions(settings=CASE))

    row = dataset.measurements[0]
    assert row.interactivity_tok_s_user == pytest.approx(1000 / 19, rel=1e-12)
    assert (row.output_tok_s_gpu, row.input_tok_s_gpu, row.total_tok_s_gpu) == (138.6125, 2771.25, 2909.8625)
    assert (row.workload, row.ttft_median_s, row.usable) == ("3000x150", 0.9, True)
    assert not [notice for notice in dataset.notices if notice.topic == "number"]


def test_case_sep_line(shared: Path, house: House) -> None:
    """A first line `sep=;` and decimal commas."""
    dataset = load([shared / "data/cases/sep_line.csv"], house)

    assert _points(dataset) == [(100.5, 200.25), (40.5, 1000.5), (150.5, 260.25), (60.5, 1300.5)]
    assert [m.source_row for m in dataset.measurements] == [3, 4, 5, 6]


def test_rows_are_numbered_by_lines_of_the_file(tmp_path: Path, house: House) -> None:
    """Comments, a delimiter line, quoted line breaks and lone carriage returns all count as the lines they are."""
    text = (
        '# c\nsep=,\nmodel,hardware,interactivity_tok_s_user,total_tok_s_gpu,image\nm,b200,5,6,"a\nb"\n\nm,b200,7,8,c\n'
    )
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "old.csv").write_bytes(text.replace("\n", "\r").encode())

    for name in ("t.csv", "old.csv"):
        rows = collect([tmp_path / name], house, DatasetOptions()).measurements
        assert [m.source_row for m in rows] == [5, 7]
