"""The Break-even sheet: a line per comparison, with the speed, the price and the load at which it turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Formula, Highlight, Link, Range, resolve
from specxl.model.formulas import first_true
from specxl.sheets.break_even.plot import NAMES, Plotter, comparison_names, place_chart, place_choice
from specxl.sheets.break_even.rows import MOST_CROSSINGS, crossing_count, lay_rows, stretches_of
from specxl.sheets.break_even.words import Line
from specxl.sheets.frame import BREAK_EVEN, WORKINGS, Columns, TableColumn, lay_page, start_sheet
from specxl.sheets.own_speed import OWN_SPEED, decided_read, place_speed, speed_words, stops_column
from specxl.sheets.plan import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.break_even.plot import Plotted
    from specxl.sheets.break_even.rows import EvenRows
    from specxl.sheets.plan import Plan

CONTROL_ROW, NOTE_ROW, GROUP_ROW, HEAD_ROW = OWN_SPEED.row, 5, 6, 7
READING_COL, CHOICE_COL, LINK_COL = OWN_SPEED.col + 3, 2, 5
LINE_HEIGHT, LONGER = 34.0, 12.0
"""Points of a line of three lines of words, and what one of several crossings takes more."""
TABLE = Columns(
    TableColumn("hardware", "", 11.5, "middle"),
    TableColumn("model", "", 13.5, "middle"),
    TableColumn("combination", "", 11, "middle"),
    TableColumn("x1", "", 5, "speed strong middle"),
    TableColumn("x2", "", 5, "speed strong middle"),
    TableColumn("x3", "", 5, "speed strong middle"),
    TableColumn("speed_words", "", 35, "small wrap middle indent"),
    TableColumn("b_turn", "", 9, "price b middle"),
    TableColumn("a_turn", "", 9, "price a middle"),
    TableColumn("price_words", "", 27, "small wrap middle indent"),
    TableColumn("api", "", 7.5, "cost middle"),
    TableColumn("b_load", "", 7.5, "percent b middle"),
    TableColumn("a_load", "", 7.5, "percent a middle"),
    TableColumn("load_words", "", 23, "small wrap middle indent"),
)
LAST_COL = len(TABLE) - 1
GROUPS = (("speed", "x1", "speed_words"), ("price", "b_turn", "price_words"), ("load", "api", "load_words"))
LEFT = ("hardware", "model", "combination")


def build_break_even(plan: Plan) -> list[Sheet]:
    """Lay out the sheet and its workings."""
    texts = plan.house.texts["budget"]["even"]
    sheet = start_sheet(BREAK_EVEN, None, tab="front", subtitle=texts["subtitle"], check_columns=3)
    work = plan.house.texts["budget"]["work"]
    with plan.workings.block(BREAK_EVEN, work["even"]) as flow:
        even = lay_rows(plan, flow)
        counts = _lay_counts(flow, even, work)
        sides = plan.shared_sides()
        last = HEAD_ROW + len(even.rows)
        plan.workings.lists[NAMES] = flow.list(work["names"], comparison_names(plan))
        choice = place_choice(plan, sheet, last + 3, CHOICE_COL, _opening(plan))
        crossed = sheet.area(HEAD_ROW + 1, TABLE["x1"], last, TABLE[f"x{MOST_CROSSINGS}"])
        flow.heading(work["plot"])
        plotter = Plotter(plan, flow, even, choice, crossed)
        plotted = plotter.lay(sides, texts["same"])
    _lay_head(plan, sheet, counts, sides)
    _lay_table_head(plan, sheet, sides)
    row = HEAD_ROW
    for comparison in plan.catalogue.comparisons:
        row += 1
        _lay_line(plan, sheet, row, comparison, even)
    _mark_stops(plan, sheet, row, even)
    end = _lay_drawn(plan, sheet, row + 2, plotted, plotter.cells["choice"])
    sheet.freeze = (HEAD_ROW + 1, 1)
    lay_page(sheet, sheet.ref(end, LAST_COL), (GROUP_ROW, HEAD_ROW))
    _add_checks(plan, even)
    return [sheet]


def _opening(plan: Plan) -> Comparison:
    """The comparison that the chart opens on: the first whose sides cross, else the first."""
    comparisons = plan.catalogue.comparisons
    return next((c for c in comparisons if stretches_of(plan, c) and crossing_count(c)), comparisons[0])


def _lay_drawn(plan: Plan, sheet: Sheet, row: int, plotted: Plotted, choice: Ref) -> int:
    """The chart under its heading, its choice, and what the table says of that; return the last row that it covers."""
    names, texts = plan.context, plan.house.texts["budget"]["even"]
    unit = {"currency": names["currency"], "tokens": names["tokens"]}
    sheet.formula(row, 0, plan.say("budget", "even", "chart", unit), "heading")
    sheet.put(row + 1, 0, texts["choice"], "strong")
    sheet.merges.append(sheet.area(row + 1, CHOICE_COL, row + 1, CHOICE_COL + 4))
    words = TABLE.area(sheet, "speed_words", HEAD_ROW + 1, row - 2)
    sheet.wide(
        row + 2, 0, LAST_COL, Formula(resolve(f'IF({choice}=0,"",INDEX({words},MAX({choice},1)))', sheet.name)), "small"
    )
    sheet.put(2, LINK_COL, Link(sheet.ref(row, 0).link(), texts["to_chart"]), "link")
    return place_chart(plan, sheet, sheet.ref(row + 3, 0), plotted)


def _column(even: EvenRows, key: str) -> Range:
    cells = [row[key] for row in even.rows.values()]
    return Range(cells[0], cells[-1])


def _lay_counts(flow: Flow, even: EvenRows, work: Mapping[str, str]) -> dict[str, Ref]:
    """How many comparisons without a stop have speeds in common, and on how many of these one side is always cheaper."""
    count, first, last, stops = (_column(even, key) for key in ("count", "ahead", "to", "stops"))
    on = _column(even, "on")
    common = f"({last}>0)*({on}=1)"
    counted = f"{common}*({stops}=0)"
    counting = {
        "counted": counted,
        "changes": f"{counted}*({count}>0)",
        "always_a": f"{counted}*({count}=0)*({first}=1)",
        "always_b": f"{counted}*({count}=0)*({first}<0)",
        "stopped": f"{common}*({stops}>0)",
    }
    found = {name: flow.line(work[f"even_{name}"], f"SUMPRODUCT({text})") for name, text in counting.items()}
    flow.gap()
    return found


def _lay_head(plan: Plan, sheet: Sheet, counts: Mapping[str, Ref], sides: Mapping[str, str]) -> None:
    fields = {name: f"FIXED({cell},0)" for name, cell in counts.items()}
    fields |= {**sides, "noun": plan.noun(counts["counted"])}
    none = plan.say("budget", "even_message", "none", {})
    line, other = (plan.say("budget", "even_message", name, fields) for name in ("line", "other"))
    other = f'IF({counts["always_b"]}=0,"",{other})'
    sheet.formula(0, 0, first_true(((f"{counts['counted']}=0", none),), f"{line}&{other}"), "message")
    stops = (
        (f"{counts['stopped']}=0", '""'),
        (f"{counts['stopped']}=1", plan.say("budget", "budget_message", "stop", {})),
    )
    sheet.formula(2, 6, first_true(stops, plan.say("budget", "budget_message", "stops", fields)), "muted")
    texts = plan.house.texts["budget"]["even"]
    sheet.put(CONTROL_ROW, 0, texts["control"], "strong")
    sheet.merges.append(sheet.area(CONTROL_ROW, OWN_SPEED.col, CONTROL_ROW, OWN_SPEED.col + 1))
    place_speed(plan, sheet)
    sheet.formula(CONTROL_ROW, READING_COL, plan.say("budget", "even", "reading", speed_words(plan)), "muted")
    sheet.wide(NOTE_ROW, 0, LAST_COL, texts["note"], "small")
    sheet.heights |= {3: 6.0, CONTROL_ROW: 18.0}


def _lay_table_head(plan: Plan, sheet: Sheet, sides: Mapping[str, str]) -> None:
    names, texts = plan.context, plan.house.texts["budget"]["even_table"]
    fields = {"currency": names["currency"], "tokens": names["tokens"]}
    for key, first, _ in GROUPS:
        sheet.formula(GROUP_ROW, TABLE[first], plan.say("budget", "even", key, fields), "strong")
    for col, key in enumerate(TABLE.keys):
        words = key.endswith("words")
        style = "head" if key in LEFT else "head indent" if words else "head right"
        if "{" in texts[key]:
            named = fields | {"side": sides.get(key[0], "")}
            sheet.formula(HEAD_ROW, col, plan.say("budget", "even_table", key, named), style)
        else:
            sheet.put(HEAD_ROW, col, texts[key], style)
        sheet.widths[col] = TABLE.width(key)
    sheet.heights[HEAD_ROW] = 39.0


def _lay_line(plan: Plan, sheet: Sheet, row: int, comparison: Comparison, even: EvenRows) -> None:
    cells, found, labels = even.rows[comparison.number], even.crossings[comparison.number], plan.labels(comparison)
    line = Line(plan, cells, found, decided_read(plan, comparison), plan.side_cells(comparison))
    TABLE.put(sheet, row, "hardware", labels["hardware"])
    TABLE.put(sheet, row, "model", plan.house.model(comparison.key.model).short_label)
    TABLE.put(sheet, row, "combination", comparison.label)
    shown = {
        **{f"x{k}": str(crossing["x"]) for k, crossing in enumerate(found, start=1)},
        "speed_words": line.speed(),
        **{f"{side}_turn": line.signed(f"turn_{side}", "price", side, other) for side, other in ("ab", "ba")},
        "price_words": line.price(),
        "api": str(cells["blended"]),
        **{f"{side}_load": line.signed(f"load_{side}", "percent", "", side) for side in "ab"},
        "load_words": line.load(),
    }
    for key, text in shown.items():
        TABLE.formula(sheet, row, key, text)
    sheet.heights[row] = LINE_HEIGHT + (LONGER if len(found) > 1 else 0.0)


def _mark_stops(plan: Plan, sheet: Sheet, last: int, even: EvenRows) -> None:
    """A line of words about a stop looks like one."""
    first = HEAD_ROW + 1
    place = f"ROWS({sheet.ref(first, 0).fix.address}:$A{first + 1})"
    for key, stops in (("speed_words", _column(even, "stops")), ("price_words", stops_column(plan))):
        sheet.highlights.append(Highlight(TABLE.area(sheet, key, first, last), f"INDEX({stops},{place})>0", "stop"))


def _add_checks(plan: Plan, even: EvenRows) -> None:
    """As many crossings are solved as there are."""
    solved = [crossing["x"] for found in even.crossings.values() for crossing in found]
    count = _column(even, "count")
    wanted = (
        f"SUMPRODUCT(({count}<={MOST_CROSSINGS})*{count})+{MOST_CROSSINGS}*SUMPRODUCT(1*({count}>{MOST_CROSSINGS}))"
    )
    if solved:
        found = f"COUNT({Range(solved[0], solved[-1])})"
        plan.checks.append(
            Check(plan.house.texts["budget"]["work"]["check_crossings"], WORKINGS, f"ABS({found}-({wanted}))")
        )
