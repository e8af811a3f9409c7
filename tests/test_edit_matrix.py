"""The edit matrix: hand-made curves, every kind of target and input, and everything that must follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from support.books import default_book, engine, pages, shapes_book
from support.curvesets import SHAPES, curve_points
from support.desk import BASIS_LABELS, TIERS, Case, Desk, cases, matrix
from support.expectations import METRICS, read_faults
from support.libreoffice import Session
from support.method import Assumptions, Compared

from specxl.house import House

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Cell, Value
    from support.finder import Workbook

HOUSE = House.load()
CASES = cases(curve_points(SHAPES), HOUSE)
CARD = "2026-08"
TARGETS = (33.0, 60.0, 149.0)
SHOWN = (
    ("Knots on B300", "FP4, 1k/1k"),
    ("Gaps on H200", "FP4, 8k/1k"),
    ("Methods on zx-9000", "FP4, 1k/1k, MTP"),
    ("Engines on MI355X", "FP8, 1k/1k"),
)
B300, UNKNOWN = "B300 (", "zx-9000 ("
POWER, OWN_POWER = "Power per GPU, all-in", "Power per GPU, own value"
GARBAGE: tuple[Value, ...] = (None, "", "n/a", "2.5", 0, -1.5, True)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Return the hand-made workbook on the desk; every edit is taken back afterwards."""
    path = shapes_book()
    desk = Desk(pages(path), engine(path), CASES, CARD, HOUSE)
    yield desk
    desk.book.reset()


@pytest.mark.parametrize("case", list(CASES.values()), ids=lambda case: f"{case.title}: {case.combination}")
def test_every_target_on_every_shape(desk: Desk, case: Case) -> None:
    """Figures, statuses, verdicts, sentences and chart cells follow the method at every target, and nothing shows an error."""
    given = desk.given(case.hardware)
    for targets in matrix(case):
        desk.book.edit(desk.choose(case, targets))
        assert desk.faults(case, targets, given) + desk.same_engine_faults(case, targets, given) + desk.errors() == []


Rule = Callable[[Assumptions, Mapping[str, Any], str], Assumptions]
"""The assumptions as released, the hardware's line of the rate card and its key -> the assumptions in force."""


@dataclass(frozen=True)
class Change:
    """An edit of inputs on Assumptions, as (label, heading above it) -> value, and what it makes of the assumptions."""

    name: str
    edits: Mapping[tuple[str, str], Value]
    rule: Rule
    hardware: str = ""

    def given(self, desk: Desk, hardware: str) -> Assumptions:
        """What applies to this hardware after the edit; a change of one hardware leaves the others alone."""
        released = desk.given(hardware)
        if self.hardware and self.hardware != hardware:
            return released
        return self.rule(released, desk.rates.get(hardware, {}), hardware)


def _set(**changes: Any) -> Rule:  # noqa: ANN401 - any field of the assumptions
    """Return the rule that these assumptions apply."""
    return lambda given, _known, _hardware: replace(given, **changes)


def _at_tier(tier: str) -> Rule:
    return lambda given, known, _hardware: replace(given, price=known.get(tier))


def _changes() -> Iterator[Change]:
    for tier, label in TIERS.items():
        yield Change(f"tier {tier}", {("Price tier", ""): label}, _at_tier(tier))
    for basis, label in BASIS_LABELS.items():
        yield Change(f"basis {basis}", {("Token basis", ""): label}, _set(basis=basis))
    for value in GARBAGE[:4]:
        yield Change(f"tier {value!r}", {("Price tier", ""): value}, _set(price=None))
        yield Change(f"basis {value!r}", {("Token basis", ""): value}, _set(basis=""))
    yield from _price_changes()
    yield from _currency_changes()
    yield from _threshold_changes()


def _price_changes() -> Iterator[Change]:
    price, own_price = TIERS["hyperscaler"], TIERS["own"]
    yield Change("price 3.21", {(price, B300): 3.21}, _set(price=3.21), "b300")
    yield Change("power 4.5", {(POWER, B300): 4.5}, _set(power=4.5), "b300")
    yield Change("own power 0.9", {(OWN_POWER, B300): 0.9}, _set(power=0.9), "b300")
    filled: dict[tuple[str, str], Value] = {(price, UNKNOWN): 1.75, (POWER, UNKNOWN): 2.5}
    yield Change("unknown filled in", filled, _set(price=1.75, power=2.5), "zx-9000")
    own: dict[tuple[str, str], Value] = {("Price tier", ""): own_price, (own_price, B300): 9.5}
    yield Change("own price", own, lambda given, _, hardware: replace(given, price=9.5 if hardware == "b300" else None))
    for value in GARBAGE:
        both: dict[tuple[str, str], Value] = {(price, B300): value, (POWER, B300): value}
        yield Change(f"price and power {value!r}", both, _set(price=None, power=None), "b300")
        yield Change(f"own power {value!r}", {(OWN_POWER, B300): value}, _set(), "b300")


def _currency_changes() -> Iterator[Change]:
    factor, label = ("Currency units per US dollar", ""), ("Currency label", "")

    def euros(given: Assumptions, _known: object, _hardware: object) -> Assumptions:
        return replace(given, price=None if given.price is None else given.price * 0.92, currency="EUR")

    yield Change("euros", {factor: 0.92, label: "EUR"}, euros)
    for value in GARBAGE:
        yield Change(f"factor {value!r}", {factor: value}, _set())
    yield Change("no currency label", {label: None}, _set())


def _threshold_changes() -> Iterator[Change]:
    thresholds = {
        "tie": ("Ratio below which two sides tie", 1.9),
        "stale_days": ("Days between the two sides' newest dates before they count as stale", 1000.0),
        "thin": ("Knots below which a curve is thin", 7.0),
        "same_engine": ("Knots each curve of a same-engine comparison needs", 2.0),
        "gap": ("Ratio of bracketing knots above which the gap is wide", 1.25),
    }
    for name, (label, value) in thresholds.items():
        yield Change(f"{name} {value}", {(label, ""): value}, _set(**{name: value}))
    for bad in GARBAGE:
        yield Change(f"thresholds {bad!r}", {(label, ""): bad for label, _ in thresholds.values()}, _set())


@pytest.mark.parametrize("change", list(_changes()), ids=lambda change: change.name)
def test_every_input_of_the_assumptions(desk: Desk, change: Change) -> None:
    """After an edit of a price, tier, power, currency, token basis or threshold, to a value or to garbage, all sheets follow."""
    shown = [CASES[key] for key in SHOWN]
    edits: dict[Cell, Value] = {desk.input(label, under): value for (label, under), value in change.edits.items()}
    desk.book.edit(edits | {cell: value for case in shown for cell, value in desk.choose(case, TARGETS).items()})
    for case in shown:
        given = change.given(desk, case.hardware)
        assert desk.faults(case, TARGETS, given) + desk.same_engine_faults(case, TARGETS, given) == []
    assert desk.errors() == []


@pytest.mark.parametrize("metric", [*METRICS, None, "nonsense", 3])
def test_every_metric_of_the_second_chart(desk: Desk, metric: Value) -> None:
    """The second chart follows its dropdown on every shape; anything else plots the cost."""
    plotted = metric if metric in METRICS else METRICS[0]
    for case in CASES.values():
        cell = desk.pages.pair(case.title).controls["metric"]
        desk.book.edit({cell: metric, **desk.choose(case, TARGETS)})
        assert desk.faults(case, TARGETS, desk.given(case.hardware), str(plotted)) == []
    assert desk.errors() == []


@pytest.mark.parametrize("tier", [*TIERS, "garbage"])
def test_the_tier_of_one_sheet(desk: Desk, tier: str) -> None:
    """A sheet's own tier overrides the workbook's on that sheet alone; what is no tier leaves its costs empty."""
    first, other = CASES[SHOWN[0]], CASES[SHOWN[3]]
    cell = desk.pages.pair(first.title).controls["tier"]
    desk.book.edit({cell: TIERS.get(tier, tier), **desk.choose(first, TARGETS), **desk.choose(other, TARGETS)})
    own = replace(desk.given(first.hardware), price=desk.rates[first.hardware].get(tier))
    assert desk.faults(first, TARGETS, own) + desk.faults(other, TARGETS, desk.given(other.hardware)) == []
    assert desk.errors() == []


@pytest.mark.parametrize("control", ["combination", "engine"])
@pytest.mark.parametrize("value", GARBAGE)
def test_no_choice(desk: Desk, control: str, value: Value) -> None:
    """A combination or engine that is none of the choices shows no figures, says so in words, and plots numbers still."""
    first = CASES["Knots on B300", "FP4, 1k/1k"]
    nothing = replace(first, a=(), b=())
    page = desk.pages.pair(first.title)
    desk.book.edit(desk.choose(first, TARGETS) | {page.controls[control]: value})
    assert desk.faults(nothing, TARGETS, desk.given(first.hardware)) + desk.errors() == []


@pytest.mark.parametrize("value", [*GARBAGE, 1e-6, 33.0, 1e300])
def test_the_common_target(desk: Desk, value: Value) -> None:
    """The Summary's target is the fourth read of every sheet, and no value of it brings an error."""
    desk.book.edit({desk.input("Common target interactivity, tok/s/user", sheet="Summary"): value})
    for page in desk.pages.pairs:
        case = CASES[page.title, str(desk.book.value(page.controls["combination"]))]
        compared = Compared(*case.curves, value, desk.given(case.hardware))
        values = desk.book.read(page.shown())
        assert read_faults(page, 3, values, compared, case.labels) == []
    assert desk.errors() == []


def test_each_engine_alone(desk: Desk) -> None:
    """Narrowed to one engine, a sheet shows that engine's own curves, and words where a variant was not measured by it."""
    [case] = [c for c in CASES.values() if c.title == "Engines on MI355X" and c.combination == "FP8, 1k/1k"]
    page = desk.pages.pair(case.title)
    for chosen in ("sglang", "trt", "vllm", "atom"):
        desk.book.edit(desk.choose(case, TARGETS) | {page.controls["engine"]: HOUSE.engine_label(chosen)})
        assert desk.faults(case.within(chosen), TARGETS, desk.given(case.hardware)) + desk.errors() == []
        assert desk.same_engine_faults(case, TARGETS, desk.given(case.hardware)) == []


def test_several_edits_at_once(desk: Desk) -> None:
    """Tier, basis, currency, threshold, combination, engine, metric and targets changed together still agree."""
    case = CASES["Engines on MI355X", "FP8, 1k/1k"]
    page = desk.pages.pair(case.title)
    edits: dict[Cell, Value] = {
        desk.input("Price tier"): TIERS["rental"],
        desk.input("Token basis"): BASIS_LABELS["output"],
        desk.input("Currency units per US dollar"): 150.5,
        desk.input("Currency label"): "JPY",
        desk.input("Knots each curve of a same-engine comparison needs"): 5,
        page.controls["engine"]: HOUSE.engine_label("trt"),
        page.controls["metric"]: METRICS[2],
    }
    desk.book.edit(edits | desk.choose(case, TARGETS))
    rental = desk.rates[case.hardware]["rental"]
    assert rental is not None
    given = replace(desk.given(case.hardware), price=rental * 150.5, basis="output", currency="JPY", same_engine=5)
    assert desk.faults(case.within("trt"), TARGETS, given, METRICS[2]) == []
    assert desk.same_engine_faults(case, TARGETS, given) + desk.errors() == []


def test_faults_are_seen() -> None:
    """The comparison is no rubber stamp: wrong thresholds, prices, curves or targets on our side are all reported."""
    path = shapes_book()
    desk, case = Desk(pages(path), engine(path), CASES, CARD, HOUSE), CASES[SHOWN[0]]
    desk.book.edit(desk.choose(case, TARGETS))
    given = desk.given(case.hardware)
    moved = replace(case, a=tuple(replace(p, total=p.total * (1 + 1e-8)) for p in case.a))
    wrong = [
        desk.faults(case, TARGETS, replace(given, price=2.260001)),
        desk.faults(case, TARGETS, replace(given, tie=9.0)),
        desk.faults(case, TARGETS, replace(given, thin=8)),
        desk.faults(case, (33.0, 60.0, 149.001), given),
        desk.faults(moved, TARGETS, given),
        desk.faults(case, TARGETS, given, METRICS[1]),
    ]
    desk.book.reset()
    assert all(wrong)


def _results(workbook: Workbook) -> tuple[int, dict[str, str]]:
    """Return the header row of Results and its columns' letters by header."""
    row = workbook.find("Results", "Comparison")
    return row, {str(cell.value): cell.column_letter for cell in workbook.sheet("Results")[row] if cell.value}


@pytest.mark.libreoffice
def test_a_price_moves_costs_and_nothing_else() -> None:
    """In LibreOffice an edited price or tier moves every cost of its hardware by the price, and no throughput."""
    path = default_book()
    workbook = pages(path)
    desk = Desk(workbook, engine(path), {}, "2026-04", HOUSE)
    prices = {
        page.title: desk.given(HOUSE.resolve_hardware(page.title.split(" on ")[1])).price for page in workbook.pairs
    }
    with Session() as office:
        office.open(path)
        before = _figures(office, workbook)
        office.edit({desk.input(TIERS["hyperscaler"], B300): 3.21})
        after = _figures(office, workbook)
        office.edit({desk.input("Price tier"): TIERS["rental"]})
        rental = _figures(office, workbook)
    for key, (y, cost) in before.items():
        price = prices[key[0]]
        assert price is not None
        edited = 3.21 if key[0].endswith("B300") else price
        tiered = desk.rates[HOUSE.resolve_hardware(key[0].split(" on ")[1])]["rental"]
        assert cost * y * 0.0036 == pytest.approx(price, rel=1e-12)
        assert after[key][1] * after[key][0] * 0.0036 == pytest.approx(edited, rel=1e-12)
        assert rental[key][1] * rental[key][0] * 0.0036 == pytest.approx(tiered, rel=1e-12)
        assert y == after[key][0] == rental[key][0]
    assert len(before) == 5 * 2 * 8


def _figures(office: Session, workbook: Workbook) -> dict[tuple[str, str, str, int], tuple[float, float]]:
    """Return throughput and cost of every read of the pair sheets and of Results, as LibreOffice shows them now."""
    found: dict[tuple[str, str, str, int], tuple[Any, Any]] = {}
    for page in workbook.pairs:
        cells = {(s, i): [page.figure(name, s, i) for name in ("throughput", "cost")] for s in "ab" for i in range(4)}
        values = office.edit({}, [cell for pair in cells.values() for cell in pair], recalculate=False)
        found |= {(page.title, "sheet", s, i): (values[y], values[cost]) for (s, i), (y, cost) in cells.items()}
    values, (head, column) = office.values("Results"), _results(workbook)
    for row in range(head + 1, head + 21):
        at = {name: values.get(("Results", f"{letter}{row}")) for name, letter in column.items()}
        for side in "AB":
            figures = at[f"{side} throughput (tok/s/GPU)"], at[f"{side} cost (per M tokens)"]
            found[f"{at['Model']} on {at['Hardware']}", "results", side, row] = figures
    return found
