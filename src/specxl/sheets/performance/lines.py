"""The workings of the Performance sheet: the choice in force, every configuration, and those that pass, read and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.metrics import METRICS
from specxl.model.cells import in_row, resolve
from specxl.model.formulas import choice_number, if_positive
from specxl.sheets.anchors import Anchor
from specxl.sheets.performance.draft import Board
from specxl.sheets.performance.offers import ALL, curves_offered, key_of, slot_count, variant_word
from specxl.sheets.performance.places import CELLS, CONTROLS, DRAWN, FILTERS
from specxl.sheets.performance.reads import SLOT_COLUMNS, SLOT_KEYS, WORD_KEYS, word_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Range
    from specxl.sheets.performance.draft import Draft

COUNTED = (
    "target_in",
    "valid",
    "target",
    "total",
    "group",
    "low_first",
    "read",
    "best",
    "idle",
    "drawable",
    "drawn",
    "rest",
)
CHOICE_KEYS = (*CONTROLS, *COUNTED)
CODED = tuple(control for control in FILTERS if control != "serving")
"""The filters that a line has a code of; the ways of serving are curves of their own."""
LABELS = ("hardware_word", "precision_word", "variant_word")


def curve_keys(draft: Draft) -> tuple[str, ...]:
    """The keys of a line's curves: pooled, then by way of serving, as the control offers them."""
    serving = draft.offers["serving"]
    return ("curve_any", *(() if serving.single else (f"curve_{key}" for key in serving.keys)))


def line_keys(draft: Draft) -> tuple[str, ...]:
    """The columns of the table of lines that are judged."""
    return ("number", *CODED, *curve_keys(draft), "price", "power", "published", "passes", "count", *LABELS)


def lay_board(draft: Draft) -> Board:
    """Lay out the choice in force, a row per line and a row per slot; the cells refer to each other, so places come first."""
    flow, sheet, lines = draft.flow, draft.flow.sheet, draft.plan.catalogue.lines
    draft.heading("choice")
    head, row = flow.take(), flow.take()
    flow.gap()
    draft.heading("lines")
    line_head, first_line = flow.take(), flow.take(len(lines))
    flow.gap()
    draft.heading("slots")
    slots = slot_count(draft.plan.catalogue)
    slot_head, first_slot = flow.take(), flow.take(slots)
    flow.gap()

    def columns(keys: tuple[str, ...], first: int, count: int) -> dict[str, Range]:
        return {key: sheet.area(first, col, first + count - 1, col) for col, key in enumerate(keys)}

    cells = {key: sheet.ref(row, col) for col, key in enumerate(CHOICE_KEYS)}
    keys = line_keys(draft)
    board = Board(cells, columns(keys, first_line, len(lines)), columns((*SLOT_KEYS, *WORD_KEYS), first_slot, slots))
    sheet.row(head, 0, CHOICE_KEYS, "head")
    sheet.row(line_head, 0, keys, "head")
    sheet.row(slot_head, 0, (*SLOT_KEYS, *WORD_KEYS), "head")
    for key, text in _choice_texts(draft, board).items():
        sheet.formula(row, cells[key].col, text, "full" if key in ("target", "best", "idle") else "id")
    _lay_lines(draft, board, first_line)
    _lay_slots(draft, board, first_slot, slots)
    anchors = (
        Anchor("performance_choice", "", cells[CHOICE_KEYS[0]], CHOICE_KEYS, ((),)),
        Anchor("performance_lines", "", sheet.ref(first_line, 0), keys, tuple((i,) for i in range(len(lines)))),
        Anchor("performance_slots", "", sheet.ref(first_slot, 0), SLOT_KEYS, tuple((i,) for i in range(slots))),
    )
    draft.plan.anchors.extend(anchors)
    return board


def _choice_texts(draft: Draft, board: Board) -> dict[str, str]:
    """The numbers of the choices; then the speed, and what passes, is read and is drawn."""
    target, lines, slots = CELLS["target"], board.lines, board.slots
    better_low = [f"{board['metric']}={number}" for number, m in enumerate(METRICS, start=1) if m.better_low]
    figures = slots["figure"]
    return {
        **{control: choice_number(CELLS[control], draft.lists[control]) for control in CONTROLS},
        "target_in": f'IF({target}="","",{target})',
        "valid": if_positive(board["target_in"], 1, 0),
        "target": f"IF({board['valid']}=1,{board['target_in']},0)",
        "total": f"MAX({lines['count']})",
        "group": f"SUMPRODUCT(({lines['model']}={board['model']})*({lines['workload']}={board['workload']}))",
        "low_first": f"IF(OR({','.join(better_low)}),1,0)",
        "read": f"COUNT({figures})",
        "best": f"IF(COUNT({figures})=0,0,IF({board['low_first']}=1,MIN({figures}),MAX({figures})))",
        # the height of what is not drawn: one that does not widen the axis
        "idle": f"IF({board['best']}=0,1,{board['best']})",
        "drawable": f"SUM({slots['drawn']})",
        "drawn": f"MIN({DRAWN},{board['drawable']})",
        "rest": f"{board['total']}-{board['drawn']}",
    }


def _lay_lines(draft: Draft, board: Board, first: int) -> None:
    """One row per line: its codes, curves, price and power, and whether the filters let it through."""
    sheet, plan, offers = draft.flow.sheet, draft.plan, draft.offers
    col = {key: area.first.col for key, area in board.lines.items()}
    own = {key: in_row(place) for key, place in col.items()}
    curves = curve_keys(draft)
    served = f"INDEX({own[curves[0]]}:{own[curves[-1]]},MAX({board['serving']},1))"
    tests = [f"{own[key]}={board[key]}" for key in ("model", "workload")]
    tests += [_lets_through(f"{own[key]}", board, draft, key) for key in CODED if key not in ("model", "workload")]
    passes = f"IF(AND({','.join(tests)},{board['serving']}>0),IF({served}>0,1,0),0)"
    count = f"SUM({in_row(col['count'], -1)},{own['passes']})"  # above the first stands a text, which adds nothing
    patterns = {key: resolve(text, sheet.name) for key, text in (("passes", passes), ("count", count))}
    for number, line in enumerate(plan.catalogue.lines, start=1):
        row, cells, house = first + number - 1, plan.prices.hardware[line.key.hardware], plan.house
        sheet.put(row, col["number"], number, "id")
        for key in CODED:
            sheet.put(row, col[key], offers[key].keys.index(key_of(plan, line, key)) + 1, "id")
        for key, curve in zip(curves, curves_offered(line, offers["serving"]), strict=True):
            sheet.put(row, col[key], curve, "id")
        sheet.formula(row, col["price"], str(cells.price), "price")
        sheet.formula(row, col["power"], str(cells.power), "power")
        sheet.put(row, col["published"], int(all(m.published for m in line.curve.knots)), "flag")
        for key, pattern in patterns.items():
            sheet.copy(row, col[key], pattern, "id")
        names = (house.hardware(line.key.hardware).label, house.precision_label(line.key.precision))
        for key, text in zip(LABELS, (*names, variant_word(plan, line)), strict=True):
            sheet.put(row, col[key], text)


def _lets_through(code: str, board: Board, draft: Draft, control: str) -> str:
    """Condition: a filter lets a line of that code through."""
    if draft.offers[control].single:
        return f"{board[control]}={ALL}"
    return f"OR({board[control]}={ALL},{code}+1={board[control]})"


def _lay_slots(draft: Draft, board: Board, first: int, count: int) -> None:
    """One row per slot: the line in it, its read, its place in order, and its words."""
    sheet = draft.flow.sheet
    col = {key: area.first.col for key, area in board.slots.items()}
    own = {key: in_row(place) for key, place in col.items()}
    curves = curve_keys(draft)
    names: Mapping[str, str] = {
        **draft.plan.context.on(sheet.name),
        **{f"c_{key}": resolve(str(board[key]), sheet.name) for key in CHOICE_KEYS},
        "target": resolve(str(board["target"]), sheet.name),
        "valid": resolve(str(board["valid"]), sheet.name),
        **{f"all_{key}": resolve(str(area), sheet.name) for key, area in board.slots.items()},
        **{f"line_{key}": resolve(str(area), sheet.name) for key, area in board.lines.items()},
        "line_curves": f"{board.lines[curves[0]].first.fix.address}:{board.lines[curves[-1]].last.fix.address}",
        **own,
    }
    texts = {column.key: (column.formula.format_map(names), column.style) for column in SLOT_COLUMNS}
    texts |= {key: (resolve(text, sheet.name), "right") for key, text in word_texts(draft, board, own).items()}
    for number in range(1, count + 1):
        row = first + number - 1
        sheet.put(row, col["number"], number, "id")
        for key, (pattern, style) in texts.items():
            sheet.copy(row, col[key], pattern, style)
