"""The reference for a comparison of two sides: read, interval, verdict, certainty, flags (METHOD 4, 7).

Written from the method and independent of the formulas: curves are read by `method.curves`, the interval, the verdict, the
certainty and the flags are decided on plain numbers, the speed at equal cost is found by bisection. `judge.columns` lays
what it finds out by the keys of the block.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

from specxl.method import curves
from specxl.method.codes import Certainty, EqualCost, Grade, Verdict
from specxl.method.curves import Status
from specxl.schema import TOKEN_BASES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.method.curves import Curve

Figure = float | None
DECIDED_DECIMALS = 12
NOTE, CAUTION, STOP = Grade.NOTE, Grade.CAUTION, Grade.STOP


@dataclass(frozen=True, slots=True)
class KnownCurve:
    """A curve as the reference knows it: its splines, the row of its first knot on Curves, its knots' measurements."""

    id: int
    fit: Curve
    first: int
    measurements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What comparisons rest on besides what each is given.

    `curves` are by id; `facts` hold one value per measurement (from number 1, at index 0), None where it is unknown;
    `thresholds` are those of METHOD 7 by name; `basis` is the place of the token class in TOKEN_BASES from 1, 0 for none.
    """

    curves: Mapping[int, KnownCurve]
    facts: Mapping[str, Sequence[Figure]]
    thresholds: Mapping[str, float]
    basis: int


@dataclass(frozen=True, slots=True)
class GivenSide:
    """One side: the id of its curve (0 for none), its price per GPU-hour and its kW per GPU."""

    curve: int
    price: Figure
    power: Figure


@dataclass(frozen=True, slots=True)
class Given:
    """What a comparison is given; `target` is whatever stands in the cell."""

    target: object
    a: GivenSide
    b: GivenSide
    one_hardware: bool = True
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """One side read at the target: its curve's read, and its interval on the chosen token basis."""

    known: KnownCurve | None
    read: curves.Read
    y: Figure
    low: Figure
    high: Figure
    last: Figure
    published: bool

    @property
    def floor(self) -> bool:
        """Whether the figure is only a lower bound."""
        return self.read.status == Status.BELOW

    @property
    def numbers(self) -> tuple[int, ...]:
        """The measurements that the read rests on: none above the range, one on a knot, else two."""
        if self.known is None or self.read.status < Status.BELOW:
            return ()
        return tuple(self.known.measurements[i] for i in (self.read.left or 0, self.read.right or 0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a comparison comes to. `ratio` is A over B in tokens per unit of money, None where none may be printed."""

    verdict: Verdict
    ratio: Figure = None
    low: Figure = None
    high: Figure = None

    @property
    def better(self) -> Literal["", "a", "b"]:
        """The better side, if any."""
        return {Verdict.A_BETTER: "a", Verdict.B_BETTER: "b"}.get(self.verdict, "")  # type: ignore[return-value]

    @property
    def larger(self) -> tuple[Figure, Figure, Figure]:
        """The ratio as larger over smaller, and its interval the same way round; no upper end where it is unbounded."""
        if self.ratio is None:
            return None, None, None
        if beyond(self.ratio - 1) >= 0:
            return self.ratio, self.low, self.high
        low = 0.0 if self.high is None else 1 / self.high
        return 1 / self.ratio, low, 1 / self.low if self.low else None


def usable_target(target: object) -> float | None:
    """Return a target in tok/s/user, or None for anything that is no number above zero."""
    if isinstance(target, bool) or not isinstance(target, (int, float)) or not isfinite(target) or target <= 0:
        return None
    return float(target)


def read_side(known: Known, side: GivenSide, target: object) -> Reading:
    """Read one side (METHOD 4): its figure on the token basis, and what the measurements around the target say."""
    curve = known.curves.get(side.curve)
    found = curves.read(curve.fit if curve else None, target)
    metric = TOKEN_BASES[known.basis - 1] if known.basis else ""
    values = curve.fit.values(metric) if curve and metric else None
    if curve is None or values is None:
        return Reading(curve, found, None, None, None, None, published=False)
    last = float(values[-1])
    if found.status < Status.BELOW:
        return Reading(curve, found, None, None, None, last, published=True)
    y = getattr(found, metric)
    ends = float(values[found.left]), float(values[found.right])
    low, high = (min(ends), max(ends)) if found.status == Status.INTERPOLATED else (y, y)
    return Reading(curve, found, y, low, None if found.status == Status.BELOW else high, last, published=True)


def price_factor(given: Given) -> Figure:
    """What turns a ratio of throughputs into one of tokens per money: the price of B over that of A; 1 on one hardware."""
    return _factor(given.a.price, given.b.price, one=given.one_hardware)


def power_factor(given: Given) -> Figure:
    """The same for throughput per power."""
    return _factor(given.a.power, given.b.power, one=given.one_hardware)


def _factor(a: Figure, b: Figure, *, one: bool) -> Figure:
    if one:
        return 1.0
    return None if a is None or b is None else b / a


def decide(given: Given, a: Reading, b: Reading, tie: float) -> Outcome:
    """Come to the verdict of METHOD 7, in its order."""
    reason, factor = find_reason(given, a, b), price_factor(given)
    if reason or factor is None:
        return Outcome(reason or Verdict.NO_PRICE)
    if a.y is None or b.y is None:
        alone = Verdict.ONLY_B if a.y is None else Verdict.ONLY_A
        return Outcome(Verdict.NEITHER if a.y is None and b.y is None else alone)
    ratio = a.y / b.y * factor
    apart = beyond(ratio - 1)
    if (a.floor and b.floor) or (a.floor and apart < 0) or (b.floor and apart > 0):
        return Outcome(Verdict.UNDECIDED)
    low = 0.0 if b.high is None or a.low is None else a.low / b.high * factor
    high = None if a.high is None or b.low is None else a.high / b.low * factor
    if beyond(ratio - tie) >= 0:
        return Outcome(Verdict.A_BETTER, ratio, low, high)
    return Outcome(Verdict.B_BETTER if beyond(ratio * tie - 1) <= 0 else Verdict.LEVEL, ratio, low, high)


def beyond(difference: float) -> float:
    """Return a difference on which a verdict hangs without its last bits: a ratio at the threshold is at it in every program."""
    return round(difference, DECIDED_DECIMALS)


def find_reason(given: Given, a: Reading, b: Reading) -> Verdict | None:
    """Why nothing can be compared, if so: the first reason that applies."""
    reasons = (
        (usable_target(given.target) is None, Verdict.NO_TARGET),
        (not given.stated, Verdict.NOT_STATED),
        (a.known is None or b.known is None, Verdict.NO_DATA),
        (not (a.published and b.published), Verdict.NOT_PUBLISHED),
        (price_factor(given) is None, Verdict.NO_PRICE),
    )
    return next((verdict for applies, verdict in reasons if applies), None)


def certainty(outcome: Outcome, a: Reading, b: Reading, tie: float) -> int:
    """Whether the measurements alone make a side better, or only the curve between them; 0 where none is."""
    if not outcome.better:
        return 0
    low = outcome.larger[1]
    settled = low is not None and beyond(low - tie) >= 0
    if (a if outcome.better == "a" else b).floor:
        return Certainty.SETTLED_AT_LEAST if settled else Certainty.INTERPOLATED_AT_LEAST
    return Certainty.SETTLED if settled else Certainty.INTERPOLATED


@dataclass(frozen=True, slots=True)
class Equal:
    """A's speed at B's cost (METHOD 7): what it is, the speed in tok/s/user, and the throughput that A must keep."""

    code: int
    x: Figure = None
    y: Figure = None
    knots: int = 0


def equal_cost(known: Known, given: Given, outcome: Outcome, a: Reading, b: Reading, cost_factor: float = 1.0) -> Equal:
    """Find the highest speed at which A still costs no more than B at the target; nothing where no ratio is printed.

    `cost_factor` is 1 but for a judge who asks whether the answer hangs on the last bit of that cost.
    """
    factor = price_factor(given)
    if outcome.ratio is None or a.known is None or b.y is None or factor is None:
        return Equal(0)
    y = b.y / factor / cost_factor
    found = curves.inverse(a.known.fit, TOKEN_BASES[known.basis - 1], y)
    if found.x is None:
        return Equal(EqualCost.NEVER, None, y)
    code = EqualCost.AT_LEAST if found.beyond else EqualCost.AT_MOST if b.floor else EqualCost.EXACT
    return Equal(code, found.x, y, found.knots)


def flags(known: Known, given: Given, a: Reading, b: Reading) -> dict[str, bool]:
    """Raise the flags of METHOD 7 by id, for the measurements that the reads rest on."""
    limits, numbers = known.thresholds, sorted({*a.numbers, *b.numbers})

    def held(fact: str, of: Sequence[int] = numbers) -> list[float]:
        values = (known.facts[fact][number - 1] for number in of)
        return [value for value in values if value is not None]

    families = held("family")
    days = [max(held("date", side.numbers), default=0) for side in (a, b)]
    read = [side for side in (a, b) if side.numbers]
    apart = [gaps(side) for side in read]
    return {
        "price_unknown": usable_target(given.target) is not None and None in (given.a.price, given.b.price),
        "suspect": any(held("suspect")),
        "reported_fault": any(held("issue")),
        "published_at_odds": any(held("at_odds")),
        "engine_family": bool(numbers) and (len(set(families)) > 1 or not all(families)),
        "serving_mode": any(held("aggregated")) and any(held("disaggregated")),
        "dates_apart": min(days) > 0 and abs(days[0] - days[1]) > limits["stale_days"],
        "first_token": _waits_apart(held("ttft", a.numbers), held("ttft", b.numbers), limits),
        "thin_curve": any(s.known is not None and s.known.fit.x.size < limits["thin_knots"] for s in read),
        "wide_gap": any(x > limits["gap_x"] or y > limits["gap_y"] for x, y in apart),
        **({LOW_SCORE: any(held(LOW_SCORE))} if LOW_SCORE in known.facts else {}),
        "mixes_runs": any(held("mixes_runs")),
        "published_points": any(held("published")),
        "synthetic_acceptance": any(held("synthetic")),
        "random_prompts": any(held("random_prompts")),
        "stated_by_hand": any(held("stated")),
        "warm_up": any(held("warm_up")),
        "gpu_count": any(held("gpu_count")),
    }


GRADES = {
    **dict.fromkeys(("price_unknown", "suspect", "reported_fault", "published_at_odds"), STOP),
    **dict.fromkeys(("engine_family", "serving_mode", "dates_apart", "first_token"), CAUTION),
    **dict.fromkeys(("thin_curve", "wide_gap", "mixes_runs"), CAUTION),
    **dict.fromkeys(("published_points", "synthetic_acceptance", "random_prompts"), NOTE),
    **dict.fromkeys(("stated_by_hand", "warm_up", "gpu_count"), NOTE),
}
LOW_SCORE = "low_score"
"""A flag that there is only where the data hold scores of evaluations."""


def grades(known: Known) -> dict[str, Grade]:
    """The flags of a workbook and their grades, in the order in which they are told: with that on scores where there are any."""
    if LOW_SCORE not in known.facts:
        return dict(GRADES)
    names = list(GRADES)
    place = names.index("mixes_runs")
    return {name: GRADES.get(name, CAUTION) for name in (*names[:place], LOW_SCORE, *names[place:])}


UNLIKE = ("engine_family", "serving_mode", "dates_apart", "first_token")


def gaps(side: Reading) -> tuple[float, float]:
    """How far the knots around the target are apart, as ratios in x and in y (on the token basis, where published)."""
    if side.known is None or side.read.left is None or side.read.right is None:
        return 0.0, 0.0
    x = side.known.fit.x
    apart = side.high / side.low if side.high is not None and side.low is not None else 1.0
    return float(x[side.read.right] / x[side.read.left]), apart


def _waits_apart(a: Sequence[float], b: Sequence[float], limits: Mapping[str, float]) -> bool:
    """Whether any median first token is too late, or the two sides are apart by the factor and by the seconds."""
    if max((*a, *b), default=0.0) > limits["ttft_limit"]:
        return True
    if not (a and b):
        return False
    pairs = ((max(a), min(b)), (max(b), min(a)))
    return any(late > limits["ttft_factor"] * early and late - early > limits["ttft_apart"] for late, early in pairs)
