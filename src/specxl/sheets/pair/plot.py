"""What a pair sheet's charts plot: curves, token basis and metric in force, with fall-backs for what is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from specxl.method.codes import Basis, Metric
from specxl.model.formulas import cases, first_true
from specxl.sheets.pair.selection import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref
    from specxl.sheets.pair.selection import Draft, Selection


@dataclass(frozen=True)
class Plot:
    """Cells that decide what is plotted: token basis and metric in force, and four facts of each side.

    These are the id of its curve, whether it can be drawn, its number of knots and the row of its first one.
    """

    draft: Draft
    chosen: Selection
    basis: Ref
    metric: Ref
    concurrency_known: Ref
    curve: Mapping[str, Ref]
    drawn: Mapping[str, Ref]
    count: Mapping[str, Ref]
    first: Mapping[str, Ref]

    def value(self, y: Ref | str, concurrency: Ref | str) -> str:
        """Formula: the second chart's metric for a throughput and a concurrency."""
        names, price, power = self.draft.plan.context, self.chosen["price"], self.chosen["power"]
        metrics = (
            (Metric.COST, names.cost(price, y)),
            (Metric.MEGAWATT, names.per_megawatt(y, power)),
            (Metric.JOULES, names.joules(power, y)),
            (Metric.CONCURRENCY, str(concurrency)),
        )
        return cases(self.metric, metrics, otherwise=str(y))

    def on_basis(self, table: str, row: Ref | str) -> str:
        """Formula: a row of a table with one column per token class, in the class plotted."""
        return f"INDEX({self.draft.plan.context[f'{table}_by_basis']},{row},{self.basis})"

    def headings(self) -> tuple[str, str]:
        """Formulas: what each chart shows, with its unit, and why the second shows something else than asked for."""
        lists, names = self.draft.plan.assumptions.lists, self.draft.plan.context
        classes = ((Basis.TOTAL, '"total tokens"'), (Basis.OUTPUT, '"output tokens"'))
        tokens = cases(self.basis, classes, otherwise='"input tokens"')
        units = (
            (Metric.COST, f'", "&{names["currency"]}&" per million "&{names["tokens"]}'),
            (Metric.MEGAWATT, '", tok/s/MW"'),
            (Metric.JOULES, '", J per token"'),
            (Metric.CONCURRENCY, '", requests (approximate)"'),
        )
        fallback = f'IF({self.metric}={Metric.THROUGHPUT},"Throughput per GPU",INDEX({lists["metrics"]},{self.metric}))'
        unit = cases(self.metric, units, otherwise='", tok/s/GPU"')
        return (
            f'"Throughput per GPU, tok/s, "&{tokens}&", against interactivity"',
            f'{fallback}&{unit}&" against interactivity"',
        )


def lay_plot(draft: Draft, row: int, chosen: Selection) -> tuple[Plot, int]:
    """Lay out which curves, token basis and metric are plotted; return them and the first free row."""
    names = draft.plan.context
    draft.sheet.put(row, 0, "What the charts plot", "heading")
    lines = Lines(draft.sheet, row + 1)
    drawn = {
        s: lines.put(f"{s.upper()} can be drawn on the token basis", _has_class(draft, chosen[f"{s}_id"])) for s in "ab"
    }
    basis = lines.put("token basis plotted", f"IF({drawn['a']}+{drawn['b']}=0,1,MAX({names['basis']},1))")
    fallback = lines.put("curve that a missing side sits on", _stand_in(draft, chosen, drawn))
    curve = {
        s: lines.put(f"{s.upper()} curve plotted", f"IF({drawn[s]}=1,{chosen[f'{s}_id']},{fallback})") for s in "ab"
    }
    knots = {s: f"INDEX({names['curve_knots']},{curve[s]})" for s in "ab"}
    count = {s: lines.put(f"{s.upper()} knots plotted", f"IF({drawn[s]}=1,{knots[s]},1)") for s in "ab"}
    first = {s: lines.put(f"{s.upper()} first row plotted", f"INDEX({names['curve_first']},{curve[s]})") for s in "ab"}
    known = ",".join(f"IF(INDEX({names['curve_conc_count']},{curve[s]})={knots[s]},1,0)" for s in "ab")
    concurrency = lines.put("concurrency known for both", f"MIN({known})")
    metric = _lay_metric(lines, chosen, concurrency)
    return Plot(draft, chosen, basis, metric, concurrency, curve, drawn, count, first), lines.row + 1


def _has_class(draft: Draft, curve: Ref) -> str:
    """Formula: 1 where a curve exists and every knot of it has the token class in force."""
    names = draft.plan.context
    knots = f"INDEX({names['curve_knots']},{curve})"
    output, inputs = (f"IF(INDEX({names[f'curve_{kind}_count']},{curve})={knots},1,0)" for kind in ("output", "input"))
    rules = (
        (f"{curve}=0", 0),
        (f"{names['basis']}<{Basis.OUTPUT}", 1),
        (f"{names['basis']}={Basis.OUTPUT}", output),
    )
    return first_true(rules, inputs)


def _stand_in(draft: Draft, chosen: Selection, drawn: Mapping[str, Ref]) -> str:
    """Formula: the id of a curve that exists in every state; a side that cannot be drawn sits on its first knot."""
    canonical = draft.pair.canonical.a or draft.pair.canonical.b
    ids = {side: chosen[f"{side}_id"] for side in "ab"}
    rules = [(f"{drawn[side]}=1", ids[side]) for side in "ab"] + [(f"{ids[side]}>0", ids[side]) for side in "ab"]
    return first_true(rules, canonical.id if canonical else 1)


def _lay_metric(lines: Lines, chosen: Selection, concurrency_known: Ref) -> Ref:
    """Concurrency stands in for a metric whose price or power is unknown, throughput for an unknown concurrency."""
    asked = lines.put("metric asked for", f"IF({chosen['metric']}=0,{Metric.COST},{chosen['metric']})")
    unknown = (
        (f'AND({asked}={Metric.COST},{chosen["price"]}="")', Metric.CONCURRENCY),
        (f'AND({asked}>{Metric.COST},{asked}<{Metric.CONCURRENCY},{chosen["power"]}="")', Metric.CONCURRENCY),
    )
    priced = lines.put("metric with its price or power known", first_true(unknown, asked))
    lacking = f"AND({priced}={Metric.CONCURRENCY},{concurrency_known}=0)"
    label = "metric plotted (5: throughput, for lack of others)"
    return lines.put(label, f"IF({lacking},{Metric.THROUGHPUT},{priced})")
