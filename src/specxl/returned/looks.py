"""What a workbook shows or hides besides the contents of its cells, against the rules that every build keeps.

The rules look at the returned file alone, and what programs rewrite by themselves breaks none of them: a build hides
nothing, every number shows as what it is, links stand on locked texts only, nothing but its charts lies over its cells,
and everything is computed without being asked. What a rule cannot know, such as a chart that was removed, is told by the
codes of the build (`model.overlays`), which the manifest carries.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.model.cells import Link, address, column_name
from specxl.model.manifest import position
from specxl.model.overlays import chart_code, print_code, table_code
from specxl.returned.areas import covers
from specxl.returned.charts import chart_faults
from specxl.returned.differences import SHOWN_CELLS, Difference, ranges
from specxl.returned.workbookpart import joined_areas

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from specxl.model.cells import Sheet
    from specxl.model.manifest import Manifest, SheetManifest
    from specxl.returned.areas import Area, Place
    from specxl.returned.differences import Kind
    from specxl.returned.drawings import ChartFacts
    from specxl.returned.reading import WorkbookFile
    from specxl.returned.sheetlooks import SheetLooks

_HIDDEN = {"hidden": "the sheet is hidden", "veryHidden": "the sheet is hidden so that no menu shows it"}
_TARGET_LENGTH = 80


@dataclass
class Findings:
    """What is not as any build lays it, and what people may have done to the looks of their own copy and is only said."""

    differences: list[Difference] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)


def find_looks(file: WorkbookFile, manifest: Manifest) -> Findings:
    """Compare what the sheets of a build show or hide with the rules, and with the codes in the manifest of the file."""
    found = Findings()
    found.differences += [Difference("", "setting", text) for text in file.facts.settings]
    _compare_sheets(found, file, manifest)
    sheets = {sheet.name: sheet for sheet in file.book.sheets}
    names = [entry.name for entry in manifest.sheets]
    for entry in manifest.sheets:
        looks = file.looks.get(entry.name)
        if looks is None:
            continue
        found.differences += _hidden(entry.name, looks)
        found.differences += _contents(entry, sheets[entry.name], looks)
        found.differences += _overlays(entry.name, looks)
        found.differences += chart_faults(entry.name, looks.drawing.charts, file, names)
        found.noted += _noted(entry, looks)
        _compare_codes(found, entry.name, entry.overlays, overlay_places(file, entry.name))
    return found


def _compare_sheets(found: Findings, file: WorkbookFile, manifest: Manifest) -> None:
    """Which sheets are seen, in which order, and whether one that people added passes for one of the build."""
    names = [entry.name for entry in manifest.sheets]
    like = {_skeleton(name): name for name in names}
    for entry in file.facts.sheets:
        if entry.name not in names:
            twin = like.get(_skeleton(entry.name))
            if twin is not None:
                found.differences.append(Difference(twin, "sheet", "a sheet that was added has almost the same name"))
            elif entry.state != "visible":
                found.noted.append(f"{clean_label(entry.name, limit=60)}: a sheet that was added is hidden")
        elif entry.state != "visible":
            text = _HIDDEN.get(entry.state, "the sheet is hidden")
            found.differences.append(Difference(entry.name, "hidden", text))
    standing = [entry.name for entry in file.facts.sheets if entry.name in names]
    if standing != [name for name in names if name in standing]:
        found.noted.append("the sheets stand in another order")


def _skeleton(name: str) -> str:
    """What two names have in common that look alike: no case, no blanks, no signs that are not seen."""
    normal = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in normal if unicodedata.category(sign) not in ("Cf", "Cc", "Zs"))


def _hidden(sheet: str, looks: SheetLooks) -> Iterator[Difference]:
    """Rows, columns and figures that are not seen; rows that the filter of a table hides are people's own view."""
    filtered = looks.filtered_tables
    rows = tuple(row + 1 for row in sorted(looks.facts.hidden_rows) if not _in_rows(filtered, row))
    if rows:
        yield Difference(sheet, "hidden", f"row {ranges(rows)} {_is(rows)} hidden", (), rows)
    columns = tuple(column_name(col) for col in looks.facts.hidden_columns)
    if columns:
        text = f"column {', '.join(columns[:SHOWN_CELLS])} {_is(columns)} hidden"
        yield Difference(sheet, "hidden", text, (), (), columns)
    if looks.facts.filtered:
        yield Difference(sheet, "hidden", "a filter is set, which hides rows")
    for text in looks.facts.hides:
        yield Difference(sheet, "hidden", text)


def _in_rows(areas: Iterable[Area], row: int) -> bool:
    return any(area.top <= row <= area.bottom for area in areas)


def _is(items: Collection[object]) -> str:
    return "is" if len(items) == 1 else "are"


def _grouped(sheet: str, kind: Kind, found: Mapping[Place, str]) -> Iterator[Difference]:
    """One difference for all cells of which the same is to be said."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, text in sorted(found.items()):
        places[text].append(address(*place))
    for text, cells in places.items():
        more = f" and {len(cells) - SHOWN_CELLS} more" if len(cells) > SHOWN_CELLS else ""
        yield Difference(sheet, kind, f"{', '.join(cells[:SHOWN_CELLS])}{more}: {text}", tuple(cells))


def _contents(entry: SheetManifest, sheet: Sheet, looks: SheetLooks) -> Iterator[Difference]:
    """Cells that hold or show something else than their digest can tell."""
    yield from _grouped(entry.name, "content", {place: f"holds {what}" for place, what in looks.odd.items()})
    yield from _grouped(entry.name, "format", looks.formats)
    yield from _grouped(entry.name, "link", dict(_laid_links(entry, sheet, looks)))
    for area, target in looks.stray_links:
        cells = (str(area),) if area.size == 1 else ()
        yield Difference(entry.name, "link", f"a link to {_shown(target)} was laid over {area}", cells)


def _laid_links(entry: SheetManifest, sheet: Sheet, looks: SheetLooks) -> Iterator[tuple[Place, str]]:
    """Links that no build lays: it links locked texts only, and their digest holds where they lead."""
    for place, target in looks.links.items():
        if place in entry.editable or not isinstance(sheet.cells[place].content, Link):
            yield place, f"a link to {_shown(target)} was laid on it"


def _shown(target: str) -> str:
    return clean_label(target, limit=_TARGET_LENGTH) or "nothing"


def _overlays(sheet: str, looks: SheetLooks) -> Iterator[Difference]:
    """What lies over the cells and is no chart."""
    notes = tuple(looks.notes)
    if notes:
        more = f" and {len(notes) - SHOWN_CELLS} more" if len(notes) > SHOWN_CELLS else ""
        yield Difference(sheet, "overlay", f"a note lies on {', '.join(notes[:SHOWN_CELLS])}{more}", notes)
    for text in (*looks.facts.overlays, *looks.drawing.drawn):
        yield Difference(sheet, "overlay", f"{text} lies over what was built")
    yield from _grouped(sheet, "overlay", dict.fromkeys(looks.covered, "lies under cells that were merged"))


def _noted(entry: SheetManifest, looks: SheetLooks) -> Iterator[str]:
    if not looks.facts.protected:
        yield f"{entry.name}: the sheet is not protected any more"
    free = [
        cell for cell, _ in entry.inputs if not covers(looks.facts.entry_areas, position(cell), looks.facts.entry_cells)
    ]
    if free:
        more = f" and {len(free) - SHOWN_CELLS} more" if len(free) > SHOWN_CELLS else ""
        yield f"{entry.name}: the rule for what may be entered is gone from {', '.join(free[:SHOWN_CELLS])}{more}"
    hidden = sum(_in_rows(looks.filtered_tables, row) for row in looks.facts.hidden_rows)
    if looks.filtered_tables:
        yield f"{entry.name}: a filter is set; it hides {hidden} rows of its table"


def overlay_places(file: WorkbookFile, sheet: str) -> dict[str, list[str]]:
    """The codes of what lies over or around the cells of a sheet now, each with where it lies."""
    looks = file.looks[sheet]
    found: dict[str, list[str]] = defaultdict(list)
    for chart in looks.drawing.charts:
        found[_code_of(chart)].append(f"the chart at {chart.place}")
    for area in looks.tables:
        found[table_code(str(area))].append(f"the table {area}")
    numbers = [number for number, entry in enumerate(file.facts.sheets) if entry.name == sheet]
    for name in file.facts.names:
        if name.name.casefold() == "_xlnm.print_area" and name.sheet in numbers:
            found[print_code(joined_areas(name.text))].append("the print area")
    return found


def _code_of(chart: ChartFacts) -> str:
    series = [tuple(s.references.get(role, "") for role in ("name", "x", "y")) for s in chart.series]
    return chart_code("+".join(sorted(chart.kinds)), [(n, x, y) for n, x, y in series], chart.titles)


def _compare_codes(found: Findings, sheet: str, built: Collection[str], now: Mapping[str, list[str]]) -> None:
    """Say what is missing or new; what is printed is the business of who prints."""
    standing = Counter({code: len(places) for code, places in now.items()})
    missing, added = Counter(built) - standing, standing - Counter(built)
    gone = Counter(code.partition("-")[0] for code in missing.elements())
    for kind in ("chart", "table"):
        if gone[kind]:
            text = f"{gone[kind]} {kind}{'' if gone[kind] == 1 else 's'} of the build {_are(gone[kind])} missing or changed"
            found.differences.append(Difference(sheet, "chart", text))
    for code, count in added.items():
        for place in now[code][:count]:
            if not code.startswith("print-"):
                found.differences.append(Difference(sheet, "chart", f"{place} is not as built"))
    if gone["print"] or any(code.startswith("print-") for code in added):
        found.noted.append(f"{sheet}: it prints another area")


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
