"""The About sheet: purpose, method in plain words, glossary, sources with digests, manifest, and room to sign off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.sheets.frame import ABOUT, start_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.model.cells import Sheet
    from specxl.schema import SourceFile
    from specxl.sheets.plan import Plan

LAST_COL = 6
TEXT_LENGTH = 165


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the release was made from: files with digests, attributions, the tool's version, options that differ."""

    files: tuple[SourceFile, ...]
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
    sheet = start_sheet(
        ABOUT, "About this workbook", plan.release, tab="neutral", subtitle=f"Made by specxl {provenance.version}"
    )
    row = 5
    for heading, key in (
        ("What it is", "purpose"),
        ("Intended use", "intended"),
        ("How it computes", "method"),
        ("Where it opens", "opens"),
    ):
        row = _lines(sheet, row, heading, texts[key])
    row = _table(sheet, row, "Glossary", ("Term", "Unit", "Meaning"), [tuple(entry) for entry in texts["glossary"]])
    files = [(f.name, f.format, f.definition, f"{f.rows} rows", f.sha256) for f in provenance.files]
    row = _table(sheet, row, "Files read", ("File", "Format", "Interactivity is", "Rows", "SHA-256"), files)
    card = plan.card
    row = _lines(sheet, row, "Rate card", [f"{card.name}, as of {card.as_of}: {card.source}"])
    row = _lines(
        sheet, row, "Licence and attribution of the data", provenance.attribution or (plan.release.attribution,)
    )
    row = _table(sheet, row, "Options of the build", ("Option", "Value"), list(provenance.options))
    row = _sign_off(sheet, row, texts["sign_off"])
    _lines(
        sheet,
        row,
        "Changes to this release",
        ["Note here what was changed after the release, by whom and why (inputs are listed on Checks)."],
    )
    sheet.widths |= {0: 34, 1: 26, 2: 30, 3: 14, 4: 14, 5: 14, 6: 30}
    sheet.landscape = False
    sheet.freeze = (4, 0)
    return sheet


def _table(sheet: Sheet, row: int, heading: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    sheet.put(row, 0, heading, "heading")
    sheet.row(row + 1, 0, headers, "head")
    for i, entry in enumerate(rows, start=2):
        for col, text in enumerate(entry):
            if text:
                sheet.put(row + i, col, text)
    return row + len(rows) + 3


def _sign_off(sheet: Sheet, row: int, roles: Sequence[str]) -> int:
    sheet.put(row, 0, "Sign-off", "heading")
    sheet.row(row + 1, 0, ("Role", "Name", "Date", "Comment"), "head")
    for i, role in enumerate(roles, start=2):
        sheet.put(row + i, 0, role)
        for col in (1, 2, 3):
            sheet.put(row + i, col, None, "input left")
    return row + len(roles) + 3
