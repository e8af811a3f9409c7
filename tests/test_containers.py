"""Files, folders, globs, archives and standard input: what is opened, under which limits, and how bytes are parsed."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.rows import api_row, write_json

from specxl.errors import InputError
from specxl.reading.dataset import load
from specxl.sources import containers, content
from specxl.sources.containers import open_inputs
from specxl.sources.content import Content

if TYPE_CHECKING:
    from pathlib import Path

    from specxl.house import House

ROWS = json.dumps([api_row()]).encode()


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_plain_gzip_and_zip_give_the_same_rows(tmp_path: Path, house: House) -> None:
    """Packing changes the name in reports, not the rows; the digest is that of the content."""
    (tmp_path / "a.json").write_bytes(ROWS)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(ROWS[:10]) + gzip.compress(ROWS[10:]))
    _zip(tmp_path / "a.zip", {"runs/a.json": ROWS, "runs/notes.md": b"# Notes\n", "__MACOSX/._a.json": b"\0"})

    plain, packed, zipped = (load([tmp_path / name], house) for name in ("a.json", "a.json.gz", "a.zip"))

    assert plain.measurements[0].total_tok_s_gpu == packed.measurements[0].total_tok_s_gpu
    assert {d.files[0].sha256 for d in (plain, packed, zipped)} == {plain.files[0].sha256}
    assert [d.files[0].name for d in (plain, packed, zipped)] == ["a.json", "a.json.gz", "a.zip!runs/a.json"]


def test_endings_do_not_matter(tmp_path: Path, house: House) -> None:
    """A JSON answer named .csv and a gzip file named .json are read for what they hold."""
    (tmp_path / "answer.csv").write_bytes(ROWS)
    (tmp_path / "packed.json").write_bytes(gzip.compress(ROWS))

    assert load([tmp_path / "answer.csv"], house).files[0].format == "inferencex-api"
    assert load([tmp_path / "packed.json"], house).files[0].format == "inferencex-api"


def test_folders_and_globs_are_read_in_order_and_once(tmp_path: Path) -> None:
    """Folders go down to hidden-free subfolders by name; a file that two inputs name is read once."""
    for name in ("b/2.json", "a/1.json", "a/.hidden/3.json", ".git/4.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(ROWS)

    found = open_inputs([tmp_path / "b" / "2.json", str(tmp_path / "*" / "*.json"), tmp_path])

    assert [c.name for c in found] == ["2.json", "1.json"]
    assert [c.name for c in open_inputs([tmp_path])] == [f"{tmp_path.name}/a/1.json", f"{tmp_path.name}/b/2.json"]


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    """Two files of one name from two folders carry their folder's name."""
    for folder in ("on", "off"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "run.json").write_bytes(ROWS)

    found = open_inputs([tmp_path / "on" / "run.json", tmp_path / "off" / "run.json"])

    assert [c.name for c in found] == ["on/run.json", "off/run.json"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    """A single dash reads what is piped in, packed or not."""
    stream = io.TextIOWrapper(io.BytesIO(gzip.compress(ROWS)))
    monkeypatch.setattr(sys, "stdin", stream)

    assert load(["-"], house).measurements[0].source_file == "standard input"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.json", r"missing\.json: the file does not exist"),
        ("*.none", r"\*\.none: nothing matches the pattern"),
        ("empty", "there is no result file to read"),
        ("pipe", "this is not a file; allowed: a file, a folder, a pattern, or -"),
    ],
)
def test_inputs_that_are_not_there(tmp_path: Path, name: str, message: str) -> None:
    """Missing files, patterns without a match, empty folders and devices are named."""
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(InputError, match=message):
        open_inputs([str(tmp_path / name)])


def _encrypted(path: Path) -> Path:
    """Write an archive whose directory says that its entry is encrypted."""
    data = bytearray(_zip(path, {"a.json": ROWS}).read_bytes())
    place = data.index(b"PK\x01\x02") + 8
    data[place : place + 2] = struct.pack("<H", 1)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p.write_bytes(gzip.compress(ROWS)[:-12]), "the gzip file is cut off"),
        (lambda p: p.write_bytes(b"\x1f\x8b" + b"x" * 40), "the gzip file is broken"),
        (lambda p: p.write_bytes(gzip.compress(b" " * (8 << 20))), "the gzip file inflates to more than"),
        (lambda p: p.write_bytes(b"PK\x03\x04" + b"x" * 40), "the zip archive is broken"),
        (lambda p: _zip(p, {"a.json": b" " * (8 << 20)}), r"a\.json: the entry inflates from \d+ to 8388608 bytes"),
        (lambda p: _zip(p, {"in.zip": _zip(p, {"a": b"b"}).read_bytes()}), "an archive inside an archive is not read"),
        (_encrypted, "the entry is encrypted"),
    ],
)
def test_broken_and_dangerous_archives_are_refused(tmp_path: Path, make: object, message: str) -> None:
    """Cut-off, damaged, encrypted and nested archives and bombs are refused before they do harm."""
    make(tmp_path / "packed")  # type: ignore[operator]

    with pytest.raises(InputError, match=message):
        open_inputs([tmp_path / "packed"])


def test_limits_are_enforced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large a file, too many entries and too many rows are each named with the limit."""
    (tmp_path / "a.json").write_bytes(ROWS)
    _zip(tmp_path / "a.zip", {f"{n}.json": b"{}" for n in range(4)})
    monkeypatch.setattr(containers, "MAX_ARCHIVE_ENTRIES", 3)
    monkeypatch.setattr(content, "MAX_ROWS", 1)

    with pytest.raises(InputError, match="the archive has 4 entries; allowed: at most 3"):
        open_inputs([tmp_path / "a.zip"])
    with pytest.raises(InputError, match="2 rows are too many; allowed: at most 1"):
        _ = Content("two.json", b"[{}, {}]").document
    with pytest.raises(InputError, match="more than 1 lines are too many"):
        _ = Content("lines.json", b"{}\n{}\n").lines
    with pytest.raises(InputError, match="more than 1 rows are too many"):
        _ = Content("t.csv", b"a,b\n1,2\n3,4\n").table
    monkeypatch.setattr(containers, "MAX_FILE_BYTES", 5)
    with pytest.raises(InputError, match=f"the file has {len(ROWS)} bytes; allowed: at most 5"):
        open_inputs([tmp_path / "a.json"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a": 1},\n{"a": ]', r"f\.json: broken JSON at line 2, `\{\"a\": \]`"),
        ('[\n{"a": 1},\n{"b": 1, "b": 2}\n]', r"f\.json, row 2, field `b`: the key is given twice"),
        ('{"a": 1}\n{"b": 1, "b": 2}\n', r"f\.json, row 2, field `b`: the key is given twice"),
        ('{"a": 1}\n{"a": \n', r"broken JSON at line 2"),
        ('[{"a": 1},\n<<<<<<< HEAD\n{"a": 2}]', r"line 2 holds a git conflict marker, `<<<<<<< HEAD`"),
        ("[" * 100_000, "nested too deeply"),
        ("[1" + "0" * 5000 + "]", "a number cannot be read"),
        ("{", "broken JSON at line 1"),
        ('{"api_key": "sk-SECRET", "b": "hunter2}', r"broken JSON at line 1, `\{\"api_key\": \"…\", \"b\": \"…\"` \("),
    ],
)
def test_broken_json_is_named_with_its_place(text: str, message: str) -> None:
    """Syntax errors, doubled keys, conflict markers, deep nesting and endless numbers give file and place."""
    with pytest.raises(InputError, match=message):
        _ = Content("f.json", text.encode()).objects


def test_bare_infinity_and_nan_are_read() -> None:
    """SGLang writes Infinity; the value is kept and judged where it is used."""
    row = Content("f.json", b'{"rate": Infinity, "x": NaN, "y": -Infinity}').first

    assert row["rate"] == float("inf")
    assert row["x"] != row["x"]


def test_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without permission is an input error with the system's reason."""
    path = write_json(tmp_path / "a.json", [])

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", denied)

    with pytest.raises(InputError, match=r"a\.json: the file cannot be read \(Permission denied\)"):
        open_inputs([path])


def test_unknown_json_says_what_it_holds(tmp_path: Path, house: House) -> None:
    """A JSON file of no known format is refused with its keys and the formats that are read."""
    write_json(tmp_path / "a.json", [{"colour": 1, "size": 2}])

    with pytest.raises(
        InputError, match=r"it is JSON with the keys `colour`, `size`; allowed: InferenceX database dump, "
    ):
        load([tmp_path], house)
