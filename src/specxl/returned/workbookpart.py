"""The parts that a workbook has once: its list of sheets, settings and names; shared texts; properties."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from specxl.labels import clean_label
from specxl.returned.parts import Attributes, PartReader, attribute, is_true, once, refuse, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHEETS, _NAMES, _PROPERTIES = 5_000, 20_000, 1_000
_TEXTS, _CHARACTERS = 3_000_000, 60_000_000
_LONGEST_NAME = 255  # other programs take longer names than Excel's 31
# Names that programs lay for what a sheet prints and filters.
_OWN_NAMES = ("_xlnm.print_area", "_xlnm.print_titles", "_xlnm._filterdatabase")
_RUNS = re.compile(r"(?:_xlnm\.)?auto_(?:open|close|activate|deactivate)", re.IGNORECASE)


class SheetEntry(NamedTuple):
    """A sheet as the workbook lists it: its name, the id of its relation, and "visible", "hidden" or "veryHidden"."""

    name: str
    relation: str
    state: str


class Name(NamedTuple):
    """A defined name: the number of the sheet to which it belongs (None: the workbook), its text, and whether it may run."""

    name: str
    sheet: int | None
    text: str
    runs: bool

    @property
    def ours(self) -> bool:
        """Whether a build lays names of this kind."""
        return self.sheet is not None and self.name.casefold() in _OWN_NAMES


@dataclass
class WorkbookFacts:
    """The sheets in order, the defined names, and settings that change what the sheets show, in words."""

    sheets: list[SheetEntry] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)


class WorkbookReader(PartReader):
    """Reads the workbook part."""

    root = "workbook"
    places = {  # noqa: RUF012
        "sheets": ["workbook"],
        "sheet": ["workbook", "sheets"],
        "definedNames": ["workbook"],
        "definedName": ["workbook", "definedNames"],
        "calcPr": ["workbook"],
        "workbookPr": ["workbook"],
        "workbookView": ["workbook", "bookViews"],
    }

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.facts = WorkbookFacts()
        self._seen: list[str] = []
        self._name: Attributes = {}
        self.starts = {
            "sheet": self._on_sheet,
            "definedName": self._on_name,
            "calcPr": self._on_calculation,
            "workbookPr": self._on_book,
            "workbookView": self._on_view,
        }
        self.starts |= dict.fromkeys(("sheets", "definedNames"), lambda _: None)
        self.ends = {"definedName": self._end_name, "workbook": self._end_book}

    def _start(self, name: str, attributes: Attributes) -> None:
        super()._start(name, attributes)
        tag = self.path[-1]
        if len(self.path) == 2 and tag in self.places:  # noqa: PLR2004 - a child of the workbook
            self._seen.append(tag)

    def _on_sheet(self, given: Attributes) -> None:
        name = given.get("name", "")
        if not name or len(name) > _LONGEST_NAME or len(self.facts.sheets) >= _SHEETS:
            refuse(self.where, "it lists a sheet without a usable name, or more sheets than any program writes")
        state = given.get("state", "visible")
        self.facts.sheets.append(SheetEntry(name, attribute(given, "r:id") or "", state))

    def _on_name(self, given: Attributes) -> None:
        self._name = given

    def _end_name(self, text: str) -> None:
        if len(self.facts.names) >= _NAMES:
            refuse(self.where, f"it defines more than {_NAMES} names")
        name, sheet = self._name.get("name", ""), self._name.get("localSheetId")
        runs = any(is_true(self._name.get(key)) for key in ("function", "vbProcedure", "xlm"))
        number = None if sheet is None else whole(self.where, sheet)
        self.facts.names.append(Name(name, number, text, runs or _RUNS.fullmatch(name) is not None))

    def _on_calculation(self, given: Attributes) -> None:
        if given.get("calcMode", "auto") != "auto":
            self.facts.settings.append("formulas are computed only when a person asks for it (manual calculation)")
        if not is_true(given.get("fullPrecision", "1")):
            self.facts.settings.append("numbers are rounded to what is displayed (precision as displayed)")
        if is_true(given.get("iterate")):
            self.facts.settings.append("circular formulas are computed without a warning (iterative calculation)")

    def _on_book(self, given: Attributes) -> None:
        if is_true(given.get("date1904")):
            self.facts.settings.append("dates count from 1904")
        if given.get("showObjects", "all") != "all":
            self.facts.settings.append("charts are not shown")

    def _on_view(self, given: Attributes) -> None:
        if not is_true(given.get("showSheetTabs", "1")):
            self.facts.settings.append("the tabs of the sheets are hidden")
        if given.get("visibility", "visible") != "visible":
            self.facts.settings.append("the window of the workbook is hidden")

    def _end_book(self, _: str) -> None:
        once(self.where, self._seen, "the element")
        once(self.where, (sheet.name for sheet in self.facts.sheets), "the sheet")
        once(self.where, (sheet.relation for sheet in self.facts.sheets), "the part of a sheet")
        once(self.where, (f"{name.name} {name.sheet}" for name in self.facts.names), "the defined name")


class TextsReader(PartReader):
    """Reads the shared texts: rich ones without their looks, Japanese ones without their reading aids."""

    root = "sst"
    places = {"si": ["sst"]}  # noqa: RUF012

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._characters = 0
        self.ends = {"t": self._end_piece, "si": self._end_text}

    def _end_piece(self, text: str) -> None:
        if "rPh" not in self.path:
            self._pieces.append(text)

    def _end_text(self, _: str) -> None:
        text = "".join(self._pieces)
        self._characters += len(text)
        if len(self.texts) >= _TEXTS or self._characters > _CHARACTERS:
            refuse(self.where, f"it holds more than {_TEXTS} texts, or more than {_CHARACTERS} characters")
        self.texts.append(text)
        self._pieces.clear()


class PropertiesReader(PartReader):
    """Reads the custom properties of the file as texts."""

    root = "cp:Properties"
    places = {"cp:property": ["cp:Properties"]}  # noqa: RUF012

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.properties: dict[str, str] = {}
        self._name = ""
        self.starts = {"cp:property": self._on_property}
        self.ends = dict.fromkeys(("vt:lpwstr", "vt:lpstr", "vt:bstr", "vt:i4", "vt:int", "vt:r8"), self._end_value)

    def _on_property(self, given: Attributes) -> None:
        name = given.get("name", "")
        if name in self.properties or len(self.properties) >= _PROPERTIES:
            refuse(
                self.where,
                f"it can be read in two ways: the property {clean_label(name, limit=60)!r} stands there twice",
            )
        self._name = name
        self.properties[name] = ""

    def _end_value(self, text: str) -> None:
        if len(self.path) == 2:  # noqa: PLR2004 - the value of a property, not one within a list
            self.properties[self._name] = text


def joined_areas(text: str) -> Iterator[str]:
    """The areas of a print area, without sheet names and dollar signs."""
    for piece in re.sub(r"'(?:[^']|'')*'", "", text).split(","):
        yield piece.rpartition("!")[2].replace("$", "")
