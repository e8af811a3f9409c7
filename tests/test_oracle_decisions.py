"""The oracle's decisions against cases worked out by hand, the arithmetic beside them; places are (speed, throughput)."""

from __future__ import annotations

import pytest
from support.oracle import (
    Fleet,
    Level,
    Mix,
    Point,
    Prices,
    Row,
    Side,
    blended_price,
    break_even_load,
    break_even_price,
    break_even_speeds,
    budget_speed,
    compare,
    cost_at_load,
    fleet,
    margin,
    powered,
    service_level,
)


def side(*places: tuple[float, float], price: float | None = 1.8) -> Side:
    """Return a side with these points."""
    return Side(tuple(Point(x, y) for x, y in places), price)


# 1. Budget: 800 - 5(x - 20) tok/s at $1.80 an hour, which is 500 tok/s for $1 per million: 1.8/0.0036


@pytest.mark.parametrize(
    ("budget", "kind", "speed", "cheapest"),
    [
        (1, "", 80, None),  # 500 = 800 - 5*60
        (0.8, "", 55, None),  # 625 = 800 - 5*35
        (0.625, "", 20, None),  # 800 tok/s: the first knot, just
        (1.25, "at least", 100, None),  # 400 tok/s: the last knot, just
        (2, "at least", 100, None),
        (0.5, "never", None, 0.625),  # 1000 tok/s are wanted, 1.8/(800*0.0036) is the cheapest
    ],
)
def test_budget(budget: float, kind: str, speed: float | None, cheapest: float | None) -> None:
    """The speed at which the budget is spent."""
    got = budget_speed(side((20, 800), (100, 400)), budget)
    assert (got.kind, got.cheapest) == (kind, cheapest)
    assert got.speed == (speed if speed is None else pytest.approx(speed, rel=1e-13))


def test_budget_without_a_curve_or_a_price() -> None:
    """What is missing is said, and nothing is computed."""
    assert budget_speed(side((20, 800), price=None), 1).kind == "no price"
    assert budget_speed(side(), 1).kind == "no data"
    assert budget_speed(side((20, 800)), 1, "output").kind == "no data"


def test_budget_on_output() -> None:
    """Output that rises and then falls is as cheap twice: the faster counts; the cheapest knot is not the first."""
    knots = (Point(10, 100, output=10), Point(20, 60, output=30), Point(40, 20, output=10))
    made = Side(knots, 0.0855)  # 0.0855/0.0036 = 23.75 tok/s for $1: the spline at 15 and at 30
    assert budget_speed(made, 1, "output").speed == pytest.approx(30)
    assert budget_speed(made, 0.5, "output").cheapest == pytest.approx(0.0855 / (30 * 0.0036))


# 2. Break-even speeds


@pytest.mark.parametrize(
    ("a", "b", "speeds"),
    [
        # 1000 - 10d = 800 - 5d at d = 40
        (side((20, 1000), (100, 200)), side((20, 800), (100, 400)), [60]),
        # at twice the price A's tokens count half: 500 - 5d = 300 - 2.5d at d = 80: the end, no change within
        (side((20, 1000), (100, 200), price=2), side((20, 300), (100, 100), price=1), []),
        # 500 - 5d = 400 - 2d at d = 100/3
        (side((20, 1000), (100, 200), price=2), side((20, 400), (100, 240), price=1), [20 + 100 / 3]),
        (side((20, 1000), (100, 200)), side((20, 900), (100, 100)), []),
        (side((20, 1000), (100, 200)), side((120, 900), (200, 100)), []),
        (side((20, 1000), (60, 600), (100, 200)), side((20, 900), (60, 600), (100, 300)), [60]),  # at a knot of both
        # A is ahead at 20, behind at 40 and 60, ahead at 80: once in the first stretch and once in the last
        (side((20, 900), (40, 500), (60, 450), (80, 400)), side((20, 800), (40, 600), (60, 500), (80, 300)), [30, 70]),
        (side((50, 1000)), side((50, 900)), []),
        (side((20, 1000), price=None), side((20, 900)), []),
        (side(), side((20, 900)), []),
    ],
)
def test_break_even_speeds(a: Side, b: Side, speeds: list[float]) -> None:
    """The speeds at which the cheaper side changes; on curves, where both splines give the same."""
    found = break_even_speeds(a, b)
    assert len(found) == len(speeds)
    for speed in found:
        got = compare(a, b, speed, same_hardware=False)
        assert got.ratio == pytest.approx(1, rel=1e-10)
    assert found == break_even_speeds(b, a)
    if all(len(made.points or ()) == 2 for made in (a, b)):
        assert found == pytest.approx(speeds, rel=1e-12)
    assert all(abs(speed - near) < 10 for speed, near in zip(found, speeds, strict=True))


def test_break_even_between_two_knots() -> None:
    """A line that passes through a bow crosses it twice between two knots, where the signs at the knots say nothing.

    The bow from (20, 60) to (40, 20) has the tangents -10/3 and -4/3 (h = 20): with u = (x - 20)/20 it is
    60 - 200/3 u + 40 u^2 - 40/3 u^3; the line is 59 - 40u. Their difference is 40/3 u(1 - u)(2 - u) - 1, which is zero
    where u(1 - u)(2 - u) = 0.075: with w = 1 - u, w - w^3 = 0.075, so w = 0.0754258... and w = 0.9605...
    """
    a, b = side((20, 59), (40, 19)), side((10, 100), (20, 60), (40, 20))
    found = break_even_speeds(a, b)
    assert len(found) == 2
    for w in (1 - (speed - 20) / 20 for speed in found):
        assert w - w**3 == pytest.approx(0.075, rel=1e-10)
    assert break_even_speeds(a, b, scan=1) == []


def test_break_even_of_curves_that_lie_on_each_other() -> None:
    """Curves that are one throughout never change; curves that touch do not either."""
    same = side((20, 1000), (60, 600), (100, 200))
    assert break_even_speeds(same, same) == []
    touching = side((20, 900), (60, 600), (100, 100))
    assert break_even_speeds(same, touching) == []


# 3. Break-even price: 1000/2 against 600/1 is a ratio of 5/6; at 2*5/6 an hour A gives as much as B, or B at 1/(5/6)


def test_break_even_price() -> None:
    """At that price of either side both give the same."""
    a, b = side((50, 1000), price=2), side((50, 600), price=1)
    got = compare(a, b, 50, same_hardware=False)
    prices = [break_even_price(got, 2, "a"), break_even_price(got, 1, "b")]
    assert prices == pytest.approx([5 / 3, 1.2])
    assert compare(Side(a.points, prices[0]), b, 50, same_hardware=False).ratio == pytest.approx(1)
    assert compare(a, Side(b.points, prices[1]), 50, same_hardware=False).ratio == pytest.approx(1)
    assert break_even_price(compare(a, b, 60), 2, "a") is None


# 4. Load: $0.50 at full load is $1.25 at 40 %


def test_cost_at_load() -> None:
    """Load scales the cost of what is sold."""
    assert [cost_at_load(0.5, load) for load in (0.4, 1)] == [1.25, 0.5]


# 5. Fleet: 1000 M tokens a day of 500 tok/s GPUs at half load: 1e9/(500*86,400*0.5) = 46.3 GPUs


@pytest.mark.parametrize(
    ("volume", "throughput", "load", "sizes", "fleets"),
    [
        (1000, 500, 0.5, [8], [(48, 48 * 1.8 * 730, 96)]),  # six of 8: $63,072 a month
        (1000, 500, 0.5, [36, 8], [(48, 63072, 96), (72, 94608, 144)]),
        (864, 1000, 1, [1, 5], [(10, 13140, 20)]),  # 864e6/86.4e6 is 10 exactly: nothing to round up
        (864, 1000, 0.3, [8], [(40, 52560, 80)]),  # 33.3
        (0.001, 1000, 1, [72], [(72, 94608, 144)]),
        (69.12, 0.8, 0.1, [20], [(10000, 13140000, 20000)]),  # 69.12e6/(0.8*86,400*0.1) = 10,000 exactly
    ],
)
def test_fleet(
    volume: float, throughput: float, load: float, sizes: list[int], fleets: list[tuple[int, float, float]]
) -> None:
    """Whole deployments, their bill at $1.80 and 730 hours, and their power at 2 kW."""
    found = fleet(volume, throughput, load, sizes, 1.8, 2)
    assert found == [Fleet(gpus, pytest.approx(bill), power) for gpus, bill, power in fleets]  # type: ignore[arg-type]


# 6. Power: 1.05 MW at 2.1 kW is 500 GPUs exactly, 13 deployments of 36 are 468 and 62 of 8 are 496


def test_power_budget() -> None:
    """468 GPUs of 1000 tok/s, 250 of them output, at 50 tok/s/user and $0.50 per million: 2340 users, $842.40 an hour."""
    small, large = powered(1.05, 2.1, [36, 8], 1000, 250, 50, 0.5)
    assert (small.gpus, large.gpus) == (468, 496)
    assert (small.tok_s, small.users, small.revenue_per_hour) == (468_000, 2340, pytest.approx(842.4))  # 468e3*0.0036/2
    assert [got.gpus for got in powered(1.05, 2.1, [1, 5], 1, 1, 1, 1)] == [500]
    assert [got.gpus for got in powered(0.01, 2.1, [8], 1, 1, 1, 1)] == [0]  # four GPUs are no deployment of eight


# 7. Blended price, 8. break-even load, 9. margin


@pytest.mark.parametrize(
    ("prices", "mix", "price"),
    [
        (Prices(0.5, 0.05, 2), Mix(1000, 500, 0.4), 0.88),  # (600*0.5 + 400*0.05 + 500*2)/1500 = 1320/1500
        (Prices(0.5, 0.05, 2), Mix(1024, 1024), 1.25),
        (Prices(0.55, 0.14, 2.19), Mix(8192, 1024, 1), 0.3677777777777778),  # (8*0.14 + 2.19)/9 = 3.31/9
    ],
)
def test_blended_price(prices: Prices, mix: Mix, price: float) -> None:
    """Every token of a request at its own price, over all its tokens."""
    assert blended_price(prices, mix) == pytest.approx(price, rel=1e-15)


def test_load_and_margin_of_a_price() -> None:
    """A cost of $0.22 under a price of $0.88 pays from a quarter of the load on; half a load leaves half: 1 - 0.22/0.44."""
    assert break_even_load(0.22, 0.88) == 0.25
    assert [margin(0.22, load, 0.88) for load in (0.5, 0.25, 0.125, 1)] == [0.5, 0, -1, 0.75]
    assert break_even_load(0.88, 0.22) == 4


# 10. Service level


def row(x: float, y: float, **facts: object) -> Row:
    """Return a row of H200 FP8 Off at $1.80, eight GPUs, first token after a second, or with facts of its own."""
    named = {"hardware": "h200", "precision": "fp8", "variant": "none", "price": 1.8} | facts
    told = {fact: named.pop(fact) for fact in ("gpus", "ttft") if fact in named}
    point = Point(x, y, **({"gpus": 8, "ttft": 1.0} | told))  # type: ignore[arg-type]
    return Row(point=point, **named)  # type: ignore[arg-type]


def test_service_level() -> None:
    """The cheapest row of each group that meets every limit; a faster row at its own figures, the limits themselves included."""
    rows = [
        row(49, 2000),  # too slow
        row(50, 900, ttft=2.1),  # waits too long
        row(50, 800, ttft=2),
        row(70, 850, gpus=16),  # faster, and cheaper than the row at 50: 1.8/(850*0.0036)
        row(70, 990, gpus=17),
        row(80, 995, gpus=7),
        row(80, 995, gpus=None),
        row(80, 995, ttft=None),
        row(55, 600, variant="mtp"),
        row(90, 600, variant="mtp"),  # as cheap and faster
        row(60, 700, hardware="b200", price=1.4),  # 1.4/(700*0.0036) = 0.5556 against 1.5/(720*0.0036) = 0.5787
        row(60, 720, hardware="b200", price=1.5),
        row(60, 700, hardware="x1", price=None),
        row(40, 700, precision="fp4"),
    ]
    found = service_level(rows, Level(50, first_token=2, least_gpus=8, most_gpus=16))
    assert {group: (got.point.x, got.point.total) for group, got in found.items()} == {
        ("h200", "fp8", "none"): (70, 850),
        ("h200", "fp8", "mtp"): (90, 600),
        ("b200", "fp8", "none"): (60, 700),
    }
    assert service_level(rows, Level(50))["h200", "fp8", "none"].point.total == 995
    assert service_level(rows, Level(40))["h200", "fp8", "none"].point.total == 2000
    assert set(service_level(rows, Level(91))) == set()
    assert service_level(rows, Level(40), "output") == {}


def test_service_level_agrees_with_a_look_at_every_row() -> None:
    """On a grid of rows the answer is what a plain search over all of them finds."""
    rows = [
        row(x, 40_000 / x - 100 * wait, ttft=wait, gpus=gpus)
        for x in range(20, 120, 10)
        for wait in (0.5, 1.5)
        for gpus in (4, 8)
    ]
    for speed in (20, 45, 110, 111):
        for limit in (0.4, 1, 2):
            fit = [r for r in rows if r.point.x >= speed and (r.point.ttft or 9) <= limit and (r.point.gpus or 0) >= 5]
            got = service_level(rows, Level(speed, first_token=limit, least_gpus=5))
            assert (
                [r.point.total for r in got.values()] == [max(r.point.total for r in fit)][: len(fit)]
                if fit
                else not got
            )
