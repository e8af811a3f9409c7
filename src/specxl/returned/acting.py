"""Formulas, rules and names of a workbook file that could act, or that stand where a build has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.model.cells import Formula, address
from specxl.returned.formulas import RULE_FUNCTIONS, acting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.model.cells import Sheet
    from specxl.model.manifest import Manifest, SheetManifest
    from specxl.returned.reading import WorkbookFile

_LINKING = "HYPERLINK"


def acting_formulas(file: WorkbookFile, manifest: Manifest) -> tuple[str, ...]:
    """Name every formula of the build's sheets, rule and defined name that could act: "Summary B4: WEBSERVICE in a formula"."""
    sheets = {sheet.name: sheet for sheet in file.book.sheets}
    found: list[str] = []
    for entry in manifest.sheets:
        if entry.name in sheets:
            found += _in_cells(entry, sheets[entry.name])
            found += _in_rules(entry.name, file)
    return (*found, *_in_names(file))


def _in_cells(entry: SheetManifest, sheet: Sheet) -> Iterator[str]:
    """Formulas with anything that no build uses; where people may type, also those that lead elsewhere."""
    editable = entry.editable
    for place, cell in sheet.cells.items():
        if isinstance(cell.content, Formula):
            what = acting(cell.content.source)
            if not what and place in editable and _LINKING in cell.content.source.upper():
                what = _LINKING
            if what:
                yield f"{entry.name} {address(*place)}: {what} in a formula"


def _in_rules(name: str, file: WorkbookFile) -> Iterator[str]:
    looks = file.looks.get(name)
    for where, text in looks.facts.rules if looks else ():
        what = acting(text, RULE_FUNCTIONS)
        if what:
            yield f"{name} {clean_label(where, limit=40)}: {what} in a rule"


def _in_names(file: WorkbookFile) -> Iterator[str]:
    for name in file.facts.names:
        what = "a macro" if name.runs else acting(name.text, RULE_FUNCTIONS)
        if what:
            yield f"the name {clean_label(name.name, limit=60)!r}: {what}"


def noted_formulas(file: WorkbookFile, manifest: Manifest) -> tuple[str, ...]:
    """Name what people may lay and builds do not: formulas where a value is entered, and names of their own."""
    sheets = {sheet.name: sheet for sheet in file.book.sheets}
    found = []
    for entry in manifest.sheets:
        cells = sheets[entry.name].cells if entry.name in sheets else {}
        editable = entry.editable
        found += [
            f"{entry.name} {address(*place)}: a formula stands where a value is entered, ={clean_label(cell.content.source, limit=60)}"
            for place, cell in cells.items()
            if place in editable and isinstance(cell.content, Formula)
        ]
    own = [clean_label(name.name, limit=60) for name in file.facts.names if not name.ours]
    return (*found, *(f"the name {name!r} was defined" for name in own))
