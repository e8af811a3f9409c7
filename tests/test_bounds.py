"""Small files that unfold to much: each ends in rows or in one sentence, below 1 GB of memory and without hanging."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
import xlsxwriter
from pyarrow import parquet
from support.rows import api_row

from specxl import schema
from specxl.errors import InputError
from specxl.reading import dataset as dataset_module
from specxl.reading.dataset import load
from specxl.sources import bounds, jsontext
from specxl.sources.content import Content

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.house import House

MOST_MEMORY_MIB = 953
"""1 GB."""
MOST_SECONDS = 60
PROGRAM = """
import sys, time
from specxl.errors import InputError
from specxl.house import House
from specxl.reading.dataset import load
began = time.monotonic()
try:
    said = f"{len(load(sys.argv[1:], House.load()).measurements)} rows"
except InputError as error:
    said = str(error)
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(peak // 1024, round(time.monotonic() - began, 1), said)
"""
TIDY = ("model", "hardware", "interactivity_tok_s_user", "total_tok_s_gpu")


NO_PROC = not Path("/proc/self/status").exists()


def _read_in_child(*paths: Path) -> tuple[int, float, str]:
    """Read files in a process of their own: its peak in MiB, its seconds, and what came of it."""
    environment = os.environ | {"PYTHONPATH": str(Path(schema.__file__).parents[1])}
    command = [sys.executable, "-c", PROGRAM, *map(str, paths)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    peak, seconds, said = done.stdout.split(" ", 2)
    return int(peak), float(seconds), said.strip()


def _sheet(path: Path, rows: int = 3, strings: int = 0) -> bytes:
    """Write a tidy table as a workbook with shared strings and return its bytes."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        for row, cells in enumerate([TIDY, *(("m", "b200", 50 + n, 90 - n) for n in range(rows))]):
            sheet.write_row(row, 0, cells)
        for number in range(strings):
            sheet.write_string(number % 1000, 70 + number // 1000, f"text {number}")
    return path.read_bytes()


def _with_part(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for entry in source.infolist():
            content = source.read(entry)
            package.writestr(entry.filename, change(content) if entry.filename == part else content)
    return target.getvalue()


def _varied(pattern: bytes, count: int) -> bytes:
    """Repeat a pattern with numbers in it, so that it does not pack too well to be let in."""
    numbers = random.Random(7)  # noqa: S311
    return b"".join(pattern % numbers.randrange(10**7, 10**8) for _ in range(count))


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def _workbook(part: str, before: bytes, filling: Callable[[], bytes]) -> Callable[[Path], bytes]:
    """Build what makes a workbook with something put before a closing tag of one part."""
    return lambda path: _with_part(_sheet(path), part, lambda data: data.replace(before, filling() + before, 1))


def _wide_parquet(path: Path) -> bytes:
    count = 20_000_000
    same = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int8()), ["m"])
    parquet.write_table(pa.table({"model": same, "hardware": same}), path)
    return path.read_bytes()


def _long_text_parquet(path: Path) -> bytes:
    count = 20_000
    long = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["m" * 1_000_000])
    columns = {"model": long, "hardware": ["b200"] * count, TIDY[2]: [5.0] * count, TIDY[3]: [6.0] * count}
    parquet.write_table(pa.table(columns), path)
    return path.read_bytes()


def _packed_again(times: int) -> bytes:
    data = b"[]"
    for _ in range(times):
        data = gzip.compress(data, 1)
    return data


def _members(path: Path) -> bytes:
    noise = os.urandom(1 << 16).hex().encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(3):
            archive.writestr(f"{number}.log", (b"# %d\n" % number) + noise * 900)
        archive.writestr("rows.json", json.dumps([api_row()]))
    return path.read_bytes()


CELLS = b"m,b200,5,6" + b",1" * 56 + b"\n"
MANY: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "27 million empty lists": (lambda _: gzip.compress(b"[" + b"[]," * 27_000_000 + b"[]]", 1), "more than 250000 rows are too many"),
    "a text without an end": (lambda _: b'{"a": "' + b"x" * 100_000_000, r"broken JSON at line 1, column 7 \(Unterminated string"),
    "three million objects": (lambda _: b"[" + b'{"a":1},' * 3_000_000 + b"{}]", "more than 250000 rows are too many"),
    "one object of new keys": (lambda _: b"{" + b",".join(b'"k%d":1' % n for n in range(4_000_000)) + b"}", "values of the file are too many"),
    "an object of lists": (lambda _: b'{"num_prompts":[' + b"[]," * 20_000_000 + b"1]}", "values of the file are too many"),
    "rows of wide objects": (lambda _: b"[" + b",".join(b"{" + b",".join(b'"k%d":"v%d"' % (n, n) for n in range(m, m + 50)) + b"}" for m in range(0, 4_000_000, 50)) + b"]", "values of the file are too many"),
    "depth": (lambda _: b"[" * 50_000_000, "objects are nested too deeply"),
    "one emoji": (lambda _: '[{"hw": "\U0001f600'.encode() + b"a" * 200_000_000 + b'"}]', "the text takes 80.* bytes; allowed: text of at most 268435456"),
    "a file of NUL": (lambda _: b"\0" * (200 << 20), "it holds binary data"),
    "too large": (lambda _: b"yes\n" * (65 << 20), "the file is too large; allowed: at most 268435456 bytes"),
    "many columns": (lambda _: ",".join((*TIDY, *(f"c{n}" for n in range(1_000_000)))).encode() + b"\n", "the header has 1000004 columns"),
    "many unknown columns": (lambda _: ",".join(f"c{n}" for n in range(1_000_000)).encode(), "text without a header that is known"),
    "many cells": (lambda _: ",".join((*TIDY, *(f"c{n}" for n in range(56)))).encode() + b"\n" + CELLS * 400_000, "the cells are too many; allowed: at most 6000000"),
    "many short rows": (lambda _: ",".join(TIDY).encode() + b"\n" + b"m,b200,5,6\n" * 1_200_000, "more than 250000 rows are too many"),
    "empty gzip members": (lambda _: gzip.compress(b"") * 250_000, "the file is empty"),
    "gzip in gzip": (lambda _: _packed_again(1100), "gzip inside gzip, more than 3 times"),
    "large members": (_members, "1 rows"),
    "a directory of five million": (lambda _: b"PK\3\4" + (b"PK\1\2" + b"\0" * 42) * 5_000_000 + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 65535, 65535, 46 * 5_000_000, 4, 0), "directory has 230000000 bytes; allowed: at most"),
    "the last corner of a sheet": (_workbook(SHEET, b"</sheetData>", lambda: b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "3 rows"),
    "a row beyond all sheets": (_workbook(SHEET, b"</sheetData>", lambda: b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>'), "a cell lies below the last row of a sheet"),
    "a row just beyond the sheet": (_workbook(SHEET, b"</sheetData>", lambda: b'<row r="1048577"><c r="A1048577"><v>1</v></c></row>'), "a cell lies below the last row of a sheet"),
    "one row of a million cells": (_workbook(SHEET, b"</sheetData>", lambda: b"<row>" + _varied(b"<c><v>%d</v></c>", 1_000_000) + b"</row>"), "worksheets/sheet1.xml holds too much"),
    "other tags": (_workbook(SHEET, b"</worksheet>", lambda: _varied(b'<a b="%d"/>', 2_000_000)), "worksheets/sheet1.xml holds too much"),
    "one tag of many attributes": (_workbook(SHEET, b"</sheetData>", lambda: b"<row " + _varied(b'a%d="1" ', 1_000_000) + b"/>"), "worksheets/sheet1.xml holds too much"),
    "shared strings": (_workbook(STRINGS, b"</sst>", lambda: _varied(b"<si><t>%d</t></si>", 1_500_000)), "sharedStrings.xml holds too much"),
    "styles": (_workbook("xl/styles.xml", b"</styleSheet>", lambda: _varied(b'<font a="%d"/>', 1_000_000)), "styles.xml holds too much"),
    "20 million rows of Parquet": (_wide_parquet, "the file has 20000000 rows and 2 columns to read; allowed: at most 250000 rows"),
    "a long text in every row": (_long_text_parquet, "20000 rows"),
}  # fmt: skip


@pytest.mark.skipif(NO_PROC, reason="the peak of a process stands in /proc")
@pytest.mark.parametrize("name", list(MANY))
def test_what_unfolds_to_much_is_bounded(tmp_path: Path, name: str) -> None:
    """Read in a process of its own, whose peak is measured."""
    make, message = MANY[name]
    (tmp_path / "f").write_bytes(make(tmp_path / "made"))
    (tmp_path / "made").unlink(missing_ok=True)

    peak, seconds, said = _read_in_child(tmp_path / "f")

    assert re.search(message, said), said
    assert len(said) < 500
    assert peak < MOST_MEMORY_MIB
    assert seconds < MOST_SECONDS


@pytest.mark.skipif(NO_PROC, reason="the peak of a process stands in /proc")
def test_a_folder_of_logs_takes_no_more_than_its_largest(tmp_path: Path) -> None:
    """What is left out is let go of, and so is the error that told of it, which holds on to the whole text."""
    line = b"[2026-08-01 12:00:00] INFO step 12345\n"
    for number in range(6):
        (tmp_path / f"{number}.log").write_bytes(line * (60_000_000 // len(line)))
    (tmp_path / "rows.json").write_text(json.dumps([api_row()]))

    peak, _, said = _read_in_child(tmp_path)

    assert said == "1 rows"
    assert peak < 300


@pytest.mark.skipif(NO_PROC, reason="the child asks /proc")
def test_time_grows_with_the_file(tmp_path: Path) -> None:
    """Four times as many empty gzip members, columns or JSON lines take about four times as long, not sixteen."""
    shapes: dict[str, Callable[[int], bytes]] = {
        "gz": lambda count: gzip.compress(b"") * count,
        "csv": lambda count: ",".join(f"c{n}" for n in range(count)).encode(),
        "jsonl": lambda count: b'{"a": 1}\n' * count,
        "broken": lambda count: b'[{"a": 1},\n' * count,
    }
    for name, make in shapes.items():
        times = []
        for count in (20_000, 80_000):
            (tmp_path / name).write_bytes(make(count))
            times.append(_read_in_child(tmp_path / name)[1])
        assert times[1] < 8 * max(times[0], 0.5), name


def test_more_rows_than_a_workbook_holds_are_refused(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files together have a bound as well; the message says where it was passed and what to do."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps([api_row(), api_row(conc=16)]))
    monkeypatch.setattr(dataset_module, "MAX_MEASUREMENTS", 3)

    with pytest.raises(InputError, match=r"b\.json: the inputs hold more than 3 rows\. A workbook of so many"):
        load([tmp_path], house)
    assert schema.MAX_MEASUREMENTS < schema.SHEET_ROWS


def test_pieces_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the length of a piece, the values are those of the whole text: numbers, texts and marks may be cut anywhere."""
    value = [
        {"a": [1.5, -20, 1e-7, True, None, "x\\u00e9\\n\U0001f600"]},
        12345,
        "t" * 40,
        {},
        [],
        {"b": {"c": float("inf")}},
    ]
    text = json.dumps(value, indent=1)
    lines = "\n".join(json.dumps(item) for item in value)

    for size in (1, 2, 3, 5, 7, 16, 40, 1000):
        monkeypatch.setattr(jsontext, "PIECE_CHARS", size)
        assert Content("f", text.encode()).document == value
        assert [item for _, item in jsontext.JsonText("{}\n" + lines, "f").values()] == [{}, *value]


@pytest.mark.parametrize(
    "text", ['[{"a": 1}, {"a" 2}]', '{"a": 1}\n{"b": tru}\n{"c": 3}', '[1, 2, {"k": "v"]', '["a\nb"]', "[1 2]"]
)
def test_pieces_do_not_move_a_fault(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place and the reason of a fault are the same, however the text is cut."""
    said = set()
    for size in (1, 4, 9, 1000):
        monkeypatch.setattr(jsontext, "PIECE_CHARS", size)
        with pytest.raises(jsontext.BrokenTextError) as caught:
            _ = Content("f", text.encode()).document
        said.add(str(caught.value))

    assert len(said) == 1


def test_every_bound_is_documented() -> None:
    """docs/formats.md says how much may be read."""
    text = (Path(__file__).resolve().parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
    shown = {
        "256 MiB": bounds.MAX_FILE_BYTES == 256 * bounds.MIB,
        "128 MiB": bounds.MAX_PIPED_BYTES == 128 * bounds.MIB,
        "4 GiB": bounds.MAX_TOTAL_BYTES == 4096 * bounds.MIB,
        "1 GiB": bounds.MAX_ARCHIVE_BYTES == 1024 * bounds.MIB,
        "4 MiB": bounds.MAX_DIRECTORY_BYTES == 4 * bounds.MIB,
        "600 MiB": bounds.MAX_JSON_MEMORY == 600 * bounds.MIB,
        "20,000": bounds.MAX_FILES == 20_000,
        "200,000": bounds.MAX_WALKED == 200_000,
        "10,000": bounds.MAX_ARCHIVE_ENTRIES == 10_000,
        "400-fold": bounds.MAX_ARCHIVE_RATIO == 400,
        "250,000": bounds.MAX_ROWS == schema.MAX_MEASUREMENTS == 250_000,
        "six million": bounds.MAX_CELLS == 6_000_000,
        "16,384": bounds.MAX_COLUMNS == 16_384,
        "three layers": bounds.MAX_LAYERS == 3,
        "a million characters": bounds.MAX_FIELD_CHARS == bounds.MIB,
    }

    assert [words for words, holds in shown.items() if not holds or words not in text] == []
