"""One XML part of a package, read as a stream and within bounds, so that no file can fill the memory or the stack.

The parser is the standard library's expat without a document type: a part that declares one is refused at its first
line, so that no entity exists and nothing is fetched. That is what defusedxml does too; what it lacks are bounds on the
depth, on the number of elements and on the length of one of them, which a file from outside needs as well.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, TYPE_CHECKING, NoReturn
from xml.parsers import expat

from specxl.errors import WorkbookFileError
from specxl.labels import clean_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Attributes = dict[str, str]

_CHUNK = 1 << 16
_MOST_NAMES = 20_000
_OFFICE, _STRICT = "http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/"
_MICROSOFT = "http://schemas.microsoft.com/office/"
# What zipfile, zlib and our own readers raise on bytes that no program wrote.
_PROVOKED = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, MemoryError, ArithmeticError,
    LookupError, TypeError, ValueError, AttributeError,
)  # fmt: skip
# The names of elements come with a prefix of ours, whatever prefix a file gives them; spreadsheets' own have none.
_PREFIXES = {
    f"{_OFFICE}spreadsheetml/2006/main": "",
    f"{_STRICT}spreadsheetml/main": "",
    f"{_OFFICE}officeDocument/2006/relationships": "r:",
    f"{_STRICT}officeDocument/relationships": "r:",
    f"{_OFFICE}package/2006/relationships": "rel:",
    f"{_OFFICE}package/2006/content-types": "ct:",
    f"{_OFFICE}officeDocument/2006/custom-properties": "cp:",
    f"{_STRICT}officeDocument/customProperties": "cp:",
    f"{_OFFICE}officeDocument/2006/docPropsVTypes": "vt:",
    f"{_STRICT}officeDocument/docPropsVTypes": "vt:",
    f"{_OFFICE}drawingml/2006/spreadsheetDrawing": "xdr:",
    f"{_STRICT}drawingml/spreadsheetDrawing": "xdr:",
    f"{_OFFICE}drawingml/2006/main": "a:",
    f"{_STRICT}drawingml/main": "a:",
    f"{_OFFICE}drawingml/2006/chart": "c:",
    f"{_STRICT}drawingml/chart": "c:",
    f"{_MICROSOFT}spreadsheetml/2009/9/main": "x14:",
    f"{_MICROSOFT}excel/2006/main": "xm:",
    f"{_MICROSOFT}drawing/2012/chart": "c15:",
    f"{_OFFICE}markup-compatibility/2006": "mc:",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that one part may hold: elements, elements within each other, characters of a text, bytes of an element."""

    elements: int = 12_000_000
    depth: int = 64
    text: int = 32_767 * 4
    element_bytes: int = 1 << 20


@lru_cache(maxsize=1_000)
def _attribute_name(name: str) -> str:
    """The name of an attribute with our prefix, from that with its namespace as expat gives it."""
    space, _, local = name.rpartition(" ")
    return _PREFIXES.get(space, "?" if space else "") + local


def refuse(where: str, problem: str, next_step: str = "It is not opened") -> NoReturn:
    """Stop reading a file; `where` is a part or a cell as the file names it.

    Raises:
        WorkbookFileError: always.
    """
    raise WorkbookFileError(f"{clean_label(where, limit=80)}: {problem}. {next_step}")


def is_true(value: str | None) -> bool:
    """Whether an attribute says yes."""
    return value in ("1", "true", "on")


class PartReader:
    """The base of what reads a part: methods by the name of an element, called at its start and, with its text, at its end.

    `path` holds the names of the open elements, the innermost last. An element in `places` is refused anywhere but
    there: a second reading of a part, say within an alternative for newer programs, is none that we could compare.
    """

    bounds = Bounds()
    root = ""
    places: dict[str, list[str]] = {}  # noqa: RUF012 - each reader names its own, none changes them

    def __init__(self, where: str) -> None:
        self.where = where
        self.path: list[str] = []
        self.starts: dict[str, Callable[[Attributes], None]] = {}
        self.ends: dict[str, Callable[[str], None]] = {}
        self._text: list[str] = []
        self._size = self._elements = 0
        self._kept = False
        self._allowed = self.bounds.elements
        self._tags: dict[str, str] = {}
        self._spaces: dict[str, str] = {}

    def read(self, stream: IO[bytes], allowed: int = bounds.elements) -> int:
        """Read the whole part, and return how many elements it has, of those that are allowed.

        Raises:
            WorkbookFileError: it is no sound XML, declares entities, or exceeds a bound.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._declared
        parser.XmlDeclHandler = self._on_declaration
        fed, self._allowed = 0, allowed
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)  # noqa: FBT003 - it takes no names
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > self.bounds.element_bytes:
                    # older versions of expat would read the element again from its start with every piece
                    refuse(self.where, f"one element has more than {self.bounds.element_bytes >> 20} MiB")
                if len(parser.intern) > _MOST_NAMES:  # the parser keeps every name
                    refuse(self.where, f"it has more than {_MOST_NAMES} names of elements and attributes")
            parser.Parse(b"", True)  # noqa: FBT003
        except (expat.ExpatError, LookupError, ValueError) as exc:
            refuse(
                self.where, f"the part is no sound XML ({clean_label(exc)})", "Ask for the workbook to be sent again"
            )
        return self._elements

    def _start(self, name: str, attributes: Attributes) -> None:
        tag = self._tags.get(name) or self._tag(name)
        path = self.path
        self._elements += 1
        if len(path) >= self.bounds.depth or self._elements > self._allowed:
            refuse(self.where, "it holds more elements, or more within each other, than any workbook does")
        if not path and tag != self.root:
            refuse(self.where, f"the part begins with {clean_label(tag)!r} where {self.root!r} is due")
        if tag in self.places and path != self.places[tag]:
            refuse(self.where, f"it can be read in two ways: {tag!r} stands where no program writes it")
        path.append(tag)
        self._kept = tag in self.ends
        self._text.clear()
        self._size = 0
        handler = self.starts.get(tag)
        if handler is not None:
            handler(attributes)

    def _tag(self, name: str) -> str:
        """The name of an element with our prefix; one without a namespace is none that programs know.

        A part keeps to one of the two namespaces that a kind of element may have: programs that know the other one would
        not see what stands in it.
        """
        space, _, local = name.rpartition(" ")
        prefix = _PREFIXES.get(space, "?")
        if prefix != "?" and self._spaces.setdefault(prefix, space) != space:
            refuse(self.where, "it can be read in two ways: it mixes two namespaces of one kind")
        self._tags[name] = prefix + local
        return prefix + local

    def _end(self, _: str) -> None:
        tag = self.path.pop()
        handler = self.ends.get(tag)
        if handler is not None:
            handler("".join(self._text))
        self._text.clear()
        self._kept = False

    def _data(self, data: str) -> None:
        if self._kept:
            self._size += len(data)
            if self._size > self.bounds.text:
                refuse(self.where, "it holds a text longer than any cell takes")
            self._text.append(data)

    def _on_declaration(self, version: str, *_: object) -> None:
        if version != "1.0":
            refuse(self.where, f"it is XML of the version {clean_label(version, limit=20)!r}, which no program writes")

    def _declared(self, *_: object) -> NoReturn:
        refuse(self.where, "it declares XML entities, which no spreadsheet program writes")


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Name the file in every fault that is found in it, and turn whatever its bytes provoke into one sentence.

    Raises:
        WorkbookFileError: for anything that goes wrong.
    """
    try:
        yield
    except WorkbookFileError as exc:
        msg = f"{path}: {exc}"
        raise WorkbookFileError(msg) from exc
    except _PROVOKED as exc:
        said = clean_label(exc) or type(exc).__name__
        msg = f"{path}: the file is damaged or was cut off ({said}). Ask for it to be sent again"
        raise WorkbookFileError(msg) from exc


def attribute(attributes: Attributes, name: str) -> str | None:
    """An attribute by its name with our prefix, such as "r:id"; nothing where it stands there under two namespaces."""
    found = [value for key, value in attributes.items() if _attribute_name(key) == name]
    return found[0] if len(found) == 1 else None


def whole(where: str, text: str | None, default: int = 0) -> int:
    """The whole number in an attribute, within what an index may be.

    Raises:
        WorkbookFileError: it is none.
    """
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004
        refuse(where, f"the number {clean_label(text, limit=40)!r} is none that the file format knows")
    return int(text)


def length(text: str | None, default: float) -> float:
    """A height or a width; the default where it says nothing usable."""
    with suppress(TypeError, ValueError):
        return float(text)  # type: ignore[arg-type]
    return default


def once(where: str, names: Iterable[str], what: str) -> None:
    """Make sure that names differ, also without case: two programs would take different ones.

    Raises:
        WorkbookFileError: two are equal.
    """
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            refuse(where, f"it can be read in two ways: {what} {clean_label(name, limit=60)!r} stands there twice")
        seen.add(name.casefold())
