"""The parts of an .xlsx as XlsxWriter makes them -> one compressed file, as small as its size allows."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

import xlsxwriter
from xlsxwriter.packager import Packager

if TYPE_CHECKING:
    from io import StringIO

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
_DAY = (1980, 1, 1, 0, 0, 0)  # the same in every build
_READABLE = 0o600 << 16
_SMALL = 8 << 20
"""Up to so many bytes a file is one that people mail, and is made as small as can be; beyond, that takes half a second."""
_HARD, _USUAL = (9, 5), (6, 8)
"""Level and memory of zlib. With less memory its codes are made anew more often, which suits rows of like formulas."""


class _Package(BytesIO):
    """A package in memory that never closes: when a fault breaks it off, XlsxWriter forgets its archive, which closes itself later."""

    def close(self) -> None:
        """Stay open."""


class _Parts(Packager):  # type: ignore[misc]  # XlsxWriter ships no types
    """XlsxWriter's packager, but that it keeps the parts instead of handing them on to be compressed."""

    def _create_package(self) -> list[tuple[StringIO, str, bool]]:
        super()._create_package()
        return []

    def texts(self) -> dict[str, bytes]:
        """The content of every part by its name, in the order of the package."""
        return {
            name: part.getvalue() if binary else part.getvalue().encode("utf-8")
            for part, name, binary in self.filenames
        }


class NativeBook(xlsxwriter.Workbook):  # type: ignore[misc]  # XlsxWriter ships no types
    """XlsxWriter's workbook, of which the parts are taken."""

    def __init__(self) -> None:
        # in memory: a package that a full disk cuts short would be closed, and fail, a second time when it is forgotten
        super().__init__(_Package(), _OPTIONS)
        self._packager = _Parts()

    def _get_packager(self) -> _Parts:
        return self._packager

    def parts(self) -> dict[str, bytes]:
        """Finish the workbook, and return its parts by name."""
        self.close()
        return self._packager.texts()


def packed(parts: dict[str, bytes]) -> bytes:
    """Compress the parts of a package into one file, to the same bytes in every build."""
    level, memory = _HARD if sum(map(len, parts.values())) <= _SMALL else _USUAL
    package = BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, part in parts.items():
            info = zipfile.ZipInfo(name, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = _READABLE
            info.file_size = len(part)
            with archive.open(info, "w") as stream:
                # the module offers the level, and nothing else that zlib can do
                stream._compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, memory)  # type: ignore[attr-defined]  # noqa: SLF001
                stream.write(part)
    return package.getvalue()
