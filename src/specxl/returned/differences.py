"""The manifest of the build against a workbook as it stands: which inputs were edited, and what else is not as built."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from specxl.model.cells import Formula, Link, address, column_name
from specxl.model.manifest import (
    MANIFEST_SHEET,
    NO_CODE,
    ROOT_PROPERTY,
    SheetManifest,
    digest_sheet,
    misstated,
    position,
)
from specxl.model.tokens import cell_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from specxl.model.cells import Book, Content, Sheet, Value
    from specxl.model.manifest import Manifest

REGISTER_SHEET = "Inputs"
EMPTY = "(empty)"
SHOWN_CELLS = 12
_MOST_COMPARISONS = 4_000_000  # of rows by their codes

# The first six are found by digests; the others are what a sheet shows or hides besides the contents of its cells.
Kind = Literal[
    "cell", "cells", "rows deleted", "rows inserted", "sheet missing", "manifest",
    "content", "link", "hidden", "format", "overlay", "chart", "sheet", "setting",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class InputEdit:
    """An input that does not hold its release value; None is an empty cell, a text with "=" a formula."""

    sheet: str
    cell: str
    label: str
    old: Value
    new: Value

    def __str__(self) -> str:
        label = f" ({self.label})" if self.label else ""
        old, new = (EMPTY if value is None else value for value in (self.old, self.new))
        return f"{self.sheet} {self.cell}{label}: {old} -> {new}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that is not as built. `cells` are named exactly; otherwise `rows` and `columns` enclose the change."""

    sheet: str
    kind: Kind
    text: str
    cells: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.sheet}: {self.text}" if self.sheet else self.text


def edited_inputs(manifest: Manifest, book: Book) -> tuple[InputEdit, ...]:
    """Return every input that differs from its release value, which stands on the Inputs sheet."""
    return tuple(found for found, edited in standing_inputs(manifest, book) if edited)


def standing_inputs(manifest: Manifest, book: Book) -> Iterator[tuple[InputEdit, bool]]:
    """Yield every input with its release value and what it holds now, and whether the two differ."""
    sheets = {sheet.name: sheet for sheet in book.sheets}
    labels = _labels(sheets.get(REGISTER_SHEET))
    for entry in manifest.sheets:
        sheet = sheets.get(entry.name)
        for cell, held in entry.inputs if sheet else ():
            now, released = _content(sheet, cell), _content(sheets.get(REGISTER_SHEET), held)
            old = None if released == EMPTY else released
            label = labels.get(_link_key(entry.name, cell), "")
            yield InputEdit(entry.name, cell, label, _value(old), _value(now)), cell_token(now) != cell_token(old)


def _labels(register: Sheet | None) -> dict[str, str]:
    """The labels of the inputs by the place that their line on Checks links to."""
    links = [cell.content for cell in register.cells.values() if isinstance(cell.content, Link)] if register else []
    return {cell_token(Link(link.target, "")): link.text for link in links}


def _link_key(sheet: str, cell: str) -> str:
    return cell_token(Link(f"#{sheet}!{cell}", ""))


def _content(sheet: Sheet | None, cell: str) -> Content:
    found = sheet.cells.get(position(cell)) if sheet else None
    return found.content if found else None


def _value(content: Content) -> Value:
    if isinstance(content, Formula):
        return f"={content.source}"
    return content.text if isinstance(content, Link) else content


def find_differences(
    manifest: Manifest, root: str, book: Book, properties: Mapping[str, str]
) -> tuple[Difference, ...]:
    """Return what differs from the build besides inputs: cells, rows, sheets, and the manifest itself.

    Args:
        manifest, root: as they stand on About of the file.
        book: the file's sheets; properties: its custom properties.
    """
    found = list(_own_differences(manifest, root, properties))
    sheets = {sheet.name: sheet for sheet in book.sheets}
    if manifest.root == root and (cells := misstated(sheets[MANIFEST_SHEET], manifest)):
        shown = ", ".join(cells[:SHOWN_CELLS]) + (" ..." if len(cells) > SHOWN_CELLS else "")
        found.append(Difference(MANIFEST_SHEET, "manifest", f"not what the manifest says: {shown}"))
    for entry in manifest.sheets:
        if entry.name not in sheets:
            found.append(Difference(entry.name, "sheet missing", "the sheet is missing, or was renamed"))
        else:
            found += _sheet_differences(entry, sheets[entry.name])
    return tuple(found)


def own_sheets(manifest: Manifest, book: Book) -> tuple[str, ...]:
    """Return the sheets that the build did not make: people add their own, and may."""
    built = {entry.name for entry in manifest.sheets}
    return tuple(sheet.name for sheet in book.sheets if sheet.name not in built)


def _own_differences(manifest: Manifest, root: str, properties: Mapping[str, str]) -> Iterator[Difference]:
    if manifest.root != root:
        text = "the manifest does not have its root digest: one of its own cells was changed"
        yield Difference(MANIFEST_SHEET, "manifest", text)
    elif properties.get(ROOT_PROPERTY, root) != root:
        text = f"the manifest's root digest is not that of the file's property {ROOT_PROPERTY!r}"
        yield Difference(MANIFEST_SHEET, "manifest", text)


def _sheet_differences(entry: SheetManifest, sheet: Sheet) -> list[Difference]:
    now = digest_sheet(sheet, entry.editable)
    if now.digest == entry.digest:
        return []
    rows, columns = _unequal(entry.rows, now.rows), _unequal(entry.columns, now.columns)
    shifts = _shifts(entry, now) if len(rows) > 1 else []
    if shifts:
        return [*shifts, *_followers(entry, now, shifts)]
    emptied = tuple(row + 1 for row in rows if _at(now.rows, row) == NO_CODE)
    if not emptied:
        return [_located(entry, sheet, rows, columns)]
    text = (
        f"row {ranges(emptied)} of the build {'is' if len(emptied) == 1 else 'are'} missing: nothing stands there now"
    )
    found = [Difference(entry.name, "rows deleted", text, (), emptied)]
    others = [row for row in rows if row + 1 not in emptied]
    return [*found, _located(entry, sheet, others, columns)] if others else found


def _unequal(built: Sequence[str], now: Sequence[str]) -> list[int]:
    return [i for i in range(max(len(built), len(now))) if _at(built, i) != _at(now, i)]


def _at(codes: Sequence[str], index: int) -> str:
    return codes[index] if index < len(codes) else NO_CODE


def _located(entry: SheetManifest, sheet: Sheet, rows: list[int], columns: list[int]) -> Difference:
    """Name the cells where rows and columns pin them down, else the rows and columns that hold them."""
    numbers, letters = tuple(r + 1 for r in rows), tuple(column_name(c) for c in columns)
    if len(rows) == 1 or len(columns) == 1:
        editable = entry.editable
        cells = tuple(address(r, c) for r in rows for c in columns if (r, c) not in editable)
        shown = ", ".join(f"{cell} now holds {_shown(_content(sheet, cell))}" for cell in cells[:SHOWN_CELLS])
        more = f" and {len(cells) - SHOWN_CELLS} more" if len(cells) > SHOWN_CELLS else ""
        text = f"{shown}{more}; not as built"
        return Difference(entry.name, "cell" if len(cells) == 1 else "cells", text, cells, numbers, letters)
    if not rows and not columns:
        return Difference(
            entry.name, "cells", "a cell is not as built; the codes of rows and columns do not show which"
        )
    places = [f"row {ranges(numbers)}"] if rows else []
    places += [f"column {_first(letters)}"] if columns else []
    text = f"cells in {' and '.join(places)} are not as built"
    return Difference(entry.name, "cells", text, (), numbers, letters)


def _first(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN_CELLS} more" if len(items) > SHOWN_CELLS else ""
    return ", ".join(items[:SHOWN_CELLS]) + more


def _shown(content: Content) -> str:
    if content is None:
        return "nothing"
    if isinstance(content, Formula):
        return f"the formula ={content.source[:60]}"
    return f"the text {str(_value(content))[:60]!r}" if isinstance(content, (str, Link)) else f"the number {content!r}"


def ranges(numbers: Iterable[int]) -> str:
    """Write 3, 4, 5, 9 as "3 to 5, 9"; a long list is cut."""
    pieces = []
    for _, run in groupby(enumerate(numbers), key=lambda item: item[1] - item[0]):
        members = [number for _, number in run]
        pieces.append(f"{members[0]} to {members[-1]}" if len(members) > 1 else str(members[0]))
    more = f" and {len(pieces) - SHOWN_CELLS} more" if len(pieces) > SHOWN_CELLS else ""
    return ", ".join(pieces[:SHOWN_CELLS]) + more


def _shifts(entry: SheetManifest, now: SheetManifest) -> list[Difference]:
    """Rows that were deleted or inserted, found by the rows' codes over texts and numbers, which do not shift with them."""
    if len(entry.rows) == len(now.rows):
        return []
    found = []
    for a, b, c, d in _moved(entry.rows, now.rows):
        deleted, inserted = max(b - a - (d - c), 0), max(d - c - (b - a), 0)
        if deleted:
            rows = tuple(range(b - deleted + 1, b + 1))
            text = f"row {ranges(rows)} of the build {'is' if deleted == 1 else 'are'} missing"
            found.append(Difference(entry.name, "rows deleted", text, (), rows))
        elif inserted:
            rows = tuple(row for row in range(d - inserted + 1, d + 1) if now.rows[row - 1] != NO_CODE)
            text = f"row {ranges(rows)} {'was' if len(rows) == 1 else 'were'} added"
            found.append(Difference(entry.name, "rows inserted", text, (), rows))
    return found


def _moved(built: Sequence[str], standing: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """The blocks that differ, each as its rows in the build and its rows now; none where too much differs to say it.

    Equal rows at both ends are left aside first: what is compared in full is no more than lies between two changes.
    """
    old, new = ([code[3:] for code in codes] for codes in (built, standing))
    shorter = min(len(old), len(new))
    first = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    last = next((i for i in range(shorter - first) if old[-1 - i] != new[-1 - i]), shorter - first)
    old, new = old[first : len(old) - last], new[first : len(new) - last]
    if len(old) * len(new) > _MOST_COMPARISONS:
        return
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            yield a + first, b + first, c + first, d + first


def _followers(entry: SheetManifest, now: SheetManifest, shifts: list[Difference]) -> list[Difference]:
    """The rows that differ beside the shifted ones, mostly because their formulas refer past them."""
    gone = {row - 1 for shift in shifts for row in shift.rows if shift.kind == "rows deleted"}
    new = {row - 1 for shift in shifts for row in shift.rows if shift.kind == "rows inserted"}
    built = [(i, code) for i, code in enumerate(entry.rows) if i not in gone]
    standing = [code for i, code in enumerate(now.rows) if i not in new]
    rows = tuple(i + 1 for (i, code), other in zip(built, standing, strict=False) if code != other)
    text = f"{len(rows)} other rows of the build differ too, as formulas do that refer past the shifted rows"
    return [Difference(entry.name, "cells", text, (), rows)] if rows else []
