"""The comparisons that have a past: their curves day by day, numbered behind all others, so that nothing current moves.

Which rows counted on a day follows from the runs and is decided in reading (`reading.history`): of every line the newest run
up to that day. The curve of a day is the frontier over all of them, fitted as any curve is. A day on which neither side has
another row than on the day before is none of a comparison's. On the last day both sides are the curves of today.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from specxl.method.curve_book import DAY, CatalogueCurve, CurveKey, fitted, knots_of
from specxl.method.past import Day, Past

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from specxl.method.catalogue import Catalogue, Comparison
    from specxl.schema import Measurement

MOST_DAYS = 24
"""The most days of a comparison, the newest: a table and a chart of more could not be read on one screen."""
FEWEST_DAYS = 2


def with_history(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue with the past of its official comparisons, where the inputs hold any."""
    curves = _DayCurves(catalogue.measurements, len(catalogue.curves))
    found = [_past(comparison, curves) for comparison in catalogue.comparisons] if curves.any else []
    moved = tuple(past for past in found if past is not None)
    return replace(catalogue, curves=(*catalogue.curves, *curves.made), moved=moved) if moved else catalogue


class _DayCurves:
    """The curves of days past: one of which the knots are those of another of its side is that one."""

    def __init__(self, measurements: Iterable[Measurement], numbered: int) -> None:
        self._rows: dict[CurveKey, dict[dt.date, list[Measurement]]] = defaultdict(lambda: defaultdict(list))
        for m in measurements:
            key = CurveKey(m.model, m.hardware, m.precision, m.workload, m.variant, label=m.label)
            for day in m.days:
                self._rows[key][day].append(m)
        self._numbered = numbered
        self._known: dict[tuple[CurveKey, tuple[int, ...]], CatalogueCurve] = {}
        self.made: list[CatalogueCurve] = []

    @property
    def any(self) -> bool:
        """Whether there is a past of anything."""
        return bool(self._rows)

    def days(self, *keys: CurveKey) -> list[dt.date]:
        """The days in order on which any of some sides had another row than before."""
        every = sorted({day for key in keys for day in self._rows.get(key, ())})
        before: list[list[int]] = []
        found = []
        for day in every:
            held = [[m.number for m in self._rows[key].get(day, ())] if key in self._rows else [] for key in keys]
            if held != before:
                found.append(day)
            before = held
        return found

    def on(self, key: CurveKey, current: CatalogueCurve | None, day: dt.date) -> CatalogueCurve | None:
        """The curve of a side on a day; made when first asked for."""
        rows = self._rows[key].get(day) if key in self._rows else None
        if not rows:
            return None
        knots = knots_of(rows)
        place = key, tuple(m.number for m in knots)
        if current is not None and place[1] == tuple(m.number for m in current.knots):
            return current
        if place not in self._known:
            self._numbered += 1
            named = replace(key, scope=f"{DAY}{day}")
            self._known[place] = CatalogueCurve(self._numbered, named, knots, (), fitted(knots))
            self.made.append(self._known[place])
        return self._known[place]


def _past(comparison: Comparison, curves: _DayCurves) -> Past | None:
    """The past of a comparison; None where there are not two days of it."""
    days = curves.days(comparison.a.key, comparison.b.key)
    if len(days) < FEWEST_DAYS:
        return None
    kept = [
        Day(day, *(curves.on(side.key, side.curve, day) for _, side in comparison.sides)) for day in days[-MOST_DAYS:]
    ]
    return Past(comparison.number, tuple(kept), len(days) - len(kept))
