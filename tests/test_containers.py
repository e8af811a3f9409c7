"""Files, folders, globs, archives and standard input: what is opened, under which limits, and how bytes are parsed."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.rows import api_row, write_json

from specxl.errors import InputError
from specxl.reading.dataset import load
from specxl.sources import archives, content, delimited, jsontext, walking
from specxl.sources.containers import open_inputs
from specxl.sources.content import Content, TooLargeError
from specxl.sources.jsontext import BrokenTextError

if TYPE_CHECKING:
    from specxl.house import House

ROWS = json.dumps([api_row()]).encode()


def _read(path: Path) -> list[bytes]:
    """Open a file and read what it holds."""
    return [content.data for content in open_inputs([path])]


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


@pytest.mark.parametrize("given", ["", " ", "\t\n"])
def test_an_empty_argument_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """A variable that is not set must not read the current folder, whatever lies in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_bytes(ROWS)

    with pytest.raises(
        InputError, match=r"^an input is an empty text; allowed: a file, .* write \. for the current folder"
    ):
        open_inputs([given])
    assert [c.name for c in open_inputs(["."])] == ["a.json"]


@pytest.mark.parametrize(
    "given", ["/proc/self/status", "/proc/kmsg", "/dev/zero", "/dev/null", "/sys/kernel/vmcoreinfo"]
)
def test_what_is_no_file_on_a_disk_is_refused(given: str) -> None:
    """Devices and the files of /proc and /sys are refused at once; some of them would never end."""
    if not Path(given).exists():
        pytest.skip(f"there is no {given}")

    with pytest.raises(InputError, match=f"^{given}: this is not a file; allowed: a file, a folder, a pattern, or -"):
        open_inputs([given])


@pytest.mark.parametrize("given", ["/proc", "/proc/self", "/sys/kernel", "/proc/self/*"])
def test_folders_of_the_system_are_refused(given: str) -> None:
    """Neither as a folder nor by a pattern."""
    with pytest.raises(InputError, match=r"this is not a (file|folder on a disk)"):
        open_inputs([given])


def test_links_and_pipes_in_a_folder(tmp_path: Path) -> None:
    """A link to a device, a pipe and a link to itself are passed over; a link to a file is read once with it."""
    (tmp_path / "a.json").write_bytes(ROWS)
    (tmp_path / "again.json").symlink_to(tmp_path / "a.json")
    (tmp_path / "itself.json").symlink_to(tmp_path / "itself.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.json")

    assert [c.name for c in open_inputs([tmp_path])] == [f"{tmp_path.name}/a.json"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("itself.json", r"itself\.json: the file cannot be read"),
        ("x" * 300 + ".json", "the file cannot be read .File name too long"),
        ("/".join(["d" * 200] * 30), "the file cannot be read .File name too long"),
        ("a\0.json", "the file cannot be read"),
    ],
)
def test_paths_that_lead_nowhere(tmp_path: Path, given: str, message: str) -> None:
    """A link to itself, names and paths that are too long, and a NUL in a name are input errors."""
    (tmp_path / "itself.json").symlink_to(tmp_path / "itself.json")

    with pytest.raises(InputError, match=message):
        open_inputs([f"{tmp_path}/{given}"])


def test_links_to_folders_above_do_not_hang(tmp_path: Path) -> None:
    """Links lead in a circle here; a folder and the patterns that descend into it come to an end, each file once."""
    (tmp_path / "runs" / "deep").mkdir(parents=True)
    (tmp_path / "runs" / "deep" / "a.json").write_bytes(ROWS)
    for name in ("up", "down"):
        (tmp_path / "runs" / name).symlink_to(tmp_path / "runs")
        (tmp_path / "runs" / "deep" / name).symlink_to("..")

    for given in (tmp_path, tmp_path / "**" / "*.json", tmp_path / "**", f"{tmp_path}/**/deep/**/*"):
        assert len(open_inputs([str(given)])) == 1


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.json", ["top.json"]),
        ("*/*.json", ["1.json", "2.json"]),
        ("**/*.json", ["1.json", "deep.json", "2.json", "top.json"]),
        ("a/**/*.json", ["1.json", "deep.json"]),
        ("?/[12].json", ["1.json", "2.json"]),
        ("a/../b/*.json", ["2.json"]),
        ("*/.hidden.json", [".hidden.json"]),
        ("**/deep.*", ["deep.json"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, names: list[str]) -> None:
    """As in a shell: one level for "*", any for "**", hidden names only where the pattern says so."""
    for name in ("top.json", "a/1.json", "a/.hidden.json", "a/b/deep.json", "b/2.json", ".git/3.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(ROWS)

    assert [c.name for c in open_inputs([f"{tmp_path}/{pattern}"])] == names


def test_a_name_with_the_signs_of_a_pattern_is_a_file_first(tmp_path: Path) -> None:
    """A file that is called like a pattern is read as the file that it is."""
    (tmp_path / "run[1].json").write_bytes(ROWS)
    (tmp_path / "run1.json").write_bytes(b"[]")

    assert [c.name for c in open_inputs([str(tmp_path / "run[1].json")])] == ["run[1].json"]


def test_deep_folders_and_many_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Folders may lie deeper than functions can call; more names than the bound are refused."""
    deep = tmp_path
    for _ in range(1200):
        deep = deep / "d"
        deep.mkdir()
    deep.joinpath("a.json").write_bytes(ROWS)
    request.addfinalizer(lambda: subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True))

    assert len(open_inputs([tmp_path])) == 1
    assert len(open_inputs([f"{tmp_path}/**/a.json"])) == 1

    monkeypatch.setattr(walking, "MAX_WALKED", 100)
    with pytest.raises(InputError, match="this leads to too many files; allowed: folders with at most 100 names"):
        open_inputs([tmp_path])


def test_files_are_read_when_they_are_read(tmp_path: Path) -> None:
    """Opening a folder and an archive reads no more than the first bytes, and a released content holds nothing."""
    (tmp_path / "a.json").write_bytes(ROWS + b" " * (1 << 17))
    _zip(tmp_path / "b.zip", {"b.json": ROWS})

    found = open_inputs([tmp_path])

    assert [c._data for c in found] == [None, None]
    assert [len(c.objects) for c in found] == [1, 1]
    assert "text" not in found[0].__dict__
    assert found[0]._data is None
    digest = found[0].sha256
    found[0].release()
    assert (found[0].data, found[0].sha256) == (b"", digest)


def test_thousands_of_archives_do_not_exhaust_open_files(tmp_path: Path) -> None:
    """One archive is open at a time, whatever the order in which their members are read."""
    for number in range(60):
        _zip(tmp_path / f"{number:03}.zip", {f"{name}.json": ROWS for name in "ab"})
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    found = open_inputs([tmp_path])

    assert len(os.listdir("/proc/self/fd")) <= before + 1  # noqa: PTH208
    for content_ in sorted(found, key=lambda c: c.name.rpartition("!")[2]):
        assert content_.data == ROWS
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # noqa: PTH208


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
        (
            lambda p: _zip(p, {"in.zip": _zip(p, {"a": b"b"}).read_bytes()}),
            r"!in\.zip: an archive inside an archive is not read",
        ),
        (_encrypted, "the entry is encrypted"),
    ],
)
def test_broken_and_dangerous_archives_are_refused(tmp_path: Path, make: object, message: str) -> None:
    """Cut-off, damaged, encrypted and nested archives and bombs are refused before they do harm."""
    make(tmp_path / "packed")  # type: ignore[operator]

    with pytest.raises(InputError, match=message):
        _read(tmp_path / "packed")


def _changed(data: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite bytes behind the last place of a mark."""
    place = data.rindex(mark) + offset
    return data[:place] + value + data[place + len(value) :]


def _packed(path: Path, name: str = "a.json", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    info = zipfile.ZipInfo(name or "x")
    info.filename = name
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(info, json.dumps([api_row(conc=n) for n in range(1, 21)]), method)
    return path.read_bytes()


def _damaged(data: bytes) -> bytes:
    """Spoil the packed bytes of the first member."""
    place = data.index(b"a.json") + 20
    return data[:place] + bytes(byte ^ 0xFF for byte in data[place : place + 24]) + data[place + 24 :]


ENTRY, END = b"PK\x01\x02", b"PK\x05\x06"
LYING: dict[str, tuple[object, str]] = {
    "directory too far": (lambda p: _changed(_packed(p), END, 16, struct.pack("<L", 10**6)), "the zip archive is broken"),
    "directory too near": (lambda p: _changed(_packed(p), END, 16, struct.pack("<L", 3)), "the zip archive is broken"),
    "member too far": (lambda p: _changed(_packed(p), ENTRY, 42, struct.pack("<L", 10**6)), "the zip archive is broken"),
    "size too small": (lambda p: _changed(_packed(p), ENTRY, 24, struct.pack("<L", 50)), "Bad CRC-32"),
    "size of a gigabyte": (lambda p: _changed(_packed(p), ENTRY, 24, struct.pack("<L", 10**9)), "the entry inflates from"),
    "wrong sum": (lambda p: _changed(_packed(p), ENTRY, 16, b"\1\2\3\4"), "Bad CRC-32"),
    "unknown method": (lambda p: _changed(_packed(p), ENTRY, 10, b"\x63\0"), "the zip archive is broken"),
    "no name": (lambda p: _packed(p, ""), "an entry has no name"),
    "name of slashes": (lambda p: _packed(p, "//"), "an entry has no name|there is no result file"),
    "name not UTF-8": (lambda p: _packed(p, "\u00e9.json").replace("\u00e9".encode(), b"\xff\xfe"), "the zip archive is broken"),
    "deflate": (lambda p: _damaged(_packed(p)), "the zip archive is broken"),
    "bzip2": (lambda p: _damaged(_packed(p, method=zipfile.ZIP_BZIP2)), "the zip archive is broken"),
    "LZMA": (lambda p: _damaged(_packed(p, method=zipfile.ZIP_LZMA)), "the zip archive is broken"),
    "cut": (lambda p: _packed(p)[:-30], "the zip archive is broken"),
    "cut within": (lambda p: _packed(p)[:60] + _packed(p)[-70:], "the zip archive is broken"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(LYING))
def test_archives_that_lie_are_one_sentence(tmp_path: Path, house: House, name: str) -> None:
    """Whatever the directory says that the file does not hold, and however a member is damaged."""
    make, message = LYING[name]
    (tmp_path / "a.zip").write_bytes(make(tmp_path / "made"))  # type: ignore[operator]

    with pytest.raises(InputError, match=message) as caught:
        load([tmp_path / "a.zip"], house)

    assert "\n" not in str(caught.value)


def test_an_archive_that_claims_more_than_it_holds_is_read(tmp_path: Path, house: House) -> None:
    """A size that is too large by little harms nobody: what is there, and sound by its sum, is read."""
    (tmp_path / "a.zip").write_bytes(_changed(_packed(tmp_path / "made"), ENTRY, 24, struct.pack("<L", 50_000)))

    assert len(load([tmp_path / "a.zip"], house).measurements) == 20


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_compression_of_zip_is_read(tmp_path: Path, house: House, method: int) -> None:
    """As long as it is sound."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("a.json", ROWS)

    assert len(load([tmp_path / "a.zip"], house).measurements) == 1


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(ROWS) + b"trailing bytes",
        gzip.compress(ROWS[:9]) + gzip.compress(ROWS[9:]) + b"\0\0\0" + b"x",
        gzip.compress(gzip.compress(ROWS)) + b"\x1f",
    ],
)
def test_bytes_behind_gzip_are_left_out_with_a_notice(tmp_path: Path, house: House, packed: bytes) -> None:
    """As gzip itself does: what is packed is read, and what follows is not lost in silence."""
    (tmp_path / "a.json.gz").write_bytes(packed)

    dataset = load([tmp_path / "a.json.gz"], house)

    assert len(dataset.measurements) == 1
    said = [str(notice) for notice in dataset.notices if notice.topic == "left out"]
    assert said == ["a.json.gz: bytes behind the end of the gzip data were left out"]


@pytest.mark.parametrize(
    "packed", [gzip.compress(ROWS) + b"\0" * 70_000, gzip.compress(b"") + gzip.compress(ROWS) + gzip.compress(b"")]
)
def test_padding_and_empty_members_of_gzip_mean_nothing(tmp_path: Path, house: House, packed: bytes) -> None:
    """Tapes pad with zeros, and tools flush empty members: neither is worth a word."""
    (tmp_path / "a.json.gz").write_bytes(packed)

    dataset = load([tmp_path / "a.json.gz"], house)

    assert len(dataset.measurements) == 1
    assert not [notice for notice in dataset.notices if notice.topic == "left out"]


@pytest.mark.parametrize(("layers", "is_read"), [(1, True), (3, True), (4, False), (1100, False)])
def test_gzip_inside_gzip(tmp_path: Path, house: House, layers: int, *, is_read: bool) -> None:
    """A few layers come from tools that pack what is packed; more are refused, and never by recursion."""
    data = ROWS
    for _ in range(layers):
        data = gzip.compress(data, 1)
    (tmp_path / "a.gz").write_bytes(data)

    if is_read:
        assert len(load([tmp_path / "a.gz"], house).measurements) == 1
    else:
        with pytest.raises(InputError, match=r"a\.gz: gzip inside gzip, more than 3 times\. Unpack it first"):
            load([tmp_path / "a.gz"], house)


def test_archives_inside_gzip_and_gzip_inside_archives(tmp_path: Path, house: House) -> None:
    """A packed archive is unpacked, and so is a packed member."""
    data = _zip(tmp_path / "b.zip", {"b.json.gz": gzip.compress(ROWS), "c.json": ROWS}).read_bytes()
    (tmp_path / "b.zip.gz").write_bytes(gzip.compress(data))

    names = [file.name for file in load([tmp_path / "b.zip.gz"], house).files]

    assert names == ["b.zip.gz!b.json.gz", "b.zip.gz!c.json"]


def test_limits_are_enforced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large a file, too many entries and too many rows are each named with the limit."""
    (tmp_path / "a.json").write_bytes(ROWS)
    _zip(tmp_path / "a.zip", {f"{n}.json": b"{}" for n in range(4)})
    monkeypatch.setattr(archives, "MAX_ARCHIVE_ENTRIES", 3)
    monkeypatch.setattr(jsontext, "MAX_ROWS", 1)
    monkeypatch.setattr(delimited, "MAX_ROWS", 1)

    with pytest.raises(InputError, match="the archive has 4 entries; allowed: at most 3"):
        open_inputs([tmp_path / "a.zip"])
    with pytest.raises(InputError, match=r"two\.json: more than 1 rows are too many"):
        _ = Content("two.json", b"[{}, {}]").document
    with pytest.raises(InputError, match=r"lines\.json: more than 1 rows are too many"):
        _ = Content("lines.json", b"{}\n{}\n").lines
    with pytest.raises(InputError, match="more than 1 rows are too many"):
        _ = Content("t.csv", b"a,b\n1,2\n3,4\n").table
    monkeypatch.setattr(content, "MAX_FILE_BYTES", 5)
    with pytest.raises(TooLargeError, match=r"a\.json: the file is too large; allowed: at most 5 bytes"):
        _read(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a": 1},\n{"a": ]', r"f\.json: broken JSON at line 2, column 7 \(Expecting value\)"),
        ('[\n{"a": 1},\n{"b": 1, "b": 2}\n]', r"f\.json, row 2, field `b`: the key is given twice"),
        ('{"a": 1}\n{"b": 1, "b": 2}\n', r"f\.json, row 2, field `b`: the key is given twice"),
        ('{"a": 1}\n{"a": \n', r"broken JSON at line 3, column 1 \(Expecting value\)"),
        ('[{"a": 1},\n<<<<<<< HEAD\n{"a": 2}]', r"line 2 holds a git conflict marker, `<<<<<<<`"),
        ('[{"a": 1}\n>>>>>>> theirs\n]', r"line 2 holds a git conflict marker, `>>>>>>>`"),
        ("[" * 100_000, "nested too deeply"),
        ("[1" + "0" * 5000 + "]", "a number cannot be read"),
        ("{", "broken JSON at line 1"),
        ('{"a": 1} {"b": 2}\n{"c": 3}', r"line 1, column 10 \(more follows behind the end of a value, on its line\)"),
        ('[{"a": 1}]\n[2]', r"line 2, column 1 \(more follows behind the end of the list\)"),
        ('[{"a": 1} {"b": 2}]', r"line 1, column 11 \(a comma or the end of the list is missing\)"),
    ],
)
def test_broken_json_is_named_with_its_place(text: str, message: str) -> None:
    """Syntax errors, doubled keys, conflict markers, deep nesting and endless numbers give file and place."""
    with pytest.raises(InputError, match=message):
        _ = Content("f.json", text.encode()).objects


@pytest.mark.parametrize(
    "text",
    [
        '{"api_key": "sk-SECRET", "b": "SECRET}',
        "{'password': 'SECRET'}",
        '["SECRET", SECRET]',
        '{"a": "\\SECRET"}',
        "[\n  1,\n  SECRET-TOKEN\n]",
    ],
)
def test_broken_json_shows_nothing_of_the_text(text: str) -> None:
    """Quoted, single-quoted and bare words may be secrets: the message has line, column and the reason only."""
    with pytest.raises(BrokenTextError, match=r"^f\.json: broken JSON at line \d, column \d+ \(") as caught:
        _ = Content("f.json", text.encode()).document

    assert "SECRET" not in str(caught.value)


def test_bare_infinity_and_nan_are_read() -> None:
    """SGLang writes Infinity; the value is kept and judged where it is used."""
    row = Content("f.json", b'{"rate": Infinity, "x": NaN, "y": -Infinity}').first

    assert row["rate"] == float("inf")
    assert row["x"] != row["x"]


def test_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without permission is an input error with the system's reason."""
    path = write_json(tmp_path / "a.json", [])

    def denied(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", denied)

    with pytest.raises(InputError, match=r"a\.json: the file cannot be read \(Permission denied\)"):
        open_inputs([path])


def test_unknown_json_says_what_it_holds(tmp_path: Path, house: House) -> None:
    """A JSON file of no known format is refused with its keys, and not with a list of all formats."""
    write_json(tmp_path / "a.json", [{"colour": 1, "size": 2}])

    with pytest.raises(InputError, match=r"it is JSON with the keys `colour`, `size`\. docs/formats\.md says"):
        load([tmp_path], house)
