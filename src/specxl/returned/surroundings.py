"""What a worksheet part says besides its cells: links, merged areas, what is hidden, rules, and the parts laid over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from specxl.labels import clean_label
from specxl.returned.areas import COLUMNS, Area, area_of
from specxl.returned.parts import Attributes, PartReader, attribute, is_true, refuse, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sized

    from specxl.returned.areas import Place

_LINKS, _MERGES, _RULES = 65_530, 65_530, 100_000  # the first is Excel's own limit
_ENTRY_AREAS = 300  # of more than one cell
_NARROWEST = 0.3  # characters; a column of less cannot be read
_FLATTEST = 1.0  # points
_OFTEN = {"cols", "conditionalFormatting"}  # children of a worksheet that may stand there more than once
_OVERLAYS = {
    "picture": "a picture behind the cells",
    "legacyDrawingHF": "a picture in the header or footer",
    "drawingHF": "a picture in the header or footer",
    "oleObjects": "an embedded object",
    "controls": "a form control",
    "x14:sparklineGroup": "small charts inside cells",
    "webPublishItem": "a copy that is published whenever the file is saved",
}


class LinkArea(NamedTuple):
    """A link over an area: the id of its relation, where it leads outside, and the place in the workbook."""

    area: Area
    relation: str | None
    location: str


@dataclass
class SheetFacts:
    """What belongs to a sheet as a whole, as it stands in the file.

    `hides` are settings of the sheet that keep figures from being seen, in words; `overlays` what lies over the cells;
    `entry_cells` and `entry_areas` where a rule for entries stands; `rules` the formulas of all rules, each with its place; `marked` the
    numbers of the differential looks that rules use; `drawing` and the others are ids of relations.
    """

    hidden_rows: set[int] = field(default_factory=set)
    filled_columns: set[int] = field(default_factory=set)
    hidden_spans: bytearray = field(default_factory=lambda: bytearray(COLUMNS))
    hides: list[str] = field(default_factory=list)
    overlays: list[str] = field(default_factory=list)
    merges: list[Area] = field(default_factory=list)
    links: list[LinkArea] = field(default_factory=list)
    entry_cells: set[Place] = field(default_factory=set)
    entry_areas: list[Area] = field(default_factory=list)
    rules: list[tuple[str, str]] = field(default_factory=list)
    marked: set[int] = field(default_factory=set)
    drawing: str | None = None
    notes: str | None = None
    tables: list[str] = field(default_factory=list)
    filtered: bool = False
    protected: bool = False

    @property
    def hidden_columns(self) -> list[int]:
        """The columns that hold something and are not seen."""
        return sorted(col for col in self.filled_columns if self.hidden_spans[col])


class SurroundingsReader(PartReader):
    """Reads everything of a worksheet part but its cells."""

    places = {  # noqa: RUF012
        "mergeCell": ["worksheet", "mergeCells"],
        "hyperlink": ["worksheet", "hyperlinks"],
        "sheetView": ["worksheet", "sheetViews"],
        "col": ["worksheet", "cols"],
        "sheetFormatPr": ["worksheet"],
        "sheetProtection": ["worksheet"],
        "drawing": ["worksheet"],
        "legacyDrawing": ["worksheet"],
        "tablePart": ["worksheet", "tableParts"],
    }

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.facts = SheetFacts()
        self._seen: set[str] = set()
        self._area = ""
        for tag in _OVERLAYS:
            self.starts[tag] = self._overlay(tag)
        for tag in ("dataBar", "iconSet", "x14:dataBar", "x14:iconSet"):
            self.starts[tag] = self._on_bar
        self.starts |= {
            "mergeCell": self._on_merge,
            "hyperlink": self._on_link,
            "sheetView": self._on_view,
            "col": self._on_columns,
            "sheetFormatPr": self._on_defaults,
            "sheetProtection": self._on_protection,
            "drawing": self._on_drawing,
            "legacyDrawing": self._on_notes,
            "tablePart": self._on_table,
            "filterColumn": self._on_filter,
            "conditionalFormatting": self._on_rules,
            "dataValidation": self._on_entry,
            "cfRule": self._on_rule,
            "numFmt": self._on_format,
        }
        self.ends |= dict.fromkeys(("formula", "formula1", "formula2", "xm:f"), self._end_rule)
        self.ends["xm:sqref"] = self._end_area

    def _start(self, name: str, attributes: Attributes) -> None:
        super()._start(name, attributes)
        if len(self.path) == 2:  # noqa: PLR2004 - a child of the worksheet
            tag = self.path[1]
            if tag in self._seen and tag not in _OFTEN and ":" not in tag:
                refuse(self.where, f"it can be read in two ways: {tag!r} stands there twice")
            self._seen.add(tag)

    def size(self, text: str) -> float:
        """A height or a width.

        Raises:
            WorkbookFileError: it is no number.
        """
        try:
            return float(text)
        except ValueError:
            refuse(self.where, f"{clean_label(text, limit=20)!r} is no size")

    def _overlay(self, tag: str) -> Callable[[Attributes], None]:
        def note(_: Attributes) -> None:
            if _OVERLAYS[tag] not in self.facts.overlays:
                self.facts.overlays.append(_OVERLAYS[tag])

        return note

    def _on_bar(self, given: Attributes) -> None:
        if not is_true(given.get("showValue", "1")):
            self._hide("a rule shows bars or symbols in place of the figures")

    def _hide(self, text: str) -> None:
        if text not in self.facts.hides:
            self.facts.hides.append(text)

    def _on_merge(self, given: Attributes) -> None:
        self._few(self.facts.merges, _MERGES)
        self.facts.merges.append(area_of(given.get("ref", ""), self.where))

    def _few(self, found: Sized, limit: int) -> None:
        if len(found) >= limit:
            refuse(self.where, f"it states more than {limit} areas of one kind")

    def _on_link(self, given: Attributes) -> None:
        self._few(self.facts.links, _LINKS)
        area = area_of(given.get("ref", ""), self.where)
        self.facts.links.append(LinkArea(area, attribute(given, "r:id"), given.get("location", "")))

    def _on_view(self, given: Attributes) -> None:
        if is_true(given.get("showFormulas")):
            self._hide("it shows formulas in place of their results")
        if not is_true(given.get("showZeros", "1")):
            self._hide("it shows nothing where a zero stands")

    def _on_columns(self, given: Attributes) -> None:
        first, last = whole(self.where, given.get("min"), 1), whole(self.where, given.get("max"), 1)
        if not 1 <= first <= last <= COLUMNS:
            refuse(self.where, f"it names columns {first} to {last}; a sheet has columns 1 to {COLUMNS}")
        width = given.get("width")
        if is_true(given.get("hidden")) or (width is not None and self.size(width) <= _NARROWEST):
            self.facts.hidden_spans[first - 1 : last] = b"\1" * (last - first + 1)

    def _on_defaults(self, given: Attributes) -> None:
        thin = self.size(given.get("defaultRowHeight", "15")) <= _FLATTEST
        narrow = self.size(given.get("defaultColWidth", "9")) <= _NARROWEST
        if is_true(given.get("zeroHeight")) or thin or narrow:
            self._hide("its rows or columns are hidden unless they say otherwise")

    def _on_protection(self, given: Attributes) -> None:
        self.facts.protected = is_true(given.get("sheet"))

    def _on_drawing(self, given: Attributes) -> None:
        self.facts.drawing = attribute(given, "r:id")

    def _on_notes(self, given: Attributes) -> None:
        self.facts.notes = attribute(given, "r:id")

    def _on_table(self, given: Attributes) -> None:
        self.facts.tables.append(attribute(given, "r:id") or "")

    def _on_filter(self, _: Attributes) -> None:
        self.facts.filtered = True

    def _on_rules(self, given: Attributes) -> None:
        self._area = given.get("sqref", "")

    def _on_entry(self, given: Attributes) -> None:
        self._area = given.get("sqref", "")
        self._enter(self._area)

    def _enter(self, areas: str) -> None:
        for text in areas.split():
            area = area_of(text, self.where)
            if area.size == 1:
                self.facts.entry_cells.add(area.first)
            else:
                self._few(self.facts.entry_areas, _ENTRY_AREAS)
                self.facts.entry_areas.append(area)

    def _end_area(self, text: str) -> None:
        """The area of a rule that newer programs write at the end of the part."""
        if "x14:dataValidation" in self.path:
            self._enter(text)

    def _on_rule(self, given: Attributes) -> None:
        if "dxfId" in given:
            self.facts.marked.add(whole(self.where, given["dxfId"]))

    def _on_format(self, _: Attributes) -> None:
        self._hide("a rule changes how numbers are shown")

    def _end_rule(self, text: str) -> None:
        if text and "xdr:sp" not in self.path:
            if len(self.facts.rules) >= _RULES:
                refuse(self.where, f"it states more than {_RULES} rules")
            self.facts.rules.append((self._area, text))
