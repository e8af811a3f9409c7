"""The About sheet: purpose, method in plain words, glossary, sources with digests, manifest, and room to sign off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.sheets.frame import ABOUT, start_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.model.cells import Sheet
    from specxl.schema import SourceFile, StatedValue
    from specxl.sheets.plan import Plan

LAST_COL = 6
CHANGE_LINES = 4
WIDTHS = {0: 34, 1: 26, 2: 30, 3: 14, 4: 14, 5: 14, 6: 30}
TEXT_LENGTH = 180
"""Characters of prose that fit into a line of all columns."""


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file of the user's that shaped the build without holding measurements: what it is, its name and its digest."""

    what: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the release was made from.

    `files` are the inputs with their digests, `own` the user's other files, `statements` the values that were given by
    hand because the files do not say them, `options` the names and values of the build's options.
    """

    files: tuple[SourceFile, ...]
    own: tuple[OwnFile, ...]
    statements: tuple[StatedValue, ...]
    attribution: tuple[str, ...]
    version: str
    options: tuple[tuple[str, str], ...]


def _lines(sheet: Sheet, row: int, heading: str, lines: Sequence[str]) -> int:
    sheet.put(row, 0, heading, "heading")
    for line in lines:
        row += 1
        sheet.wide(row, 0, LAST_COL, line, "wrap")
        sheet.heights[row] = 15.0 * (1 + len(line) // TEXT_LENGTH)
    return row + 2


def build_about(plan: Plan, provenance: Provenance) -> Sheet:
    """Lay out the About sheet; the manifest's digests are appended by `manifest.lay_manifest`."""
    texts = plan.house.texts["about"]
    made, titled = f"Made by specxl {provenance.version}", bool(plan.release.title)
    sheet = start_sheet(ABOUT, "About this workbook", tab="neutral", subtitle=made, titled=titled)
    row = 5
    for key, heading in texts["headings"].items():
        more = [texts["moved"]] if key == "reading" and plan.catalogue.moved else []
        row = _lines(sheet, row, heading, [*texts[key], *more])
    row = _table(sheet, row, "Glossary", ("Term", "Unit", "Meaning"), [tuple(entry) for entry in texts["glossary"]])
    files = [(f.name, f.format, f.definition, f"{f.rows} rows", f.sha256) for f in provenance.files]
    row = _table(sheet, row, "Files read", ("File", "Format", "Interactivity is", "Rows", "SHA-256"), files)
    own = [(f.name, f.what, "", "", f.sha256) for f in provenance.own]
    if own:
        row = _table(sheet, row, "Files of one's own", ("File", "What it is", "", "", "SHA-256"), own)
    stated = [(s.field, s.value, f"{s.source}, for {s.match}", "", s.sha256) for s in provenance.statements]
    if stated:
        heads = ("Field", "Value", "Stated in, for files", "", "SHA-256 of that place")
        row = _table(sheet, row, "Stated by hand, because the files do not say it", heads, stated)
    card = plan.card
    row = _lines(sheet, row, "Rate card", [f"{card.name}, as of {card.as_of}: {card.source}"])
    row = _lines(
        sheet, row, "Licence and attribution of the data", provenance.attribution or (plan.release.attribution,)
    )
    row = _table(sheet, row, "Options of the build", ("Option", "Value"), list(provenance.options))
    row = _sign_off(sheet, row, texts["sign_off"])
    _changes(sheet, row, texts["changes"])
    sheet.widths |= WIDTHS
    sheet.freeze = (4, 0)
    return sheet


def _table(sheet: Sheet, row: int, heading: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    sheet.put(row, 0, heading, "heading")
    sheet.row(row + 1, 0, headers, "head")
    for i, entry in enumerate(rows, start=2):
        for col, text in enumerate(entry):
            if not text:
                continue
            beside = col + 1 < len(entry) and entry[col + 1] and col in WIDTHS
            sheet.put(row + i, col, text, "wrap middle" if beside else "text")
            if beside:
                lines = -(-len(text) // int(WIDTHS[col] * 1.15))
                sheet.heights[row + i] = max(sheet.heights.get(row + i, 15.0), 15.0 * lines)
    return row + len(rows) + 3


def _changes(sheet: Sheet, row: int, heads: Sequence[str]) -> None:
    """Room for what was changed after the release; which inputs differ from it stands on Inputs."""
    sheet.put(row, 0, "Changes to this release (inputs that differ from it are listed on Inputs)", "heading")
    sheet.row(row + 1, 0, heads, "head")
    for line in range(row + 2, row + 2 + CHANGE_LINES):
        for col in range(len(heads)):
            sheet.put(line, col, None, "input left")


def _sign_off(sheet: Sheet, row: int, roles: Sequence[str]) -> int:
    sheet.put(row, 0, "Sign-off", "heading")
    sheet.row(row + 1, 0, ("Role", "Name", "Date", "Comment"), "head")
    for i, role in enumerate(roles, start=2):
        sheet.put(row + i, 0, role)
        for col in (1, 2, 3):
            sheet.put(row + i, col, None, "input left")
    return row + len(roles) + 3
