"""What the chart of Break-even plots: the cost of both sides over the speed, of one comparison, and where they are the same.

The curves are drawn by some of the samples of Curves, in straight steps. What must not be drawn stands left of the axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.model.cells import Chart, Range, Series, in_row, resolve
from specxl.model.formulas import choice_number
from specxl.sheets.anchors import Anchor, entered
from specxl.sheets.break_even.rows import MOST_CROSSINGS
from specxl.sheets.curves.drawn import IDLE, drawable, sample_texts
from specxl.sheets.frame import BREAK_EVEN
from specxl.sheets.pair.selection import distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Comparison
    from specxl.model.cells import Ref, Sheet
    from specxl.model.flow import Flow
    from specxl.sheets.break_even.rows import EvenRows
    from specxl.sheets.plan import Plan

EVEN_CHOICE, NAMES = "even_choice", "comparisons"
CHOICE_KIND, CURVE_KIND, MARK_KIND = "even-choice", "even-curve", "even-marks"
CHOICE_KEYS = ("choice", "basis", *(f"{side}_{key}" for side in "ab" for key in ("id", "price", "drawn")))
CURVE_KEYS, MARK_KEYS = ("row", "u", "x", "cost"), ("n", "x", "y")
CHART_SIZE, ROW_PIXELS = (760, 300), 20
SPARSE = 4
"""One of so many samples is drawn: a line may so be a few per cent off the curve; the sheets of the pairs draw them all."""
_AXIS = "[<0.01]0.000;[<10]0.00;#,##0"


def comparison_names(plan: Plan) -> list[str]:
    """What a dropdown over all comparisons offers, in the order of the sheets."""
    names = []
    for comparison in plan.catalogue.comparisons:
        labels = plan.labels(comparison)
        names.append(f"{labels['model']}, {labels['hardware']}, {comparison.label}")
    return distinct(names)


def drawn_samples(count: int, rows: int) -> list[int]:
    """Which samples of a curve are drawn, from 0, where it has so many and so many rows draw it."""
    return [int(row * (count - 1) / (rows - 1) + 1 / 2) for row in range(rows)]


@dataclass(frozen=True)
class Plotted:
    """The names of the series, both curves by side, and the lines where both cost the same."""

    names: Mapping[str, Ref]
    curves: Mapping[str, tuple[Range, Range]]
    marks: Sequence[tuple[Range, Range]]


def place_choice(plan: Plan, sheet: Sheet, row: int, col: int, opening: Comparison) -> Ref:
    """Place the dropdown; where there is one comparison, its name."""
    names, texts = comparison_names(plan), plan.house.texts["budget"]["even"]
    name = names[plan.catalogue.comparisons.index(opening)]
    if len(names) == 1:
        return sheet.put(row, col, name, "left")
    choice = plan.register.place(
        sheet, (row, col), name, texts["choice"], style="left", choices=plan.workings.lists[NAMES], message=texts["choice_hint"]
    )  # fmt: skip
    plan.anchors.append(entered(EVEN_CHOICE, choice))
    return choice


class Plotter:
    """Lays the plotted cells out; `crossed` is where the sheet shows the crossings."""

    def __init__(self, plan: Plan, flow: Flow, even: EvenRows, choice: Ref, crossed: Range) -> None:
        self.plan, self.flow, self.names = plan, flow, plan.context
        self.even, self.crossed = even, crossed
        self.words = plan.house.texts["budget"]["columns"]
        self.cells = self._lay_choice(choice)
        counts = [
            plan.curves.samples[s.curve.id - 1].knot.size
            for c in plan.catalogue.comparisons
            for _, s in c.sides
            if s.curve
        ]
        self.rows = max(counts) // SPARSE + 2

    def _of_choice(self, key: str) -> str:
        cells = [row[key] for row in self.even.rows.values()]
        return f"INDEX({Range(cells[0], cells[-1])},MAX({self.cells_choice},1))"

    def _lay_choice(self, choice: Ref) -> dict[str, Ref]:
        """One row: which comparison is drawn, and of each side its curve, its price, and whether it can be drawn."""
        flow = self.flow
        flow.heads([self.words.get(key.rpartition("_")[2], key) for key in CHOICE_KEYS])
        row = flow.take()
        flow.gap()
        cells = {key: flow.sheet.ref(row, col).fix for col, key in enumerate(CHOICE_KEYS)}
        self.cells_choice = cells["choice"]
        texts = {
            "choice": choice_number(choice, self.plan.workings.lists[NAMES]),
            "basis": f"MAX({self.names['basis']},1)",
        }
        for side in "ab":
            curve, price = cells[f"{side}_id"], self._of_choice(f"{side}_price")
            known = f"AND({cells['choice']}>0,ISNUMBER({cells[f'{side}_price']}))"
            texts |= {
                f"{side}_id": self._of_choice(f"{side}_id"),
                f"{side}_price": price,
                f"{side}_drawn": f"IF({known},{drawable(self.names, curve)},0)",
            }
        for key, text in texts.items():
            flow.sheet.formula(row, cells[key].col, text, "full")
        self.plan.anchors.append(Anchor(CHOICE_KIND, "", flow.sheet.ref(row, 0), CHOICE_KEYS, ((),)))
        return cells

    def lay(self, sides: Mapping[str, str], same: str) -> Plotted:
        """Lay out both curves side by side, then the marks."""
        flow, sheet = self.flow, self.flow.sheet
        head, names = flow.take(), {}
        for side, col in (("b", 1), ("a", 5)):
            names[side] = sheet.formula(head, col, sides[side], "head")
        names["same"] = sheet.put(head, 0, same, "head")
        first = flow.take(self.rows)
        for number in range(self.rows):
            sheet.put(first + number, 0, number + 1, "id")
        curves = {side: self._lay_curve(side, first, col) for side, col in (("b", 1), ("a", 5))}
        flow.gap()
        return Plotted(names, curves, self._lay_marks([cost for _, cost in curves.values()]))

    def _lay_curve(self, side: str, first: int, left: int) -> tuple[Range, Range]:
        sheet, names = self.flow.sheet, self.names
        curve, price, drawn = (self.cells[f"{side}_{key}"] for key in ("id", "price", "drawn"))
        id_ = f"MAX({curve},1)"
        count = f"INDEX({names['curve_sample_count']},{id_})"
        own = {key: in_row(left + col) for col, key in enumerate(CURVE_KEYS)}
        own["number"] = f"(1+INT(({in_row(0)}-1)*({count}-1)/{self.rows - 1}+1/2))"
        texts = sample_texts(names, own, id_, drawn, self.cells["basis"])
        cost = self.plan.context.cost(price, f"({texts['y']})")
        texts["cost"] = f"IF({drawn}=0,1,{cost})"
        for col, key in enumerate(CURVE_KEYS, start=left):
            pattern = resolve(texts[key], sheet.name)
            for row in range(first, first + self.rows):
                sheet.copy(row, col, pattern, "full")
        subjects = tuple((number,) for number in range(self.rows))
        self.plan.anchors.append(Anchor(CURVE_KIND, "", sheet.ref(first, left), CURVE_KEYS, subjects, side))
        last = first + self.rows - 1
        x, y = (left + CURVE_KEYS.index(key) for key in ("x", "cost"))
        return sheet.area(first, x, last, x), sheet.area(first, y, last, y)

    def _lay_marks(self, costs: Sequence[Range]) -> list[tuple[Range, Range]]:
        """A line from the lowest to the highest cost at each speed of equal cost: two points each, numbered from 1."""
        sheet, choice, number = self.flow.sheet, self.cells["choice"], in_row(0)
        first = self.flow.take(2 * MOST_CROSSINGS)
        drawn = ",".join(map(str, costs))
        x = f"INDEX({self.crossed},MAX({choice},1),INT(({number}+1)/2))"
        texts = (
            f"IF({choice}=0,{IDLE},IF(ISNUMBER({x}),IF({x}>0,{x},{IDLE}),{IDLE}))",
            f"IF(2*INT({number}/2)={number},MAX({drawn}),MIN({drawn}))",
        )
        patterns = [resolve(text, sheet.name) for text in texts]
        for row in range(first, first + 2 * MOST_CROSSINGS):
            sheet.put(row, 0, row - first + 1, "id")
            for col, pattern in enumerate(patterns, start=1):
                sheet.copy(row, col, pattern, "full")
        subjects = tuple((place,) for place in range(2 * MOST_CROSSINGS))
        self.plan.anchors.append(Anchor(MARK_KIND, "", sheet.ref(first, 0), MARK_KEYS, subjects))
        self.flow.gap()
        tops = range(first, first + 2 * MOST_CROSSINGS, 2)
        return [(sheet.area(top, 1, top + 1, 1), sheet.area(top, 2, top + 1, 2)) for top in tops]


def place_chart(plan: Plan, sheet: Sheet, at: Ref, plotted: Plotted) -> int:
    """Place the chart; return the last row that it covers."""
    texts, names = plan.house.texts["budget"]["even"], plotted.names
    curves = tuple(Series(names[side], *plotted.curves[side], f"{side}_curve") for side in "ba")
    marks = tuple(Series(names["same"], *mark, "cost_line") for mark in plotted.marks)
    sheet.charts.append(
        Chart(
            kind="scatter",
            at=at,
            width=CHART_SIZE[0],
            height=CHART_SIZE[1],
            series=(*curves, *marks),
            x_title=texts["chart_x"],
            y_title=texts["chart_y"],
            alt_text=texts["chart_alt"],
            name=BREAK_EVEN,
            log=True,
            unlisted=tuple(range(len(curves) + 1, len(curves) + len(marks))),
            number_format=_AXIS,
        )
    )
    return at.row + CHART_SIZE[1] // ROW_PIXELS
