"""The Margin sheet: prices, mix and load on the left, what one GPU earns by them on the right, for both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.house.api_prices import TOKEN_CLASSES
from specxl.method.codes import Grade
from specxl.model.cells import Chart, Range, Ref, Series
from specxl.model.formulas import Context, choice_number, literal, speed
from specxl.sheets.anchors import Anchor, entered
from specxl.sheets.api_prices import AS_OF
from specxl.sheets.block.flags import FLAGS
from specxl.sheets.block.stack import Stack
from specxl.sheets.break_even.plot import NAMES, comparison_names
from specxl.sheets.frame import COMMON_TARGET, MARGIN, WORKINGS, start_sheet
from specxl.sheets.margin.columns import MARGIN_ROW
from specxl.sheets.margin.what_if import estimate_words, lay_what_if, place_length
from specxl.sheets.margin.words import Sale
from specxl.sheets.plan import Check
from specxl.sheets.results import READS
from specxl.sheets.words import joined_flags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan

CHOICE = "margin_choice"
CHOICE_ROW, SPEED_ROW, HEAD_ROW = 4, 5, 7
LABEL, OWN, LIVE, UNIT = 0, 1, 2, 3
LINE, SIDE_B, SIDE_A, LESS, LINE_UNIT = 5, 6, 7, 8, 9
LAST_COL = LINE_UNIT
WHAT_IF_ROW = 28
INPUTS = {
    "load": "percent", "p_in": "price", "p_cached": "price", "p_out": "price", "n_in": "whole", "n_out": "whole",
    "share": "percent", "cut": "percent", "fee": "price",
}  # fmt: skip
SHARES = ("load", "share", "cut")
ORIGINS = {"load": ("on_prices", "own"), "n_in": ("workload", "mix"), "n_out": ("workload", "mix")}
"""Inputs that say where what is in force comes from: while their own cell is empty, and once it is not."""
EVEN_KEYS = ("p_in", "p_cached", "p_out", "n_in", "n_out", "share")
SIDE_KEYS = {"total_in": "total", "price_in": "price", "power_in": "power", "status": "status"}
# The lines of results: key, whether it is of the terms (one figure for both sides), style.
LINES = (
    ("total_in", False, "tput"), ("sold", False, "tokens"), ("blended", True, "cost"), ("fresh", True, "cost muted"),
    ("cached", True, "cost muted"), ("output", True, "cost muted"), ("revenue", False, "price"), ("paid", False, "price"),
    ("cost", False, "price"), ("profit", False, "price strong"), ("margin", False, "percent strong"), ("year", False, "money"),
    ("gw_year", False, "money"), ("load_even", False, "percent strong"), ("price_even", False, "cost"),
)  # fmt: skip
SIGNED = ("total_in", "sold", "revenue", "profit", "year", "gw_year")
"""Lines beside which the difference of both sides stands."""
CHART_SIZE, ROW_PIXELS = (560, 330), 20
WIDTHS = {
    LABEL: 31, OWN: 11, LIVE: 10, UNIT: 33, 4: 2, LINE: 22, SIDE_B: 13.5, SIDE_A: 13.5, LESS: 13, LINE_UNIT: 26,
}  # fmt: skip


def margin_name(name: str) -> str:
    """What an input of the sheet is called among those that a judge looks up."""
    return f"margin_{name}"


@dataclass(frozen=True)
class _Draft:
    plan: Plan
    sheet: Sheet
    sides: Mapping[str, str]

    def words(self, piece: str) -> Mapping[str, str]:
        found: Mapping[str, str] = self.plan.house.texts["margin"][piece]
        return found


def build_margin(plan: Plan) -> list[Sheet]:
    """Lay out the sheet and its workings: one row of cells, and what the chart plots."""
    texts = plan.house.texts["margin"]["sheet"]
    sheet = start_sheet(MARGIN, None, tab="front", subtitle=texts["subtitle"], check_columns=2)
    draft = _Draft(plan, sheet, plan.shared_sides())
    with plan.workings.block(MARGIN, draft.words("work")["margin"]) as flow:
        names = plan.workings.lists[NAMES]
        choice = _lay_choice(draft, names)
        typed = _lay_inputs(draft)
        cells = _lay_row(draft, flow, choice_number(choice, names), typed)
        chart = _lay_plot(draft, flow, cells)
        length = place_length(plan, sheet, WHAT_IF_ROW, SIDE_A)
        knots = {end: _of_row(plan, cells, f"a_m_{end}") for end in ("left", "right")}
        estimate = lay_what_if(plan, flow, cells, knots, length)
        flags = {name: _lay_flags(draft, flow, cells, name, grades) for name, grades in FLAGGED.items()}
    sale = Sale(plan, cells, str(choice), draft.sides, flags)
    _lay_live(draft, cells)
    last = _lay_results(draft, cells)
    row = _lay_words(draft, sale, last + 2)
    sheet.formula(0, 0, sale.message(), "message")
    row = _lay_estimate(draft, estimate, row)
    _lay_chart(draft, HEAD_ROW + len(INPUTS) + 3, chart)
    end = max(row, HEAD_ROW + len(INPUTS) + 4 + CHART_SIZE[1] // ROW_PIXELS)
    sheet.wide(end, 0, LAST_COL, texts["foot"], "small wrap")
    sheet.heights |= {3: 6.0, end: 27.0}
    sheet.widths |= WIDTHS
    sheet.freeze = (CHOICE_ROW, 0)
    sheet.print_area = sheet.area(0, 0, end, LAST_COL)
    sheet.one_page = True
    _add_checks(plan, cells, draft)
    return [sheet]


def _lay_choice(draft: _Draft, names: Range) -> Ref:
    """Whose tokens are sold, and at which speed of a user."""
    sheet, plan, texts = draft.sheet, draft.plan, draft.words("sheet")
    offered = comparison_names(plan)
    opening = offered[plan.catalogue.comparisons.index(plan.catalogue.pairs[0].canonical)]
    sheet.put(CHOICE_ROW, LABEL, texts["choice"], "strong")
    sheet.merges.append(sheet.area(CHOICE_ROW, OWN, CHOICE_ROW, UNIT))
    if names.rows == 1:
        choice = sheet.put(CHOICE_ROW, OWN, opening, "left")
    else:
        place = (CHOICE_ROW, OWN)
        choice = plan.register.place(
            sheet, place, opening, texts["choice"], style="left", choices=names, message=texts["choice_hint"]
        )
        plan.anchors.append(entered(CHOICE, choice))
    sheet.put(SPEED_ROW, LABEL, texts["at"], "strong")
    target = f'IF(ISNUMBER({COMMON_TARGET}),{speed(COMMON_TARGET, 2)},"-")'
    sheet.formula(SPEED_ROW, OWN, plan.say("margin", "sheet", "speed", {"target": target}), "left")
    return choice


def _lay_inputs(draft: _Draft) -> dict[str, Ref]:
    """What may be typed; empty takes what the workbook holds."""
    sheet, plan, items, hints = draft.sheet, draft.plan, draft.words("items"), draft.words("hints")
    texts = draft.words("sheet")
    sheet.put(HEAD_ROW - 1, LABEL, texts["inputs"], "heading")
    heads = ((items["head"], "head"), (texts["value"], "head right"), (texts["live"], "head right"))
    for col, (text, style) in enumerate((*heads, (texts["unit"], "head indent"))):
        sheet.put(HEAD_ROW, col, text, style)
    found = {}
    for row, (name, style) in enumerate(INPUTS.items(), start=HEAD_ROW + 1):
        sheet.put(row, LABEL, items[name])
        found[name] = plan.register.place(
            sheet, (row, OWN), None, items[name], style=style, message=hints[name], share=name in SHARES
        )
        plan.anchors.append(entered(margin_name(name), found[name]))
    return found


def _lay_row(draft: _Draft, flow: Flow, choice: str, typed: Mapping[str, Ref]) -> dict[str, Ref]:
    """The row of cells: the terms, then each side."""
    plan = draft.plan
    hours = flow.take()
    flow.sheet.put(hours, 0, draft.words("work")["hours"])
    names = {f"{name}_in": str(ref.fix) for name, ref in typed.items()}
    names |= {f"even_{key}": str(_column(plan, "even", key)) for key in EVEN_KEYS}
    names["load_held"] = str(plan.prices.names["load"].fix)
    names |= {"hours": str(flow.sheet.put(hours, 3, _HOURS, "whole").fix), "reads": str(READS)}
    stack = Stack(flow.sheet, 0, MARGIN_ROW, Context(plan.context | names))
    stack.lay_headers(flow.take(), draft.words("columns"))
    row = flow.take()
    at = next(col for col, (_, column) in enumerate(MARGIN_ROW) if column.key == "row")
    given = {
        f"{side}_{key}": f"INDEX({_column(plan, 'comparison', f'{side}_{held}')},{Ref(flow.sheet.name, row, at)})"
        for side in "ab"
        for key, held in SIDE_KEYS.items()
    }
    cells = stack.lay(row, {"choice": choice, **given})
    plan.anchors.append(Anchor("margin", "", cells["choice"], stack.keys, ((),)))
    flow.gap()
    return cells


_HOURS = 8760
FLAGGED = {"stops": (Grade.STOP,), "flags": (Grade.CAUTION, Grade.NOTE)}


def _lay_flags(draft: _Draft, flow: Flow, cells: Mapping[str, Ref], name: str, grades: Sequence[Grade]) -> Ref:
    """The flags of some grades that the chosen read raises, in words; nothing while nothing is chosen."""
    plan, lists = draft.plan, draft.plan.workings.lists["flags"]
    places = [(place, flag.id) for place, flag in enumerate(FLAGS) if flag.grade in grades]
    raised = [(_of_row(plan, cells, f"f_{id_}"), str(lists.cell(place).fix)) for place, id_ in places]
    text = f'IF({cells["choice"]}=0,"",{joined_flags(raised)})'
    return flow.line(draft.words("work")[name], text, "text")


def _of_row(plan: Plan, cells: Mapping[str, Ref], key: str) -> str:
    """Formula: what the chosen comparison's block holds at the Summary's speed."""
    return f"INDEX({_column(plan, 'comparison', key)},{cells['row'].fix})"


def _lay_estimate(draft: _Draft, cells: Mapping[str, Ref], row: int) -> int:
    """The estimate, apart from what was measured; return the row below."""
    sheet, texts = draft.sheet, draft.words("what_if")
    sheet.put(WHAT_IF_ROW - 1, LINE, texts["heading"], "strong")
    sheet.put(WHAT_IF_ROW, LINE, texts["item"])
    words = estimate_words(draft.plan, cells, draft.sides["a"])
    sheet.formula(WHAT_IF_ROW + 1, LINE, words, "note wrap")
    sheet.merges.append(sheet.area(WHAT_IF_ROW + 1, LINE, WHAT_IF_ROW + 1, LINE_UNIT))
    sheet.heights[WHAT_IF_ROW + 1] = 36.0
    return max(row, WHAT_IF_ROW + 2)


def _column(plan: Plan, kind: str, key: str) -> Range:
    """A column of a block of the whole workbook."""
    anchor = next(a for a in plan.anchors if (a.kind, a.owner) == (kind, ""))
    first = anchor.first.right(anchor.keys.index(key))
    return Range(first, first.down(anchor.rows - 1))


def _lay_plot(draft: _Draft, flow: Flow, cells: Mapping[str, Ref]) -> Range:
    """Load in per cent, what each side keeps, and the cost: at no load and at full load."""
    flow.heading(draft.words("work")["chart"], "strong")
    head, first = flow.take(), flow.take(2)
    for col, side in ((1, "b"), (2, "a")):
        flow.sheet.formula(head, col, draft.sides[side], "head")
    flow.sheet.put(head, 3, draft.words("sheet")["chart_cost"], "head")
    for row, load in ((first, 0), (first + 1, 100)):
        flow.sheet.put(row, 0, load, "id")
        for col, side in ((1, "b"), (2, "a")):
            flow.sheet.formula(row, col, str(cells[f"{side}_kept"]) if load else "0", "price")
        flow.sheet.formula(row, 3, f"MAX({cells['a_spent']},{cells['b_spent']})", "price")
    flow.gap()
    return flow.sheet.area(head, 0, first + 1, 3)


def _lay_live(draft: _Draft, cells: Mapping[str, Ref]) -> None:
    """What is in force, its unit and where it comes from."""
    sheet, plan = draft.sheet, draft.plan
    currency = plan.context["currency"]
    own = literal(draft.words("units")["own"])
    listed = dict(zip(("p_in", "p_cached", "p_out"), TOKEN_CLASSES, strict=True))
    for row, (name, style) in enumerate(INPUTS.items(), start=HEAD_ROW + 1):
        typed = sheet.ref(row, OWN)
        sheet.formula(row, LIVE, str(cells[name]), f"{style} muted")
        if name in listed:
            origin = f'IF({typed}="",{_listed_words(draft, cells)},{own})'
            fields = {"currency": currency, "from": origin}
            text = plan.say("margin", "units", "price", fields)
            unknown = literal(draft.words("units")["unknown"])
            text = f'IF({cells[name]}="",{unknown},{text})'
        elif name in ORIGINS:
            words = draft.words("units")
            held, typed_here = (literal(words[origin]) for origin in ORIGINS[name])
            origin = f'IF({typed}="",{held},{typed_here})'
            text = plan.say("margin", "units", name, {"from": origin})
        else:
            text = plan.say("margin", "units", name, {"currency": currency} if name == "fee" else {})
        sheet.formula(row, UNIT, text, "muted indent")


def _listed_words(draft: _Draft, cells: Mapping[str, Ref]) -> str:
    """Formula: "API price as of 2025-09-05, see Prices", for the model that is chosen."""
    plan = draft.plan
    dates = [
        Ref(ref.sheet, ref.row, AS_OF).fix
        for ref in (plan.api.prices[c.key.model]["input"] for c in plan.catalogue.comparisons)
    ]
    models: dict[int, list[int]] = {}
    for place, ref in enumerate(dates, start=1):
        models.setdefault(ref.row, []).append(place)
    chain = '""'
    for row, places in sorted(models.items(), reverse=True):
        date = next(ref for ref in dates if ref.row == row)
        chain = f"IF(AND({cells['choice']}>={places[0]},{cells['choice']}<={places[-1]}),{date},{chain})"
    return plan.say("margin", "units", "listed", {"as_of": chain})


def _lay_results(draft: _Draft, cells: Mapping[str, Ref]) -> int:
    """What one GPU earns, line by line; return the last row."""
    sheet, plan, texts = draft.sheet, draft.plan, draft.words("sheet")
    sheet.put(HEAD_ROW - 3, LINE, texts["results"], "heading")
    head = HEAD_ROW - 2
    for col, text in ((SIDE_B, draft.sides["b"]), (SIDE_A, draft.sides["a"])):
        sheet.formula(head, col, text, "head right")
    sheet.formula(head, LESS, plan.say("margin", "sheet", "difference", draft.sides), "head right")
    sheet.put(head, LINE, None, "head")
    sheet.put(head, LINE_UNIT, None, "head indent")
    row = head + 1
    chosen, results = f"{cells['choice']}=0", {side: _column(plan, "results", f"{side}_status") for side in "ab"}
    sheet.put(row, LINE, draft.words("lines")["status"])
    for col, side in ((SIDE_B, "b"), (SIDE_A, "a")):
        sheet.formula(row, col, f'IF({chosen},"",INDEX({results[side]},{cells["row"]}))', "right muted wrap")
    sheet.heights[row] = 27.0
    for key, shared, style in LINES:
        row += 1
        label = "total" if key == "total_in" else key
        sheet.put(row, LINE, draft.words("lines")[label], "strong" if "strong" in style else "text")
        found = [cells[key]] * 2 if shared else [cells[f"b_{key}"], cells[f"a_{key}"]]
        for col, cell in zip((SIDE_B, SIDE_A), found, strict=True):
            sheet.formula(
                row,
                col,
                f'IF({cells["why"] if shared else cells["choice"]}{">0" if shared else "=0"},"",{cell})',
                style,
            )
        if key in SIGNED:
            b, a = found
            both = f"AND({cells['choice']}>0,COUNT({a},{b})=2)"
            sheet.formula(row, LESS, f'IF({both},{a}-{b},"")', style)
        unit = plan.say(
            "margin", "line_units", label, {"currency": plan.context["currency"]} if _money(draft, label) else {}
        )
        sheet.formula(row, LINE_UNIT, unit, "muted indent")
    return row


def _money(draft: _Draft, label: str) -> bool:
    return "{currency}" in draft.words("line_units")[label]


def _lay_words(draft: _Draft, sale: Sale, row: int) -> int:
    """A sentence per side, and reasons for care; return the row below."""
    sheet = draft.sheet
    for text, style in ((sale.side("a"), "wrap"), (sale.side("b"), "wrap"), (sale.care(), "small wrap")):
        sheet.formula(row, LINE, text, style)
        sheet.merges.append(sheet.area(row, LINE, row, LINE_UNIT))
        sheet.heights[row] = 30.0
        row += 1
    return row


def _lay_chart(draft: _Draft, row: int, plotted: Range) -> None:
    """What is kept of the revenue, and what a GPU-hour costs, by load."""
    sheet, texts = draft.sheet, draft.words("sheet")
    sheet.put(row, 0, texts["chart"], "strong")
    load = Range(plotted.cell(1), plotted.cell(2))
    looks = ("b_curve", "a_curve", "cost_line")
    series = tuple(
        Series(plotted.cell(0, col), load, Range(plotted.cell(1, col), plotted.cell(2, col)), look)
        for col, look in enumerate(looks, start=1)
    )
    sheet.charts.append(
        Chart(
            kind="scatter",
            at=sheet.ref(row + 1, 0),
            width=CHART_SIZE[0],
            height=CHART_SIZE[1],
            series=series,
            x_title=texts["chart_x"],
            y_title=texts["chart_y"],
            alt_text=texts["chart_alt"],
            name="margin",
            number_format="0.0",
        )
    )


def _add_checks(plan: Plan, cells: Mapping[str, Ref], draft: _Draft) -> None:
    """Revenue less what is paid is the profit; at the load that breaks even it is nothing."""
    wrong = []
    for side in "ab":
        revenue, paid, cost, profit, even, kept = (
            cells[f"{side}_{key}"] for key in ("revenue", "paid", "cost", "profit", "load_even", "kept")
        )
        apart = f'ABS({revenue}-{paid}-{cost}-{profit})+IF({even}="",0,ABS({even}*{kept}-{cost}))'
        allowed = f"{plan.context['tolerance']}*({revenue}+{cost})"
        wrong.append(f"IF({cells[f'{side}_missing']}>0,0,1*({apart}>{allowed}))")
    plan.checks.append(Check(draft.words("work")["check"], WORKINGS, "+".join(wrong)))
