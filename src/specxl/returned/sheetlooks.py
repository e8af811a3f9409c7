"""What a sheet shows or hides besides the contents of its cells: its settings, links, formats, and what lies over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.model.cells import address
from specxl.returned.areas import Finder, area_of
from specxl.returned.drawings import DrawingFacts, NotesReader, TableReader, read_drawing
from specxl.returned.parts import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from specxl.returned.areas import Area, Place
    from specxl.returned.package import Package
    from specxl.returned.styles import Looks
    from specxl.returned.surroundings import LinkArea, SheetFacts
    from specxl.returned.worksheet import SheetCells

_TABLES = 200
_FIRST_DATE, _LAST_DATE = 32_874, 73_051  # the years 1990 to 2099


_THREAD = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"


@dataclass
class SheetLooks:
    """What was found on one sheet, as it stands in the file.

    `state` is "visible", "hidden" or "veryHidden". `links` are all links by cell, and `stray_links` those over areas
    that hold nothing or more than one cell. `odd` are cells that hold what no build writes, `formats` cells whose number
    format hides or falsifies them, both in words; `covered` cells that hold something under a merged area. `notes` are
    the cells with notes, `tables` the areas of tables and `filtered_tables` those with a filter set.
    """

    state: str
    facts: SheetFacts
    drawing: DrawingFacts
    links: dict[Place, str] = field(default_factory=dict)
    stray_links: list[tuple[Area, str]] = field(default_factory=list)
    odd: dict[Place, str] = field(default_factory=dict)
    formats: dict[Place, str] = field(default_factory=dict)
    covered: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: list[Area] = field(default_factory=list)
    filtered_tables: list[Area] = field(default_factory=list)


def collect_looks(
    package: Package, part: str, state: str, facts: SheetFacts, cells: SheetCells, styles: Looks
) -> SheetLooks:
    """Bring together what the parts of one sheet say; `part` is its own.

    Raises:
        WorkbookFileError: a part is missing or is not as the file format asks, or a cell has two links.
    """
    looks = SheetLooks(state, facts, read_drawing(package, part, facts.drawing), odd=cells.odd)
    if facts.marked & styles.changing:
        facts.hides.append("a rule changes how numbers are shown")
    _read_neighbours(looks, package, part)
    finder = Finder(cells.contents, part)
    _lay_links(looks, finder, package, part)
    looks.covered = [place for area in facts.merges for place in finder.within(area) if place != area.first]
    looks.formats = dict(_faults(cells, styles))
    return looks


def _read_neighbours(looks: SheetLooks, package: Package, part: str) -> None:
    """The notes and tables of a sheet."""
    for target in dict.fromkeys(r.target for r in package.of(part, "comments") if not r.outside):
        notes = NotesReader(target)
        package.read(notes, target)
        looks.notes += notes.cells
    for target in dict.fromkeys(r.target for r in package.of(part, "table") if not r.outside):
        table = TableReader(target)
        package.read(table, target)
        looks.tables.append(area_of(table.area, target))
        looks.filtered_tables += looks.tables[-1:] if table.filtered else []
        if table.totalled:
            looks.facts.overlays.append("a row of totals in a table")
    if any(not relation.outside for relation in package.of(part, _THREAD)):
        looks.facts.overlays.append("a thread of comments")
    if len(looks.tables) > _TABLES:
        refuse(part, f"it has more than {_TABLES} tables")
    if looks.facts.notes is not None and not looks.notes:
        looks.facts.overlays.append("a drawing or form control of an older kind")


def _lay_links(looks: SheetLooks, finder: Finder, package: Package, part: str) -> None:
    outside = {relation.id: relation.target for relation in package.of(part, "hyperlink")}
    merges = set(looks.facts.merges)
    for link in looks.facts.links:
        target = _target(link, outside, part)
        filled = list(finder.within(link.area))
        for place in filled:
            if place in looks.links:
                refuse(part, f"it can be read in two ways: {address(*place)} has two links")
            looks.links[place] = target
        alone = filled == [link.area.first] and (link.area.size == 1 or link.area in merges)
        if not alone:
            looks.stray_links.append((link.area, target))


def _target(link: LinkArea, outside: dict[str, str], part: str) -> str:
    if link.relation is not None and link.relation not in outside:
        refuse(part, f"the link at {link.area} refers to a relation that is missing")
    place = f"#{link.location}" if link.location else ""
    return outside.get(link.relation or "", "") + place


def _faults(cells: SheetCells, styles: Looks) -> Iterator[tuple[Place, str]]:
    for place, look in cells.looks.items():
        if look in styles.faults:
            yield place, styles.faults[look]
        else:
            value = cells.stored.get(place, cells.contents[place])
            if isinstance(value, (int, float)) and not _FIRST_DATE <= value < _LAST_DATE:
                yield place, f"the number format of a date, where {clean_label(value, limit=20)} stands"
