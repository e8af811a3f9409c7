"""The manifest: a digest of every sheet, laid out in visible cells on About, and what differs from it later.

Spreadsheet programs rewrite a file when they save it: sheet names lose their quotes, 1E-9 becomes 0.000000001, formulas
are shared among cells, numbers keep 15 digits. So digests are taken over canonical tokens that all of these leave alone,
by one function for the model at the build and for the file that comes back. Digests find accidents; whoever changes a
cell on purpose can change its digest as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING
from zlib import crc32

from specxl.errors import OlderWorkbookError, WorkbookFileError
from specxl.model.cells import Ref, Sheet, address
from specxl.model.overlays import overlay_codes
from specxl.model.tokens import token_in_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from specxl.model.cells import Book

MANIFEST_SHEET = "About"
HEADING = "Manifest: digests by which `specxl verify` finds what was changed since the build"
FORMAT = "specxl manifest 2"
OLDER_FORMATS = ("specxl manifest 1",)
ROOT_PROPERTY = "specxl root digest"
LIMITS = "It detects accidents, not forgers: whoever changes a cell on purpose can change its digest as well."
_EXPLAINED = (
    LIMITS,
    "A digest is the start of the SHA-256 over a sheet's texts, numbers, links and formulas in canonical form.",
    "Left out are the cells that may be edited, looks and validation rules. Charts, tables and print areas have codes.",
    "The codes of rows and columns help to find a cell: three digits over all cells, for a row two more over its constants.",
)
_PARTS = ("rows", "columns", "inputs", "free cells", "overlays")
_PER_LINE = {"rows": 100, "columns": 100, "inputs": 25, "free cells": 25, "overlays": 8}
NO_CODE = "-"
_HASHED_AT_ONCE = 1 << 16  # characters: the texts of a large sheet together would be half of its workbook
_ROOT_DIGITS, _DIGITS = 32, 24
TABLE_HEAD = ("Sheet", "Digest or part", "Cells or codes")
_LAST_COL = 6
_ROW_HEIGHT, _LINE_HEIGHT = 15.0, 13.0  # in points: of a row of one line, and of each line more
_LINE_WIDTH, _CODES_WIDTH = 1120, 695  # in pixels: all columns of About, and those of the codes
_WIDE, _NARROW = 7.0, 3.4  # pixels of a letter or digit, and of a blank or bar, at the size of the text
_ALL, _CONSTANT = 4093, 251  # primes below 3 and 2 hexadecimal digits

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def position(text: str) -> tuple[int, int]:
    """Row and column from zero of an address.

    Raises:
        WorkbookFileError: the text is no address.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        msg = f"the manifest names {text!r}, which is no cell. Ask for the workbook as it was built"
        raise WorkbookFileError(msg)
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - 64
    return int(match[2]) - 1, column - 1


@dataclass(frozen=True, slots=True)
class SheetManifest:
    """One sheet: its digest, a code for each row and column from the first, and the cells that the digest leaves out.

    `inputs` pairs the address of each input with that of the cell of the Inputs sheet that holds its release value.
    `overlays` are the codes of its charts, tables and print area (`model.overlays`).
    """

    name: str
    cells: int
    digest: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...] = ()
    free: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()

    @property
    def editable(self) -> frozenset[tuple[int, int]]:
        """Row and column of every cell that may be edited."""
        return frozenset(position(cell) for cell in (*(cell for cell, _ in self.inputs), *self.free))

    def parts(self) -> dict[str, tuple[str, ...]]:
        """The lists of the sheet by the names under which they are laid out."""
        lists = (
            self.rows,
            self.columns,
            tuple(f"{cell}={held}" for cell, held in self.inputs),
            self.free,
            self.overlays,
        )
        return dict(zip(_PARTS, lists, strict=True))


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Where a judged block stands: its kind, the sheet whose controls move it, its first cell, its rows, its keys.

    `tag` tells several blocks of one kind and owner apart. What a block is called on its sheet counts for nothing.
    """

    kind: str
    owner: str
    tag: str
    sheet: str
    cell: str
    rows: int
    keys: tuple[str, ...]

    @property
    def first(self) -> Ref:
        """The first cell."""
        return Ref(self.sheet, *position(self.cell))

    def line(self) -> str:
        """The place as one text, without the keys, which all blocks of a kind share."""
        return "|".join((self.kind, self.owner, self.tag, self.sheet, self.cell, str(self.rows)))


@dataclass(frozen=True, slots=True)
class Manifest:
    """All sheets of the build, in order, and where the blocks stand that a judge compares."""

    sheets: tuple[SheetManifest, ...]
    blocks: tuple[BlockPlace, ...] = ()

    @property
    def root(self) -> str:
        """The digest over everything that the manifest says."""
        whole = sha256(FORMAT.encode())
        for sheet in self.sheets:
            lists = "|".join(" ".join(part) for part in sheet.parts().values())
            whole.update(f"\n{sheet.name}|{sheet.cells}|{sheet.digest}|{lists}".encode())
        for block in self.blocks:
            whole.update(f"\n{block.line()}|{' '.join(block.keys)}".encode())
        return whole.hexdigest()[:_ROOT_DIGITS]


def digest_sheet(sheet: Sheet, left_out: frozenset[tuple[int, int]] = frozenset()) -> SheetManifest:
    """Digest a sheet but for the cells left out; on About the manifest itself is left out too."""
    end = manifest_row(sheet) if sheet.name == MANIFEST_SHEET else None
    whole, cells, part = sha256(), 0, ""
    rows: dict[int, int] = {}
    constants: dict[int, int] = {}
    columns: dict[int, int] = {}
    for place, cell in sorted(sheet.cells.items(), key=itemgetter(0)):
        row, col = place
        token = token_in_row(cell.content, row)
        if not token or place in left_out or (end is not None and row >= end):
            continue
        cells += 1
        part += f"{row},{col} {token}\n"
        if len(part) > _HASHED_AT_ONCE:
            whole.update(part.encode("utf-8", "replace"))
            part = ""
        code = crc32(token.encode("utf-8", "replace"))
        weighed = code * (col + 1)
        rows[row] = rows.get(row, 0) + weighed
        columns[col] = columns.get(col, 0) + code * (row + 1)
        if token[0] != "f":
            constants[row] = constants.get(row, 0) + weighed
    row_codes = [
        f"{rows[r] % _ALL:03x}{constants.get(r, 0) % _CONSTANT:02x}" if r in rows else NO_CODE
        for r in range(max(rows, default=-1) + 1)
    ]
    column_codes = [
        f"{columns[c] % _ALL:03x}" if c in columns else NO_CODE for c in range(max(columns, default=-1) + 1)
    ]
    whole.update(part.encode("utf-8", "replace"))
    return SheetManifest(sheet.name, cells, whole.hexdigest()[:_DIGITS], tuple(row_codes), tuple(column_codes))


@cache
def _is_free(style: str) -> bool:
    return "input" in style.split()


def _manifest_of(sheet: Sheet) -> SheetManifest:
    """The manifest of a sheet of the model: inputs and other unlocked cells are left out of its digest."""
    inputs = {(item.ref.row, item.ref.col): item.released_ref for item in sheet.inputs}
    free = [place for place, cell in sheet.cells.items() if _is_free(cell.style) and place not in inputs]
    digested = digest_sheet(sheet, frozenset((*inputs, *free)))
    pairs = tuple((address(*place), address(held.row, held.col)) for place, held in inputs.items())
    free_cells = tuple(address(*place) for place in free)
    return replace(digested, inputs=pairs, free=free_cells, overlays=overlay_codes(sheet))


def lay_manifest(book: Book, blocks: Sequence[BlockPlace] = ()) -> str:
    """Append the manifest to the About sheet of a finished book, note its root digest as a property, and return that.

    Nothing may be laid out afterwards but cells below the manifest, which is not printed.
    """
    about = book.sheet(MANIFEST_SHEET)
    row = max(row for row, _ in about.cells) + 2
    about.put(row, 0, HEADING, "heading")
    about.print_area = about.area(0, 0, row - 1, _LAST_COL)
    manifest = Manifest(tuple(_manifest_of(sheet) for sheet in book.sheets), tuple(blocks))
    _lay_text(about, row, manifest)
    book.properties = replace(book.properties, custom={**book.properties.custom, ROOT_PROPERTY: manifest.root})
    return manifest.root


def misstated(about: Sheet, manifest: Manifest) -> list[str]:
    """Return the addresses of the cells from the manifest's heading on that do not hold what the manifest lays there.

    `about` is the sheet of a file, from which `manifest` was read; its digest leaves these cells out.
    """
    start = manifest_row(about) or 0
    laid = Sheet(MANIFEST_SHEET)
    laid.put(start, 0, HEADING)
    _lay_text(laid, start, manifest)
    places = {place for place in (*laid.cells, *about.cells) if place[0] >= start}
    wrong = [place for place in places if _text_at(about, *place) != _text_at(laid, *place)]
    return [address(*place) for place in sorted(wrong)]


def _lay_text(about: Sheet, row: int, manifest: Manifest) -> None:
    """Lay out a manifest below its heading, which stands in `row`."""
    for line in _EXPLAINED:
        row += 1
        about.wide(row, 0, _LAST_COL, line, "wrap")
        about.heights[row] = _height(line, _LINE_WIDTH)
    for name, value in (("Root digest", manifest.root), ("Format", FORMAT)):
        row += 1
        about.put(row, 0, name, "strong")
        about.put(row, 1, value)
    row += 2
    about.row(row, 0, TABLE_HEAD, "head")
    for name, part, text in _lines(manifest):
        row += 1
        about.row(row, 0, (name, part), "wrap")
        about.wide(row, 2, _LAST_COL, text, "wrap")
        about.heights[row] = _height(text, _CODES_WIDTH)


def _lines(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """The manifest as rows of three texts: per sheet its digest and lists, cut into pieces; then the blocks."""
    for sheet in manifest.sheets:
        yield sheet.name, sheet.digest, f"{sheet.cells} cells"
        for part, items in sheet.parts().items():
            size = _PER_LINE[part]
            for start in range(0, len(items), size):
                yield (
                    sheet.name,
                    f"{part} {start + 1} to {min(start + size, len(items))}",
                    " ".join(items[start : start + size]),
                )
    for kind, keys in {block.kind: block.keys for block in manifest.blocks}.items():
        for start in range(0, len(keys), _KEYS_PER_LINE):
            yield kind, _KEYS_PART, " ".join(keys[start : start + _KEYS_PER_LINE])
    for start in range(0, len(manifest.blocks), _BLOCKS_PER_LINE):
        places = manifest.blocks[start : start + _BLOCKS_PER_LINE]
        part = f"{_BLOCKS_PART} {start + 1} to {start + len(places)}"
        yield _BLOCKS, part, _BETWEEN_BLOCKS.join(block.line() for block in places)


_KEYS_PART, _KEYS_PER_LINE = "keys of a block", 20
_BLOCKS, _BLOCKS_PART, _BLOCKS_PER_LINE = "all sheets", "blocks", 10
_BETWEEN_BLOCKS = " / "  # no sheet's name holds a slash


def manifest_row(about: Sheet) -> int | None:
    """The row of the manifest's heading; None where the sheet has none."""
    rows = [row for (row, col), cell in about.cells.items() if col == 0 and cell.content == HEADING]
    return min(rows, default=None)


def read_manifest(book: Book) -> tuple[Manifest, str] | None:
    """Read the manifest and the root digest as they stand on About; None where there is no manifest.

    Raises:
        WorkbookFileError: it is there, but damaged or of another version.
    """
    about = next((sheet for sheet in book.sheets if sheet.name == MANIFEST_SHEET), None)
    start = manifest_row(about) if about else None
    if about is None or start is None:
        return None
    table = [_texts(about, row) for row in range(start, max(row for row, _ in about.cells) + 1)]
    facts = {line[0]: line[1] for line in table if line[0] in ("Root digest", "Format")}
    if facts.get("Format") in OLDER_FORMATS:
        msg = f"the workbook was built by an older version: its manifest has the format {facts['Format']!r}"
        raise OlderWorkbookError(
            f"{msg}, this version reads {FORMAT!r}. Verify it with the specxl version that built it"
        )
    if facts.get("Format") != FORMAT:
        msg = f"the manifest has the format {facts.get('Format', '')!r}; this version reads {FORMAT!r}"
        raise WorkbookFileError(f"{msg}. Use the specxl version that built the workbook")
    head = next((i for i, line in enumerate(table) if line == TABLE_HEAD), len(table))
    lines = table[head + 1 :]
    sheets = [line for line in lines if line[1] != _KEYS_PART and not _holds_blocks(line)]
    return Manifest(tuple(_read_sheets(sheets)), tuple(_read_blocks(lines))), facts.get("Root digest", "")


def _read_blocks(lines: Sequence[tuple[str, str, str]]) -> Iterator[BlockPlace]:
    keys: dict[str, list[str]] = {}
    for kind, part, text in lines:
        if part == _KEYS_PART:
            keys.setdefault(kind, []).extend(text.split())
    for place in (place for line in lines if _holds_blocks(line) for place in line[2].split(_BETWEEN_BLOCKS)):
        fields = place.split("|")
        if len(fields) != _BLOCK_FIELDS or not fields[-1].isdigit():
            msg = f"the manifest holds a block that cannot be read: {place[:80]!r}"
            raise WorkbookFileError(f"{msg}. Ask for the workbook as it was built")
        kind, owner, tag, sheet, cell, rows = fields
        yield BlockPlace(kind, owner, tag, sheet, cell, int(rows), tuple(keys.get(kind, ())))


def _holds_blocks(line: tuple[str, str, str]) -> bool:
    return line[0] == _BLOCKS and line[1].startswith(f"{_BLOCKS_PART} ")


_BLOCK_FIELDS = 6


def _texts(sheet: Sheet, row: int) -> tuple[str, str, str]:
    return _text_at(sheet, row, 0), _text_at(sheet, row, 1), _text_at(sheet, row, 2)


def _text_at(sheet: Sheet, row: int, col: int) -> str:
    cell = sheet.cells.get((row, col))
    return str(cell.content or "") if cell else ""


def _read_sheets(lines: Sequence[tuple[str, str, str]]) -> Iterator[SheetManifest]:
    digests: dict[str, tuple[str, str]] = {}
    lists: dict[str, dict[str, list[str]]] = {}
    for name, part, text in lines:
        kind = re.fullmatch(rf"({'|'.join(_PARTS)}) \d+ to \d+", part)
        if kind and name in lists:
            lists[name][kind[1]] += text.split()
        elif name and not kind:
            digests[name], lists[name] = (part, text.partition(" ")[0]), {part: [] for part in _PARTS}
        elif name or part or text:
            msg = f"the manifest holds a line that does not belong there: {name!r}, {part!r}"
            raise WorkbookFileError(f"{msg}. Ask for the workbook as it was built")
    for name, (digest, cells) in digests.items():
        rows, columns, inputs, free, overlays = (tuple(lists[name][part]) for part in _PARTS)
        pairs = tuple((cell, held) for cell, _, held in (item.partition("=") for item in inputs))
        yield SheetManifest(name, int(cells) if cells.isdigit() else -1, digest, rows, columns, pairs, free, overlays)


def _height(text: str, room: int) -> float:
    """The height of a row whose text has so many pixels for each line: words stay whole, so that lines end before the room does."""
    lines, used = 1, 0.0
    for word in text.split(" "):
        wide = sum(_NARROW if char == "|" else _WIDE for char in word)
        if used and used + _NARROW + wide > room:
            lines, used = lines + 1, wide
        else:
            used += (_NARROW if used else 0.0) + wide
    return _ROW_HEIGHT + _LINE_HEIGHT * (lines - 1)
