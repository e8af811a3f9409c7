"""The content of one file, decoded and parsed at most once, whatever many readers look at it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from specxl.errors import InputError
from specxl.labels import clean_label

MAX_FILE_BYTES = 1 << 30
"""Largest content, after decompression, that is read into memory."""
MAX_ROWS = 2_000_000
"""Most rows of one file."""
MAX_FIELD_CHARS = 1 << 20
"""Longest field of a CSV file."""
_STRING_VALUE = re.compile(r'(:\s*)"(?:[^"\\]|\\.)*"?')
_CONFLICT_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


JsonValue = Any
"""What JSON text can hold; its shape is for the readers to check."""


class _DuplicateKeyError(ValueError):
    """An object names one key twice, so its meaning is open."""


@dataclass(frozen=True, slots=True)
class Table:
    """A delimited text: its header, its rows with the line each ends on, and its delimiter."""

    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]
    delimiter: str


@dataclass(frozen=True, slots=True)
class SidecarText:
    """A `specxl.toml` as found: the name to report it under, the folder it speaks for, and its text."""

    name: str
    folder: str
    text: str


@dataclass(eq=False)
class Content:
    """One file's bytes with the name it is reported under ("runs.zip!a.json" for a member of an archive).

    `path` is the place on disk, used only to match patterns; it is empty for standard input. `sidecars` speak for this
    file, the farthest first. `collected` marks a file that the user did not name himself but by a folder or archive.
    `members` holds the tables of a database dump, whose rows only mean something together.
    """

    name: str
    data: bytes
    path: str = ""
    sidecars: tuple[SidecarText, ...] = ()
    collected: bool = False
    members: dict[str, Content] = field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        """The digest of the bytes, in hex."""
        return hashlib.sha256(self.data).hexdigest()

    def release(self) -> None:
        """Let go of the bytes and everything parsed from them, once the content has been read; the digest stays."""
        _ = self.sha256
        for name in ("text", "head", "_parsed", "objects", "table"):
            self.__dict__.pop(name, None)
        self.data = b""
        self.members.clear()

    @cached_property
    def is_binary(self) -> bool:
        """Whether the content is not text: it holds a NUL byte and carries no UTF-16 mark."""
        return b"\0" in self.data[:4096] and not self.data.startswith((b"\xff\xfe", b"\xfe\xff"))

    @cached_property
    def text(self) -> str:
        """The decoded text: UTF-8 with or without a mark, or UTF-16 with one; `InputError` for anything else."""
        encoding = "utf-16" if self.data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
        try:
            return self.data.decode(encoding)
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"line {line} is not valid {encoding.upper().removesuffix('-SIG')} text",
                file=self.name,
                allowed="UTF-8, or UTF-16 with a byte order mark",
                next_step="Save the file as UTF-8",
            ) from error

    @cached_property
    def head(self) -> str:
        """The first characters of a text without leading white space; empty for binary content."""
        return "" if self.is_binary else self.text[:8192].lstrip()

    @cached_property
    def looks_like_json(self) -> bool:
        """Whether the text opens as a JSON object or array."""
        return self.head[:1] in ("{", "[") and bool(self.head)

    @cached_property
    def _parsed(self) -> tuple[Any, list[tuple[int, Any]]]:
        return _parse_json(self.text, self.name)

    @property
    def document(self) -> JsonValue:
        """The JSON value of the file; None when it is not JSON or holds JSON lines. `InputError` when it is broken."""
        return self._parsed[0] if self.looks_like_json else None

    @property
    def lines(self) -> list[tuple[int, Any]]:
        """The values of a JSON-lines file with their line numbers from 1; empty for any other file."""
        return self._parsed[1] if self.looks_like_json else []

    @cached_property
    def objects(self) -> list[tuple[int, dict[str, Any]]]:
        """Every top-level JSON object with its row: array elements from 1, JSON lines by line, a lone object is 1."""
        if self.lines:
            return [(line, value) for line, value in self.lines if isinstance(value, dict)]
        if isinstance(self.document, list):
            return [(row, value) for row, value in enumerate(self.document, 1) if isinstance(value, dict)]
        return [(1, self.document)] if isinstance(self.document, dict) else []

    @property
    def first(self) -> dict[str, Any]:
        """The first top-level JSON object, or an empty one: what most readers recognise a file by."""
        return self.objects[0][1] if self.objects else {}

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The cells of the first line that is no "#" comment; empty for JSON and binary content. Never raises."""
        if not self.head or self.looks_like_json:
            return ()
        start, _ = _header_place(self.text)
        line = self.text[start : self.text.find("\n", start) + 1 or len(self.text)][:MAX_FIELD_CHARS]
        try:
            return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=_delimiter(line)), []))
        except csv.Error:
            return ()

    @cached_property
    def table(self) -> Table:
        """The header and the rows of a delimited text; without a header when the content is no table."""
        return _parse_table(self.text, self.name) if self.head and not self.looks_like_json else Table((), [], ",")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; a key that stands twice is an error, because readers disagree on which one counts."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _DuplicateKeyError(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return result


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys)


def _parse_json(text: str, name: str) -> tuple[Any, list[tuple[int, Any]]]:
    """Parse a whole JSON text, or JSON lines when a second value follows the first on a line of its own."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[: error.pos].count("\n") < text.count("\n"):
            return None, _parse_lines(text, name)
        raise _broken_json(text, name, error.lineno, error.msg) from error
    except (ValueError, RecursionError) as error:
        raise _unusable_json(text, name, error) from error
    if isinstance(value, list) and len(value) > MAX_ROWS:
        raise InputError(f"{len(value)} rows are too many", file=name, allowed=f"at most {MAX_ROWS}")
    return value, []


def _parse_lines(text: str, name: str) -> list[tuple[int, Any]]:
    """Parse JSON lines: one value per line, empty lines ignored."""
    values: list[tuple[int, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values.append((number, _DECODER.decode(line)))
        except json.JSONDecodeError as error:
            raise _broken_json(text, name, number, error.msg) from error
        except (ValueError, RecursionError) as error:
            raise _unusable_json(line, name, error, line=number) from error
        if len(values) > MAX_ROWS:
            raise InputError(f"more than {MAX_ROWS} lines are too many", file=name)
    return values


def _broken_json(text: str, name: str, line: int, reason: str) -> InputError:
    """Say where JSON breaks off and what stands there; a git conflict marker is named as one."""
    lines = text.splitlines()
    # Values may be secrets (result files hold server arguments), so keys and structure are all that is shown.
    shown = _STRING_VALUE.sub(r'\1"…"', lines[line - 1].strip()) if 0 < line <= len(lines) else ""
    if shown.startswith(_CONFLICT_MARKERS):
        problem = f"line {line} holds a git conflict marker, `{clean_label(shown, limit=40)}`"
        return InputError(problem, file=name, next_step="Resolve the merge conflict, then read the file again")
    problem = f"broken JSON at line {line}, `{clean_label(shown, limit=60)}` ({reason})"
    return InputError(problem, file=name, next_step="Write the file again; it may have been cut off")


def _unusable_json(text: str, name: str, error: Exception, line: int | None = None) -> InputError:
    """Name what makes well-formed JSON unusable: a key given twice, nesting, or a number without end."""
    if isinstance(error, _DuplicateKeyError):
        row = line if line is not None else _row_of_duplicate(text)
        return InputError(
            "the key is given twice in one object", file=name, row=row, field=clean_label(error.args[0], limit=60)
        )
    if isinstance(error, RecursionError):
        return InputError(
            "objects are nested too deeply", file=name, row=line, allowed="result files, a few levels deep"
        )
    return InputError(f"a number cannot be read ({clean_label(error, limit=60)})", file=name, row=line)


def _row_of_duplicate(text: str) -> int | None:
    """Find the array element that holds the repeated key; None when the file is no array."""
    start = text.find("[")
    if start < 0 or text[:start].strip():
        return None
    position, row = start + 1, 1
    while True:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        try:
            _, position = _DECODER.raw_decode(text, position)
        except _DuplicateKeyError:
            return row
        except (ValueError, RecursionError):
            return None
        row += 1


def _parse_table(text: str, name: str) -> Table:
    """Split a delimited text into its header (the first line that is no "#" comment) and rows."""
    start, skipped = _header_place(text)
    delimiter = _delimiter(text[start : text.find("\n", start) + 1 or len(text)])
    # the limit is the interpreter's own: what others set is put back
    limit = csv.field_size_limit(MAX_FIELD_CHARS)
    reader = csv.reader(io.StringIO(text[start:], newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num + skipped, cells))
            if len(rows) > MAX_ROWS:
                raise InputError(f"more than {MAX_ROWS} rows are too many", file=name)
    except csv.Error as error:
        raise InputError(f"broken CSV at line {reader.line_num + skipped} ({error})", file=name) from error
    finally:
        csv.field_size_limit(limit)
    return Table(header, rows, delimiter)


def _header_place(text: str) -> tuple[int, int]:
    """Return where the first line that is neither empty nor a "#" comment begins, and how many lines precede it."""
    start, skipped = 0, 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        if text[start:end].strip() and not text[start:end].lstrip().startswith(("#", '"#')):
            break
        start, skipped = end, skipped + 1
    return start, skipped


def _delimiter(line: str) -> str:
    """Return the delimiter that splits the header into most cells."""
    return max((",", ";", "\t"), key=line.count)
