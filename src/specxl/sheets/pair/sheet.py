"""One sheet per model and hardware: controls and figures on top, charts beside them, then words, evidence and workings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.codes import Better, Bound
from specxl.model.cells import Highlight
from specxl.model.formulas import cases, content, first_true, literal, sentence, speed, word
from specxl.sheets.frame import COMMON_TARGET, put_input, start_sheet
from specxl.sheets.pair.charts import lay_charts
from specxl.sheets.pair.evidence import lay_evidence
from specxl.sheets.pair.plot import lay_plot
from specxl.sheets.pair.reads import FIRST_READ, READS, lay_reads, lay_sentences
from specxl.sheets.pair.selection import Controls, Draft, distinct, lay_selection, lay_tables
from specxl.sheets.pair.tie_out import lay_tie_out
from specxl.sheets.shown import better_word, figure_or_words, grey_above_range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Pair
    from specxl.model.cells import Range, Ref, Sheet
    from specxl.sheets.pair.plot import Plot
    from specxl.sheets.pair.reads import Reads
    from specxl.sheets.pair.selection import Selection, Tables
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

# Columns: what a row shows, the variant, the unit, then one column per read (FIRST_READ on), the charts beside them.
LABEL, SIDE, UNIT = 0, 1, 2
LAST_READ = FIRST_READ + len(READS) - 1
CHART_COL = 8
LAST_TEXT_COL = 11
LAST_PRINT_COL = 17
# Rows, from top to bottom.
COMBINATION_ROW, ENGINE_ROW, TIER_ROW, METRIC_ROW = 4, 5, 6, 7
PRICE_ROW, RANGE_ROW, HEAD, TARGET_ROW = 8, 9, 10, 11
RELEASED_ROW = TARGET_ROW + 1
FIGURES_ROW = RELEASED_ROW + 1
CHART_ROWS = (COMBINATION_ROW + 1, COMBINATION_ROW + 16)
WORDS_ROW = 33
EVIDENCE_ROW = WORDS_ROW + len(READS) + 2
TIE_OUT_ROW = EVIDENCE_ROW + 20
TIE_OUT_ROWS = 26
LINE_HEIGHT, HEAD_HEIGHT, SENTENCE_HEIGHT, SAME_ENGINE_HEIGHT, FLAGS_HEIGHT = 15.75, 20, 70, 27, 54


@dataclass(frozen=True)
class PairSheet:
    """A finished pair sheet: its controls and what they choose, its reads, and the flags of its tie-out, if any."""

    sheet: Sheet
    pair: Pair
    chosen: Selection
    reads: Reads
    tie_out: Range | None


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the table: its words, and one formula per read; a live unit is a formula that follows a choice."""

    label: str
    unit: str
    style: str
    texts: Sequence[str]
    side: str = ""
    live_unit: bool = False


def build_pair(pair: Pair, plan: Plan, results: ResultTable) -> PairSheet:
    """Lay out one pair's sheet (DESIGN 2.1): the workings below first, then what people see of them."""
    work_row = TIE_OUT_ROW + (TIE_OUT_ROWS if pair.canonical.page else 0)
    draft = _start(pair, plan, work_row)
    tables = lay_tables(draft, work_row + 4)
    controls = _lay_controls(draft, tables)
    chosen = lay_selection(draft, tables.last_row + 2, controls, tables)
    reads = lay_reads(draft, chosen.last_row + 3, chosen, results)
    sentences, at = lay_sentences(draft, reads.last_row + 1, chosen, reads)
    plot, at = lay_plot(draft, at, chosen)
    _lay_charts(plot, at, reads)
    _lay_price_line(draft, chosen)
    _lay_range_line(draft, chosen, reads)
    row = _lay_figures(draft, chosen, reads)
    _lay_verdict(draft, row, chosen, reads)
    _lay_words(draft.sheet, sentences)
    lay_evidence(draft, EVIDENCE_ROW, chosen, reads)
    tie_out = lay_tie_out(draft, TIE_OUT_ROW, results)
    _finish(draft.sheet, work_row)
    return PairSheet(draft.sheet, pair, chosen, reads, tie_out)


def _start(pair: Pair, plan: Plan, work_row: int) -> Draft:
    """Start the sheet, and its workings with the two names that sentences refer to."""
    model, hardware = plan.house.model(pair.model), plan.house.hardware(pair.hardware)
    maker = " ".join(part for part in (hardware.vendor, hardware.architecture) if part)
    subtitle = f"{maker}; {plan.release.title}" if maker else plan.release.title
    name = plan.sheet_name(pair.model, pair.hardware)
    sheet = start_sheet(name, f"{model.label} on {hardware.label}", plan.release, tab="pair", subtitle=subtitle)
    sheet.put(work_row, 0, "Workings: everything above is computed here, from top to bottom", "heading")
    model_cell, hardware_cell = (
        sheet.put(work_row + 2, col, label) for col, label in enumerate((model.label, hardware.label))
    )
    return Draft(sheet, pair, plan, model_cell.fix, hardware_cell.fix)


def _lay_controls(draft: Draft, tables: Tables) -> Controls:
    pair, labels, lists = draft.pair, draft.plan.house.texts["labels"], draft.plan.assumptions.lists
    opening = distinct([c.label for c in pair.comparisons])[pair.comparisons.index(pair.canonical)]
    combination = _lay_control(
        draft.sheet,
        COMBINATION_ROW,
        "Combination",
        opening,
        tables.combinations,
        "Precision and workload: only what was measured can be chosen.",
    )
    engine = _lay_control(
        draft.sheet,
        ENGINE_ROW,
        "Serving engine",
        labels["best_engine"],
        tables.scopes,
        "Best of all engines, or one engine only: figures, charts and sentences follow.",
    )
    tier = _lay_control(
        draft.sheet,
        TIER_ROW,
        "Price tier",
        labels["as_workbook"],
        lists["sheet_tiers"],
        "The workbook's tier, or another one for this sheet only.",
    )
    metric = _lay_control(
        draft.sheet,
        METRIC_ROW,
        "Second chart shows",
        labels["metrics"]["cost"],
        lists["metrics"],
        "Which metric the second chart plots against interactivity.",
    )
    return Controls(combination, engine, tier, metric, _lay_targets(draft))


def _lay_control(sheet: Sheet, row: int, label: str, value: str, choices: Range, message: str) -> Ref:
    """One dropdown over the columns of the three targets, with its release value beside it."""
    sheet.put(row, LABEL, label, "strong")
    cell, released = (row, FIRST_READ), (row, LAST_READ)
    ref = put_input(sheet, cell, released, value, label, style="left", choices=choices, message=message)
    sheet.merges.append(sheet.area(row, FIRST_READ, row, LAST_READ - 1))
    sheet.put(row, UNIT, "choose", "muted")
    return ref


def _lay_targets(draft: Draft) -> tuple[Ref, ...]:
    sheet = draft.sheet
    sheet.put(TARGET_ROW, LABEL, "Target interactivity", "strong rule")
    sheet.put(TARGET_ROW, UNIT, "tok/s/user", "muted rule")
    sheet.put(RELEASED_ROW, LABEL, "As released", "released")
    message = (
        "Decode speed of one user in tok/s, above zero. The measured range stands above; "
        "beyond it nothing is extrapolated."
    )
    return tuple(
        put_input(
            sheet,
            (TARGET_ROW, FIRST_READ + i),
            (RELEASED_ROW, FIRST_READ + i),
            target,
            f"Target interactivity {i + 1}",
            style="speed strong",
            message=message,
        )
        for i, target in enumerate(draft.pair.canonical.targets)
    )


def _lay_charts(plot: Plot, row: int, reads: Reads) -> None:
    sheet = plot.draft.sheet
    first, second = (sheet.ref(chart_row, CHART_COL) for chart_row in CHART_ROWS)
    lay_charts(plot, row, (first, second), reads)
    for place, heading in zip((first, second), plot.headings(), strict=True):
        sheet.formula(place.row - 1, place.col, heading, "strong")


def _say(draft: Draft, piece: str, name: str, fields: Mapping[str, str]) -> str:
    """Formula: a sentence of the narrative."""
    template = draft.plan.house.texts["narrative"][piece][name]
    return sentence(template, fields, origin=f"narrative.toml [{piece}] {name}")


def _lay_price_line(draft: Draft, chosen: Selection) -> None:
    """The price and the power that the figures rest on, or that they are unknown."""
    names, price, power = draft.plan.context, chosen["price"], chosen["power"]
    no_power = literal(draft.plan.house.texts["narrative"]["price"]["no_power"])
    power_words = _say(draft, "price", "power", {"power": f"FIXED({power},3)"})
    fields = {
        "tier": str(chosen["tier_text"]),
        "currency": names["currency"],
        "price": f"FIXED({price},3)",
        "tokens": names["tokens"],
        "power_words": f'IF({power}="",{no_power},{power_words})',
    }
    known, unknown = (_say(draft, "price", name, fields) for name in ("known", "unknown"))
    draft.sheet.formula(PRICE_ROW, LABEL, f'IF({price}="",{unknown},{known})', "muted")


def _lay_range_line(draft: Draft, chosen: Selection, reads: Reads) -> None:
    """The measured ranges of both sides, and the targets that suit them."""
    block = reads.blocks[0]
    fields = {
        **{f"{s}_{end}": speed(block[f"{s}_x_{end}"]) for s in "ab" for end in ("first", "last")},
        **{f"t{i}": speed(chosen[f"t{i}"]) for i in (1, 2, 3)},
        **dict(zip("ab", map(str, chosen.labels), strict=True)),
    }
    both, only_a, only_b, none = (_say(draft, "ranges", name, fields) for name in ("both", "only_a", "only_b", "none"))
    a, b = block["a_knots"], block["b_knots"]
    rules = ((f"MIN({a},{b})>0", both), (f"{a}>0", only_a), (f"{b}>0", only_b))
    draft.sheet.formula(RANGE_ROW, LABEL, first_true(rules, none), "muted")


def _lay_figures(draft: Draft, chosen: Selection, reads: Reads) -> int:
    """Lay out the figures, two lines each, under the heads and the Summary's target; return the first free row."""
    sheet, plan, names = draft.sheet, draft.plan, draft.plan.context
    sheet.row(HEAD, LABEL, ("Metric", "Variant", "Unit"), "head")
    sheet.row(HEAD, FIRST_READ, READS, "head right")
    sheet.heights[HEAD] = HEAD_HEIGHT
    sheet.formula(TARGET_ROW, LAST_READ, content(COMMON_TARGET), "speed")
    sheet.put(RELEASED_ROW, LAST_READ, "from Summary", "released right")
    metrics = (
        ("Throughput", f'"tok/s/GPU, "&{names["tokens"]}', "y", "tput"),
        ("Cost", f'{names["currency"]}&"/M "&{names["tokens"]}', "cost", "cost"),
        ("Throughput per megawatt", '"tok/s/MW"', "mw", "whole"),
        ("Energy", '"J per token"', "joules", "power"),
    )
    row = FIGURES_ROW
    for label, unit, key, style in metrics:
        for side in "ab":
            texts = [figure_or_words(plan, block, side, key) for block in reads.blocks]
            _lay_figure(draft, row, _Line(label, unit, style, texts, side, live_unit=True), chosen, reads)
            row += 1
    for side in "ab":
        texts = [_requests(plan, block, side) for block in reads.blocks]
        _lay_figure(draft, row, _Line("Concurrency, approximate", "requests", "right", texts, side), chosen, reads)
        row += 1
    return row


def _lay_figure(draft: Draft, row: int, line: _Line, chosen: Selection, reads: Reads) -> None:
    """One side of a figure; the second closes it with a rule."""
    sheet, side = draft.sheet, line.side
    rule = " rule" if side == "b" else ""
    sheet.put(row, LABEL, line.label if side == "a" else "", f"strong{rule}")
    sheet.formula(row, SIDE, str(chosen[f"label_{side}"]), f"{side} strong{rule}")
    lay_unit = sheet.formula if line.live_unit else sheet.put
    lay_unit(row, UNIT, line.unit, f"muted{rule}")
    for col, (text, block) in enumerate(zip(line.texts, reads.blocks, strict=True), start=FIRST_READ):
        cell = sheet.formula(row, col, text, f"{line.style}{rule}")
        grey_above_range(sheet, cell, block[f"{side}_status"])


def _requests(plan: Plan, block: Mapping[str, Ref], side: str) -> str:
    """Formula: "~1,092 on 36 GPUs", with both counts where the bracketing deployments differ in size."""
    measurement, gpus = plan.context["knot_measurement"], plan.measured.columns["gpus"]
    left, right = (f"INDEX({gpus},INDEX({measurement},{block[f'{side}_{end}']}))" for end in ("left", "right"))
    low, high = f"FIXED(MIN({left},{right}),0)", f"FIXED(MAX({left},{right}),0)"
    on = f'IF(COUNT({left},{right})<2,"",IF({left}={right}," on "&{low}," on "&{low}&"-"&{high})&" GPUs")'
    value = block[f"{side}_requests"]
    return f'IF(ISNUMBER({value}),"~"&FIXED({value},0)&{on},"")'


def _lay_verdict(draft: Draft, row: int, chosen: Selection, reads: Reads) -> None:
    """What the figures amount to: the better variant, its ratio and saving, where the reads come from, the flags."""
    plan, blocks = draft.plan, reads.blocks
    bounds = [(i, literal(text)) for i, text in enumerate(plan.house.texts["labels"]["bounds"]) if i]
    better = [_marked(better_word(block, *chosen.labels), block) for block in blocks]
    bound = [cases(block["bound"], bounds) for block in blocks]
    read_a, read_b = ([statuses[side] for statuses in reads.statuses] for side in "ab")
    flags = [_flag_summary(plan, block) for block in blocks]
    lines = (
        _Line("Better variant", "", "right strong", better),
        _Line("Ratio, larger to smaller", "times", "times strong", [str(block["ratio"]) for block in blocks]),
        _Line("The ratio is", "", "right", bound),
        _Line("Saving per token", "share", "percent", [str(block["saving"]) for block in blocks]),
        _Line("Same engine", "times", "right wrap", [str(words) for words in reads.same_words]),
        _Line("Read of the first", "status", "right wrap", read_a, "a"),
        _Line("Read of the second", "status", "right wrap", read_b, "b"),
        _Line("Flags, worst first", "grade, count", "right", flags),
        _Line("Flags in words", "", "wrap", [str(words) for words in reads.flag_words]),
    )
    sheet, rows = draft.sheet, {line.label: at for at, line in enumerate(lines, start=row)}
    for line in lines:
        _lay_line(sheet, rows[line.label], line, chosen)
    sheet.heights[rows["Same engine"]] = SAME_ENGINE_HEIGHT
    sheet.heights[rows["Flags in words"]] = FLAGS_HEIGHT
    grades = sheet.area(rows["Flags, worst first"], FIRST_READ, rows["Flags, worst first"], LAST_READ)
    sheet.highlights += [Highlight(grades, grade, grade) for grade in ("stop", "caution", "note")]
    statuses = sheet.area(rows["Read of the first"], FIRST_READ, rows["Read of the second"], LAST_READ)
    starts = (("above", "stop"), ("below", "caution"), ("no ", "note"))
    sheet.highlights += [Highlight(statuses, start, style) for start, style in starts]


def _lay_line(sheet: Sheet, row: int, line: _Line, chosen: Selection) -> None:
    sheet.put(row, LABEL, line.label, "strong")
    if line.side:
        sheet.formula(row, SIDE, str(chosen[f"label_{line.side}"]), f"{line.side} strong")
    if line.unit:
        sheet.put(row, UNIT, line.unit, "muted")
    for col, text in enumerate(line.texts, start=FIRST_READ):
        sheet.formula(row, col, text, line.style)


def _marked(better: str, block: Mapping[str, Ref]) -> str:
    """Formula: the better variant, marked as such where one side wins, "-" where the verdict is withheld."""
    wins = f"AND({block['better']}<{Better.TIE},{block['bound']}<{Bound.OPEN})"
    return f'IF({block["better"]}=0,"-",{better}&IF({wins}," (better)",""))'


def _flag_summary(plan: Plan, block: Mapping[str, Ref]) -> str:
    """Formula: "caution, 3 in all"."""
    grade = word(plan.assumptions.lists["grades"], block["grade"])
    return f'{grade}&IF({block["flag_count"]}=0,"",", "&FIXED({block["flag_count"]},0)&" in all")'


def _lay_words(sheet: Sheet, sentences: Sequence[Ref]) -> None:
    sheet.put(WORDS_ROW - 1, LABEL, "In words", "heading")
    for row, (read, ref) in enumerate(zip(READS, sentences, strict=True), start=WORDS_ROW):
        sheet.put(row, LABEL, read, "strong wrap")
        sheet.formula(row, SIDE, str(ref), "wrap")
        sheet.merges.append(sheet.area(row, SIDE, row, LAST_TEXT_COL))
        sheet.heights[row] = SENTENCE_HEIGHT


def _finish(sheet: Sheet, work_row: int) -> None:
    sheet.widths |= {LABEL: 25, SIDE: 9, UNIT: 22, **dict.fromkeys(range(3, 7), 20), 7: 11}
    sheet.widths |= dict.fromkeys(range(8, 18), 10.5) | {10: 19, 11: 14}
    sheet.freeze = (4, 1)
    sheet.print_area = sheet.area(0, 0, work_row - 1, LAST_PRINT_COL)
    # the charts are placed by rows, so the rows beside them have a height of their own in every viewer
    for row in range(COMBINATION_ROW, WORDS_ROW):
        sheet.heights.setdefault(row, LINE_HEIGHT)
