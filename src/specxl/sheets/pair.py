"""One sheet per model and hardware: controls and figures on top, charts beside them, then words, evidence and workings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.cells import Highlight
from specxl.formulas import cases, literal, sentence
from specxl.sheets.frame import COMMON_TARGET, put_input, start_sheet
from specxl.sheets.pair_charts import lay_charts, lay_plot_cells, second_heading
from specxl.sheets.pair_evidence import lay_evidence, lay_tie_out
from specxl.sheets.pair_reads import READS, lay_reads, lay_sentences
from specxl.sheets.pair_selection import Controls, Selection, Tables, distinct, lay_selection, lay_tables
from specxl.sheets.shown import better_word, figure_or_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.catalogue import Pair
    from specxl.cells import Range, Ref, Sheet
    from specxl.sheets.pair_charts import PlotCells
    from specxl.sheets.pair_reads import Reads
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

LABEL, SIDE, UNIT, FIRST_READ = 0, 1, 2, 3
CHART_COL = 8
COMBINATION_ROW, ENGINE_ROW, TIER_ROW, METRIC_ROW, PRICE_ROW, RANGE_ROW, HEAD, TARGET_ROW = 4, 5, 6, 7, 8, 9, 10, 11
FIGURES_ROW = 13
WORDS_ROW = 33
SENTENCE_HEIGHT = 70
LAST_TEXT_COL = 11
LAST_PRINT_COL = 17
LINE_HEIGHT = 15.75


@dataclass(frozen=True)
class PairSheet:
    """A finished pair sheet: its controls, its choice, its reads, and the tables that say what can be chosen."""

    sheet: Sheet
    pair: Pair
    controls: Controls
    chosen: Selection
    tables: Tables
    reads: Reads
    tie_out: Range | None


def build_pair(pair: Pair, plan: Plan, results: ResultTable, flag_texts: Mapping[str, Ref]) -> PairSheet:
    """Lay out one pair's sheet (DESIGN 2.1)."""
    house = plan.house
    model, hardware = house.model(pair.model), house.hardware(pair.hardware)
    maker = " ".join(part for part in (hardware.vendor, hardware.architecture) if part)
    subtitle = f"{maker}; {plan.release.title}" if maker else plan.release.title
    name = plan.sheet_name(pair.model, pair.hardware)
    sheet = start_sheet(name, f"{model.label} on {hardware.label}", plan.release, tab="pair", subtitle=subtitle)
    page = pair.canonical if pair.canonical.page else None
    tie_row = WORDS_ROW + 6 + 20
    work_row = tie_row + (26 if page else 0)
    labels_row = work_row + 2
    sheet.put(work_row, 0, "Workings: everything above is computed here, from top to bottom", "heading")
    model_cell = sheet.put(labels_row, 0, model.label)
    hardware_cell = sheet.put(labels_row, 1, hardware.label)
    tables = lay_tables(sheet, labels_row + 2, pair, plan)
    controls = _lay_controls(sheet, pair, plan, tables)
    at = tables.last_row + 2
    chosen = lay_selection(sheet, at, pair, plan, controls, tables)
    at += len(chosen.cells) + 3
    reads = lay_reads(sheet, at, plan, controls, chosen, tables, (results, page.number) if page else None, flag_texts)
    sentences, at = lay_sentences(sheet, reads.last_row + 1, plan, chosen, reads, str(model_cell.fix), hardware_cell)
    plot, at = lay_plot_cells(sheet, at, pair, plan, chosen)
    places = (sheet.ref(COMBINATION_ROW + 1, CHART_COL), sheet.ref(COMBINATION_ROW + 16, CHART_COL))
    lay_charts(sheet, at, places, pair, plan, chosen, reads, plot)
    _lay_chart_headings(sheet, places, plan, plot)
    _lay_status_lines(sheet, plan, chosen, reads)
    _lay_figures(sheet, plan, chosen, reads)
    _lay_words(sheet, sentences)
    lay_evidence(sheet, WORDS_ROW + 6, plan, chosen, reads)
    tie_out = lay_tie_out(sheet, tie_row, plan, page, results) if page else None
    _finish(sheet, work_row)
    return PairSheet(sheet, pair, controls, chosen, tables, reads, tie_out)


def _lay_controls(sheet: Sheet, pair: Pair, plan: Plan, tables: Tables) -> Controls:
    labels, lists = plan.house.texts["labels"], plan.assumptions.lists
    opening = distinct([c.label for c in pair.comparisons])[pair.comparisons.index(pair.canonical)]
    choices = (
        (
            COMBINATION_ROW,
            "Combination",
            opening,
            tables.combinations,
            "Precision and workload: only what was measured can be chosen.",
        ),
        (
            ENGINE_ROW,
            "Serving engine",
            labels["best_engine"],
            tables.scopes,
            "Best of all engines, or one engine only: figures, charts and sentences follow.",
        ),
        (
            TIER_ROW,
            "Price tier",
            labels["as_workbook"],
            lists["sheet_tiers"],
            "The workbook's tier, or another one for this sheet only.",
        ),
        (
            METRIC_ROW,
            "Second chart shows",
            labels["metrics"]["cost"],
            lists["metrics"],
            "Which metric the second chart plots against interactivity.",
        ),
    )
    cells = []
    for row, label, value, area, message in choices:
        sheet.put(row, LABEL, label, "strong")
        cells.append(
            put_input(
                sheet,
                (row, FIRST_READ),
                (row, FIRST_READ + 3),
                value,
                label,
                style="left",
                choices=area,
                message=message,
            )
        )
        sheet.merges.append(sheet.area(row, FIRST_READ, row, FIRST_READ + 2))
        sheet.put(row, UNIT, "choose", "muted")
    sheet.put(TARGET_ROW, LABEL, "Target interactivity", "strong rule")
    sheet.put(TARGET_ROW, UNIT, "tok/s/user", "muted rule")
    sheet.put(TARGET_ROW + 1, LABEL, "As released", "released")
    targets = tuple(
        put_input(
            sheet,
            (TARGET_ROW, FIRST_READ + i),
            (TARGET_ROW + 1, FIRST_READ + i),
            target,
            f"Target interactivity {i + 1}",
            style="speed strong",
            message="Decode speed of one user in tok/s, above zero. The measured range stands above; beyond it nothing is extrapolated.",
        )
        for i, target in enumerate(pair.canonical.targets)
    )
    return Controls(cells[0], cells[1], cells[2], cells[3], (targets[0], targets[1], targets[2]))


def _lay_chart_headings(sheet: Sheet, places: tuple[Ref, Ref], plan: Plan, plot: PlotCells) -> None:
    tokens = f'IF({plot.basis}=1,"total tokens",IF({plot.basis}=2,"output tokens","input tokens"))'
    first = f'"Throughput per GPU, tok/s, "&{tokens}&", against interactivity"'
    sheet.formula(places[0].row - 1, places[0].col, first, "strong")
    sheet.formula(places[1].row - 1, places[1].col, second_heading(plan, plot), "strong")


def _lay_status_lines(sheet: Sheet, plan: Plan, chosen: Selection, reads: Reads) -> None:
    names, texts = plan.context, plan.house.texts["narrative"]
    power = chosen["power"]
    power_words = sentence(
        texts["price"]["power"], {"power": f"FIXED({power},3)"}, origin="narrative.toml [price] power"
    )
    fields = {
        "tier": str(chosen["tier_text"]),
        "currency": names["currency"],
        "price": f"FIXED({chosen['price']},3)",
        "tokens": names["tokens"],
        "power_words": f'IF({power}="",{literal(texts["price"]["no_power"])},{power_words})',
    }
    known, unknown = (
        sentence(texts["price"][k], fields, origin=f"narrative.toml [price] {k}") for k in ("known", "unknown")
    )
    sheet.formula(PRICE_ROW, LABEL, f'IF({chosen["price"]}="",{unknown},{known})', "muted")
    block = reads.blocks[0]

    def speed(cell: Ref) -> str:
        return f"FIXED({cell},IF({cell}=ROUND({cell},0),0,1))"

    ranges = {f"{s}_{end}": speed(block[f"{s}_x_{end}"]) for s in "ab" for end in ("first", "last")}
    ranges |= {f"t{i}": speed(chosen[f"t{i}"]) for i in (1, 2, 3)} | {s: str(chosen[f"label_{s}"]) for s in "ab"}
    lines = {
        k: sentence(texts["ranges"][k], ranges, origin=f"narrative.toml [ranges] {k}")
        for k in ("both", "only_a", "only_b", "none")
    }
    a, b = block["a_knots"], block["b_knots"]
    chain = (
        f"IF(MIN({a},{b})>0,{lines['both']},IF({a}>0,{lines['only_a']},IF({b}>0,{lines['only_b']},{lines['none']})))"
    )
    sheet.formula(RANGE_ROW, LABEL, chain, "muted")


def _lay_figures(sheet: Sheet, plan: Plan, chosen: Selection, reads: Reads) -> None:
    sheet.row(HEAD, LABEL, ("Metric", "Variant", "Unit"), "head")
    sheet.row(HEAD, FIRST_READ, READS, "head right")
    sheet.heights[HEAD] = 20
    sheet.formula(TARGET_ROW, FIRST_READ + 3, f'IF({COMMON_TARGET}="","",{COMMON_TARGET})', "speed")
    sheet.put(TARGET_ROW + 1, FIRST_READ + 3, "from Summary", "released right")
    names = plan.context
    metrics = (
        ("Throughput", f'"tok/s/GPU, "&{names["tokens"]}', "y", "tput"),
        ("Cost", f'{names["currency"]}&"/M "&{names["tokens"]}', "cost", "cost"),
        ("Throughput per megawatt", '"tok/s/MW"', "mw", "whole"),
        ("Energy", '"J per token"', "joules", "power"),
    )
    row = FIGURES_ROW
    for label, unit, key, style in metrics:
        for side in "ab":
            line = " rule" if side == "b" else ""
            sheet.put(row, LABEL, label if side == "a" else "", f"strong{line}")
            sheet.formula(row, SIDE, str(chosen[f"label_{side}"]), f"{side} strong{line}")
            sheet.formula(row, UNIT, unit, f"muted{line}")
            for i, block in enumerate(reads.blocks):
                sheet.formula(row, FIRST_READ + i, figure_or_words(plan, block, side, key), f"{style}{line}")
                _grey(sheet, row, FIRST_READ + i, block[f"{side}_status"])
            row += 1
    for side in "ab":
        line = " rule" if side == "b" else ""
        sheet.put(row, LABEL, "Concurrency, approximate" if side == "a" else "", f"strong{line}")
        sheet.formula(row, SIDE, str(chosen[f"label_{side}"]), f"{side} strong{line}")
        sheet.put(row, UNIT, "requests", f"muted{line}")
        for i, block in enumerate(reads.blocks):
            sheet.formula(row, FIRST_READ + i, _requests(plan, block, side), f"right{line}")
            _grey(sheet, row, FIRST_READ + i, block[f"{side}_status"])
        row += 1
    _lay_verdict(sheet, row, plan, chosen, reads)


def _grey(sheet: Sheet, row: int, col: int, status: Ref) -> None:
    """Above the measured range a figure is the last knot's, for orientation only: grey, beside the status in words."""
    sheet.highlights.append(Highlight(sheet.area(row, col, row, col), "", "grey", when=f"{status.fix}=2"))


def _requests(plan: Plan, block: Mapping[str, Ref], side: str) -> str:
    """Formula: "~1,092 on 36 GPUs", with both counts where the bracketing deployments differ in size."""
    measurement, gpus = plan.context["knot_measurement"], plan.measured.columns["gpus"]
    left, right = (f"INDEX({gpus},INDEX({measurement},{block[f'{side}_{end}']}))" for end in ("left", "right"))
    low, high = f"FIXED(MIN({left},{right}),0)", f"FIXED(MAX({left},{right}),0)"
    on = f'IF(COUNT({left},{right})<2,"",IF({left}={right}," on "&{low}," on "&{low}&"-"&{high})&" GPUs")'
    value = block[f"{side}_requests"]
    return f'IF(ISNUMBER({value}),"~"&FIXED({value},0)&{on},"")'


def _lay_verdict(sheet: Sheet, row: int, plan: Plan, chosen: Selection, reads: Reads) -> None:
    label_a, label_b = chosen["label_a"], chosen["label_b"]
    bounds = plan.house.texts["labels"]["bounds"]
    bound = [(i, literal(text)) for i, text in enumerate(bounds) if i]
    lines = (
        ("Better variant", "", lambda b, i: _marked(better_word(b, label_a, label_b), b), "right strong"),
        ("Ratio, larger to smaller", "times", lambda b, i: str(b["ratio"]), "times strong"),
        ("The ratio is", "", lambda b, i: cases(b["bound"], bound), "right"),
        ("Saving per token", "share", lambda b, i: str(b["saving"]), "percent"),
        ("Same engine", "times", lambda b, i: str(reads.same_words[i]), "right wrap"),
        ("Read of the first", "status", lambda b, i: reads.statuses[i]["a"], "right wrap"),
        ("Read of the second", "status", lambda b, i: reads.statuses[i]["b"], "right wrap"),
        ("Flags, worst first", "grade, count", lambda b, i: _flag_summary(plan, b), "right"),
        ("Flags in words", "", lambda b, i: str(reads.flag_words[i]), "wrap"),
    )
    for offset, (label, unit, text, style) in enumerate(lines):
        at = row + offset
        sheet.put(at, LABEL, label, "strong")
        if label.startswith("Read of"):
            side = "a" if "first" in label else "b"
            sheet.formula(at, SIDE, str(chosen[f"label_{side}"]), f"{side} strong")
        if unit:
            sheet.put(at, UNIT, unit, "muted")
        for i, block in enumerate(reads.blocks):
            sheet.formula(at, FIRST_READ + i, text(block, i), style)
    sheet.heights[row + 4] = 27
    sheet.heights[row + 8] = 54
    grades = sheet.area(row + 7, FIRST_READ, row + 7, FIRST_READ + 3)
    sheet.highlights += [Highlight(grades, word, word) for word in ("stop", "caution", "note")]
    statuses = sheet.area(row + 5, FIRST_READ, row + 6, FIRST_READ + 3)
    sheet.highlights += [
        Highlight(statuses, "above", "stop"),
        Highlight(statuses, "below", "caution"),
        Highlight(statuses, "no ", "note"),
    ]


def _marked(word: str, block: Mapping[str, Ref]) -> str:
    return f'IF({block["better"]}=0,"-",{word}&IF(AND({block["better"]}<3,{block["bound"]}<3)," (better)",""))'


def _flag_summary(plan: Plan, block: Mapping[str, Ref]) -> str:
    grade = f"INDEX({plan.assumptions.lists['grades']},{block['grade']}+1)"
    return f'{grade}&IF({block["flag_count"]}=0,"",", "&FIXED({block["flag_count"]},0)&" in all")'


def _lay_words(sheet: Sheet, sentences: list[Ref]) -> None:
    sheet.put(WORDS_ROW - 1, LABEL, "In words", "heading")
    for i, ref in enumerate(sentences):
        row = WORDS_ROW + i
        sheet.put(row, LABEL, READS[i], "strong wrap")
        sheet.formula(row, 1, str(ref), "wrap")
        sheet.merges.append(sheet.area(row, 1, row, LAST_TEXT_COL))
        sheet.heights[row] = SENTENCE_HEIGHT


def _finish(sheet: Sheet, work_row: int) -> None:
    sheet.widths |= {LABEL: 25, SIDE: 9, UNIT: 22, **dict.fromkeys(range(3, 7), 20), 7: 11}
    sheet.widths |= dict.fromkeys(range(8, 18), 10.5) | {10: 19, 11: 14}
    sheet.freeze = (4, 1)
    sheet.print_area = sheet.area(0, 0, work_row - 1, LAST_PRINT_COL)
    # the charts are placed by rows, so the rows beside them have a height of their own in every viewer
    for row in range(COMBINATION_ROW, WORDS_ROW):
        sheet.heights.setdefault(row, LINE_HEIGHT)
