"""The content of one file, decoded and parsed at most once, whatever many readers look at it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from specxl.errors import InputError
from specxl.sources.bounds import MAX_FILE_BYTES, MIB
from specxl.sources.delimited import Table, header_of, parse_table
from specxl.sources.jsontext import BrokenTextError, JsonText, JsonValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.errors import Notice
    from specxl.sources.workbooks import WorkbookFile

__all__ = ["UTF16_MARKS", "Content", "JsonValue", "SidecarText", "Table", "TooLargeError", "UnrecognisedError"]

HEAD_CHARS = 8192
START_BYTES = 1 << 16
FIRST_OBJECTS, FIRST_BYTES = 50, 64 * MIB
"""How many objects, and about how much memory of them, are decoded to recognise a file."""
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CONTINUATION = bytes(range(0x80, 0xC0))
_WIDE, _WIDEST = re.compile(rb"[\xc4-\xef]"), re.compile(rb"[\xf0-\xf4]")
"""Lead bytes of characters that make a text take two, or four, bytes for each of its characters."""


class TooLargeError(InputError):
    """A file is larger than one may be."""


class UnrecognisedError(InputError):
    """No reader knows the content; `near` says which format it comes nearest to, `nearness` how near from 0 to 1."""

    near: str = ""
    nearness: float = 0.0


@dataclass(frozen=True, slots=True)
class SidecarText:
    """A `specxl.toml` as found: the name to report it under, the folder it speaks for, its text, and its bytes' digest."""

    name: str
    folder: str
    text: str
    sha256: str = ""


class Content:
    """One file's bytes with the name it is reported under ("runs.zip!a.json" for a member of an archive).

    `path` is the place on disk, used only to match patterns; it is empty for standard input. `sidecars` speak for this
    file, the farthest first. `collected` marks a file that the user did not name himself but by a folder, a pattern or
    an archive. `members` holds the tables of a database dump, whose rows only mean something together; `workbook` and
    `sheet` name a sheet of a workbook. `notices` are what opening found.

    The bytes are read when they are first asked for. Where they can be read again they are let go of as soon as there is
    text, and the text as soon as it is parsed: no more than one form of a file is held.
    """

    def __init__(
        self,
        name: str,
        data: bytes = b"",
        path: str = "",
        sidecars: tuple[SidecarText, ...] = (),
        *,
        collected: bool = False,
        opener: Callable[[], IO[bytes]] | None = None,
    ) -> None:
        self.name, self.path, self.sidecars, self.collected = name, path, sidecars, collected
        self.members: dict[str, Content] = {}
        self.workbook: WorkbookFile | None = None
        self.sheet = ""
        self.notices: list[Notice] = []
        self._opener = opener
        self._data = data if opener is None else None
        self._digest = ""
        self._released = False

    @property
    def data(self) -> bytes:
        """The bytes; `TooLargeError` when they are more than a file may have."""
        if self._data is not None:
            return self._data
        if self._released or self._opener is None:
            return b""
        with self._opener() as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise TooLargeError("the file is too large", file=self.name, allowed=f"at most {MAX_FILE_BYTES} bytes")
        return self._take(data)

    def _take(self, data: bytes) -> bytes:
        """Keep the bytes; the digest is that of the first time they were read."""
        self._digest = self._digest or hashlib.sha256(data).hexdigest()
        self._data = data
        return data

    @cached_property
    def start(self) -> bytes:
        """The first 64 KiB, without reading the rest."""
        if self._data is not None or self._opener is None:
            return self.data[:START_BYTES]
        with self._opener() as stream:
            start = stream.read(START_BYTES + 1)
        return start[:START_BYTES] if len(start) > START_BYTES else self._take(start)

    @property
    def sha256(self) -> str:
        """The digest of the bytes, in hex."""
        if not self._digest:
            self._digest = hashlib.sha256(self.data).hexdigest()
        return self._digest

    def release(self) -> None:
        """Let go of the bytes and everything made of them; the digest stays when they have been read."""
        if self._data and not self._digest:
            self._digest = hashlib.sha256(self._data).hexdigest()
        for name in ("text", "head", "_json", "objects", "table", "header", "first_objects", "start"):
            self.__dict__.pop(name, None)
        self._data, self._released, self.workbook = b"", True, None
        self.members.clear()

    def _let_go_of_bytes(self) -> None:
        """Forget bytes that can be read again, once their digest is known."""
        if self._opener is not None and self._digest:
            self._data = None

    @cached_property
    def is_binary(self) -> bool:
        """Whether the content is not text: it holds a NUL byte and carries no UTF-16 mark."""
        return b"\0" in self.start[:4096] and not self.start.startswith(UTF16_MARKS)

    @cached_property
    def text(self) -> str:
        """The decoded text: UTF-8 with or without a mark, or UTF-16 with one; `InputError` for anything else."""
        data = self.data
        encoding = "utf-16" if data.startswith(UTF16_MARKS) else "utf-8-sig"
        self._check_width(data, encoding)
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise BrokenTextError(
                f"line {line} is not valid {encoding.upper().removesuffix('-SIG')} text",
                file=self.name,
                allowed="UTF-8, or UTF-16 with a byte order mark",
                next_step="Save the file as UTF-8",
            ) from error
        self._let_go_of_bytes()
        return text

    def _check_width(self, data: bytes, encoding: str) -> None:
        """Refuse text that would take more memory than a file may: one emoji makes four bytes of every character."""
        size = 2 * len(data) if encoding == "utf-16" else len(data)
        if encoding != "utf-16" and not data.isascii():
            width = 4 if _WIDEST.search(data) else 2 if _WIDE.search(data) else 1
            size = len(data) * width
            if size > MAX_FILE_BYTES:
                size = len(data.translate(None, _CONTINUATION)) * width
        if size > MAX_FILE_BYTES:
            allowed = f"text of at most {MAX_FILE_BYTES} bytes once it is decoded"
            raise TooLargeError(f"the text takes {size} bytes", file=self.name, allowed=allowed)

    @cached_property
    def head(self) -> str:
        """The first characters of a text without leading white space; empty for binary content."""
        return "" if self.is_binary else self.text[:HEAD_CHARS].lstrip()

    @cached_property
    def looks_like_json(self) -> bool:
        """Whether the text opens as a JSON object or array."""
        return self.head[:1] in ("{", "[") and bool(self.head)

    @cached_property
    def _json(self) -> tuple[bool, list[tuple[int, Any]]]:
        """Whether the text is one JSON value and no lines, and the values with their rows."""
        if not self.looks_like_json:
            return False, []
        parser = JsonText(self.text, self.name)
        values = list(parser.values())
        self.__dict__.pop("text", None)
        return parser.is_array or len(values) == 1, values

    @property
    def document(self) -> JsonValue:
        """The JSON value of the file; None when it is not JSON or holds JSON lines. `InputError` when it is broken."""
        whole, values = self._json
        if not whole:
            return None
        return [value for _, value in values] if self.head.startswith("[") else values[0][1]

    @property
    def lines(self) -> list[tuple[int, Any]]:
        """The values of a JSON-lines file with their line numbers from 1; empty for any other file."""
        whole, values = self._json
        return [] if whole else values

    @cached_property
    def objects(self) -> list[tuple[int, dict[str, Any]]]:
        """Every top-level JSON object with its row: array elements from 1, JSON lines by line, a lone object is 1."""
        return [(row, value) for row, value in self._json[1] if isinstance(value, dict)]

    @cached_property
    def first_objects(self) -> tuple[dict[str, Any], ...]:
        """The first top-level JSON objects, by which readers recognise a file; none where there are none. Never raises."""
        if not self.looks_like_json:
            return ()
        if "_json" in self.__dict__:
            return tuple(value for _, value in self._json[1][:FIRST_OBJECTS] if isinstance(value, dict))
        parser = JsonText(self.text, self.name)
        values: list[tuple[int, Any]] = []
        try:
            for value in parser.values():
                values.append(value)
                if len(values) == FIRST_OBJECTS or parser.taken > FIRST_BYTES:
                    break
            else:  # a short file need not be decoded again
                self.__dict__["_json"] = (parser.is_array or len(values) == 1, values)
        except InputError:
            pass
        return tuple(value for _, value in values if isinstance(value, dict))

    @property
    def first(self) -> dict[str, Any]:
        """The first of these objects, or an empty one."""
        return self.first_objects[0] if self.first_objects else {}

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The cells of the first line that is no "#" comment; empty for JSON and binary content. Never raises."""
        return header_of(self.text) if self.head and not self.looks_like_json else ()

    @cached_property
    def table(self) -> Table:
        """The header and the rows of a delimited text; without a header when the content is no table."""
        if not self.head or self.looks_like_json:
            return Table((), [], ",")
        table = parse_table(self.text, self.name)
        self.__dict__.pop("text", None)
        return table

    def stream(self) -> IO[bytes]:
        """Open the bytes as a file that can be sought in."""
        return BytesIO(self.data)
