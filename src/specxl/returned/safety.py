"""What stands between a file from outside and its parser: limits on the zip package, and content that could act.

Nothing here parses XML. A package is refused when it is no sound zip file, when it is larger than any workbook of ours
can be, or when a part declares entities; macros, links to other files and connections are named, and nothing is run.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from specxl.errors import WorkbookFileError

if TYPE_CHECKING:
    from pathlib import Path

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_CHUNK = 1 << 20
_MIB = 1 << 20
_BOOK = "xl/workbook.xml"
_ACTIVE = (
    (re.compile(r"vbaProject|vbaData|xl/macrosheets/|xl/intlMacrosheets/", re.IGNORECASE), "a macro"),
    (re.compile(r"xl/externalLinks/", re.IGNORECASE), "a link to another file (or a DDE link)"),
    (re.compile(r"xl/connections\.xml|xl/queryTables/|xl/customData/|xl/model/", re.IGNORECASE), "a data connection"),
    (re.compile(r"xl/activeX/|xl/ctrlProps/|xl/embeddings/|xl/dialogsheets/", re.IGNORECASE), "an embedded object"),
    (re.compile(r"customUI/|xl/webextensions/", re.IGNORECASE), "an add-in"),
)
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest package that is opened; real workbooks stay far below (1,000 curves make about 120 MiB of XML)."""

    file_bytes: int = 100 * _MIB
    entries: int = 5_000
    total_bytes: int = 600 * _MIB
    ratio: int = 150


def screen_package(path: Path, limits: Limits = Limits()) -> tuple[str, ...]:
    """Make sure that a package can be opened safely, and name what in it could act.

    Returns:
        One text per part that could act ("xl/vbaProject.bin: a macro"); none in a workbook as it was built.

    Raises:
        WorkbookFileError: it is no zip file, is encrypted or truncated, has no workbook part, exceeds a limit, or
            declares XML entities.
    """
    _require_zip(path, limits)
    try:
        with zipfile.ZipFile(path) as package:
            _require_limits(path, package, limits)
            return _active_parts(package) + _read_through(path, package, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as exc:
        _refuse(path, f"the file is damaged or was cut off ({exc})", "Ask for it to be sent again")


def _refuse(path: Path, problem: str, next_step: str, cause: BaseException | None = None) -> NoReturn:
    raise WorkbookFileError(f"{path}: {problem}. {next_step}") from cause


def _require_zip(path: Path, limits: Limits) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as exc:
        _refuse(path, f"cannot be read: {exc.strerror}", "Check the path and the permissions", exc)
    if size > limits.file_bytes:
        text = f"the file has {size // _MIB} MiB, more than the {limits.file_bytes // _MIB} MiB that are opened"
        _refuse(path, text, "No workbook of specxl is that large")
    if start == _OLE:
        text = "the workbook is encrypted with a password, or is of the old .xls format"
        _refuse(path, text, "Remove the password in the spreadsheet program, or save it as .xlsx, and try again")
    if start[:4] != _ZIP:
        _refuse(path, "this is no .xlsx workbook: it does not begin as a zip file", "Give a workbook that specxl built")


def _require_limits(path: Path, package: zipfile.ZipFile, limits: Limits) -> None:
    parts = package.infolist()
    names = {part.filename for part in parts}
    stated = sum(part.file_size for part in parts)
    if len(parts) > limits.entries:
        _refuse(path, f"the package has {len(parts)} parts, more than {limits.entries}", "It is not opened")
    if stated > limits.total_bytes:
        _refuse(path, _too_much(stated, limits), "It is not opened: this may be a zip bomb")
    if stated > limits.ratio * max(path.stat().st_size, 1):
        text = f"the package unpacks to more than {limits.ratio} times its size"
        _refuse(path, text, "It is not opened: this may be a zip bomb")
    if len(names) < len(parts):
        _refuse(path, "the package holds two parts of one name", "It is not opened")
    if any(part.flag_bits & 1 for part in parts):
        _refuse(path, "the package is encrypted", "Save the workbook without a password and try again")
    if _BOOK not in names:
        _refuse(path, f"this zip file is no .xlsx workbook: it has no {_BOOK}", "Give a workbook that specxl built")


def _too_much(size: int, limits: Limits) -> str:
    return f"the package unpacks to {size // _MIB} MiB, more than the {limits.total_bytes // _MIB} MiB that are opened"


def _read_through(path: Path, package: zipfile.ZipFile, limits: Limits) -> tuple[str, ...]:
    """Unpack every part once: sizes stated in a zip file may lie, checksums do not."""
    total, found = 0, []
    for part in package.infolist():
        before = b""
        with package.open(part) as stream:
            while piece := stream.read(_CHUNK):
                total += len(piece)
                if total > limits.total_bytes:
                    _refuse(path, _too_much(total, limits), "It is not opened: this may be a zip bomb")
                if part.filename.endswith((".xml", ".rels")) and _DECLARED.search(before[-16:] + piece):
                    text = f"{part.filename} declares XML entities, which no spreadsheet program writes"
                    _refuse(path, text, "It is not opened")
                before = piece
        if part.filename.endswith(".rels"):
            found += _outside_targets(part.filename, package.read(part))
    return tuple(found)


def _outside_targets(name: str, relations: bytes) -> list[str]:
    """Relations to other files than by a hyperlink that waits for a click: pictures from the web, templates."""
    outside = [relation for relation in _RELATION.findall(relations) if b'TargetMode="External"' in relation]
    harmless = (b"/hyperlink", b"/externalLinkPath")  # the latter's part is named by `_active_parts`
    return [f"{name}: a link to another file" for relation in outside if not any(kind in relation for kind in harmless)]


def _active_parts(package: zipfile.ZipFile) -> tuple[str, ...]:
    names = sorted(name for name in package.namelist() if not name.endswith(".rels"))
    return tuple(f"{name}: {what}" for name in names for pattern, what in _ACTIVE if pattern.search(name))
