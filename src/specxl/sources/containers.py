"""From what the user names (files, folders, globs, archives, "-") to the contents to read.

Archives are unpacked in memory under limits that are checked before anything is inflated; nothing is written to disk.
"""

from __future__ import annotations

import glob
import io
import sys
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.sources.content import MAX_FILE_BYTES, Content, SidecarText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SIDECAR_NAME = "specxl.toml"
STANDARD_INPUT = "-"
MAX_FILES = 20_000
"""Most files that all inputs together may hold."""
MAX_TOTAL_BYTES = 4 * MAX_FILE_BYTES
"""Most bytes that all inputs together may hold."""
MAX_ARCHIVE_ENTRIES = 10_000
MAX_ARCHIVE_RATIO = 400
"""Highest ratio of inflated to stored bytes; JSON of benchmark rows stays below 60."""
RATIO_FREE_BYTES = 1 << 20
"""Contents up to this size may have any ratio: a small file of blanks harms nobody."""
MAX_ARCHIVE_BYTES = 2 * MAX_FILE_BYTES
MAX_NAME = 255
MAX_SIDECAR_BYTES = 1 << 20
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_NOT_RESULTS = ("*.pytorch.json", "*.failure.json", "warmup.json", SIDECAR_NAME)
"""What benchmark tools write beside their results: profiles, failed runs, warm-ups."""
_DUMP_TABLES = frozenset({"configs.json", "benchmark_results.json", "workflow_runs.json"})


def open_inputs(inputs: Sequence[str | Path]) -> list[Content]:
    """Return the contents of all inputs in the order given, folders and archives in the order of their names.

    Raises `InputError` when an input does not exist, matches nothing, cannot be read or breaks a limit. A file that
    several inputs name is read once.
    """
    contents: list[Content] = []
    seen: set[Path] = set()
    total = 0
    for given in inputs:
        if str(given) == STANDARD_INPUT:
            contents += _unpack(
                "standard input", _limited(sys.stdin.buffer.read(MAX_FILE_BYTES + 1), "standard input"), ()
            )
            continue
        for path, root, name in _paths(given):
            if path.resolve() in seen:
                continue
            seen.add(path.resolve())
            opened = _open_file(path, root, name)
            total += sum(len(content.data) for content in opened)
            contents += opened
            if len(contents) > MAX_FILES:
                raise InputError(f"the inputs hold more than {MAX_FILES} files", file=str(given))
            if total > MAX_TOTAL_BYTES:
                raise InputError(f"the inputs hold more than {MAX_TOTAL_BYTES} bytes", file=str(given))
    if not contents:
        named = ", ".join(str(given) for given in inputs)
        raise InputError("there is no result file to read", file=clean_label(named) or None)
    return _with_distinct_names(_bundle_dumps(contents))


def _paths(given: str | Path) -> Iterator[tuple[Path, Path, str]]:
    """Expand one input to files, each with the folder below which sidecars are looked for, and its name in reports."""
    path = Path(given)
    if path.exists() or not glob.has_magic(str(given)):
        yield from _files_of(path)
        return
    # Path.glob takes no absolute pattern, and users give those.
    matches = sorted(glob.glob(str(given), recursive=True))  # noqa: PTH207
    if not matches:
        raise InputError("nothing matches the pattern", file=str(given), next_step="Check the path and the quotes")
    for match in matches:
        yield from _files_of(Path(match))


def _files_of(path: Path) -> Iterator[tuple[Path, Path, str]]:
    """Return a file as it is, and the files below a folder by name, without hidden ones and what is no result."""
    if not path.is_dir():
        yield path, path.parent, clean_label(path.name, limit=MAX_NAME)
        return
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if file.is_file() and _may_hold_results(name):
            yield file, path, clean_label(f"{path.resolve().name}/{name}", limit=MAX_NAME)


def _may_hold_results(name: str) -> bool:
    """Whether a file of a folder or an archive is read at all."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    return not hidden and not any(path.match(pattern) for pattern in _NOT_RESULTS)


def _open_file(path: Path, root: Path, name: str) -> list[Content]:
    """Read one file from disk and unpack it."""
    try:
        if not path.is_file() and path.exists():
            raise InputError("this is not a file", file=str(path), allowed="a file, a folder, a pattern, or -")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputError(f"the file has {size} bytes", file=str(path), allowed=f"at most {MAX_FILE_BYTES}")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("the file does not exist", file=str(path), next_step="Check the path") from error
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", file=str(path)) from error
    return _unpack(name, data, _sidecars_on_disk(path, root), path.as_posix(), collected="/" in name)


def _sidecars_on_disk(path: Path, root: Path) -> tuple[SidecarText, ...]:
    """Find the sidecars that speak for a file: from the folder the user named down to the file's own."""
    below = path.parent.relative_to(root).parts if path.parent.is_relative_to(root) else ()
    folders = [root.joinpath(*below[:depth]) for depth in range(len(below) + 1)]
    return tuple(_read_sidecar(folder / SIDECAR_NAME) for folder in folders if (folder / SIDECAR_NAME).is_file())


def _read_sidecar(path: Path) -> SidecarText:
    """Read one sidecar as text."""
    try:
        if path.stat().st_size > MAX_SIDECAR_BYTES:
            raise InputError("the sidecar is too large", file=str(path), allowed=f"at most {MAX_SIDECAR_BYTES} bytes")
        return SidecarText(str(path), path.parent.as_posix(), path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the sidecar cannot be read ({clean_label(error)})", file=str(path)) from error


def _limited(data: bytes, name: str) -> bytes:
    """Refuse content over the size limit."""
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"more than {MAX_FILE_BYTES} bytes are too many", file=name)
    return data


def _unpack(
    name: str,
    data: bytes,
    sidecars: tuple[SidecarText, ...],
    path: str = "",
    *,
    inside: bool = False,
    collected: bool = False,
) -> list[Content]:
    """Unpack gzip and zip by their first bytes; a spreadsheet is a zip too, but is read as one file."""
    if data.startswith(_GZIP):
        return _unpack(name, _gunzip(data, name), sidecars, path, inside=inside, collected=collected)
    if not data.startswith(_ZIP):
        return [Content(name, data, path, sidecars, collected=collected)]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" in names:
                _check_archive(archive, name)
                return [Content(name, data, path, sidecars, collected=collected)]
            if inside:
                raise InputError("an archive inside an archive is not read", file=name, next_step="Unpack it first")
            return list(_members(archive, name, path, sidecars))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InputError(f"the zip archive is broken ({clean_label(error, limit=80)})", file=name) from error


def _gunzip(data: bytes, name: str) -> bytes:
    """Inflate gzip (also several members in a row) under the size limit."""
    pieces: list[bytes] = []
    size = 0
    limit = max(RATIO_FREE_BYTES, min(MAX_FILE_BYTES, len(data) * MAX_ARCHIVE_RATIO))
    while data:
        inflater = zlib.decompressobj(wbits=31)
        try:
            piece = inflater.decompress(data, limit - size + 1)
        except zlib.error as error:
            raise InputError(f"the gzip file is broken ({error})", file=name) from error
        size += len(piece)
        pieces.append(piece)
        if size > limit:
            raise InputError(f"the gzip file inflates to more than {limit} bytes", file=name)
        if not inflater.eof:
            raise InputError("the gzip file is cut off", file=name, next_step="Fetch or copy it again")
        data = inflater.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def _check_archive(archive: zipfile.ZipFile, name: str) -> None:
    """Check entries, sizes and ratios from the directory before anything is inflated."""
    entries = archive.infolist()
    if len(entries) > MAX_ARCHIVE_ENTRIES:
        raise InputError(f"the archive has {len(entries)} entries", file=name, allowed=f"at most {MAX_ARCHIVE_ENTRIES}")
    if sum(entry.file_size for entry in entries) > MAX_ARCHIVE_BYTES:
        raise InputError("the archive inflates to too much", file=name, allowed=f"at most {MAX_ARCHIVE_BYTES} bytes")
    for entry in entries:
        shown = f"{name}!{clean_label(entry.filename)}"
        if entry.flag_bits & 1:
            raise InputError("the entry is encrypted", file=shown, next_step="Unpack the archive first")
        too_dense = entry.file_size > RATIO_FREE_BYTES and entry.file_size > MAX_ARCHIVE_RATIO * entry.compress_size
        if too_dense or entry.file_size > MAX_FILE_BYTES:
            raise InputError(
                f"the entry inflates from {entry.compress_size} to {entry.file_size} bytes",
                file=shown,
                allowed=f"at most {MAX_ARCHIVE_RATIO} times as much, and {MAX_FILE_BYTES} bytes",
            )


def _members(archive: zipfile.ZipFile, name: str, path: str, sidecars: tuple[SidecarText, ...]) -> Iterator[Content]:
    """Read the members of an archive by name, with the sidecars that lie beside them inside."""
    _check_archive(archive, name)
    entries = sorted((entry for entry in archive.infolist() if not entry.is_dir()), key=lambda entry: entry.filename)
    inner = [
        SidecarText(
            f"{name}!{entry.filename}", f"{path}!{PurePosixPath(entry.filename).parent}", _text_of(archive, entry, name)
        )
        for entry in entries
        if PurePosixPath(entry.filename).name == SIDECAR_NAME
    ]
    for entry in entries:
        if not _may_hold_results(entry.filename):
            continue
        place = f"{path}!{PurePosixPath('.') / entry.filename}"
        parent = f"{path}!{PurePosixPath(entry.filename).parent}"
        near = [text for text in inner if text.folder == f"{path}!." or f"{parent}/".startswith(f"{text.folder}/")]
        label = f"{name}!{clean_label(entry.filename)}"
        yield from _unpack(label, archive.read(entry), (*sidecars, *near), place, inside=True, collected=True)


def _text_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> str:
    """Read a sidecar inside an archive."""
    try:
        return archive.read(entry).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("the sidecar is not UTF-8", file=f"{name}!{clean_label(entry.filename)}") from error


def _bundle_dumps(contents: Iterable[Content]) -> list[Content]:
    """Put the tables of a database dump that lie side by side into one content with members."""
    folders: dict[str, dict[str, Content]] = {}
    for content in contents:
        folder, _, table = content.name.replace("!", "!/").rpartition("/")
        folders.setdefault(folder, {})[table] = content
    dumps = {folder for folder, tables in folders.items() if tables.keys() >= _DUMP_TABLES}
    result: list[Content] = []
    for content in contents:
        folder, _, table = content.name.replace("!", "!/").rpartition("/")
        if folder not in dumps:
            result.append(content)
        elif table == "benchmark_results.json":
            content.members = {name: folders[folder][name] for name in _DUMP_TABLES}
            result.append(content)
    return result


def _with_distinct_names(contents: list[Content]) -> list[Content]:
    """Tell files of one name apart: by the folder they lie in, else by a number."""
    for attempt in ("folder", "number"):
        counts = Counter(content.name for content in contents)
        taken: Counter[str] = Counter()
        for content in contents:
            name = content.name
            if counts[name] < 2:  # noqa: PLR2004
                continue
            taken[name] += 1
            folder = PurePosixPath(content.path.partition("!")[0]).parent.name
            content.name = f"{folder}/{name}" if attempt == "folder" and folder else f"{name} ({taken[name]})"
    return contents
