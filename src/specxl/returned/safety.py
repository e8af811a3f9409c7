"""What stands between a file from outside and its parsers: limits on the zip package, and content that could act.

A package is refused when it is no sound zip file, when it is larger than any workbook of ours can be, when a part
declares entities, or when two programs could read it in two ways (`package`); what could act is named (`active`), and
nothing is run.
"""

from __future__ import annotations

import re
import stat
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from specxl.errors import WorkbookFileError
from specxl.labels import clean_label
from specxl.returned.active import active_parts
from specxl.returned.package import open_package
from specxl.returned.parts import faults_of

if TYPE_CHECKING:
    from pathlib import Path

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_CHUNK = 1 << 20
_MIB = 1 << 20
_ENCRYPTED = 1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_XML_NAMES = (".xml", ".rels", ".vml")
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
        WorkbookFileError: it is no zip file, is encrypted or truncated, holds no workbook, exceeds a limit, declares
            XML entities, or can be read in two ways.
    """
    with faults_of(path):
        size = _require_zip(path, limits)
        with zipfile.ZipFile(path) as archive:
            _require_limits(size, archive, limits)
            _read_through(archive, limits)
    with open_package(path) as package:
        return active_parts(package)


def _refuse(problem: str, next_step: str, cause: BaseException | None = None) -> NoReturn:
    raise WorkbookFileError(f"{problem}. {next_step}") from cause


def _require_zip(path: Path, limits: Limits) -> int:
    """The size of a file that begins as a package does."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would never end, or never begin
            _refuse("this is no file", "Give a workbook that specxl built")
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as exc:
        _refuse(f"cannot be read: {exc.strerror}", "Check the path and the permissions", exc)
    if found.st_size > limits.file_bytes:
        text = (
            f"the file has {found.st_size // _MIB} MiB, more than the {limits.file_bytes // _MIB} MiB that are opened"
        )
        _refuse(text, "No workbook of specxl is that large")
    if start == _OLE:
        text = "the workbook is encrypted with a password, or is of the old .xls format"
        _refuse(text, "Remove the password in the spreadsheet program, or save it as .xlsx, and try again")
    if start[:4] != _ZIP:
        _refuse("this is no .xlsx workbook: it does not begin as a zip file", "Give a workbook that specxl built")
    return found.st_size


def _require_limits(size: int, archive: zipfile.ZipFile, limits: Limits) -> None:
    parts = archive.infolist()
    stated = sum(part.file_size for part in parts)
    if len(parts) > limits.entries:
        _refuse(f"the package has {len(parts)} parts, more than {limits.entries}", "It is not opened")
    if stated > limits.total_bytes:
        _refuse(_too_much(stated, limits), "It is not opened: this may be a zip bomb")
    if stated > limits.ratio * max(size, 1):
        text = f"the package unpacks to more than {limits.ratio} times its size"
        _refuse(text, "It is not opened: this may be a zip bomb")
    if len({part.filename for part in parts}) < len(parts):
        _refuse("the package holds two parts of one name", "It is not opened")
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        _refuse("the package is encrypted", "Save the workbook without a password and try again")
    if any(part.compress_type not in _METHODS for part in parts):
        _refuse("a part is compressed in a way that no spreadsheet program writes", "It is not opened")


def _too_much(size: int, limits: Limits) -> str:
    return f"the package unpacks to {size // _MIB} MiB, more than the {limits.total_bytes // _MIB} MiB that are opened"


def _read_through(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Unpack every part once: sizes stated in a zip file may lie, checksums do not."""
    total = 0
    for part in archive.infolist():
        before = b""
        is_xml = part.filename.casefold().endswith(_XML_NAMES)
        with archive.open(part) as stream:
            while piece := stream.read(_CHUNK):
                total += len(piece)
                if total > limits.total_bytes:
                    _refuse(_too_much(total, limits), "It is not opened: this may be a zip bomb")
                # without its zero bytes UTF-16 looks like ASCII
                before = before[-16:] + piece.replace(b"\0", b"")
                if is_xml and _DECLARED.search(before):
                    name = clean_label(part.filename)
                    text = f"{name} declares XML entities, which no spreadsheet program writes"
                    _refuse(text, "It is not opened")
