"""The tidy table: its columns, spellings and number formats, as CSV, xlsx and Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from specxl.errors import InputError
from specxl.reading.dataset import DatasetOptions, load
from specxl.sources.tidy import COLUMNS

if TYPE_CHECKING:
    from specxl.house import House
    from specxl.schema import Measurement

HEADER = (
    "model,hardware,engine,precision,workload,variant,concurrency,interactivity_tok_s_user,total_tok_s_gpu,gpus,date"
)
ROWS = (
    "dsr1,b300,sglang,fp4,1k/1k,mtp,64,102.5,2780.9,8,2026-06-01",
    "dsr1,b300,sglang,fp4,1024x1024,off,64,59,1349.4,8,2026-06-01",
    "DeepSeek R1,B300,trtllm,nvfp4,8192/1024,,32,60.25,900,4,2026-05-31",
    "dsr1,b300,sglang,fp8,chat,eagle,16,80,700.125,8,",
    "dsr1,mi355x-amds,sglang-disagg,fp8,8k/1k,none,8,95,250,16,2026-04-30T10:00:00",
)
GOLDEN = (
    ("dsr1", "b300", "sglang", "fp4", "1024x1024", "mtp", 64.0, 102.5, 2780.9, 8, "2026-06-01"),
    ("dsr1", "b300", "sglang", "fp4", "1024x1024", "none", 64.0, 59.0, 1349.4, 8, "2026-06-01"),
    ("dsr1", "b300", "trt", "fp4", "8192x1024", "unknown", 32.0, 60.25, 900.0, 4, "2026-05-31"),
    ("dsr1", "b300", "sglang", "fp8", "chat", "eagle", 16.0, 80.0, 700.125, 8, "None"),
    ("dsr1", "mi355x", "mori-sglang", "fp8", "8192x1024", "none", 8.0, 95.0, 250.0, 16, "2026-04-30"),
)


def _key(m: Measurement) -> tuple[object, ...]:
    names = (m.model, m.hardware, m.engine, m.precision, m.workload, m.variant)
    return (*names, m.concurrency, m.interactivity_tok_s_user, m.total_tok_s_gpu, m.gpus, str(m.date))


def _load_text(folder: Path, house: House, text: str | bytes) -> tuple[Measurement, ...]:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load([path], house).measurements


def _csv(*rows: str) -> str:
    return "\n".join((HEADER, *rows)) + "\n"


def test_golden_rows(tmp_path: Path, house: House) -> None:
    """Five rows with labels, aliases, both ways to write a workload, a missing method and a time behind the date."""
    rows = _load_text(tmp_path, house, _csv(*ROWS))

    assert tuple(_key(m) for m in rows) == GOLDEN
    assert [m.source_row for m in rows] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "variation",
    [
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.encode("utf-16"), id="UTF-16"),
        pytest.param(lambda text: text.replace(",", "\t"), id="tabs"),
        pytest.param(lambda text: text.replace(",", ";").replace(".", ","), id="semicolons and decimal commas"),
        pytest.param(lambda text: "# a comment, with a comma\n\n" + text, id="comments"),
        pytest.param(lambda text: text.replace("total_tok_s_gpu", "Total tok s GPU"), id="header spelling"),
        pytest.param(lambda text: text + "\n\n,,,,,,,,,,\n", id="empty rows"),
    ],
)
def test_other_dialects_give_the_same_rows(tmp_path: Path, house: House, variation: object) -> None:
    """Marks, line ends, encodings, delimiters and decimal commas change nothing."""
    text = variation(_csv(*ROWS))  # type: ignore[operator]

    assert tuple(_key(m) for m in _load_text(tmp_path, house, text)) == GOLDEN


@pytest.mark.parametrize(("name", "write"), [("t.xlsx", "to_excel"), ("t.parquet", "to_parquet")])
def test_workbook_and_parquet_give_the_same_rows(tmp_path: Path, house: House, name: str, write: str) -> None:
    """The same table as an Excel workbook and as Parquet, with real numbers and empty cells."""
    (tmp_path / "t.csv").write_text(_csv(*ROWS))
    getattr(pd.read_csv(tmp_path / "t.csv"), write)(tmp_path / name, index=False)

    assert tuple(_key(m) for m in load([tmp_path / name], house).measurements) == GOLDEN


def test_speed_comes_from_the_latency_where_it_is_not_given(tmp_path: Path, house: House) -> None:
    """A table of latencies gives speeds as one over the chosen statistic."""
    text = "model,hardware,total_tok_s_gpu,tpot_median_s,tpot_p99_s,variant\ndsr1,b200,500,0.01,0.02,none\n"
    path = tmp_path / "t.csv"
    path.write_text(text)

    assert load([path], house).measurements[0].interactivity_tok_s_user == 100
    assert load([path], house, DatasetOptions(statistic="p99")).measurements[0].interactivity_tok_s_user == 50


def test_role_figures_are_put_on_the_whole_deployment(tmp_path: Path, house: House) -> None:
    """A disaggregated row that counts per role is converted with its GPU counts."""
    text = (
        "model,hardware,interactivity_tok_s_user,total_tok_s_gpu,output_tok_s_gpu,input_tok_s_gpu,prefill_gpus,"
        "decode_gpus,serving,per_role\ndsr1,gb200,50,100,60,220,4,12,disaggregated,yes\n"
    )

    row = _load_text(tmp_path, house, text)[0]

    assert (row.output_tok_s_gpu, row.input_tok_s_gpu, row.gpus) == (45.0, 55.0, 16)
    assert (row.output_as_published_tok_s_gpu, row.serving) == (60.0, "disaggregated")


def test_unknown_columns_are_named(tmp_path: Path, house: House) -> None:
    """A column that means nothing is not read, and a notice names it."""
    (tmp_path / "t.csv").write_text("model,hardware,interactivity_tok_s_user,total_tok_s_gpu,colour\nm,b200,5,6,red\n")

    notices = load([tmp_path / "t.csv"], house).notices

    assert any(n.topic == "columns" and "`colour`" in n.text for n in notices)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (
            "model,hardware,interactivity_tok_s_user,totl_tok_s_gpu\n",
            r"field `total_tok_s_gpu`: the column is missing \(did you mean",
        ),
        ("model,hardware,total_tok_s_gpu\n", "field `interactivity_tok_s_user`: the column is missing"),
        ("model,hardware,total_tok_s_gpu,total_tok_s_gpu,tpot_median_s\n", "the column stands twice"),
        (_csv(ROWS[0] + ",extra"), r"row 2: the row has 12 cells; allowed: 11, as in the header"),
        (_csv('"dsr1,b300'), "broken CSV at line 2"),
        (
            _csv(*ROWS).replace(",", ";") + "dsr1;b300;x;fp4;chat;off;1;1,5;2.5;1;\n",
            r"row 2, field `interactivity_tok_s_user`: `102.5` has a decimal point where row 7 has a decimal comma",
        ),
        (
            HEADER + ",serving\n" + ROWS[0] + ",sometimes\n",
            "row 2, field `serving`: `sometimes` is no serving mode; allowed: aggregated",
        ),
        (HEADER + ",published_page\n" + ROWS[0] + ",p\n", "row 2, field `published_position`: `` is not a number"),
        (_csv(), "no usable row: the inputs hold no measurement"),
        ("just a line of text\n", r"no reader recognises the file: it is text without a header that is known\. docs"),
        (
            "Model,hardware\ndsr1,b300\n",
            r"`hardware`; a tidy table also needs the columns `total_tok_s_gpu`, `interactivity_tok_s_user`\. docs",
        ),
    ],
)
def test_wrong_tables_are_refused_in_one_sentence(tmp_path: Path, house: House, text: str, message: str) -> None:
    """Missing, doubled and unreadable columns, rows and cells are named with their place and what is allowed."""
    with pytest.raises(InputError, match=message):
        _load_text(tmp_path, house, text)


def test_text_that_is_no_known_encoding_is_named(tmp_path: Path, house: House) -> None:
    """Latin-1 text is refused with the line where it stops being UTF-8."""
    with pytest.raises(InputError, match=r"line 2 is not valid UTF-8 text; allowed: UTF-8"):
        _load_text(tmp_path, house, _csv("caf\u00e9,b300").encode("latin-1"))


def test_every_column_is_documented() -> None:
    """docs/formats.md names every canonical column."""
    text = (Path(__file__).resolve().parents[1] / "docs" / "formats.md").read_text()

    assert [name for name in COLUMNS if f"`{name}`" not in text] == []


PUBLISHED = "published_page,published_position,published_cost_usd_per_mtok,published_throughput_tok_s_mw"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("p,nan,0.5,900", r"field `published_position`: `nan` is not a number above zero; allowed: a figure as printed, up to"),
        ("p,inf,0.5,900", r"field `published_position`: `inf` is not a number above zero"),
        ("p,-inf,0.5,900", r"field `published_position`: `-inf` is not"),
        ("p,0,0.5,900", r"field `published_position`: `0` is not"),
        ("p,1.5,0.5,900", r"field `published_position`: `1\.5` is no place on a page; allowed: a whole number from 1 to 1000"),
        ("p,1e300,0.5,900", r"field `published_position`: `1e300` is not a number above zero"),
        ("p,5000,0.5,900", r"field `published_position`: `5000` is no place on a page"),
        ("p,1,nan,900", r"field `published_cost_usd_per_mtok`: `nan` is not a number above zero"),
        ("p,1,0,900", r"field `published_cost_usd_per_mtok`: `0` is not a number above zero; .* Leave published_page empty"),
        ("p,1,-1,900", r"field `published_cost_usd_per_mtok`: `-1` is not a number above zero"),
        ("p,1,1e999,900", r"field `published_cost_usd_per_mtok`: `1e999` is not a number above zero"),
        ("p,1,,900", r"field `published_cost_usd_per_mtok`: `` is not a number above zero"),
        ("p,1,0.5,inf", r"field `published_throughput_tok_s_mw`: `inf` is not a number above zero"),
        ("p,1,0.5,0", r"field `published_throughput_tok_s_mw`: `0` is not a number above zero"),
    ],
)  # fmt: skip
def test_a_printed_figure_that_is_none_is_refused(tmp_path: Path, house: House, cells: str, message: str) -> None:
    """What a page prints is a finite number above zero, and its place on the page a whole one: else row and field are named."""
    path = tmp_path / "t.csv"
    path.write_text(f"{HEADER},{PUBLISHED}\n{ROWS[0]},p,1,0.5,900\n{ROWS[1]},{cells}\n")

    with pytest.raises(InputError, match=rf"t\.csv, row 3, {message}"):
        load([path], house)
