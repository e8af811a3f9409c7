"""The bundled published points, read here: as points for the oracle, with the pages' own prices."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from specxl.house import data_file
from support.curvesets import CurveKey, Measured
from support.oracle import Point, Thresholds, tie_out

if TYPE_CHECKING:
    from support.curvesets import Curves

PRICES = {"b300": 2.34, "gb200": 2.21, "mi355x": 1.48, "h200": 1.41}
"""What a GPU-hour costs on the rate card that the pages belong to."""

_FIGURES = ("interactivity_tok_s_user", "total_tok_s_gpu", "concurrency", "published_cost_usd_per_mtok")


def published_curves(limits: Thresholds | None = None) -> Curves:
    """Return the points of every published curve; a point whose cost is not the page's price over its throughput says so."""
    found: Curves = {}
    with data_file("published_points.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            key = CurveKey(row["model"], row["hardware"], row["precision"], row["workload"], row["variant"])
            x, total, requests, cost = (float(row[name]) for name in _FIGURES)
            odd = tie_out(cost, total, PRICES[key.hardware], limits).at_odds
            point = Point(x, total, conc=requests, published=True, at_odds=odd)
            found.setdefault(key, []).append(Measured("", point))
    return found
