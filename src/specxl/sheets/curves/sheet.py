"""The Curves sheet: an index of the curves, their knots with live tangents, and the points off the frontier.

Each live column has a twin that holds what the reference computed at the build; the sum of their differences is a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.curves import METRICS
from specxl.model.cells import Range
from specxl.schema import TOKEN_BASES, round15
from specxl.sheets.anchors import Anchor
from specxl.sheets.curves.index import lay_index
from specxl.sheets.curves.layout import (
    INDEX_HEAD,
    OFF_BEATS,
    OFF_DIFFERS,
    OFF_X,
    SAMPLE_KNOT,
    SAMPLE_PLACE,
    CurveLayout,
)
from specxl.sheets.curves.points import lay_knots, lay_off_frontier, lay_samples
from specxl.sheets.frame import CURVES, start_sheet
from specxl.sheets.measurements import FACT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.house import House
    from specxl.method.catalogue import Catalogue
    from specxl.method.samples import Samples
    from specxl.model.cells import Sheet
    from specxl.sheets.measurements import MeasurementTable


@dataclass(frozen=True, slots=True)
class CurveTables:
    """Where the curves stand: ranges by the names that the comparison block uses, and the anchors of the checks."""

    sheet: Sheet
    ranges: Mapping[str, Range]
    samples: Sequence[Samples]
    anchors: tuple[Anchor, ...]
    sample_sums: tuple[int, float]
    index_differs: Range
    knot_differs: Range
    off_differs: Range
    off_undominated: Range

    def context(self) -> dict[str, str]:
        """The ranges as formula text, by name."""
        return {name: str(area) for name, area in self.ranges.items()}


def build_curves(catalogue: Catalogue, house: House, measured: MeasurementTable) -> CurveTables:
    """Lay out index, knots and points off the frontier (METHOD 2, 3)."""
    sheet = start_sheet(
        CURVES,
        "Curves",
        tab="data",
        check_columns=2,
        subtitle="Knots and tangents of every curve; the workings behind all figures",
    )
    layout = CurveLayout(sheet, catalogue, measured.columns)
    lay_index(layout, house)
    lay_knots(layout)
    lay_off_frontier(layout)
    lay_samples(layout)
    sheet.widths |= {0: 10, 1: 20, 2: 14, **dict.fromkeys(range(3, layout.index_check_col + 1), 11), 6: 20}
    sheet.heights |= dict.fromkeys((INDEX_HEAD, layout.knot_head, layout.off_head, layout.sample_head), 44.0)
    sheet.freeze = (INDEX_HEAD + 1, 1)
    ranges = _ranges(layout) | {
        f"measured_{fact}": measured.columns[key] for fact, key in FACT_COLUMNS.items() if key in measured.columns
    }
    ranges["measured_marks"] = measured.columns["marks"]
    return CurveTables(
        sheet=sheet,
        ranges=ranges,
        samples=layout.samples,
        anchors=_anchors(layout),
        sample_sums=_sample_sums(layout),
        index_differs=layout.index_checks(),
        knot_differs=layout.knot_checks(),
        off_differs=layout.off(OFF_DIFFERS),
        off_undominated=layout.off(OFF_BEATS),
    )


def _ranges(layout: CurveLayout) -> dict[str, Range]:
    """The columns that comparison blocks and charts read, by the names that their formulas use."""
    ranges = {f"curve_{key}": layout.index(key) for key in ("knots", "first", "x_min", "x_max")}
    ranges |= {f"curve_{key}": layout.index(key) for key in ("off_count", "off_first", "sample_count", "sample_first")}
    ranges |= {
        "sample_id": layout.sampled(0),
        "sample_knot": layout.sampled(SAMPLE_KNOT),
        "sample_place": layout.sampled(SAMPLE_PLACE),
    }
    ranges |= {f"strip_{basis}": layout.strip(basis) for basis in TOKEN_BASES}
    ranges |= {f"knot_{key}": layout.knots(key) for key in ("id", "x", "h", "measurement")}
    for m in METRICS:
        ranges |= {f"curve_{m}_{end}": layout.index(f"{m}_{end}") for end in ("min", "max")}
        ranges |= {f"knot_{m}": layout.knots(m), f"tangent_{m}": layout.knots(f"m_{m}")}
    ranges |= {f"curve_{m}_count": layout.index(f"{m}_count") for m in METRICS[1:]}
    for end in ("min", "max"):
        ranges[f"curve_{end}_by_basis"] = _across(layout.index(f"total_{end}"), layout.index(f"input_{end}"))
    ranges["knot_by_basis"] = _across(layout.knots("total"), layout.knots("input"))
    ranges["tangent_by_basis"] = _across(layout.knots("m_total"), layout.knots("m_input"))
    return ranges | {"curve_strip": layout.strip("x"), "off_points": layout.off(OFF_X, OFF_X + len(METRICS))}


def _across(first: Range, last: Range) -> Range:
    """The block from one column to another: total, output and input, in the order of the token bases."""
    return Range(first.first, last.last)


def _anchors(layout: CurveLayout) -> tuple[Anchor, ...]:
    """Where the knots, the samples and the points off the frontier stand."""
    sheet, curves = layout.sheet, layout.catalogue.curves
    knots = tuple((curve.id, knot) for curve in curves for knot in range(1, len(curve.knots) + 1))
    samples = tuple((number,) for number in range(layout.sample_count))
    off = tuple((number,) for number in range(layout.off_count))
    off_keys = ("id", "point", "measurement")
    return (
        Anchor("knot table", "", sheet.ref(layout.knot_first, 0), tuple(layout.knot_col), knots),
        Anchor("sample table", "", sheet.ref(layout.sample_first, 0), ("id", "knot", "place"), samples),
        Anchor("off table", "", sheet.ref(layout.off_first, 0), off_keys, off),
    )


def _sample_sums(layout: CurveLayout) -> tuple[int, float]:
    """The sums of both columns of the table of samples, as they are built."""
    first, knots, places = 1, 0, 0.0
    for curve, samples in zip(layout.catalogue.curves, layout.samples, strict=True):
        knots += int(samples.knot.sum()) + first * samples.knot.size
        places += float(samples.place.sum())
        first += len(curve.knots)
    return knots, round15(places)
