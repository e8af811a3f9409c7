"""A pair sheet's choice: its combinations and engines as tables, and the curves, labels and price that apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.catalogue import BEST, default_targets
from specxl.formulas import choice_number
from specxl.sheets.assumptions import price_at_tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.catalogue import Comparison, Pair
    from specxl.cells import Range, Ref, Sheet
    from specxl.sheets.plan import Plan

_WILDCARDS = str.maketrans(dict.fromkeys("*?~", "-"))


def distinct(labels: Sequence[str]) -> list[str]:
    """Labels that a dropdown can tell apart: no wildcards, and numbered where they are equal without regard to case."""
    seen: dict[str, int] = {}
    result = []
    for label in labels:
        clean = label.translate(_WILDCARDS)
        seen[clean.casefold()] = seen.get(clean.casefold(), 0) + 1
        count = seen[clean.casefold()]
        result.append(clean if count == 1 else f"{clean} ({count})")
    return result


@dataclass(frozen=True, slots=True)
class Controls:
    """The input cells on top of a pair sheet."""

    combination: Ref
    engine: Ref
    tier: Ref
    metric: Ref
    targets: tuple[Ref, Ref, Ref]


@dataclass(frozen=True)
class Tables:
    """The tables of combinations by engine scope, and the lists behind two dropdowns."""

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

    cells: Mapping[str, Ref]

    def __getitem__(self, name: str) -> Ref:
        return self.cells[name].fix


def _suggested(comparison: Comparison, scope: str) -> tuple[float, float, float]:
    """The targets suggested for a scope: its own curves' where it has any, else the comparison's."""
    a, b = comparison.curve("a", scope), comparison.curve("b", scope)
    if scope == BEST or (a is None and b is None):
        return comparison.targets
    return default_targets(a, b)


def lay_tables(sheet: Sheet, row: int, pair: Pair, plan: Plan) -> Tables:
    """Lay out the combinations (rows) by engine scope (columns): curve ids of both sides and suggested targets."""
    house = plan.house
    scopes = (BEST, *pair.engines)
    scope_labels = distinct([house.texts["labels"]["best_engine"], *(house.engine_label(e) for e in pair.engines)])
    combos = pair.comparisons
    width = len(scopes)
    blocks = ("A curve id", "B curve id", "target 1", "target 2", "target 3")
    sheet.put(row, 0, "Combinations of this sheet by engine scope: the curves behind the dropdowns", "heading")
    head = row + 1
    sheet.row(head, 0, ("Combination", "Variant A", "Variant B"), "head")
    for b, title in enumerate(blocks):
        for s, label in enumerate(scope_labels):
            sheet.put(head, 3 + b * width + s, f"{title}: {label}", "head")
    first, last = head + 1, head + len(combos)
    for i, (comparison, label) in enumerate(zip(combos, distinct([c.label for c in combos]), strict=True)):
        at = first + i
        sheet.put(at, 0, label)
        sheet.put(at, 1, house.variant_label(comparison.variant_a))
        sheet.put(at, 2, house.variant_label(comparison.variant_b))
        for s, scope in enumerate(scopes):
            for b, side in enumerate("ab"):
                curve = comparison.curve(side, scope)
                sheet.put(at, 3 + b * width + s, curve.id if curve else 0, "id")
            for t, target in enumerate(_suggested(comparison, scope)):
                sheet.put(at, 3 + (2 + t) * width + s, target, "speed")

    def block(b: int) -> Range:
        return sheet.area(first, 3 + b * width, last, 3 + (b + 1) * width - 1)

    scope_row = last + 2
    sheet.put(scope_row - 1, 0, "Engine scopes", "head")
    for s, label in enumerate(scope_labels):
        sheet.put(scope_row + s, 0, label)
    slot_row = scope_row + width + 1
    slots, end = _lay_slots(sheet, slot_row, pair, plan, first)
    pages = [i + 1 for i, c in enumerate(combos) if c.page is not None]
    return Tables(
        combinations=sheet.area(first, 0, last, 0),
        scopes=sheet.area(scope_row, 0, scope_row + width - 1, 0),
        labels=(sheet.area(first, 1, last, 1), sheet.area(first, 2, last, 2)),
        ids=(block(0), block(1)),
        targets=(block(2), block(3), block(4)),
        slots=slots,
        page_combination=pages[0] if len(pages) == 1 else 0,
        last_row=end,
    )


def _lay_slots(sheet: Sheet, row: int, pair: Pair, plan: Plan, combinations: int) -> tuple[Range | None, int]:
    """The engines with both variants, combination by combination: name and two curve ids a slot; a free slot has id 0."""
    slots = max(len(c.same_engine) for c in pair.comparisons)
    if slots == 0:
        return None, row
    sheet.put(row, 0, "Engines that measured both variants, by combination", "head")
    for s in range(slots):
        sheet.row(row, 3 + 3 * s, (f"engine {s + 1}", f"A curve id {s + 1}", f"B curve id {s + 1}"), "head")
    for i, comparison in enumerate(pair.comparisons, start=1):
        sheet.formula(row + i, 0, str(sheet.ref(combinations + i - 1, 0)))
        for s in range(slots):
            scope = comparison.same_engine[s] if s < len(comparison.same_engine) else None
            sheet.put(row + i, 3 + 3 * s, plan.house.engine_label(scope.engine) if scope else "-")
            sheet.put(row + i, 4 + 3 * s, scope.a.id if scope and scope.a else 0, "id")
            sheet.put(row + i, 5 + 3 * s, scope.b.id if scope and scope.b else 0, "id")
    last, end_col = row + len(pair.comparisons), 3 + 3 * slots - 1
    return sheet.area(row + 1, 3, last, end_col), last


def lay_selection(sheet: Sheet, row: int, pair: Pair, plan: Plan, controls: Controls, tables: Tables) -> Selection:
    """Lay out the cells that turn the controls into curve ids, labels, price and power."""
    a = plan.assumptions
    hardware = a.hardware[pair.hardware]
    names = plan.context
    sheet.put(row, 0, "Choice in force: 0 means that a control holds none of its choices", "heading")
    cells: dict[str, Ref] = {}

    def put(name: str, label: str, text: str, style: str = "id") -> Ref:
        at = row + 1 + len(cells)
        sheet.put(at, 0, label)
        cells[name] = sheet.formula(at, 3, text, style)
        return cells[name].fix

    combination = put("combination", "Combination number", choice_number(controls.combination, tables.combinations))
    scope = put("scope", "Engine scope number", choice_number(controls.engine, tables.scopes))
    chosen = put("tier_choice", "Price tier number on this sheet", choice_number(controls.tier, a.lists["sheet_tiers"]))
    tier = put("tier", "Price tier in force", f"IF({chosen}=1,{names['tier']},IF({chosen}>1,{chosen}-1,0))")
    put("metric", "Metric number of the second chart", choice_number(controls.metric, a.lists["metrics"]))
    put(
        "tier_text",
        "Price tier in words",
        f'IF({tier}=0,"No price tier chosen",INDEX({a.lists["tiers"]},{tier}))',
        "right",
    )
    put("price", "Price per GPU-hour", price_at_tier(hardware.tiers, tier, names["factor"]), "price")
    put("power", "kW per GPU", str(hardware.power), "power")
    off = f"OR({combination}=0,{scope}=0)"
    for i, side in enumerate("ab"):
        put(f"{side}_id", f"{side.upper()} curve id", f"IF({off},0,INDEX({tables.ids[i]},{combination},{scope}))")
    for i, side in enumerate("ab"):
        text = f"INDEX({tables.labels[i]},MAX({combination},1))"
        put(f"label_{side}", f"Variant {side.upper()}", text, "right")
    for t in range(3):
        text = f'IF({off},"",INDEX({tables.targets[t]},{combination},{scope}))'
        put(f"t{t + 1}", f"Suggested target {t + 1}", text, "speed")
    return Selection(cells)
