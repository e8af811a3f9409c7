"""From one file to its contents: gzip layers, zip archives and the sheets of workbooks, known by their first bytes."""

from __future__ import annotations

import hashlib
import io
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NoReturn

from specxl.errors import InputError, Notice
from specxl.labels import clean_label
from specxl.sources.archives import MAGIC as ZIP
from specxl.sources.archives import Archive
from specxl.sources.bounds import MAX_ARCHIVE_RATIO, MAX_FILE_BYTES, MAX_LAYERS, MIB, RATIO_FREE_BYTES
from specxl.sources.content import Content, SidecarText, TooLargeError
from specxl.sources.gzipped import MAGIC as GZIP
from specxl.sources.gzipped import GzipStream
from specxl.sources.workbooks import WorkbookFile, is_own, sheet_names

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterator

SIDECAR_NAME = "specxl.toml"
MAX_SIDECAR_BYTES = MIB
_NOT_RESULTS = ("*.pytorch.json", "*.failure.json", "warmup.json", SIDECAR_NAME)
"""What benchmark tools write beside their results: profiles, failed runs, warm-ups."""


def may_hold_results(name: str) -> bool:
    """Whether a file of a folder or an archive is read at all."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    return not hidden and not any(path.match(pattern) for pattern in _NOT_RESULTS)


class Unpacking:
    """One file on its way to contents."""

    def __init__(self, name: str, opener: Callable[[], IO[bytes]], size: int, place: Path | None = None) -> None:
        """Take what opens the file, its size, and where it lies if that is on disk."""
        self.name, self._opener, self._size, self._place = name, opener, size, place
        self.path = place.as_posix() if place else ""
        self.sidecars: tuple[SidecarText, ...] = ()
        self.collected = self.inside = False
        self._layers = 0
        self._notices: list[Notice] = []

    def contents(self) -> list[Content]:
        """Return the contents. A fault in what the user did not name himself waits until it is read."""
        try:
            return self._contents()
        except InputError as error:
            if not self.collected:
                raise
            self._opener = partial(_fail, error)
            return [self._content(self.name)]

    def _contents(self) -> list[Content]:
        """Unwrap gzip, then look for an archive or a workbook."""
        while (start := self._start()).startswith(GZIP):
            self._layers += 1
            if self._layers > MAX_LAYERS:
                step = "Unpack it first"
                raise InputError(f"gzip inside gzip, more than {MAX_LAYERS} times", file=self.name, next_step=step)
            self._opener = partial(self._inflated, self._opener, self._layers)
        if not start.startswith(ZIP):
            return [self._content(self.name)]
        archive = Archive(self._place if self._place and not self._layers else self._bytes(), self.name)
        if archive.is_workbook:
            return self._sheets(archive)
        if self.inside:
            raise InputError("an archive inside an archive is not read", file=self.name, next_step="Unpack it first")
        return list(self._members(archive))

    def _start(self) -> bytes:
        with self._opener() as stream:
            return stream.read(len(ZIP[0]))

    def _bytes(self) -> bytes:
        with self._opener() as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise TooLargeError("the archive is too large", file=self.name, allowed=f"at most {MAX_FILE_BYTES} bytes")
        return data

    def _inflated(self, opener: Callable[[], IO[bytes]], layer: int) -> IO[bytes]:
        """Open what one layer of gzip holds; only of the outermost is the packed size known beforehand."""
        limit = MAX_FILE_BYTES
        if layer == 1:
            limit = max(RATIO_FREE_BYTES, min(limit, self._size * MAX_ARCHIVE_RATIO))
        return io.BufferedReader(GzipStream(opener(), self.name, limit, self._note_rest))

    def _note_rest(self) -> None:
        """Say once that bytes behind the packed ones were left out."""
        text = "bytes behind the end of the gzip data were left out"
        if not self._notices:
            self._notices.append(Notice("left out", text, self.name))

    def _content(self, name: str) -> Content:
        content = Content(name, path=self.path, sidecars=self.sidecars, collected=self.collected, opener=self._opener)
        content.notices = self._notices
        return content

    def _sheets(self, archive: Archive) -> list[Content]:
        """Return the sheets of a workbook; one that specxl wrote holds results and is left out of folders."""
        own, names = is_own(archive), sheet_names(archive)
        if own and self.collected:
            return []
        workbook = WorkbookFile(self._opener, self.name, names, own=own)
        self._opener = partial(_reopen, workbook)
        several = len(names) > 1 and not own
        sheets = []
        for sheet in names if several else names[:1]:
            content = self._content(f"{self.name}!{clean_label(sheet)}" if several else self.name)
            content.workbook, content.sheet = workbook, sheet
            content.collected = content.collected or several
            sheets.append(content)
        return sheets

    def _members(self, archive: Archive) -> Iterator[Content]:
        """Return the members of an archive by name, with the sidecars that lie beside them inside."""
        named = (entry for entry in archive.entries if PurePosixPath(entry.filename).name == SIDECAR_NAME)
        inner = [self._sidecar(archive, entry) for entry in named]
        for entry in archive.entries:
            if not may_hold_results(entry.filename):
                continue
            parent = f"{self.path}!{_folder(entry)}"
            near = [
                text for text in inner if text.folder == f"{self.path}!." or f"{parent}/".startswith(f"{text.folder}/")
            ]
            member = Unpacking(f"{self.name}!{clean_label(entry.filename)}", archive.opener(entry), entry.compress_size)
            member.path = f"{self.path}!{PurePosixPath('.') / entry.filename}"
            member.sidecars = (*self.sidecars, *near)
            member.collected = member.inside = True
            yield from member.contents()

    def _sidecar(self, archive: Archive, entry: zipfile.ZipInfo) -> SidecarText:
        """Read a sidecar inside an archive."""
        shown = f"{self.name}!{clean_label(entry.filename)}"
        with archive.opener(entry)() as stream:
            data = stream.read(MAX_SIDECAR_BYTES + 1)
        if len(data) > MAX_SIDECAR_BYTES:
            raise InputError("the sidecar is too large", file=shown, allowed=f"at most {MAX_SIDECAR_BYTES} bytes")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError("the sidecar is not UTF-8", file=shown) from error
        return SidecarText(shown, f"{self.path}!{_folder(entry)}", text, hashlib.sha256(data).hexdigest())


def _folder(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Return the folder of an entry inside its archive."""
    return PurePosixPath(entry.filename).parent


def _reopen(workbook: WorkbookFile) -> IO[bytes]:
    """Open the bytes that the sheets of a workbook share."""
    return BytesIO(workbook.data)


def _fail(error: InputError) -> NoReturn:
    """Raise what opening a file raised."""
    raise error
