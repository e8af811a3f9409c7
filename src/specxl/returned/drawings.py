"""What lies over the cells of a sheet: charts with the cells that they draw, and everything else that builds do not lay."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.model.cells import address
from specxl.returned.parts import Attributes, PartReader, attribute, refuse, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from specxl.model.cells import Value
    from specxl.returned.package import Package

_CHARTS, _SERIES, _POINTS, _DRAWN = 2_000, 5_000, 500_000, 200
_DRAWN_WORDS = {
    "xdr:pic": "a picture",
    "xdr:sp": "a text box or shape",
    "xdr:cxnSp": "a line",
    "xdr:grpSp": "a group of shapes",
    "xdr:contentPart": "ink",
    "mc:AlternateContent": "a drawing with an alternative",
    "a:hlinkClick": "a link on a drawing",
    "a:hlinkHover": "a link on a drawing",
}
_ROLES = {
    "c:tx": "name",
    "c:cat": "x",
    "c:xVal": "x",
    "c:val": "y",
    "c:yVal": "y",
    "c:bubbleSize": "size",
    "c:errBars": "error bar",
}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[Ee][+-]?[0-9]+)?")


@dataclass
class Drawn:
    """The references that one series of a chart draws, by their role (name, x, y), and the points stored for each."""

    references: dict[str, str] = field(default_factory=dict)
    points: dict[str, dict[int, Value]] = field(default_factory=dict)


@dataclass
class ChartFacts:
    """One chart of a file: the cell at its top left, its series, the texts of its titles, and references elsewhere in it."""

    place: str
    kinds: set[str] = field(default_factory=set)
    series: list[Drawn] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


@dataclass
class DrawingFacts:
    """The charts of a sheet, and what else is drawn over it, in words."""

    charts: list[ChartFacts] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)


class _DrawingReader(PartReader):
    root = "xdr:wsDr"

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.charts: list[tuple[str, str]] = []  # relation and place
        self.drawn: list[str] = []
        self._place = "its cells"
        self._corner = {"xdr:row": 0, "xdr:col": 0}
        self.starts = {tag: self._noted(words) for tag, words in _DRAWN_WORDS.items()} | {"c:chart": self._on_chart}
        self.starts |= {"xdr:absoluteAnchor": self._on_free, "a:graphicData": self._on_graphic}
        self.ends = {"xdr:row": self._end_row, "xdr:col": self._end_column, "xdr:from": self._end_corner}

    def _start(self, name: str, attributes: Attributes) -> None:
        super()._start(name, attributes)
        if attributes.get("macro"):
            self._note(f"a macro that starts with a click ({clean_label(attributes['macro'], limit=60)})")

    def _note(self, words: str) -> None:
        if len(self.drawn) < _DRAWN:
            self.drawn.append(f"{words} at {self._place}")

    def _noted(self, words: str) -> Callable[[Attributes], None]:
        return lambda _: self._note(words)

    def _on_free(self, _: Attributes) -> None:
        self._place = "its cells"

    def _on_graphic(self, given: Attributes) -> None:
        if not given.get("uri", "").endswith("/chart"):
            self._note("an object")

    def _on_chart(self, given: Attributes) -> None:
        if len(self.charts) >= _CHARTS:
            refuse(self.where, f"it holds more than {_CHARTS} charts")
        self.charts.append((attribute(given, "r:id") or "", self._place))

    def _end_row(self, text: str) -> None:
        if "xdr:from" in self.path:
            self._corner["xdr:row"] = whole(self.where, text.strip())

    def _end_column(self, text: str) -> None:
        if "xdr:from" in self.path:
            self._corner["xdr:col"] = whole(self.where, text.strip())

    def _end_corner(self, _: str) -> None:
        self._place = address(self._corner["xdr:row"], self._corner["xdr:col"])


class ChartReader(PartReader):
    """Reads what a chart draws: not how it looks."""

    root = "c:chartSpace"

    def __init__(self, where: str, place: str) -> None:
        super().__init__(where)
        self.facts = ChartFacts(place)
        self._points = 0
        self._index = 0
        self._title: list[str] = []
        self.starts = {"c:ser": self._on_series, "c:pt": self._on_point, "c:userShapes": self._on_shapes}
        self.starts |= {"c15:ser": self._on_filtered, "c:trendline": self._on_trend}
        self.ends = {
            "c:f": self._end_reference,
            "c15:f": self._end_reference,
            "c:v": self._end_value,
            "a:t": self._end_text,
            "c:title": self._end_title,
        }

    def _on_series(self, _: Attributes) -> None:
        if len(self.facts.series) >= _SERIES:
            refuse(self.where, f"it holds more than {_SERIES} series")
        self.facts.series.append(Drawn())
        self.facts.kinds.add(self.path[-2].removeprefix("c:").removesuffix("Chart"))

    def _on_filtered(self, _: Attributes) -> None:
        self._odd("a series that is filtered out")

    def _on_trend(self, _: Attributes) -> None:
        self._odd("a trend line")

    def _on_shapes(self, _: Attributes) -> None:
        self._odd("shapes drawn inside")

    def _odd(self, text: str) -> None:
        if text not in self.facts.odd:
            self.facts.odd.append(text)

    def _on_point(self, given: Attributes) -> None:
        self._points += 1
        if self._points > _POINTS:
            refuse(self.where, f"it stores more than {_POINTS} points")
        self._index = whole(self.where, given.get("idx"))

    def _role(self) -> str:
        return next((_ROLES[tag] for tag in self.path if tag in _ROLES), "") if "c:ser" in self.path else ""

    def _end_reference(self, text: str) -> None:
        role = self._role()
        if role and role not in self.facts.series[-1].references:
            self.facts.series[-1].references[role] = text
        else:
            self.facts.others.append(text)

    def _end_value(self, text: str) -> None:
        role = self._role()
        if not role:
            if "c:title" in self.path and "c:pt" in self.path:
                self._title.append(text)
            return
        series = self.facts.series[-1]
        if "c:pt" in self.path:
            number = "c:numCache" in self.path and _NUMBER.fullmatch(text)
            series.points.setdefault(role, {})[self._index] = float(text) if number else text
        elif self.path[-1] == "c:tx":
            self._odd(f"a series with the fixed name {clean_label(text, limit=40)!r}")

    def _end_text(self, text: str) -> None:
        if "c:title" in self.path:
            self._title.append(text)
        elif "c:dLbl" in self.path and text.strip():
            self._odd(f"a label with the fixed text {clean_label(text, limit=40)!r}")

    def _end_title(self, _: str) -> None:
        if self._title:
            self.facts.titles.append("".join(self._title))
        self._title.clear()


def read_drawing(package: Package, sheet_part: str, relation: str | None) -> DrawingFacts:
    """Read what the drawing of a sheet holds.

    Raises:
        WorkbookFileError: a part is missing, or is not as the file format asks.
    """
    facts = DrawingFacts()
    if relation is None:
        return facts
    part = package.related(sheet_part, relation, "drawing").target
    reader = _DrawingReader(part)
    package.read(reader, part)
    facts.drawn = reader.drawn
    for chart, place in reader.charts:
        target = package.related(part, chart, "chart").target
        drawn = ChartReader(target, place)
        package.read(drawn, target)
        facts.charts.append(drawn.facts)
    return facts


class NotesReader(PartReader):
    """Reads on which cells notes lie."""

    root = "comments"

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.cells: list[str] = []
        self.starts = {"comment": self._on_note}

    def _on_note(self, given: Attributes) -> None:
        if len(self.cells) < _DRAWN:
            self.cells.append(clean_label(given.get("ref"), limit=20))


class TableReader(PartReader):
    """Reads where a table lies, and whether its filter hides rows."""

    root = "table"

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.area, self.filtered, self.totalled = "", False, False
        self.starts = {"table": self._on_table, "filterColumn": self._on_filter}

    def _on_table(self, given: Attributes) -> None:
        self.area = given.get("ref", "")
        self.totalled = given.get("totalsRowCount", "0") != "0"

    def _on_filter(self, _: Attributes) -> None:
        self.filtered = True
