"""What a pair sheet must show for two curves at a target, in figures, words and chart cells; faults come back as text."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from support.method import ABOVE, BELOW, NO_DATA, NO_TARGET, SIDES, Compared, Curve, grade

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from support import Cell, Value
    from support.finder import ChartPart, PairPage

FIGURES: Mapping[str, Callable[[Compared, str], float | None]] = {
    "throughput": Compared.throughput,
    "cost": Compared.cost,
    "megawatt": Compared.per_megawatt,
    "joules": Compared.joules,
}
FLAG_TEXTS = {
    "price_unknown": "price unknown",
    "above_range": "above measured range",
    "suspect": "suspect measurement",
    "published_at_odds": "published cost at odds",
    "cross_engine": "cross-engine",
    "mixed_serving": "mixed serving",
    "stale": "dates far apart",
    "thin_curve": "thin curve",
    "wide_gap": "wide gap",
    "below_frontier": "below the frontier",
    "published_points": "published points",
    "synthetic_acceptance": "synthetic acceptance",
    "warm_up": "warm-up",
    "gpu_count": "GPU count corrected",
}
MISSING = {
    "throughput": "not published",
    "cost": "no price",
    "megawatt": "no power figure",
    "joules": "no power figure",
}
METRICS = ("Cost per million tokens", "Throughput per megawatt", "Joules per token", "Concurrency")


class Labels(NamedTuple):
    """How the two variants of a comparison are written."""

    a: str
    b: str

    def of(self, side: str) -> str:
        """The label of a side."""
        return self.a if side == "a" else self.b


def fixed(value: float, digits: int) -> str:
    """Return a number as sentences show it: rounded half up, thousands in groups."""
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{rounded:,.{digits}f}"


def close(found: Value, expected: float | None, relative: float = 1e-9) -> bool:
    """Whether a cell shows this number, or nothing where there is none."""
    if expected is None:
        return found in ("", None)
    if isinstance(found, (bool, str)) or found is None:
        return False
    return abs(found - expected) <= relative * abs(expected)


def read_faults(
    page: PairPage,
    read: int,
    values: Mapping[Cell, Value],
    compared: Compared,
    labels: Labels,
    statuses: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Return where a read's figures, statuses, verdict, flags or sentence differ from what the method gives.

    `statuses` holds the words for published points where they differ from those for measured ones.
    """
    faults = []

    def check(what: str, found: Value, expected: Value, *, right: bool) -> None:
        if not right:
            faults.append(f"{page.sheet}, read {read + 1} at {compared.target!r}, {what}: {found!r}, not {expected!r}")

    for side in SIDES:
        for name, figure in FIGURES.items():
            found, expected = values[page.figure(name, side, read)], figure(compared, side)
            words = "" if expected is not None else _why_missing(name, compared, side)
            right = close(found, expected) if expected is not None else (found or "") == words
            check(f"{name} of {labels.of(side)}", found, words or expected, right=right)
        shown, text = values[page.figure("concurrency", side, read)], requests_text(compared, side)
        check(f"concurrency of {labels.of(side)}", shown, text, right=str(shown or "").removesuffix(" GPUs") == text)
        status, wanted = values[page.line(f"status {side}", read)], compared.status(side)
        wanted = statuses.get(wanted, wanted)
        check(f"status of {labels.of(side)}", status, wanted, right=status == wanted)
    for name, expected in (("ratio", compared.ratio), ("saving", compared.saving)):
        found = values[page.line(name, read)]
        check(name, found, expected, right=close(found, expected, 1e-9 if name == "ratio" else 1e-8))
    for name, expected_text in _words(compared, labels).items():
        found = values[page.line(name, read)]
        check(name, found, expected_text, right=(found or "") == expected_text)
    found = values[page.line("flags", read)]
    flags = {FLAG_TEXTS[flag] for flag in compared.flags}
    check("flags", found, ", ".join(sorted(flags)), right=set(str(found or "").split(", ")) - {""} == flags)
    return faults + sentence_faults(page, read, str(values[page.sentence(read)]), compared, labels)


def _why_missing(name: str, compared: Compared, side: str) -> str:
    """What stands in place of a figure that cannot be had although its curve exists."""
    if compared.throughput(side) is not None:
        return MISSING[name]
    exists = compared.status(side) not in {NO_TARGET, NO_DATA}
    return MISSING[name] if exists and name == "throughput" else ""


def requests_text(compared: Compared, side: str) -> str:
    """Return the concurrency as it is shown, with the GPUs of the deployments around it (but for that word)."""
    value = compared.requests(side)
    if value is None:
        return ""
    gpus = sorted({p.gpus for p in compared.reads[side].evidence if p.gpus})
    if any(p.gpus is None for p in compared.reads[side].evidence):
        gpus = []
    on = f" on {'-'.join(str(count) for count in gpus)}" if gpus else ""
    return f"~{fixed(value, 0)}{on}"


def _words(compared: Compared, labels: Labels) -> dict[str, str]:
    better = {"": "-", "tie": "tie"}.get(compared.better) or f"{labels.of(compared.better)} (better)"
    if compared.bound == "of two lower bounds":
        better = "open"
    count = f", {len(compared.flags)} in all" if compared.flags else ""
    return {"better": better, "bound": compared.bound, "grade": grade(compared.flags) + count}


def sentence_faults(page: PairPage, read: int, text: str, compared: Compared, labels: Labels) -> list[str]:
    """Return what a sentence group lacks, or says although the method withholds it."""
    wanted = [*_lead(compared, labels), *_cost(compared, labels)]
    if compared.flags:
        wanted.append(f"Read with care ({grade(compared.flags)})")
    unwanted = ["#", "  ", "nan"]
    if not compared.better:
        unwanted += ["x the ", "less per token", "Within one engine"]
    if compared.bound != "at least":
        unwanted.append("at least")
    if compared.bound != "at most":
        unwanted.append("at most")
    missing = [part for part in wanted if part not in text]
    surplus = [part for part in unwanted if part in text]
    place = f"{page.sheet}, read {read + 1} at {compared.target!r}"
    return [f"{place}, sentence lacks {missing}, has {surplus}: {text!r}"] if missing or surplus else []


def _lead(compared: Compared, labels: Labels) -> list[str]:
    a, b = (compared.status(side) for side in SIDES)
    figures = [compared.throughput(side) for side in SIDES]
    if a == NO_TARGET:
        return ["enter a target"]
    if a == b == NO_DATA:
        return ["No measurement of"]
    if figures == [None, None] or (None in figures and NO_DATA not in {a, b}):
        return ["is not published for every point"]
    if a == b == ABOVE:
        return ["Neither variant is shown to reach"]
    for status, words in ((NO_DATA, "was not measured"), (ABOVE, "is not shown to reach")):
        for side, other in (("a", "b"), ("b", "a")):
            if compared.status(side) == status:
                return [f"{labels.of(side)} {words}", f"{labels.of(other)} ", _y(compared, other)]
    return _lead_of_comparison(compared, labels)


def _lead_of_comparison(compared: Compared, labels: Labels) -> list[str]:
    figures = [_y(compared, side) for side in SIDES]
    ratio = fixed(compared.ratio or 0, 2)
    if compared.status("a") == compared.status("b") == BELOW:
        return ["lies below the first point of both curves", f"ratio of {ratio}x is open", *figures]
    if compared.better == "tie":
        return ["are level", f"a ratio of {ratio}x", *figures]
    winner = labels.of(compared.better)
    bound = f"{compared.bound} " if compared.bound else ""
    return [f"{winner} delivers {bound}{ratio}x the {compared.given.basis} tokens of ", *figures]


def _cost(compared: Compared, labels: Labels) -> list[str]:
    if compared.given.price is None and any(compared.curves.values()) and compared.status("a") != NO_TARGET:
        return ["No price is known"]
    if not compared.better or None in {compared.cost(side) for side in SIDES}:
        return []
    costs = [f"{compared.given.currency} {_money(compared.cost(side) or 0)} with " for side in SIDES]
    if compared.better == "tie" or compared.bound == "of two lower bounds":
        return costs
    bound = f"{compared.bound} " if compared.bound else ""
    return [
        *costs,
        f"{bound}{fixed(100 * (compared.saving or 0), 0)} % less per token with {labels.of(compared.better)}",
    ]


def _money(cost: float) -> str:
    return fixed(cost, 5 if cost < 0.01 else 3 if cost < 10 else 2)


def _y(compared: Compared, side: str) -> str:
    return fixed(compared.throughput(side) or 0, 1)


def chart_cells(page: PairPage) -> list[Cell]:
    """Return every cell that a pair sheet's charts plot or are named by."""
    return [cell for chart in page.charts for s in chart.series for cell in (s.name, *s.x, *s.y)]


def chart_faults(
    page: PairPage, number: int, values: dict[Cell, Value], reads: Sequence[Compared], labels: Labels, metric: str = ""
) -> list[str]:
    """Return where a chart's cells differ from the curves, their points and the three targets.

    `reads` are the sheet's three targets; `metric` is one of METRICS for the second chart, empty for throughput.
    """
    chart, given = page.charts[number], reads[0].given
    drawn = {side: _drawable(reads[0].curves[side], given.basis) for side in SIDES}
    faults = []
    for side, label in zip(SIDES, labels, strict=True):
        curve = drawn[side] or drawn["b" if side == "a" else "a"]
        if curve is None:
            continue
        missing = drawn[side] is None
        names = _names(label, missing=missing)
        wanted = [[_place(curve, reads[0], metric)]] * 4 if missing else _expected(curve, reads, side, metric)
        found = [_points(chart, name, values) for name in names]
        right = [
            _covers(found[0], wanted[0]),
            _covers(found[1], wanted[1][1:], idle=wanted[1][0]),
            _covers(found[2], wanted[2]),
        ]
        right.append(_covers(found[3], wanted[3]) if missing else _equal(found[3], wanted[3]))
        for name, good, points, expected in zip(names, right, found, wanted, strict=True):
            if not good:
                faults.append(f"{page.sheet}, chart {number + 1}, {name}: {points}, not {expected}")
        if not _ascends(found[0]):
            faults.append(f"{page.sheet}, chart {number + 1}: the plotted curve of {label} turns back")
    return faults


def _names(label: str, *, missing: bool) -> list[str]:
    """The names of a side's series: curve, points off the frontier, knots, markers."""
    kinds = (" off the frontier", " measured", " at the targets")
    return (
        [f"{label}: no data", *(f"{label}{k}: none" for k in kinds)]
        if missing
        else [label, *(label + k for k in kinds)]
    )


def _drawable(curve: Curve | None, basis: str) -> Curve | None:
    return curve if curve is not None and curve.values(basis) is not None else None


def _points(chart: ChartPart, name: str, values: dict[Cell, Value]) -> list[tuple[Value, Value]]:
    series = chart.named(name, values)
    if series is None:
        assert " off the frontier" in name, f"{chart.part} has no series named {name!r}"
        return []  # a sheet without any such point has no such series
    return [(values[x], values[y]) for x, y in zip(series.x, series.y, strict=True)]


def _metric(y: float, requests: float | None, compared: Compared, metric: str) -> float:
    given = compared.given
    if not metric:
        return y
    if metric == METRICS[0]:
        return (given.price or 0) / (y * 3600 / 1e6)
    if metric == METRICS[1]:
        return y * 1000 / (given.power or 1)
    if metric == METRICS[2]:
        return (given.power or 0) * 1000 / y
    return requests or 0


def _place(curve: Curve, compared: Compared, metric: str, x: float | None = None) -> tuple[float, float]:
    """The point of a curve at x, on its first knot without one."""
    at = curve.x[0] if x is None else x
    y = curve.at(compared.given.basis, at) or 0
    return at, _metric(y, curve.at("concurrency", at), compared, metric)


def _expected(curve: Curve, reads: Sequence[Compared], side: str, metric: str) -> list[list[tuple[float, float]]]:
    """Curve, points off the frontier, knots and target markers; idle places sit on the first knot."""
    first, given = _place(curve, reads[0], metric), reads[0].given
    steps = [x + (up - x) * j / 5 for x, up in zip(curve.x, curve.x[1:], strict=False) for j in range(5)]
    path = [_place(curve, reads[0], metric, x) for x in [*steps, curve.x[-1]]]
    held = curve.at("concurrency", curve.x[0])
    others = [
        (p.x, _metric(getattr(p, given.basis), held if p.concurrency is None else p.concurrency, reads[0], metric))
        for p in curve.off_frontier
        if getattr(p, given.basis) is not None
    ]
    knots = [_place(curve, reads[0], metric, x) for x in curve.x]
    markers = [_place(curve, reads[0], metric, read.reads[side].x) for read in reads]
    return [path, [first, *others], knots, markers]


def _near(point: tuple[Value, Value], other: tuple[float, float]) -> bool:
    return close(point[0], other[0]) and close(point[1], other[1])


def _equal(found: Sequence[tuple[Value, Value]], wanted: Sequence[tuple[float, float]]) -> bool:
    """Whether both hold the same points in the same order."""
    return len(found) == len(wanted) and all(map(_near, found, wanted))


def _covers(
    found: Sequence[tuple[Value, Value]], wanted: Sequence[tuple[float, float]], idle: tuple[float, float] | None = None
) -> bool:
    """Whether both hold the same set of points; free places may repeat one of them, or sit on `idle`."""
    allowed = [*wanted, idle] if idle else wanted
    distinct = list(dict.fromkeys(found))
    return all(any(_near(p, w) for w in allowed) for p in distinct) and all(
        any(_near(p, w) for p in distinct) for w in wanted
    )


def _ascends(points: Sequence[tuple[Value, Value]]) -> bool:
    """Whether x never falls: what pads a curve repeats its last point."""
    x = [point[0] for point in points]
    return all(isinstance(value, float) for value in x) and x == sorted(x)  # type: ignore[type-var]
