"""Where everything stands on the Curves sheet, and what the reference holds for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.curves import METRICS
from specxl.method.samples import samples
from specxl.schema import TOKEN_BASES
from specxl.sheets.block.column import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.catalogue import Catalogue, CatalogueCurve
    from specxl.model.cells import Range, Sheet

INDEX_HEAD = 6
SAMPLE_HEADERS = ("curve id", "row of the knot before", "place in its segment, 0 to 1")
SAMPLE_KNOT, SAMPLE_PLACE = 1, 2
NARROWEST_STRIP = 2
"""A strip of one cell would be taken for a single value: INDEX of a whole row needs two columns."""
OFF_HEADERS = (
    "curve id", "point", "measurement no.", "interactivity (tok/s/user)", *METRICS, "reference: sum",
    "differs from reference", "knot at or above its x", "not beaten by that knot",
)  # fmt: skip
OFF_MEASUREMENT, OFF_X, OFF_TWIN, OFF_DIFFERS, OFF_KNOT, OFF_BEATS = 2, 3, 8, 9, 10, 11

# The knot table's formulas: {x} is this row's cell, {x_up} and {x_down} those of the rows above and below, @ a metric.
_VALUE = Column(
    "@", "@ (value)", "tput", 'IF(ISNUMBER(INDEX({measured_@},{measurement})),INDEX({measured_@},{measurement}),"")'
)
# The inner tangent and the tangent are two columns, so that an end tangent refers to its neighbour's inner rule and
# never to a cell that refers back; with two knots the ends take the straight line (METHOD 3).
_TANGENTS = (
    Column("s_@", "@: slope to next", "full", "IF({h}=0,0,IF(COUNT({@},{@_down})=2,({@_down}-{@})/{h},0))"),
    Column(
        "i_@",
        "@: inner tangent",
        "full",
        "IF(OR({h}=0,{knot}=1),0,(SIGN({s_@_up})+SIGN({s_@}))*MIN(ABS({s_@_up}),ABS({s_@}),"
        "ABS(({s_@_up}*{h}+{s_@}*{h_up})/({h_up}+{h}))/2))",
    ),
    Column(
        "m_@",
        "@: tangent",
        "full",
        "IF({knots}=1,0,IF({knots}=2,IF({knot}=1,{s_@},{s_@_up}),"
        "IF({knot}=1,(3*{s_@}-{i_@_down})/2,IF({h}=0,(3*{s_@_up}-{i_@_up})/2,{i_@}))))",
    ),
)
_RUNNING = (
    Column("known_@", "@: known so far", "id", "IF({knot}=1,COUNT({@}),COUNT({@})+{known_@_up})"),
    Column("low_@", "@: lowest so far", "tput", "IF({knot}=1,MIN({@}),MIN({@},{low_@_up}))"),
    Column("high_@", "@: highest so far", "tput", "IF({knot}=1,MAX({@}),MAX({@},{high_@_up}))"),
)


# The highest from a knot on: for a token class that rises in places, where a curve last gives a throughput.
_HIGHEST_ON = Column("top_@", "@: highest from here on", "tput", "IF({h}=0,MAX({@}),MAX({@},{top_@_down}))")


def _for_each(template: Column, metrics: Sequence[str]) -> list[Column]:
    return [Column(*(text.replace("@", metric) for text in template)) for metric in metrics]


def _knot_columns() -> tuple[Column, ...]:
    """The columns in order; those of one kind stand side by side, so that a token basis picks among neighbours."""
    columns = [
        Column("x", "interactivity (tok/s/user)", "tput", "INDEX({measured_x},{measurement})"),
        *_for_each(_VALUE, METRICS),
        Column("h", "step to next x", "full", "IF({id_down}={id},{x_down}-{x},0)"),
    ]
    for template in _TANGENTS:
        columns += _for_each(template, METRICS)
    # total throughput descends along a frontier: its bounds are its ends
    for template in _RUNNING:
        columns += _for_each(template, METRICS[1:])
    return (*columns, *_for_each(_HIGHEST_ON, TOKEN_BASES[1:]))


KNOT_COLUMNS = _knot_columns()
KNOT_GIVEN = (("id", "curve id"), ("knot", "knot"), ("knots", "knots of curve"), ("measurement", "measurement no."))
# Columns whose value the reference knows: each has a twin.
TWINS = ("x", *METRICS, *(f"m_{m}" for m in METRICS))
INDEX_LABELS = ("curve id", "model", "hardware", "precision", "workload", "spec decoding", "engine scope")
INDEX_TWINS = (
    "first",
    "knots",
    "x_min",
    "x_max",
    *(f"{m}_{end}" for end in ("min", "max") for m in METRICS),
    "off_count",
    "off_first",
    "sample_count",
    "sample_first",
)
STRIPS = ("x", *TOKEN_BASES)
STRIP_SUMS = tuple(f"sum of the {name} strip" for name in STRIPS)


@dataclass
class CurveLayout:
    """Rows and columns of the tables in the order in which they stand: index, knots, points off the frontier, samples."""

    sheet: Sheet
    catalogue: Catalogue
    measured: Mapping[str, Range]

    def __post_init__(self) -> None:
        curves = self.catalogue.curves
        self.samples = samples([curve.fit for curve in curves])
        self.knot_count = sum(len(c.knots) for c in curves)
        self.off_count = sum(len(c.off_frontier) for c in curves)
        self.sample_count = sum(s.knot.size for s in self.samples)
        self.index_first = INDEX_HEAD + 1
        self.knot_head = self.index_first + len(curves) + 3
        self.knot_first = self.knot_head + 1
        self.off_head = self.knot_first + self.knot_count + 4
        self.off_first = self.off_head + 1
        self.sample_head = self.off_first + max(self.off_count, 1) + 4
        self.sample_first = self.sample_head + 1
        keys = [key for key, _ in KNOT_GIVEN] + [c.key for c in KNOT_COLUMNS]
        self.knot_col = {key: col for col, key in enumerate(keys)}
        self.twin_col = {key: len(keys) + i for i, key in enumerate(TWINS)}
        self.knot_check_col = len(keys) + len(TWINS)
        index_keys = [*INDEX_TWINS, *(f"{metric}_count" for metric in METRICS[1:])]
        self.index_col = {key: len(INDEX_LABELS) + i for i, key in enumerate(index_keys)}
        self.strip_width = max(self.catalogue.longest, NARROWEST_STRIP)
        self.strip_col = len(INDEX_LABELS) + len(index_keys)
        self.index_twin_col = self.strip_col + len(STRIPS) * self.strip_width
        self.strip_twin_col = self.index_twin_col + len(INDEX_TWINS)
        self.index_check_col = self.strip_twin_col + len(STRIPS)

    def _column(self, first: int, count: int, col: int) -> Range:
        return self.sheet.area(first, col, first + count - 1, col)

    def knots(self, key: str) -> Range:
        """A column of the knot table."""
        return self._column(self.knot_first, self.knot_count, self.knot_col[key])

    def index(self, key: str) -> Range:
        """A column of the index."""
        return self._column(self.index_first, len(self.catalogue.curves), self.index_col[key])

    def off(self, col: int, last_col: int | None = None) -> Range:
        """A column of the points off the frontier, or several; one empty row where there are none."""
        last = self.off_first + max(self.off_count, 1) - 1
        return self.sheet.area(self.off_first, col, last, col if last_col is None else last_col)

    def sampled(self, col: int) -> Range:
        """A column of the table of chart samples."""
        return self._column(self.sample_first, self.sample_count, col)

    def strip(self, name: str) -> Range:
        """The x, or the throughputs of a token class, of every curve's knots: side by side, one row per curve."""
        first = self.strip_col + STRIPS.index(name) * self.strip_width
        last = self.index_first + len(self.catalogue.curves) - 1
        return self.sheet.area(self.index_first, first, last, first + self.strip_width - 1)

    def knot_checks(self) -> Range:
        """The checks of the knots, two per row: of the numbers laid out, and of what is computed."""
        last = self.knot_first + self.knot_count - 1
        return self.sheet.area(self.knot_first, self.knot_check_col, last, self.knot_check_col + 1)

    def index_checks(self) -> Range:
        """The checks of the index, one per row."""
        return self._column(self.index_first, len(self.catalogue.curves), self.index_check_col)


_FIELDS = {"total": "total_tok_s_gpu", "output": "output_tok_s_gpu", "input": "input_tok_s_gpu"}


def reference(curve: CatalogueCurve, key: str) -> list[float | None]:
    """What the reference holds for a knot column, one number per knot; None where the class is not published."""
    fit = curve.fit
    if key == "x":
        return [float(v) for v in fit.x]
    metric = key.removeprefix("m_")
    if not key.startswith("m_"):
        return [getattr(m, _FIELDS.get(metric, metric)) for m in curve.knots]
    if metric not in fit.tangents:
        return [None] * len(curve.knots)
    return [float(v) for v in fit.tangents[metric]]
