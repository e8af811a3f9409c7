"""Zip archives: their directory is checked before anything is unpacked, and members are unpacked when they are read."""

from __future__ import annotations

import io
import struct
import zipfile
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from specxl.errors import InputError
from specxl.labels import clean_label
from specxl.sources.bounds import (
    MAX_ARCHIVE_BYTES,
    MAX_ARCHIVE_ENTRIES,
    MAX_ARCHIVE_RATIO,
    MAX_DIRECTORY_BYTES,
    MAX_FILE_BYTES,
    RATIO_FREE_BYTES,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
WORKBOOK_PART = "xl/workbook.xml"
_PIECE = 1 << 20
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_LARGE_LOCATOR, _LARGE_LOCATOR_SIZE = b"PK\x06\x07", 20
_LARGE_END, _LARGE_END_SIZE = b"PK\x06\x06", 56


class Archive:
    """A zip whose entries have been checked; its members are opened one at a time."""

    _open_one: ClassVar[Archive | None] = None
    """The archive whose file is open: inputs may be thousands of archives, and a process may open a thousand files."""

    def __init__(self, source: Path | bytes, name: str) -> None:
        """Read the directory. `InputError` when it is broken, too large, or an entry is encrypted or too dense."""
        self.name = name
        self._source = source
        self._zip: zipfile.ZipFile | None = None
        entries = self._opened().infolist()
        self.is_workbook = any(entry.filename == WORKBOOK_PART for entry in entries)
        self._check(entries)
        self.entries = sorted((entry for entry in entries if not entry.is_dir()), key=lambda entry: entry.filename)
        self.close()

    def opener(self, entry: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
        """Return what opens one member."""
        return partial(self._open, entry)

    def read(self, part: str, limit: int) -> bytes:
        """Return the start of a member by its name; empty when there is none."""
        entry = next((entry for entry in self.entries if entry.filename == part), None)
        if entry is None:
            return b""
        with self._open(entry) as member:
            return member.read(limit)

    def close(self) -> None:
        """Close the file; opening a member opens it again."""
        if self._zip is not None:
            self._zip.close()
            self._zip = None

    def _opened(self) -> zipfile.ZipFile:
        """Return the open archive, and close the one that was open before."""
        if self._zip is None:
            if Archive._open_one is not None:
                Archive._open_one.close()
            with self._stream() as stream:
                _check_directory_size(stream, self.name)
            try:
                self._zip = zipfile.ZipFile(self._source if isinstance(self._source, Path) else BytesIO(self._source))
            except Exception as error:  # a damaged directory makes zipfile raise much besides its own errors
                raise _broken(error, self.name) from error
            Archive._open_one = self
        return self._zip

    def _stream(self) -> IO[bytes]:
        return self._source.open("rb") if isinstance(self._source, Path) else BytesIO(self._source)

    def _open(self, entry: zipfile.ZipInfo) -> IO[bytes]:
        """Open one member as a stream."""
        shown = f"{self.name}!{clean_label(entry.filename)}"
        try:
            member = self._opened().open(entry)
        except InputError:
            raise
        except Exception as error:  # the local header may be damaged as well
            raise _broken(error, shown) from error
        return io.BufferedReader(_Member(member, shown))

    def _check(self, entries: list[zipfile.ZipInfo]) -> None:
        """Check entries, sizes and ratios from the directory before anything is inflated."""
        if len(entries) > MAX_ARCHIVE_ENTRIES:
            allowed = f"at most {MAX_ARCHIVE_ENTRIES}"
            raise InputError(f"the archive has {len(entries)} entries", file=self.name, allowed=allowed)
        if sum(entry.file_size for entry in entries) > MAX_ARCHIVE_BYTES:
            allowed = f"at most {MAX_ARCHIVE_BYTES} bytes"
            raise InputError("the archive inflates to too much", file=self.name, allowed=allowed)
        for entry in entries:
            shown = f"{self.name}!{clean_label(entry.filename)}"
            if not entry.filename.strip("/"):
                raise InputError("the zip archive is broken (an entry has no name)", file=self.name)
            if entry.flag_bits & 1:
                raise InputError("the entry is encrypted", file=shown, next_step="Unpack the archive first")
            dense = entry.file_size > RATIO_FREE_BYTES and entry.file_size > MAX_ARCHIVE_RATIO * entry.compress_size
            if dense or (self.is_workbook and entry.file_size > MAX_FILE_BYTES):
                raise InputError(
                    f"the entry inflates from {entry.compress_size} to {entry.file_size} bytes",
                    file=shown,
                    allowed=f"at most {MAX_ARCHIVE_RATIO} times as much, and {MAX_FILE_BYTES} bytes",
                )


class _Member(io.RawIOBase):
    """A member while it is unpacked; damage shows on reading, and every compression has errors of its own."""

    def __init__(self, packed: IO[bytes], name: str) -> None:
        super().__init__()
        self._packed, self._name = packed, name

    def readable(self) -> bool:
        """A stream to read from."""
        return True

    def readinto(self, target: Any, /) -> int:  # noqa: ANN401 - any writable buffer
        """Unpack as much as fits; 0 at the end. Raises `InputError` for damage."""
        view = memoryview(target).cast("B")
        try:
            piece = self._packed.read(min(len(view), _PIECE))
        except Exception as error:
            raise _broken(error, self._name) from error
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the member."""
        self._packed.close()
        super().close()


def _broken(error: Exception, name: str) -> InputError:
    """Say that an archive or a member of it is broken."""
    reason = clean_label(error, limit=80) or type(error).__name__
    return InputError(f"the zip archive is broken ({reason})", file=name, next_step="Fetch or copy it again")


def _check_directory_size(stream: IO[bytes], name: str) -> None:
    """Refuse a directory that would take much memory before `zipfile` reads it whole; its size stands at the end."""
    tail_size = _END_SIZE + _LONGEST_COMMENT + _LARGE_LOCATOR_SIZE + _LARGE_END_SIZE
    stream.seek(max(stream.seek(0, 2) - tail_size, 0))
    tail = stream.read()
    place = len(tail) - _END_SIZE
    if tail[place : place + 4] != _END or tail[-2:] != b"\0\0":
        place = tail.rfind(_END, 0, max(place, 0) + 4)
    if place < 0 or place + _END_SIZE > len(tail):
        return  # no archive at all: `zipfile` says so
    size = struct.unpack_from("<L", tail, place + 12)[0]
    locator = place - _LARGE_LOCATOR_SIZE
    if locator >= 0 and tail.startswith(_LARGE_LOCATOR, locator):
        large = tail.rfind(_LARGE_END, 0, locator)
        if 0 <= large <= len(tail) - _LARGE_END_SIZE:
            size = struct.unpack_from("<Q", tail, large + 40)[0]
    if size > MAX_DIRECTORY_BYTES:
        raise InputError(
            f"the archive's directory has {size} bytes", file=name, allowed=f"at most {MAX_DIRECTORY_BYTES} bytes"
        )
