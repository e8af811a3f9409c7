"""The parts of an .xlsx as XlsxWriter makes them -> one compressed file, each part as it is written.

The rows of a large workbook as text would be the largest thing that a build holds, so no part is ever whole in memory.
"""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import xlsxwriter
from xlsxwriter.packager import Packager

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Self

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
_DAY = (1980, 1, 1, 0, 0, 0)  # the same in every build
_READABLE = 0o600 << 16
_SMALL = 80_000
"""Up to so many cells a file is one that people mail, and is made as small as can be; beyond, that takes half a second."""
_HARD, _USUAL = (9, 5), (7, 5)
"""Level and memory of zlib. With less memory its codes are made anew more often, which suits rows of like formulas."""
_WRITTEN_AT_ONCE = 1 << 16


class _Package(BytesIO):
    """A package in memory that never closes: when a fault breaks it off, XlsxWriter forgets its archive, which closes itself later."""

    def close(self) -> None:
        """Stay open."""


class _Part(StringIO):
    """The text of one part, handed on in pieces; a StringIO because XlsxWriter opens a file for anything else."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._held: list[str] = []
        self._size = 0

    def write(self, text: str) -> int:
        """Take a text, and hand on what has come together."""
        self._held.append(text)
        self._size += len(text)
        if self._size > _WRITTEN_AT_ONCE:
            self._hand_on()
        return len(text)

    def _hand_on(self) -> None:
        self._stream.write("".join(self._held).encode("utf-8"))
        self._held.clear()
        self._size = 0

    def finish(self) -> None:
        """Hand on the rest."""
        self._hand_on()
        self._stream.close()


class _Parts(Packager):  # type: ignore[misc]  # XlsxWriter ships no types
    """XlsxWriter's packager, but that every part goes where `opened` says, and is done when the next begins."""

    def __init__(self, opened: Callable[[str], IO[bytes]]) -> None:
        super().__init__()
        self._opened = opened
        self._last: _Part | None = None

    def _filename(self, xml_filename: str) -> _Part:
        self._finish()
        self._last = _Part(self._opened(xml_filename))
        return self._last

    def _finish(self) -> None:
        if self._last is not None:
            self._last.finish()

    def _create_package(self) -> list[tuple[StringIO, str, bool]]:
        super()._create_package()
        self._finish()
        return []


class NativeBook(xlsxwriter.Workbook):  # type: ignore[misc]  # XlsxWriter ships no types
    """XlsxWriter's workbook, whose parts go where `opened` says: it is called with the name of each, in their order."""

    def __init__(self, opened: Callable[[str], IO[bytes]]) -> None:
        # in memory: a package that a full disk cuts short would be closed, and fail, a second time when it is forgotten
        super().__init__(_Package(), _OPTIONS)
        self._packager = _Parts(opened)

    def _get_packager(self) -> _Parts:
        return self._packager


class Archive:
    """A package under construction, the same bytes in every build; a context, at whose end it is whole, or broken off."""

    def __init__(self, cells: int) -> None:
        """Begin; how many cells the workbook has says how hard it is compressed."""
        self._bytes = BytesIO()
        self._archive = zipfile.ZipFile(self._bytes, "w")
        self._level, self._memory = _HARD if cells <= _SMALL else _USUAL
        self._open: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the part at which a fault broke it off, and the archive, which would complain of it when it is forgotten."""
        if self._open is not None:
            self._open.close()
        self._archive.close()

    def opened(self, name: str) -> IO[bytes]:
        """Begin a part; the one before it must be closed."""
        info = zipfile.ZipInfo(name, _DAY)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = _READABLE
        self._open = stream = self._archive.open(info, "w")
        # the module offers the level, and nothing else that zlib can do
        stream._compressor = zlib.compressobj(self._level, zlib.DEFLATED, -zlib.MAX_WBITS, self._memory)  # type: ignore[attr-defined]  # noqa: SLF001
        return stream

    def content(self) -> bytes:
        """The content of the file, once the context has ended."""
        return self._bytes.getvalue()
