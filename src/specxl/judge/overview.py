"""What the Summary must rest on: the place of every comparison, the counts and the medians, from the reference alone."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from specxl.method.codes import Certainty, Verdict
from specxl.sheets.summary.ranking import COUNTS, FROM_BLOCK, RANKED_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from specxl.judge.columns import Held
    from specxl.judge.world import Overview
    from specxl.method.verdict import Given

Row = dict[str, "Held"]


def ranked(overview: Overview, columns: Callable[[Given], Row]) -> dict[int, Row]:
    """Return what every row of the ranking must hold, by comparison number; `columns` is the reference of a block."""
    rows: dict[int, Row] = {}
    groups, first_group = overview.groups, overview.first_group
    for number, given in overview.givens.items():
        block = columns(given)
        held: Row = {"number": number, "group": groups[number], **{key: block[key] for key in FROM_BLOCK}}
        held |= {key: found for key, found in block.items() if key.startswith("f_")}
        costs = [cost for side in "ab" if isinstance(cost := held[f"{side}_cost"], float)]
        held |= {"class": _class(Verdict(int(held["verdict"]))), "cost": min(costs, default=0.0)}
        held["turn"] = 0 if groups[number] == first_group else groups[number]
        held["pick"] = held["cost"] if held["turn"] == 0 and held["stops"] == 0 and costs else ""
        held["counts"] = int(held["better"] != 0 and held["stops"] == 0)
        held["r"] = held["ratio"] if held["counts"] else ""
        held["s_counts"] = int(bool(held["counts"]) and held["eq_ratio"] != "")
        held["s"] = held["eq_ratio"] if held["s_counts"] else ""
        held["cost_rank"] = round(float(held["cost"]), RANKED_DECIMALS)
        rows[number] = held
    _place(rows)
    return rows


def _class(verdict: Verdict) -> int:
    if verdict >= Verdict.A_BETTER:
        return 1
    if verdict == Verdict.UNDECIDED:
        return 3
    return 2 if verdict >= Verdict.ONLY_A else 4


def _place(rows: dict[int, Row]) -> None:
    """Put the rows in order."""
    size = len(rows) + 1
    costs = sorted(float(row["cost_rank"]) for row in rows.values())
    for row in rows.values():
        row["cheaper"] = bisect_left(costs, float(row["cost_rank"])) if row["cost"] else size - 1
        tens = float(row["turn"]) * 10 + float(row["class"])
        row["key"] = (tens * size + float(row["cheaper"])) * size + float(row["number"])
    in_order = sorted(rows.values(), key=lambda row: float(row["key"]))
    for place, row in enumerate(in_order, start=1):
        row["place"] = place


def figures(rows: Mapping[int, Row]) -> Row:
    """Return the counts and medians over all comparisons; the counts of verdicts add up to all."""
    verdicts = [Verdict(int(row["verdict"])) for row in rows.values()]
    held: Row = {"all": len(rows)}
    held |= {name: sum(verdict in codes for verdict in verdicts) for name, codes in COUNTS.items()}
    settled = (Certainty.SETTLED, Certainty.SETTLED_AT_LEAST)
    held["settled"] = sum(row["better"] == 1 and row["certainty"] in settled for row in rows.values())
    held["decided"] = sum(row["better"] != 0 for row in rows.values())
    held["like"] = sum(row["better"] != 0 and row["like"] == 1 for row in rows.values())
    held["stopped"] = sum(float(row["stops"]) > 0 for row in rows.values())
    for name, counted in (("r", "counts"), ("s", "s_counts")):
        values = [float(row[name]) for row in rows.values() if row[counted]]
        held[f"{name}_count"] = len(values)
        for end, share in (("low", 0.25), ("median", 0.5), ("high", 0.75)):
            held[f"{name}_{end}"] = float(np.quantile(values, share)) if values else ""
    picks = [row["pick"] for row in rows.values()]
    lowest = min((pick for pick in picks if pick != ""), key=float, default=None)
    held["cheapest"] = 0 if lowest is None else picks.index(lowest) + 1
    return held


def bars(rows: Mapping[int, Row], count: int) -> Sequence[Row]:
    """Return the lengths of the bars of the chart: tokens for the money of the group that stands first."""
    in_order = sorted(rows.values(), key=lambda row: float(row["place"]))[:count]
    shown = [row if row["turn"] == 0 else {"a_tokens": "", "b_tokens": ""} for row in in_order]
    return [{side: row[f"{side}_tokens"] or 0.0 for side in "ab"} for row in shown]
