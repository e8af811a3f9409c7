"""A pair sheet's choice: its combinations and engines as tables, and the curves, labels and price that apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.labels import clean_label
from specxl.method.catalogue import BEST
from specxl.model.formulas import choice_number
from specxl.sheets.anchors import Anchor
from specxl.sheets.pair.draft import SIDES, Shown
from specxl.sheets.prices import price_in_force
from specxl.sheets.same_engine import family_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison, Pair
    from specxl.model.cells import Range, Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.pair.draft import PairDraft
    from specxl.sheets.plan import Plan

SLOT_WIDTH = 3
LONGEST_CHOICE = 200
"""Characters of a choice: Excel's MATCH takes 255, and a number may follow."""
_WILDCARDS = str.maketrans(dict.fromkeys("*?~", "-"))
_SCOPED = ("A curve id", "B curve id", "target 1", "target 2", "target 3")
_PLAIN = ("Combination", "Side A", "Side B", "Methods stated", "Published", "Engines stated")
_SCOPED_COL = len(_PLAIN)


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
class Controls:
    """The cells on top of a pair sheet by which it is driven: inputs, or constants where there is one choice only."""

    combination: Ref
    engine: Ref
    tier: Ref
    metric: Ref
    targets: tuple[Ref, ...]


@dataclass(frozen=True)
class Tables:
    """The combinations by engine scope, and the lists behind two dropdowns.

    `ids` holds the curve ids of both sides, `targets` the three suggested targets, each by combination and scope; `stated`,
    `published` and `engines` one fact a combination; `slots` the families with both sides by combination, None without any.
    """

    combinations: Range
    scopes: Range
    labels: tuple[Range, Range]
    stated: Range
    published: Range
    engines: Range
    ids: tuple[Range, Range]
    targets: tuple[Range, Range, Range]
    slots: Range | None


@dataclass(frozen=True)
class Selection(Shown):
    """What the controls choose on a pair's sheet, whose sides share their price and their power."""

    controls: Controls
    tables: Tables

    @property
    def targets(self) -> tuple[Ref, ...]:
        """The cells of the three speeds."""
        return self.controls.targets

    @property
    def slots(self) -> Range | None:
        """The families of engines with both sides, by combination."""
        return self.tables.slots

    @property
    def one_hardware(self) -> float:
        """Price and power cancel."""
        return 1


def choice_labels(pair: Pair, plan: Plan) -> tuple[list[str], list[str]]:
    """What the dropdowns of a pair sheet offer: its combinations, and its engine scopes from "best" on."""
    best = plan.house.texts["labels"]["best_engine"]
    engines = [best, *map(plan.house.engine_label, pair.engines)]
    return distinct([comparison.label for comparison in pair.comparisons]), distinct(engines)


def lay_tables(draft: PairDraft, flow: Flow) -> Tables:
    """Lay out the combinations (rows) by engine scope (columns): curve ids of both sides and suggested targets."""
    sheet, pair = flow.sheet, draft.pair
    scopes = (BEST, *pair.engines)
    names, scope_names = choice_labels(pair, draft.plan)
    head = flow.take()
    sheet.row(head, 0, _PLAIN, "head")
    sheet.row(head, _SCOPED_COL, [f"{block}: {label}" for block in _SCOPED for label in scope_names], "head")
    first = flow.take(len(names))
    for row, (comparison, name) in enumerate(zip(pair.comparisons, names, strict=True), start=first):
        _lay_combination(draft, sheet, row, comparison, name, scopes)
    last = first + len(names) - 1
    flow.gap()

    def plain(number: int) -> Range:
        return sheet.area(first, number, last, number)

    def block(number: int) -> Range:
        left = _SCOPED_COL + number * len(scopes)
        return sheet.area(first, left, last, left + len(scopes) - 1)

    return Tables(
        combinations=plain(0),
        scopes=flow.list("Engine scopes", scope_names),
        labels=(plain(1), plain(2)),
        stated=plain(3),
        published=plain(4),
        engines=plain(5),
        ids=(block(0), block(1)),
        targets=(block(2), block(3), block(4)),
        slots=_lay_slots(draft, flow),
    )


def _lay_combination(
    draft: PairDraft, sheet: Sheet, row: int, comparison: Comparison, name: str, scopes: Sequence[str]
) -> None:
    """One combination: its name, its sides, three facts, and per scope both curve ids (0 for none) and three targets."""
    labels = draft.plan.labels(comparison)
    sheet.row(row, 0, (name, labels["side_a"], labels["side_b"]))
    facts = (comparison.stated, comparison.page is not None, _engines_stated(comparison))
    sheet.row(row, 3, [int(fact) for fact in facts], "flag")
    for col, scope in enumerate(scopes, start=_SCOPED_COL):
        curves = (comparison.curve(side, scope) for side in "ab")
        cells: list[tuple[float, str]] = [(curve.id if curve else 0, "id") for curve in curves]
        cells += [(target, "speed") for target in comparison.suggested(scope)]
        for block, (content, style) in enumerate(cells):
            sheet.put(row, col + block * len(scopes), content, style)


def _engines_stated(comparison: Comparison) -> bool:
    """Whether every side that was measured names the engine of a run at least."""
    return all(
        held.curve is None or any(scope.curve(name) for scope in comparison.engines) for name, held in comparison.sides
    )


def slot_count(pair: Pair) -> int:
    """The number of families with both sides, over the combinations of a pair."""
    return max(len(comparison.families) for comparison in pair.comparisons)


def _lay_slots(draft: PairDraft, flow: Flow) -> Range | None:
    """The families with both sides, combination by combination: name and two curve ids a slot; a free slot has id 0."""
    sheet, slots = flow.sheet, slot_count(draft.pair)
    if slots == 0:
        return None
    heads = [
        text for slot in range(1, slots + 1) for text in (f"family {slot}", f"A curve id {slot}", f"B curve id {slot}")
    ]
    flow.heads(("Engine families with both sides, by combination", *heads))
    first = flow.take(len(draft.pair.comparisons))
    names = choice_labels(draft.pair, draft.plan)[0]
    for row, (comparison, name) in enumerate(zip(draft.pair.comparisons, names, strict=True), start=first):
        sheet.put(row, 0, name)
        free = [None] * (slots - len(comparison.families))
        for slot, scope in enumerate((*comparison.families, *free)):
            col = 1 + SLOT_WIDTH * slot
            sheet.put(row, col, family_label(draft.plan, scope) if scope else "-")
            sheet.put(row, col + 1, scope.a.id if scope and scope.a else 0, "id")
            sheet.put(row, col + 2, scope.b.id if scope and scope.b else 0, "id")
    flow.gap()
    return sheet.area(first, 1, first + len(names) - 1, SLOT_WIDTH * slots)


def _basis_in_words(own: Ref, tier: Ref, tiers: Range) -> str:
    """The formula of the name of the price that applies: one's own where it is above 0, else the tier in force."""
    return f'IF(IF(ISNUMBER({own}),{own}>0,1=0),"own price",{basis_words(tier, tiers)})'


_KEYS = (
    "combination", "scope", "tier_choice", "tier", "metric", "price", "power", "a_id", "b_id", "stated", "published", "t1",
    "t2", "t3",
)  # fmt: skip


def lay_selection(draft: PairDraft, flow: Flow, controls: Controls, tables: Tables) -> Selection:
    """Lay out the cells that turn the controls into curve ids, labels, price and power: one row, read from left to right."""
    lists, names = draft.plan.workings.lists, draft.plan.context
    hardware = draft.plan.prices.hardware[draft.pair.hardware]
    flow.heading("Choice in force: 0 means that a control holds none of its choices")
    head, row = flow.take(), flow.take()
    cells: dict[str, Ref] = {}

    def put(name: str, label: str, text: str, style: str = "id") -> Ref:
        col = len(cells)
        flow.sheet.put(head, col, label, "head")
        cells[name] = flow.sheet.formula(row, col, text, style)
        return cells[name].fix

    combination = put("combination", "Combination number", choice_number(controls.combination, tables.combinations))
    scope = put("scope", "Engine scope number", choice_number(controls.engine, tables.scopes))
    chosen = put("tier_choice", "Price basis number on this sheet", choice_number(controls.tier, lists["sheet_tiers"]))
    tier = put("tier", "Price basis in force", f"IF({chosen}=1,{names['tier']},IF({chosen}>1,{chosen}-1,0))")
    put("metric", "Metric number of the chart", choice_number(controls.metric, lists["metrics"]))
    put("price", "Price per GPU-hour", price_in_force(hardware.tiers, hardware.own, tier, names["factor"]), "price")
    put("power", "kW per GPU", str(hardware.power), "power")
    off, at = f"OR({combination}=0,{scope}=0)", f"MAX({combination},1)"
    for side, ids in zip("ab", tables.ids, strict=True):
        put(f"{side}_id", f"{side.upper()} curve id", f"IF({off},0,INDEX({ids},{combination},{scope}))")
    put("stated", "Methods stated", f"INDEX({tables.stated},{at})", "flag")
    put("published", "Published points", f"INDEX({tables.published},{at})", "flag")
    for number, targets in enumerate(tables.targets, start=1):
        suggested = f'IF({off},"",INDEX({targets},{combination},{scope}))'
        put(f"t{number}", f"Suggested target {number}", suggested, "speed")
    draft.plan.anchors.append(Anchor("selection", draft.name, cells["combination"], _KEYS, ((),)))
    put("engines_stated", "Engines stated", f"INDEX({tables.engines},{at})", "flag")
    for side, labels in zip("ab", tables.labels, strict=True):
        put(f"label_{side}", f"Side {side.upper()}", f"INDEX({labels},{at})", "right")
    put("tier_text", "Price basis in words", _basis_in_words(hardware.own, tier, lists["tiers"]), "right")
    flow.gap()
    return Selection(cells | _of_both(cells), controls, tables)


def basis_words(tier: Ref, tiers: Range) -> str:
    """Formula: the price basis in force in words, by its number."""
    return f'IF({tier}=0,"no price basis chosen",INDEX({tiers},{tier}))'


def _of_both(cells: Mapping[str, Ref]) -> dict[str, Ref]:
    """The price and the power by side: a pair's sheet is of one hardware."""
    return {f"{side}_{fact}": cells[fact] for side in SIDES for fact in ("price", "power")}
