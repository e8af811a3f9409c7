"""A pair sheet's choice: its combinations and engines as tables, and the curves, labels and price that apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.method.catalogue import BEST, default_targets
from specxl.model.formulas import choice_number
from specxl.sheets.assumptions import price_at_tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison, Pair
    from specxl.model.cells import Range, Ref, Sheet
    from specxl.sheets.plan import Plan

BLOCK_COL = 3
BLOCKS = ("A curve id", "B curve id", "target 1", "target 2", "target 3")
SLOT_WIDTH = 3
LONGEST_CHOICE = 200
"""Characters of a choice: Excel's MATCH takes 255, and a number may follow."""
_WILDCARDS = str.maketrans(dict.fromkeys("*?~", "-"))


def distinct(labels: Sequence[str]) -> list[str]:
    """Labels that a dropdown can tell apart: without wildcards, short enough for MATCH, unequal without regard to case."""
    taken: set[str] = set()
    result = []
    for label in labels:
        clean = clean_label(label.translate(_WILDCARDS), limit=LONGEST_CHOICE)
        name, number = clean, 2
        while name.casefold() in taken:
            name, number = f"{clean} ({number})", number + 1
        taken.add(name.casefold())
        result.append(name)
    return result


@dataclass(frozen=True, slots=True)
class Draft:
    """A pair's sheet while it is laid out: what every part of it needs, and the cells with its two names."""

    sheet: Sheet
    pair: Pair
    plan: Plan
    model: Ref
    hardware: Ref


class Lines:
    """Workings line by line, each with its label in column A and its formula in column D."""

    def __init__(self, sheet: Sheet, row: int) -> None:
        """Start at a row."""
        self._sheet = sheet
        self.row = row

    def put(self, label: str, text: str, style: str = "id") -> Ref:
        """Lay out the next line; return its cell with an absolute address."""
        self._sheet.put(self.row, 0, label)
        cell = self._sheet.formula(self.row, 3, text, style).fix
        self.row += 1
        return cell


@dataclass(frozen=True, slots=True)
class Controls:
    """The input cells on top of a pair sheet."""

    combination: Ref
    engine: Ref
    tier: Ref
    metric: Ref
    targets: tuple[Ref, ...]


@dataclass(frozen=True)
class Tables:
    """The tables of combinations by engine scope, and the lists behind two dropdowns.

    `ids` holds the curve ids of both sides, `targets` the three suggested targets, each by combination and scope;
    `slots` the engines with both variants by combination, None without any; `page_combination` is the number of the
    combination that a published page shows, 0 without one.
    """

    combinations: Range
    scopes: Range
    labels: tuple[Range, Range]
    ids: tuple[Range, Range]
    targets: tuple[Range, Range, Range]
    slots: Range | None
    page_combination: int
    last_row: int


@dataclass(frozen=True)
class Selection:
    """What the controls choose: cells by name ("combination", "scope", "a_id", "label_a", "price", "power", ...)."""

    controls: Controls
    tables: Tables
    cells: Mapping[str, Ref]
    last_row: int

    def __getitem__(self, name: str) -> Ref:
        """A cell by name, with an absolute address."""
        return self.cells[name].fix

    @property
    def labels(self) -> tuple[Ref, Ref]:
        """The cells with the names of both variants."""
        return self["label_a"], self["label_b"]


def _suggested(comparison: Comparison, scope: str) -> tuple[float, float, float]:
    """The targets suggested for a scope: its own curves' where it has any, else the comparison's."""
    a, b = comparison.curve("a", scope), comparison.curve("b", scope)
    if scope == BEST or (a is None and b is None):
        return comparison.targets
    return default_targets(a, b)


def lay_tables(draft: Draft, row: int) -> Tables:
    """Lay out the combinations (rows) by engine scope (columns): curve ids of both sides and suggested targets."""
    sheet, combos = draft.sheet, draft.pair.comparisons
    scopes = (BEST, *draft.pair.engines)
    labels = [draft.plan.house.texts["labels"]["best_engine"], *map(draft.plan.house.engine_label, draft.pair.engines)]
    scope_labels = distinct(labels)
    sheet.put(row, 0, "Combinations of this sheet by engine scope: the curves behind the dropdowns", "heading")
    _lay_heads(sheet, row + 1, scope_labels)
    first, last = row + 2, row + 1 + len(combos)
    names = distinct([comparison.label for comparison in combos])
    for at, (comparison, name) in enumerate(zip(combos, names, strict=True), start=first):
        _lay_combination(draft, at, comparison, name, scopes)

    def block(number: int) -> Range:
        left = BLOCK_COL + number * len(scopes)
        return sheet.area(first, left, last, left + len(scopes) - 1)

    scope_row = last + 2
    sheet.put(scope_row - 1, 0, "Engine scopes", "head")
    for at, label in enumerate(scope_labels, start=scope_row):
        sheet.put(at, 0, label)
    scope_last = scope_row + len(scopes) - 1
    slots, end = _lay_slots(draft, scope_last + 2, first)
    pages = [number for number, comparison in enumerate(combos, start=1) if comparison.page is not None]
    return Tables(
        combinations=sheet.area(first, 0, last, 0),
        scopes=sheet.area(scope_row, 0, scope_last, 0),
        labels=(sheet.area(first, 1, last, 1), sheet.area(first, 2, last, 2)),
        ids=(block(0), block(1)),
        targets=(block(2), block(3), block(4)),
        slots=slots,
        page_combination=pages[0] if len(pages) == 1 else 0,
        last_row=end,
    )


def _lay_heads(sheet: Sheet, row: int, scope_labels: Sequence[str]) -> None:
    sheet.row(row, 0, ("Combination", "Variant A", "Variant B"), "head")
    headers = [f"{block}: {label}" for block in BLOCKS for label in scope_labels]
    sheet.row(row, BLOCK_COL, headers, "head")


def _lay_combination(draft: Draft, row: int, comparison: Comparison, name: str, scopes: Sequence[str]) -> None:
    """One combination: its name, its variants, and per scope both curve ids (0 for none) and three targets."""
    sheet, variant_label = draft.sheet, draft.plan.house.variant_label
    sheet.put(row, 0, name)
    sheet.put(row, 1, variant_label(comparison.variant_a))
    sheet.put(row, 2, variant_label(comparison.variant_b))
    for col, scope in enumerate(scopes, start=BLOCK_COL):
        curves = (comparison.curve(side, scope) for side in "ab")
        cells: list[tuple[float, str]] = [(curve.id if curve else 0, "id") for curve in curves]
        cells += [(target, "speed") for target in _suggested(comparison, scope)]
        for block, (content, style) in enumerate(cells):
            sheet.put(row, col + block * len(scopes), content, style)


def _lay_slots(draft: Draft, row: int, combinations: int) -> tuple[Range | None, int]:
    """The engines with both variants, combination by combination: name and two curve ids a slot; a free slot has id 0."""
    sheet, pair = draft.sheet, draft.pair
    slots = max(len(c.same_engine) for c in pair.comparisons)
    if slots == 0:
        return None, row
    sheet.put(row, 0, "Engines that measured both variants, by combination", "head")
    columns = [BLOCK_COL + SLOT_WIDTH * slot for slot in range(slots)]
    for slot, col in enumerate(columns, start=1):
        sheet.row(row, col, (f"engine {slot}", f"A curve id {slot}", f"B curve id {slot}"), "head")
    for i, comparison in enumerate(pair.comparisons, start=1):
        sheet.formula(row + i, 0, str(sheet.ref(combinations + i - 1, 0)))
        free = [None] * (slots - len(comparison.same_engine))
        for scope, col in zip((*comparison.same_engine, *free), columns, strict=True):
            sheet.put(row + i, col, draft.plan.house.engine_label(scope.engine) if scope else "-")
            sheet.put(row + i, col + 1, scope.a.id if scope and scope.a else 0, "id")
            sheet.put(row + i, col + 2, scope.b.id if scope and scope.b else 0, "id")
    last = row + len(pair.comparisons)
    return sheet.area(row + 1, BLOCK_COL, last, columns[-1] + SLOT_WIDTH - 1), last


def lay_selection(draft: Draft, row: int, controls: Controls, tables: Tables) -> Selection:
    """Lay out the cells that turn the controls into curve ids, labels, price and power."""
    lists, names = draft.plan.assumptions.lists, draft.plan.context
    hardware = draft.plan.assumptions.hardware[draft.pair.hardware]
    draft.sheet.put(row, 0, "Choice in force: 0 means that a control holds none of its choices", "heading")
    lines, cells = Lines(draft.sheet, row + 1), {}

    def put(name: str, label: str, text: str, style: str = "id") -> Ref:
        cells[name] = lines.put(label, text, style)
        return cells[name]

    combination = put("combination", "Combination number", choice_number(controls.combination, tables.combinations))
    scope = put("scope", "Engine scope number", choice_number(controls.engine, tables.scopes))
    chosen = put("tier_choice", "Price tier number on this sheet", choice_number(controls.tier, lists["sheet_tiers"]))
    tier = put("tier", "Price tier in force", f"IF({chosen}=1,{names['tier']},IF({chosen}>1,{chosen}-1,0))")
    put("metric", "Metric number of the second chart", choice_number(controls.metric, lists["metrics"]))
    tier_text = f'IF({tier}=0,"No price tier chosen",INDEX({lists["tiers"]},{tier}))'
    put("tier_text", "Price tier in words", tier_text, "right")
    put("price", "Price per GPU-hour", price_at_tier(hardware.tiers, tier, names["factor"]), "price")
    put("power", "kW per GPU", str(hardware.power), "power")
    off = f"OR({combination}=0,{scope}=0)"
    for side, ids in zip("ab", tables.ids, strict=True):
        put(f"{side}_id", f"{side.upper()} curve id", f"IF({off},0,INDEX({ids},{combination},{scope}))")
    for side, labels in zip("ab", tables.labels, strict=True):
        put(f"label_{side}", f"Variant {side.upper()}", f"INDEX({labels},MAX({combination},1))", "right")
    for number, targets in enumerate(tables.targets, start=1):
        suggested = f'IF({off},"",INDEX({targets},{combination},{scope}))'
        put(f"t{number}", f"Suggested target {number}", suggested, "speed")
    return Selection(controls, tables, cells, lines.row - 1)
