"""The Performance sheet: controls, a ranked table and the chart beside it on the first screen, the linear chart below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.model.cells import Highlight, Link, Ref, Sheet
from specxl.model.formulas import first_true, literal, speed
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.anchors import Anchor
from specxl.sheets.frame import (
    CHECKS,
    MESSAGE_HEIGHT,
    PERFORMANCE,
    PRICES,
    SUMMARY,
    facts_line,
    head_style,
    lay_checks_line,
)
from specxl.sheets.pair.plot import metric_unit
from specxl.sheets.performance.draft import Draft
from specxl.sheets.performance.lines import lay_board
from specxl.sheets.performance.offers import offers_of, opening_choice, variant_word
from specxl.sheets.performance.places import (
    CELLS,
    CHART_COL,
    CHART_ROW,
    CHART_WIDTH,
    CONTROLS,
    COUNT_ROW,
    GAP_COL,
    HEAD_ROW,
    LABEL_COLS,
    LARGE,
    LAST_COL,
    LAST_INPUT_COLS,
    LONGEST_PAGE,
    ROW_PIXELS,
    SMALL,
    TABLE,
    WIDEST_VARIANT,
)
from specxl.sheets.performance.plot import lay_plot, place_charts
from specxl.sheets.performance.reads import FIGURED

if TYPE_CHECKING:
    from specxl.sheets.performance.draft import Board
    from specxl.sheets.performance.plot import Plot
    from specxl.sheets.plan import Plan


def build_performance(plan: Plan) -> list[Sheet]:
    """Lay out the sheet: its workings first, on their own sheet, then what people see of them."""
    sheet, offers = Sheet(PERFORMANCE, tab="front"), offers_of(plan)
    with plan.workings.block(PERFORMANCE, plan.house.texts["performance"]["workings"]["lists"]) as flow:
        lists = {
            control: plan.workings.lists["metrics"]
            if control == "metric"
            else flow.list(control, offers[control].labels)
            for control in CONTROLS
        }
        draft = Draft(sheet, plan, flow, offers, lists)
        _lay_controls(draft)
        board = lay_board(draft)
        plot = lay_plot(draft, board)
    _lay_head(draft, board)
    last = _lay_table(draft, board)
    end = _lay_charts(draft, board, plot)
    last = max(end, _lay_notes(draft, last + 2))
    sheet.widths |= {GAP_COL: 1.5, **dict.fromkeys(range(CHART_COL, LAST_COL + 1), CHART_WIDTH)}
    sheet.freeze = (HEAD_ROW + 1, 0)
    sheet.print_area = sheet.area(0, 0, last, LAST_COL)
    sheet.one_page = last < LONGEST_PAGE
    return [sheet]


def _lay_controls(draft: Draft) -> None:
    """The dropdowns and the speed; a control with one choice is a word."""
    sheet, texts, first = draft.sheet, draft.texts["controls"], opening_choice(draft.plan, draft.offers)
    for name, cell in CELLS.items():
        sheet.put(cell.row, LABEL_COLS[cell.col], texts[name], "strong")
        sheet.merges.append(sheet.area(cell.row, cell.col, cell.row, LAST_INPUT_COLS[cell.col]))
        place, hint = (cell.row, cell.col), texts[f"{name}_hint"]
        if name == "target":
            value, style = draft.plan.catalogue.common_target, "general left answer"
            draft.plan.register.place(sheet, place, value, texts[name], style=style, message=hint)
            continue
        offer = draft.offers[name]
        label = offer.labels[first[name] - 1]
        if offer.single:
            sheet.put(*place, label, "left")
        else:
            choices = draft.lists[name]
            draft.plan.register.place(sheet, place, label, texts[name], style="left", choices=choices, message=hint)


def _lay_head(draft: Draft, board: Board) -> None:
    """The message, what the figures rest on, links, and how many configurations pass and are drawn."""
    sheet = draft.sheet
    # a control that holds one of its choices holds its words
    fields = {name: str(CELLS[name]) for name in ("model", "workload", "metric")} | {"speed": speed(board["target"], 2)}
    rules = (
        (f"{board['total']}=0", draft.say("message", "none", fields)),
        (f"{board['metric']}=0", draft.say("message", "no_metric", fields)),
        (f"{board['valid']}=0", draft.say("message", "no_target", fields)),
    )
    sheet.formula(0, 0, first_true(rules, draft.say("message", "ranked", fields)), "message")
    sheet.heights[0] = MESSAGE_HEIGHT
    sheet.formula(1, 0, facts_line(draft.word("facts", "line")), "muted")
    for col, target in ((1, SUMMARY), (2, PRICES), (3, CHECKS)):
        sheet.put(2, col, Link(Ref(target, 0, 0).link(), target), "link")
    lay_checks_line(sheet, LABEL_COLS[7], LABEL_COLS[7] + 1)
    sheet.formula(COUNT_ROW, 0, _counts(draft, board), "strong")
    sheet.heights[COUNT_ROW] = 18.0


def _counts(draft: Draft, board: Board) -> str:
    """Formula: how many configurations pass, have a figure and are drawn, or what leaves nothing."""
    numbers = {key: f"FIXED({board[key]},0)" for key in ("total", "read", "drawn", "rest")}
    rest = f"IF({board['rest']}=1,{draft.word('counts', 'rest_one')},{draft.say('counts', 'rest', numbers)})"
    drawn = first_true(
        (
            (f"{board['drawn']}=0", draft.word("counts", "drawn_none")),
            (f"{board['rest']}=0", draft.word("counts", "drawn_all")),
        ),
        draft.say("counts", "drawn_some", numbers),
    )
    fields = {
        **numbers,
        **{name: str(CELLS[name]) for name in ("model", "workload")},
        "configurations": f"IF({board['total']}=1,{draft.word('counts', 'one')},{draft.word('counts', 'many')})",
        "drawn": drawn,
        "rest": f'IF(OR({board["drawn"]}=0,{board["rest"]}=0),"",{rest})',
    }
    chosen = f"MIN({board['model']},{board['workload']})>0"
    rules = (
        (f"{board['total']}>0", draft.say("counts", "line", fields)),
        (f"AND({chosen},{board['group']}=0)", draft.say("counts", "unmeasured", fields)),
        (chosen, draft.say("counts", "filtered", fields)),
    )
    return first_true(rules, '""')


def _lay_table(draft: Draft, board: Board) -> int:
    """The configurations that pass, in order; return the last row."""
    sheet, texts, count = draft.sheet, draft.texts["table"], board.slots["number"].rows
    for key in TABLE.keys:
        sheet.put(HEAD_ROW, TABLE[key], texts[key], head_style(TABLE.style(key)))
        sheet.widths[TABLE[key]] = TABLE.width(key)
    # the name of a run of one's own needs more room
    longest = max(len(variant_word(draft.plan, line)) for line in draft.plan.catalogue.lines)
    sheet.widths[TABLE["variant"]] = max(TABLE.width("variant"), min(longest + 1.0, WIDEST_VARIANT))
    sheet.heights[HEAD_ROW] = 30.0
    first, last = HEAD_ROW + 1, HEAD_ROW + count
    words = {"figure": "shown", "status": "status_word"}
    for place in range(1, count + 1):
        slot = board.slots["holds"].cell(place - 1)
        for key in TABLE.keys:
            named = f"{key}_word" if key in ("hardware", "precision", "variant") else ""
            line = board.held("line", slot)
            text = (
                f'IF({line}=0,"",INDEX({board.lines[named]},{line}))'
                if named
                else board.held(words.get(key, key), slot)
            )
            TABLE.formula(sheet, HEAD_ROW + place, key, text)
    statuses = TABLE.area(sheet, "status", first, last)
    at = Ref(board.slots["holds"].sheet, board.slots["holds"].first.row, board.slots["holds"].first.col)
    sheet.highlights.append(
        Highlight(statuses, f"AND({board.held('stop', at)}>0,{board.held('class', at)}={FIGURED})", "stop")
    )
    subjects = tuple((place,) for place in range(1, count + 1))
    draft.plan.anchors.append(Anchor("performance_table", "", sheet.ref(first, 0), TABLE.keys, subjects))
    return last


def _lay_charts(draft: Draft, board: Board, plot: Plot) -> int:
    """Both charts under their headings; return the last row that they cover."""
    sheet, texts = draft.sheet, draft.texts["chart"]
    unit = board.by_metric(lambda m: metric_unit(draft.plan, m.key))
    heading = draft.say("chart", "heading", {"metric": str(CELLS["metric"]), "unit": unit})
    sheet.formula(CHART_ROW - 1, CHART_COL, f"IF({board['drawn']}=0,{literal(texts['nothing'])},{heading})", "strong")
    below = CHART_ROW + LARGE[1] // ROW_PIXELS + 2
    sheet.put(below - 1, CHART_COL, texts["linear"], "strong")
    place_charts(draft, plot, sheet.ref(CHART_ROW, CHART_COL), sheet.ref(below, CHART_COL))
    return below + SMALL[1] // ROW_PIXELS + 1


def _lay_notes(draft: Draft, row: int) -> int:
    """How to read the table; return the last row."""
    tie = draft.plan.context["tie_ratio"]
    fields = {"tie": f'{ROUNDINGS["percent"].text(f"({tie}-1)")}&" %"'}
    notes = [draft.say("notes", name, fields) for name in ("level", "bound", "cost")]
    for offset, note in enumerate(notes):
        ref = draft.sheet.formula(row + offset, 0, note, "muted wrap")
        draft.sheet.merges.append(draft.sheet.area(ref.row, 0, ref.row, GAP_COL - 1))
        draft.sheet.heights[ref.row] = 15.0
    return row + len(notes) - 1
