"""The oracle's comparisons against verdicts, figures and flags worked out by hand; places are (speed, throughput)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import pytest
from support.oracle import Comparison, Point, Side, Thresholds, compare, same_family, tie_out

INF = math.inf
Places = list[tuple[float, float]]


def points(places: Places, **facts: object) -> tuple[Point, ...]:
    """Return points of one engine family at these places, with facts of their own."""
    told: dict[str, object] = {"family": "vllm", "serving": "aggregated"} | facts
    return tuple(Point(x, y, **told) for x, y in places)  # type: ignore[arg-type]


def side(places: Places, price: float | None = 1.8, **facts: object) -> Side:
    """Return a side with these points at a price, 2 kW a GPU."""
    return Side(points(places, **facts), price, 2)


def near(*values: float | None) -> list[object]:
    """Return these values as figures to agree with, None as nothing."""
    return [value if value is None else pytest.approx(value, rel=1e-13) for value in values]


# Verdicts on one hardware

LINE = [(50, 1000), (100, 500)]  # at 60: 900, at 70: 800, at 75: 750


@pytest.mark.parametrize(
    ("a", "b", "target", "verdict", "certainty", "better", "ratio", "ends"),
    [
        # ties: 5 % exactly counts on either side, less does not
        ([(50, 1050)], [(50, 1000)], 50, "better", "settled", "a", 1.05, (1.05, 1.05)),
        ([(50, 1000)], [(50, 1050)], 50, "better", "settled", "b", 1 / 1.05, (1 / 1.05, 1 / 1.05)),
        ([(50, 1049)], [(50, 1000)], 50, "level", "", "", 1.049, (1.049, 1.049)),
        ([(50, 1000)], [(50, 1049)], 50, "level", "", "", 1000 / 1049, (1000 / 1049, 1000 / 1049)),
        # between knots: 750 [500, 1000] against 600 measured is 1.25 [0.83, 1.67]; against 400, 1.875 [1.25, 2.5]
        (LINE, [(75, 600)], 75, "better", "interpolated", "a", 1.25, (500 / 600, 1000 / 600)),
        (LINE, [(75, 400)], 75, "better", "settled", "a", 1.875, (1.25, 2.5)),
        (LINE, [(75, 760)], 75, "level", "", "", 750 / 760, (500 / 760, 1000 / 760)),
        ([(75, 400)], LINE, 75, "better", "settled", "b", 400 / 750, (0.4, 0.8)),
        # the interval just reaches the threshold: 500/b = 1.05
        (LINE, [(75, 500 / 1.05)], 75, "better", "settled", "a", 1.575, (1.05, 2.1)),
        # A below its frontier: a floor that wins, wins at least; a floor that loses decides nothing
        ([(80, 1100)], LINE, 70, "better", "settled, at least", "a", 1.375, (1.1, INF)),
        ([(80, 900)], LINE, 70, "better", "interpolated, at least", "a", 1.125, (0.9, INF)),
        ([(80, 790)], LINE, 70, "undecided", "", "", None, (None, None)),
        ([(80, 820)], LINE, 70, "level", "", "", 1.025, (0.82, INF)),
        ([(80, 800)], LINE, 70, "level", "", "", 1, (0.8, INF)),  # equal: neither figure is the smaller
        # B below its frontier, the same the other way round
        ([(20, 300), (40, 200)], LINE, 30, "better", "settled, at least", "b", 0.25, (0, 0.3)),
        ([(20, 1200), (40, 200)], LINE, 30, "better", "interpolated, at least", "b", 0.7, (0, 1.2)),
        ([(20, 3000), (40, 2000)], LINE, 30, "undecided", "", "", None, (None, None)),
        # both below, both above, one above
        ([(80, 9000)], LINE, 40, "undecided", "", "", None, (None, None)),
        ([(80, 1000)], LINE, 40, "undecided", "", "", None, (None, None)),
        (LINE, LINE, 101, "neither reaches it", "", "", None, (None, None)),
        (LINE, [(150, 90)], 101, "only B reaches it", "", "", None, (None, None)),
        ([(90, 600), (200, 3)], LINE, 101, "only A reaches it", "", "", None, (None, None)),
        # crossing: A 1000 - 10(x - 20) meets B 800 - 5(x - 20) at 60
        ([(20, 1000), (100, 200)], [(20, 800), (100, 400)], 40, "better", "interpolated", "a", 800 / 700, (0.25, 2.5)),
        ([(20, 1000), (100, 200)], [(20, 800), (100, 400)], 60, "level", "", "", 1, (0.25, 2.5)),
        ([(20, 1000), (100, 200)], [(20, 800), (100, 400)], 80, "better", "interpolated", "b", 0.8, (0.25, 2.5)),
    ],
)
def test_verdicts(
    a: Places,
    b: Places,
    target: float,
    verdict: str,
    certainty: str,
    better: str,
    ratio: float | None,
    ends: tuple[float | None, float | None],
) -> None:
    """Verdict, certainty, ratio and interval follow from the figures of both sides."""
    got = compare(side(a), side(b), target)
    assert (got.verdict, got.certainty, got.better) == (verdict, certainty, better)
    saving = None if verdict != "better" or ratio is None else 1 - min(ratio, 1 / ratio)
    assert [got.ratio, got.ratio_low, got.ratio_high, got.saving] == near(ratio, *ends, saving)


def test_words_for_what_is_not_compared() -> None:
    """The reasons stand in the order of the method, and neither figure nor flag of a comparison stands beside them."""
    line, output = side(LINE), side(LINE, price=None, output=5.0)
    unknown = Side(line.points, None, None, stated_method=False)
    assert compare(line, line, "").verdict == "no target"
    assert compare(line, Side(None), "").verdict == "no target"
    assert compare(unknown, Side(None), 60, "output").verdict == "no data"
    assert compare(unknown, output, 60, "output").verdict == "not published on this basis"
    assert compare(unknown, output, 160, same_hardware=False).verdict == "method not stated"
    assert compare(output, line, 160, same_hardware=False).verdict == "no price"
    assert compare(output, line, 160).verdict == "neither reaches it"
    for got in (compare(unknown, line, 60), compare(line, line, None), compare(output, line, 60, same_hardware=False)):
        assert (got.certainty, got.better, got.ratio, got.saving, got.equal_cost_kind) == ("", "", None, None, "")


@pytest.mark.parametrize(
    ("a", "b", "target", "kind", "speed"),
    [
        (LINE, [(75, 600)], 75, "", 90),  # 1000 - 10(x - 50) = 600
        (LINE, [(75, 400)], 75, "at least", 100),
        (LINE, [(75, 500)], 75, "at least", 100),
        (LINE, [(75, 1001)], 75, "never", None),
        (LINE, [(75, 1000)], 75, "", 50),
        ([(80, 1100)], LINE, 70, "at least", 80),
        ([(80, 1100), (120, 700)], LINE, 70, "", 110),  # B has 800: 1100 - 10(x - 80)
        ([(20, 1200), (40, 200)], LINE, 30, "at most", 24),  # B's 1000 is a floor: 1200 - 50(x - 20)
        ([(20, 300), (40, 200)], LINE, 30, "never", None),
        ([(80, 790)], LINE, 70, "", None),  # undecided
    ],
)
def test_equal_cost(a: Places, b: Places, target: float, kind: str, speed: float | None) -> None:
    """A serves this speed at B's cost."""
    got = compare(side(a), side(b), target)
    assert got.equal_cost_kind == kind
    found = [got.equal_cost_tok_s_user, got.equal_cost_ratio]
    assert found == near(speed, None if speed is None else speed / target)


# Money between hardware


def test_prices_decide_between_hardware() -> None:
    """A's 1000 tok/s at $2 an hour is 1.8 M tokens a dollar, B's 600 at $1 is 2.16; on one hardware only tok/s count."""
    a, b = side([(50, 1000), (100, 500)], 2), side([(50, 600)], 1)
    got = compare(a, b, 50, same_hardware=False)
    assert (got.better, got.ratio) == ("b", pytest.approx(1.8 / 2.16))
    assert got.saving == pytest.approx(1 / 6)
    assert (got.a_cost_per_mtok, got.b_cost_per_mtok) == pytest.approx((1 / 1.8, 1 / 2.16))
    assert (got.equal_cost_kind, got.equal_cost_tok_s_user) == ("never", None)  # 600/1*2 = 1200 is over all of A
    assert compare(a, b, 50).ratio == pytest.approx(1000 / 600)
    cheap = compare(Side(a.points, 1.25), b, 50, same_hardware=False)
    assert cheap.ratio == pytest.approx(1000 / 1.25 / 600)
    assert cheap.equal_cost_tok_s_user == pytest.approx(75)  # 600/1*1.25 = 750


def test_derived_figures() -> None:
    """Cost, tokens per MW, joules and requests come from the one figure."""
    got = compare(side(LINE, 3.6, conc=64, output=250.0), Side(None), 60, "output")
    assert (got.a_tok_s_gpu, got.a_requests) == (250, 64)
    assert got.a_cost_per_mtok == pytest.approx(4)  # 3.6 / (250 * 0.0036)
    assert got.a_tok_s_mw == pytest.approx(125_000)  # 250 * 1000 / 2 kW
    assert got.a_joules_per_tok == pytest.approx(8)
    assert (got.a_last_tok_s_user, got.a_last_tok_s_gpu) == (100, 250)
    above = compare(side(LINE, 3.6, conc=64), Side(None), 160)
    assert (above.a_tok_s_gpu, above.a_cost_per_mtok, above.a_requests, above.a_last_tok_s_gpu) == (
        None,
        None,
        None,
        500,
    )


def test_tie_out() -> None:
    """The page that prints $11.614 for 131.9 tok/s at $2.21 implies $5.51 an hour: ours is 2.21/(131.9*0.0036) = 4.654."""
    got = tie_out(11.614, 131.9, 2.21)
    assert (got.ours, got.implied_rate) == pytest.approx((4.6542, 5.5148), rel=1e-4)
    assert (got.difference, got.at_odds) == (pytest.approx(1.495, rel=1e-3), True)
    assert [tie_out(cost, 1000, 3.6).at_odds for cost in (1.05, 1.051, 0.95, 0.949)] == [False, True, False, True]


# Flags

DAY = dt.date(2026, 5, 1)


def days(later: int) -> dt.date:
    """Return a day so many days after the first of May."""
    return DAY + dt.timedelta(days=later)


FLAGS = [
    ({"family": "trt"}, {}, "engine_family", "caution", "engine"),
    ({"family": ""}, {"family": ""}, "engine_family", "caution", "engine"),
    ({"family": "trt"}, {"family": "trt"}, "", "", "yes"),
    ({"serving": "disaggregated"}, {}, "serving_mode", "caution", "serving"),
    ({"serving": "unknown"}, {}, "", "", "yes"),
    ({"date": days(91)}, {"date": DAY}, "dates_apart", "caution", "dates"),
    ({"date": DAY}, {"date": days(91)}, "dates_apart", "caution", "dates"),
    ({"date": days(90)}, {"date": DAY}, "", "", "yes"),
    ({"date": days(400)}, {"date": None}, "", "", "yes"),
    ({"ttft": 3.1}, {"ttft": 1}, "first_token", "caution", "first token"),
    ({"ttft": 1}, {"ttft": 3.1}, "first_token", "caution", "first token"),
    ({"ttft": 3}, {"ttft": 1}, "", "", "yes"),  # no more than three times
    ({"ttft": 1.3}, {"ttft": 0.3}, "", "", "yes"),  # no more than a second
    ({"ttft": 0.9}, {"ttft": 0.1}, "", "", "yes"),
    ({"ttft": 10.1}, {"ttft": 9}, "first_token", "caution", "first token"),
    ({"ttft": 10.1}, {}, "first_token", "caution", "first token"),
    ({"ttft": 10}, {}, "", "", "yes"),
    ({"mixes_runs": True}, {}, "mixes_runs", "caution", "yes"),
    ({"suspect": True}, {}, "suspect", "stop", "yes"),
    ({}, {"fault": True}, "reported_fault", "stop", "yes"),
    ({"at_odds": True}, {}, "published_at_odds", "stop", "yes"),
    ({}, {"published": True}, "published_points", "note", "yes"),
    ({"synthetic": True}, {}, "synthetic_acceptance", "note", "yes"),
    ({"random_prompts": True}, {}, "random_prompts", "note", "yes"),
    ({}, {"stated": True}, "stated_by_hand", "note", "yes"),
    ({"warm_up": True}, {}, "warm_up", "note", "yes"),
    ({}, {"gpu_count": True}, "gpu_count", "note", "yes"),
]


@pytest.mark.parametrize(("a", "b", "flag", "grade", "alike"), FLAGS)
def test_flags_of_knots(a: dict[str, object], b: dict[str, object], flag: str, grade: str, alike: str) -> None:
    """One fact of the knots raises one flag, and none is up where no read rests on them."""
    level = [(50, 1000), (90, 900), (100, 800)]
    sides = side(level, **a), side(level, **b)
    for target in (40, 90, 95):
        got = compare(*sides, target)
        assert (got.flags, got.worst_flag, got.like_for_like) == ({flag} - {""}, grade, alike)
    for target in (101, None):
        got = compare(*sides, target)
        assert (got.flags, got.worst_flag, got.like_for_like) == (frozenset(), "", "")


def test_a_flag_follows_the_knot() -> None:
    """A suspect knot in the middle is in the reads on both sides of it, and in no other."""
    knots = points([(20, 900), (30, 800), (40, 700), (50, 600), (60, 500)])
    marked = Side((*knots[:2], replace(knots[2], suspect=True), *knots[3:]), 1.8)
    plain = Side(knots, 1.8)
    reads = {target: "suspect" in compare(marked, plain, target).flags for target in (10, 25, 30, 31, 40, 49, 50, 55)}
    assert [target for target, raised in reads.items() if raised] == [31, 40, 49]
    assert compare(plain, marked, 35).worst_flag == "stop"


def test_flags_within_one_side() -> None:
    """Two knots of one side that differ are not like for like either, and first tokens are ranges."""
    knots = points([(20, 900), (30, 800), (40, 700)], ttft=0.5)
    mixed = Side((knots[0], replace(knots[1], family="trt", serving="disaggregated", ttft=4.0), knots[2]), 1.8)
    assert compare(mixed, Side(knots, 1.8), 25).like_for_like == "engine, serving, first token"
    assert compare(mixed, Side(knots, 1.8), 20).like_for_like == "yes"
    dated = [
        Side(tuple(replace(knot, date=days(d)) for knot, d in zip(knots, later, strict=True)), 1.8)
        for later in ((0, 100, 0), (0, 0, 95))
    ]
    assert [compare(*dated, target).like_for_like for target in (20, 25, 35, 40)] == ["yes", "dates", "yes", "dates"]


@pytest.mark.parametrize(
    ("places", "target", "raised"),
    [
        ([(50, 1000)], 50, {"thin_curve"}),
        ([(50, 1000), (100, 900)], 60, {"thin_curve"}),
        ([(50, 1000), (100, 900), (101, 800)], 60, set()),  # twice the speed is not more than twice
        ([(49, 1000), (100, 900), (101, 800)], 60, {"wide_gap"}),
        ([(49, 1000), (100, 900), (101, 800)], 100, set()),
        ([(49, 1000), (100, 900), (101, 800)], 40, set()),
        ([(50, 1000), (51, 333.3), (52, 300)], 50.5, {"wide_gap"}),
        ([(50, 999.9), (51, 333.3), (52, 300)], 50.5, set()),
        ([(50, 1000)], 51, set()),  # above its range: no read, no flag
    ],
)
def test_certainty_flags(places: Places, target: float, raised: set[str]) -> None:
    """Thin curves and wide gaps count where the side has a read."""
    calm = [(30, 1000), (45, 900), (60, 800), (90, 700), (110, 600)]
    assert compare(side(places), side(calm), target).flags == raised
    assert compare(side(calm), side(places), target).flags == raised


def test_a_wide_gap_is_taken_on_the_basis() -> None:
    """Output that falls by more than three while the total does not is a wide gap of output alone."""
    made = Side((Point(50, 1000, 400, family="x"), Point(60, 900, 100, family="x"), Point(70, 800, 90, family="x")), 1)
    assert [compare(made, made, 55, basis).flags for basis in ("total", "output")] == [set(), {"wide_gap"}]


def test_an_unknown_price_stops() -> None:
    """It does so wherever there is a target, on one hardware too, and never without one."""
    level = [(50, 1000), (90, 900), (100, 800)]
    priced, unknown = side(level), side(level, None)
    got = compare(priced, unknown, 60)
    assert (got.verdict, got.worst_flag, got.a_cost_per_mtok is None, got.b_cost_per_mtok) == (
        "level",
        "stop",
        False,
        None,
    )
    assert [compare(unknown, priced, target).worst_flag for target in (60, 600, "x")] == ["stop", "stop", ""]


def test_thresholds_are_inputs() -> None:
    """Every limit moves with its threshold."""
    a = side([(50, 1000), (80, 900)], ttft=2.0, date=DAY)
    b = side([(50, 960), (80, 500)], ttft=0.5, date=days(10))

    def flags(**given: float) -> Comparison:
        return compare(a, b, 60, thresholds=Thresholds(**given))  # type: ignore[arg-type]

    assert flags().flags == {"thin_curve", "first_token"}
    assert flags(thin_knots=2, first_token_factor=4).flags == set()
    assert flags(thin_knots=2, first_token_apart=1.5).flags == set()
    assert flags(thin_knots=2, first_token_apart=9, first_token_longest=1.9).flags == {"first_token"}
    assert flags(thin_knots=2, first_token_apart=9, stale_days=9).flags == {"dates_apart"}
    assert flags(thin_knots=2, first_token_apart=9, gap_x=1.5).flags == {"wide_gap"}
    assert flags(thin_knots=2, first_token_apart=9, gap_y=1.9).flags == {"wide_gap"}
    # at 60: 1000 - 100/3 against 960 - 460/3: 966.667 / 806.667 = 1.19835
    assert [flags(tau=tau).verdict for tau in (1.19, 1.2)] == ["better", "level"]


# Engine families


def test_same_family() -> None:
    """Families that both sides have are compared within themselves, where curves have the knots and the reads range."""
    trt, sgl = [(50, 1000), (60, 900), (70, 800)], [(40, 500), (60, 450), (80, 400)]
    both = Side(points(trt, family="trt") + points(sgl, family="sglang"), 1.8)
    other = Side(points([(x, y / 2) for x, y in trt], family="trt") + points(sgl, family="sglang"), 1.8)
    found = same_family(both, other, 55)
    assert isinstance(found, dict)
    assert {family: got.ratio for family, got in found.items()} == pytest.approx({"trt": 2, "sglang": 1})
    assert list(same_family(both, other, 45)) == ["sglang"]
    assert same_family(both, other, 90) == "out of range"
    assert same_family(both, other, 55, thresholds=Thresholds(same_family_knots=4)) == "too few knots"
    assert same_family(both, side(trt), 55) == "no family has both sides"
    assert same_family(both, side(trt, family=""), 55) == "engine not stated"
