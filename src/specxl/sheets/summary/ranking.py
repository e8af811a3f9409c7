"""The Summary's workings: one row per comparison, its place in the table, the medians and counts over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.codes import Verdict
from specxl.model.cells import in_row, resolve
from specxl.model.formulas import first_true
from specxl.sheets.anchors import Anchor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Range, Ref
    from specxl.model.flow import Flow
    from specxl.sheets.plan import Plan
    from specxl.sheets.results import ResultTable

# What a comparison brings along from its block, and the codes and figures from which its place follows.
FROM_BLOCK = (
    "verdict", "certainty", "better", "a_status", "b_status", "ratio", "ratio_low", "ratio_high", "eq_code", "eq_x", "eq_ratio", "stops", "like",
    "a_cost", "b_cost", "a_tokens", "b_tokens",
)  # fmt: skip
RANKED_DECIMALS = 9
_PLACING = (
    # decided and level first, then what only one side reaches, then undecided, then the rest
    ("class", first_true(((f"{{verdict}}>={Verdict.A_BETTER}", 1), (f"{{verdict}}={Verdict.UNDECIDED}", 3), (f"{{verdict}}>={Verdict.ONLY_A}", 2)), 4)),
    ("cost", "IF(COUNT({a_cost},{b_cost})=0,0,MIN({a_cost},{b_cost}))"),
    ("turn", "IF({group}={first_group},0,{group})"),
    # the lowest cost of the group that stands first, unless it rests on a stop
    ("pick", 'IF(AND({turn}=0,{stops}=0,{cost}>0),{cost},"")'),
    # figures are put in order without their last digits, of which spreadsheet programs make different things
    ("cost_rank", f"ROUND({{cost}},{RANKED_DECIMALS})"),
    # what has no cost stands behind what has one
    ("cheaper", "IF({cost}=0,{size}-1,RANK({cost_rank},{costs},1)-1)"),
    ("key", "(({turn}*10+{class})*{size}+{cheaper})*{size}+{number}"),
    ("place", "RANK({key},{keys},1)"),
    # what the medians are over: a side is better, and no stop stands
    ("counts", "IF(AND({better}>0,{stops}=0),1,0)"),
    ("r", 'IF({counts}=1,{ratio},"")'),
    ("s_counts", "IF(AND({counts}=1,ISNUMBER({eq_ratio})),1,0)"),
    ("s", 'IF({s_counts}=1,{eq_ratio},"")'),
)  # fmt: skip
GIVEN = ("number", "group")
WORDS = (
    "hardware",
    "model",
    "combination",
    "link",
    "label_a",
    "label_b",
    "verdict_word",
    "certainty_word",
    "like_word",
)
_TEXTS = ("hardware", "model", "combination", "link")
"""Words that are texts of the data, whatever they begin with; the others are formulas behind a sign."""
# Columns that a formula names as a whole: the name in the formula, the column.
_WHOLE = {"costs": "cost_rank", "keys": "key"}


def _judged(plan: Plan) -> tuple[str, ...]:
    """The columns of figures and codes; those of words follow."""
    return (*GIVEN, *FROM_BLOCK, *(key for key, _ in _PLACING), *(f"f_{flag.id}" for flag in plan.flags))


def groups(plan: Plan) -> list[tuple[str, str]]:
    """Model and workload of every group of comparable comparisons, in the order of the sheets."""
    return list(dict.fromkeys((c.key.model, c.key.workload) for c in plan.catalogue.comparisons))


@dataclass(frozen=True)
class Ranking:
    """The rows of all comparisons by column, which of them stands at each place, and figures over them by name."""

    columns: Mapping[str, Range]
    at: Range
    figures: Mapping[str, Ref]

    @property
    def count(self) -> int:
        """The number of comparisons."""
        return self.at.rows

    def held(self, key: str, place: int) -> str:
        """Formula: a column of the comparison that stands at a place of the table, counted from 1."""
        return f"INDEX({self.columns[key]},{self.at.cell(place - 1)})"

    def __getitem__(self, key: str) -> Range:
        """A column over all comparisons, in their own order."""
        return self.columns[key]


def lay_ranking(
    plan: Plan, flow: Flow, results: ResultTable, first_group: Ref, words: Mapping[int, Sequence[str]]
) -> Ranking:
    """Lay out a row per comparison with its place in the table, then the counts and medians.

    `words` holds the formula text (or link) of each of WORDS by comparison number.
    """
    sheet, comparisons = flow.sheet, plan.catalogue.comparisons
    judged = _judged(plan)
    keys = (*judged, *WORDS)
    flow.heads(keys)
    first = flow.take(len(comparisons))
    last = first + len(comparisons) - 1
    columns = {key: sheet.area(first, col, last, col) for col, key in enumerate(keys)}
    patterns = _patterns(sheet.name, columns, first_group, len(comparisons))
    order = {group: number for number, group in enumerate(groups(plan), start=1)}
    for row, comparison in enumerate(comparisons, start=first):
        _lay_row(plan, row, comparison, results, patterns, words[comparison.number], order)
    flow.gap()
    plan.anchors.append(Anchor("ranking", "", sheet.ref(first, 0), judged, tuple((c.number,) for c in comparisons)))
    flow.heads(("Place in the table", "Row above that stands there"))
    top = flow.take(len(comparisons))
    for place in range(1, len(comparisons) + 1):
        sheet.put(top + place - 1, 0, place, "id")
        sheet.formula(top + place - 1, 1, f"MATCH({place},{columns['place']},0)", "id")
    flow.gap()
    at = sheet.area(top, 1, top + len(comparisons) - 1, 1)
    return Ranking(columns, at, _lay_figures(plan, flow, columns))


def _patterns(sheet: str, columns: Mapping[str, Range], first_group: Ref, count: int) -> dict[str, str]:
    names = {key: in_row(area.first.col) for key, area in columns.items()}
    names |= {name: resolve(str(columns[key]), sheet) for name, key in _WHOLE.items()}
    names |= {"first_group": resolve(str(first_group.fix), sheet), "size": str(count + 1)}
    return {key: text.format_map(names) for key, text in _PLACING}


def _lay_row(
    plan: Plan,
    row: int,
    comparison: Comparison,
    results: ResultTable,
    patterns: Mapping[str, str],
    words: Sequence[str],
    order: Mapping[tuple[str, str], int],
) -> None:
    sheet, block = plan.workings.sheet, results.block[comparison.number, 0]
    places = {key: col for col, key in enumerate((*_judged(plan), *WORDS))}
    sheet.put(row, places["number"], comparison.number, "id")
    sheet.put(row, places["group"], order[comparison.key.model, comparison.key.workload], "id")
    for key in (*FROM_BLOCK, *(f"f_{flag.id}" for flag in plan.flags)):
        sheet.formula(row, places[key], str(block[key]), "full")
    for key, pattern in patterns.items():
        sheet.copy(row, places[key], pattern, "full")
    for key, text in zip(WORDS, words, strict=True):
        if key not in _TEXTS:
            sheet.formula(row, places[key], text[1:])
        else:
            sheet.put(row, places[key], text)


def _quantile(values: Range, count: Ref, share: str) -> str:
    """Formula: a quantile of the values that are numbers, between order statistics as spreadsheet programs and NumPy do."""
    at = f"(1+({count}-1)*{share})"
    low, high = (f"SMALL({values},{place})" for place in (f"INT{at}", f"MIN({count},INT{at}+1)"))
    return f'IF({count}=0,"",{low}+({at}-INT{at})*({high}-{low}))'


COUNTS = {
    "better": (Verdict.A_BETTER,),
    "worse": (Verdict.B_BETTER,),
    "level": (Verdict.LEVEL,),
    "undecided": (Verdict.UNDECIDED,),
    "only": (Verdict.ONLY_A, Verdict.ONLY_B),
    "neither": (Verdict.NEITHER,),
    "none": (Verdict.NO_TARGET, Verdict.NOT_STATED, Verdict.NO_DATA, Verdict.NOT_PUBLISHED, Verdict.NO_PRICE),
}
"""The counts of the Summary: they add up to all comparisons."""
FIGURES = (
    "all", *COUNTS, "settled", "decided", "like", "stopped", "r_count", "r_low", "r_median", "r_high", "s_count", "s_low",
    "s_median", "s_high", "cheapest",
)  # fmt: skip


def _lay_figures(plan: Plan, flow: Flow, columns: Mapping[str, Range]) -> dict[str, Ref]:
    """Counts and medians over all comparisons, one row read from left to right."""
    sheet = flow.sheet
    flow.heading("Counts and medians over all comparisons", "strong")
    head, row = flow.take(), flow.take()
    cells: dict[str, Ref] = {}

    def put(name: str, text: str, style: str = "full") -> None:
        sheet.put(head, len(cells), name.replace("_", " "), "head")
        cells[name] = sheet.formula(row, len(cells), text, style).fix

    put("all", f"ROWS({columns['verdict']})", "id")
    for name, codes in COUNTS.items():
        put(name, "+".join(f"COUNTIF({columns['verdict']},{code})" for code in codes), "id")
    certainty = columns["certainty"]
    put("settled", f"SUMPRODUCT(({columns['better']}=1)*(({certainty}=1)+({certainty}=3)))", "id")
    put("decided", f"{cells['better']}+{cells['worse']}", "id")
    put("like", f"SUMPRODUCT(({columns['better']}>0)*({columns['like']}=1))", "id")
    put("stopped", f"SUMPRODUCT(1*({columns['stops']}>0))", "id")
    for name, counted in (("r", "counts"), ("s", "s_counts")):
        put(f"{name}_count", f"SUM({columns[counted]})", "id")
        for end, share in (("low", "1/4"), ("median", "1/2"), ("high", "3/4")):
            put(f"{name}_{end}", _quantile(columns[name], cells[f"{name}_count"], share))
    put("cheapest", f"IF(COUNT({columns['pick']})=0,0,MATCH(MIN({columns['pick']}),{columns['pick']},0))", "id")
    plan.anchors.append(Anchor("figures", "", sheet.ref(row, 0), tuple(cells), ((),)))
    flow.gap()
    return cells
