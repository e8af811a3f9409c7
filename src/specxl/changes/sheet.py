"""The Changes sheet: what the previous workbook held beside what this one holds, with links to where it stands.

What was before is fixed; what is now refers to Results, Prices and the inputs themselves, so it follows every edit. Where an edit
leaves nothing to compare with (another speed, other tokens counted), words stand instead of figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.changes.report import summed_up
from specxl.changes.words import comparison_moves, filled, verdict_text
from specxl.judge.expect import CHANGE_FIGURES as FIGURES
from specxl.method.codes import Verdict
from specxl.model.cells import Highlight, Link, Ref
from specxl.model.flow import Flow
from specxl.model.formulas import cases, literal
from specxl.schema import TOKEN_BASES
from specxl.sheets.anchors import Anchor
from specxl.sheets.frame import CHANGES, COMMON_TARGET, EMPTY, HEAD_ROWS, head_style, start_sheet
from specxl.sheets.results import COMMON, READS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.changes.find import Changes, InputChange, PriceChange, ReadChange, Standing
    from specxl.changes.snapshot import Key
    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Content, Sheet
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

LISTED = 400
"""Rows of a table before it says how many more there are."""
_RESULT_KEYS = {"ratio": "ratio", "a_cost": "a_cost_per_mtok", "b_cost": "b_cost_per_mtok"}
_STYLES = {"ratio": "times", "a_cost": "cost", "b_cost": "cost"}
# key, width in characters, style
COLUMNS = (
    ("what", 24, "link"),
    ("combination", 13, "text"),
    ("sides", 16, "text"),
    ("speed", 8, "speed"),
    ("verdict_then", 15, "indent"),
    ("verdict_now", 15, "text"),
    *((f"{name}_{part}", 8, "percent" if part == "change" else _STYLES[name]) for name in FIGURES for part in ("then", "now", "change")),
    ("link", 12, "link indent"),
    ("row", 8, "id"),
    ("basis", 8, "id"),
    ("comparable", 12, "flag"),
    ("now", 9, "id"),
    ("why", 60, "indent"),
)  # fmt: skip
_VERDICTS = ("verdict_then", "verdict_now")
PLACES = {key: col for col, (key, _, _) in enumerate(COLUMNS)}
_STYLE = {key: style for key, _, style in COLUMNS}


@dataclass(frozen=True)
class _Draft:
    """The sheet while it is laid out."""

    flow: Flow
    plan: Plan
    results: ResultTable
    texts: Mapping[str, Mapping[str, str]]

    @property
    def sheet(self) -> Sheet:
        return self.flow.sheet

    def comparison(self, place: int) -> Comparison:
        return self.plan.catalogue.everything[place]

    def heading(self, name: str, found: Sequence[object]) -> bool:
        """Lay out a heading; say so where there is nothing below it."""
        self.flow.gap()
        self.flow.heading(self.texts["headings"][name])
        if not found:
            self.sheet.put(self.flow.take(), 0, self.texts["sheet"]["unchanged"], "muted")
        return bool(found)

    def heads(self, columns: Sequence[tuple[int, str, str]]) -> None:
        row = self.flow.take()
        for col, text, style in columns:
            self.sheet.put(row, col, text or None, head_style(style))
        self.sheet.heights[row] = 30.0

    def rest(self, found: Sequence[object]) -> None:
        """Say how many rows are not listed."""
        if len(found) > LISTED:
            words = filled(self.texts["sheet"]["more"], count=str(len(found) - LISTED))
            self.sheet.put(self.flow.take(), 0, words, "muted")


def lay_changes(plan: Plan, results: ResultTable, changes: Changes) -> Sheet:
    """Lay out what changed since the previous workbook, as found for the release as it opens."""
    texts = plan.house.texts["changes"]
    title = filled(texts["sheet"]["title"], name=changes.old.name, summed=summed_up(changes))
    sheet = start_sheet(CHANGES, title, tab="front", subtitle=texts["sheet"]["subtitle"])
    draft = _Draft(Flow(sheet, HEAD_ROWS), plan, results, texts)
    if changes.old.altered:
        words = filled(texts["sheet"]["altered"], count=str(changes.old.altered))
        sheet.put(draft.flow.take(), 0, words, "stop")
    _lay_changed(draft, changes.changed)
    _lay_standing(draft, "added", changes.added)
    _lay_standing(draft, "gone", changes.gone)
    _lay_prices(draft, changes.prices)
    _lay_inputs(draft, changes.inputs)
    sheet.widths |= {PLACES[key]: width for key, width, _ in COLUMNS}
    sheet.freeze = (HEAD_ROWS, 1)
    sheet.print_area = sheet.area(0, 0, draft.flow.row, PLACES["link"])
    return sheet


def _lay_changed(draft: _Draft, found: Sequence[ReadChange]) -> None:
    if not draft.heading("changed", found):
        return
    draft.heads([(PLACES[key], draft.texts["columns"][key], style) for key, _, style in COLUMNS])
    first = draft.flow.row
    subjects = []
    for read in found[:LISTED]:
        _lay_read(draft, draft.flow.take(), read)
        subjects.append((draft.comparison(read.place // READS).number, read.read))
    draft.plan.anchors.append(Anchor("changes", "", draft.sheet.ref(first, 0), tuple(PLACES), tuple(subjects)))
    then, now = (draft.sheet.area(first, PLACES[key], draft.flow.row - 1, PLACES[key]) for key in _VERDICTS)
    draft.sheet.highlights.append(Highlight(now, f"{then.first.address}<>{now.first.address}", "caution"))
    draft.rest(found)


def _lay_read(draft: _Draft, row: int, read: ReadChange) -> None:
    """A read that changed: before as constants, now as references to its row of Results."""
    sheet, comparison = draft.sheet, draft.comparison(read.place // READS)
    block, shown = (table[comparison.number, read.read] for table in (draft.results.block, draft.results.shown))
    at = {key: sheet.ref(row, col) for key, col in PLACES.items()}

    def put(key: str, held: Content) -> None:
        sheet.put(row, PLACES[key], held, _STYLE[key])

    def formula(key: str, text: str) -> None:
        sheet.formula(row, PLACES[key], text, _STYLE[key])

    _lay_names(draft, row, read.key, comparison)
    put("speed", read.speed or None)
    put("verdict_then", verdict_text(draft.plan.house, read.key, read.old.verdict))
    words = literal(draft.texts["words"]["edited"])
    verdict = _verdict_now(block["verdict"], shown)
    formula("verdict_now", f"IF({at['comparable']}=1,{verdict},{words})")
    for name in FIGURES:
        then, now = at[f"{name}_then"], at[f"{name}_now"]
        held = read.old.figures[_RESULT_KEYS[name]]
        if held is not None:
            put(f"{name}_then", held)
        formula(f"{name}_now", f'IF({at["comparable"]}=1,{block[name]},"")')
        formula(f"{name}_change", f'IF(AND(ISNUMBER({then}),ISNUMBER({now})),ROUND({now}/{then}-1,12),"")')
    put("link", Link(shown["model"].link(), f"Results {shown['model'].row + 1}"))
    put("row", read.place + 1)
    put("basis", TOKEN_BASES.index(TOKEN_BASES[0]) + 1)
    formula("comparable", _comparable(draft, at, common=read.read == COMMON))
    formula("now", f"{block['verdict']}")
    put("why", "; ".join(comparison_moves(draft.plan.house, read)))


def _comparable(draft: _Draft, at: Mapping[str, Ref], *, common: bool) -> str:
    """Formula: 1 while the tokens counted and the speed are those at which the figures before were read."""
    same = f"IF({draft.plan.context['basis']}={at['basis']},1,0)"
    if not common:
        return same
    return f"IF(ISNUMBER({COMMON_TARGET}),IF({COMMON_TARGET}={at['speed']},{same},0),0)"


def _verdict_now(code: Ref, shown: Mapping[str, Ref]) -> str:
    """Formula: the verdict with the name of the better side; the words of the others are those of Results."""
    word = shown["verdict"]
    sides = ((Verdict.A_BETTER, shown["side_a"]), (Verdict.B_BETTER, shown["side_b"]))
    return cases(code, [(verdict, f'{side}&" "&{word}') for verdict, side in sides], str(word))


def _lay_names(draft: _Draft, row: int, key: Key, comparison: Comparison | None) -> None:
    """What a comparison is called, with a link to its sheet where it has one."""
    sheet, what = draft.sheet, f"{key.model}, {key.hardware}"
    if comparison is None:
        sheet.put(row, PLACES["what"], what)
    else:
        top = Ref(draft.plan.sheet_name(comparison), 0, 0)
        sheet.put(row, PLACES["what"], Link(top.link(), what), "link")
    sheet.put(row, PLACES["combination"], f"{key.precision}, {key.workload}")
    sheet.put(row, PLACES["sides"], f"{key.side_a}{draft.texts['words']['against']}{key.side_b}")


def _lay_standing(draft: _Draft, name: str, found: Sequence[Standing]) -> None:
    """Comparisons that only one of the workbooks has: their verdict at the Summary's speed."""
    if not draft.heading(name, found):
        return
    verdict = "verdict_now" if name == "added" else "verdict_then"
    keys = ("what", "combination", "sides", "speed", verdict)
    draft.heads([(PLACES[key], draft.texts["columns"][key], _STYLE[key]) for key in keys])
    for one in found[:LISTED]:
        row = draft.flow.take()
        held = draft.comparison(one.place) if name == "added" else None
        _lay_names(draft, row, one.key, held)
        if held is None:
            if isinstance(one.speed, (int, float)):
                draft.sheet.put(row, PLACES["speed"], float(one.speed), "speed")
            draft.sheet.put(row, PLACES[verdict], verdict_text(draft.plan.house, one.key, one.read.verdict), "indent")
            continue
        block, shown = (table[held.number, COMMON] for table in (draft.results.block, draft.results.shown))
        draft.sheet.formula(row, PLACES["speed"], f"{shown['target_tok_s_user']}", "speed")
        draft.sheet.formula(row, PLACES[verdict], _verdict_now(block["verdict"], shown))
        draft.sheet.put(row, PLACES["link"], Link(shown["model"].link(), f"Results {shown['model'].row + 1}"), "link")
    draft.rest(found)


_BEFORE, _NOW, _CHANGE, _NOTE = (PLACES[key] for key in ("verdict_then", "verdict_now", "ratio_then", "ratio_now"))


def _lay_heads(draft: _Draft, first: str) -> None:
    texts = draft.texts["others"]
    draft.heads([
        (0, texts[first], "text"), (1, texts["item"], "text"), (2, "", "text"), (3, "", "text"), (_BEFORE, texts["before"], "right"),
        (_NOW, texts["now"], "right"), (_CHANGE, texts["change"], "right"),
    ])  # fmt: skip


def _lay_prices(draft: _Draft, found: Sequence[PriceChange]) -> None:
    if not draft.heading("prices", found):
        return
    _lay_heads(draft, "hardware")
    texts, held = draft.texts["others"], draft.plan.prices.hardware
    of = {draft.plan.house.hardware(key).label: cells for key, cells in held.items()}
    for change in found[:LISTED]:
        cells = of.get(change.hardware)
        if change.old is None or change.new is None or cells is None:
            row = draft.flow.take()
            draft.sheet.put(row, 0, change.hardware)
            draft.sheet.put(row, 1, texts["only_new" if change.old is None else "only_old"])
            continue
        for name, before, now in (("price", change.old.price, cells.price), ("power", change.old.power, cells.power)):
            if getattr(change.new, name) != before:
                _lay_move(draft, (change.hardware, texts[name]), now, before, name)
    draft.rest(found)


def _lay_move(draft: _Draft, names: tuple[str, str], now: Ref, before: float | None, style: str) -> None:
    row, sheet = draft.flow.take(), draft.sheet
    sheet.put(row, 0, Link(now.link(), names[0]), "link")
    sheet.put(row, 1, names[1])
    then, held = sheet.ref(row, _BEFORE), sheet.formula(row, _NOW, f"{now}", style)
    if before is not None:
        sheet.put(row, _BEFORE, before, style)
    moved = f'IF({then}>0,ROUND({held}/{then}-1,12),"")'
    sheet.formula(row, _CHANGE, f'IF(AND(ISNUMBER({then}),ISNUMBER({held})),{moved},"")', "percent")


def _lay_inputs(draft: _Draft, found: Sequence[InputChange]) -> None:
    if not draft.heading("inputs", found):
        return
    _lay_heads(draft, "sheet")
    cells = {(item.ref.sheet, item.ref.address): item.ref for item in draft.plan.register.items}
    for change in found[:LISTED]:
        row, sheet = draft.flow.take(), draft.sheet
        ref = cells[change.key.sheet, change.new.cell]
        sheet.put(row, 0, change.key.sheet)
        sheet.put(row, 1, Link(ref.link(), change.key.label), "link")
        before = EMPTY if change.old.value is None else change.old.value
        sheet.put(row, _BEFORE, before, "general right")
        sheet.formula(row, _NOW, f'IF({ref}="","{EMPTY}",{ref})', "general right")
        if change.old.edited:
            sheet.put(row, _NOTE, draft.texts["others"]["edited"], "muted")
    draft.rest(found)
