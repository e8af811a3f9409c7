"""The comparison block: one row of cells; two sides and a target go in, figures, verdict, certainty and flags come out.

A side is a curve with its own price and power, so a row may set any curve against any other. Workings holds such rows: one
for each row of Results, four for each pair sheet. Every column is one line below: key, header, style, formula. In a formula
{name} is the row's own cell of that key, or, where the row has none, a range or an input of the workbook (Curves,
Measurements, Prices). Columns of a side are laid out twice, as a_... and b_...; inside a side its own cells are named
without the prefix. `method.verdict` computes every one of these columns a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.errors import LayoutError
from specxl.method.codes import Basis, Certainty, End, Grade, Verdict
from specxl.method.curves import Status
from specxl.method.metrics import METRICS
from specxl.model.formulas import first_true, hermite_weights, if_positive
from specxl.sheets.block.column import Column
from specxl.sheets.block.flags import FLAGS, KNOTS, LOOKED_UP
from specxl.sheets.block.inverse import DECIMALS, EQUAL_COST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specxl.method.metrics import Metric
    from specxl.sheets.block.flags import FlagRule

# What a row is given. `stated` is 0 where a side's method is unknown; `one_hardware` is 1 where price and power cancel.
GIVEN = (
    Column("target_in", "target as entered", "general right", ""),
    Column("a_id", "A curve id", "id", ""),
    Column("b_id", "B curve id", "id", ""),
    Column("a_price", "A price per GPU-hour", "price", ""),
    Column("b_price", "B price per GPU-hour", "price", ""),
    Column("a_power", "A kW per GPU", "power", ""),
    Column("b_power", "B kW per GPU", "power", ""),
    Column("one_hardware", "one hardware", "flag", ""),
    Column("stated", "methods stated", "flag", ""),
)

# Anything but a number above zero is no target: pasting goes past the rule of the input cell.
# =IF(ISNUMBER(A7),IF(A7>0,1,0),0)
START = (
    Column("valid", "target usable", "flag", if_positive("{target_in}", 1, 0)),
    Column("target", "target used", "speed", "IF({valid}=1,{target_in},0)"),
)

# Below this status there is no figure: no target, no data, or above the measured range (METHOD 4).
_NO_READ = f"{{status}}<{Status.BELOW}"

# The weighted sum of METHOD 3: values and tangents of the two knots around the target.
_TERMS = (
    ("w_left", "knot", "{row_left}"),
    ("w_left_m", "tangent", "{row_left}"),
    ("w_right", "knot", "{row_right}"),
    ("w_right_m", "tangent", "{row_right}"),
)


def _hermite(source: str, column: str = "") -> str:
    return "+".join(f"{{{weight}}}*INDEX({{{kind}_{source}}},{row}{column})" for weight, kind, row in _TERMS)


def _clamped(low: str, high: str, spline: str) -> str:
    """The spline, kept between the lowest and the highest knot (the end rule of the tangents could overshoot)."""
    return f"MAX({low},MIN({high},{spline}))"


_ON_A_KNOT = (
    ("{x_read}-{x_left}<={tolerance}*{x_left}", End.LEFT),
    ("{x_right}-{x_read}<={tolerance}*{x_right}", End.RIGHT),
)
# METHOD 4's order of precedence.
_STATUS = (
    ("{valid}=0", Status.NO_TARGET),
    ("{knots}=0", Status.NO_DATA),
    ("{target}>{x_last}", Status.ABOVE),
    ("{target}<{x_first}", Status.BELOW),
    ("{at}>0", Status.MEASURED),
)
_STEP = "({x_right}-{x_left})"
_W_LEFT, _W_LEFT_M, _W_RIGHT, _W_RIGHT_M = hermite_weights("{u}")

# Where a target falls on a curve. The curve's x stand side by side in a strip, so MATCH finds the segment:
# =IF(F7=0,0,MAX(1,MIN(MATCH(I7,INDEX(strip,id,0),1),F7-1))). A curve of one knot has one segment of no length.
PLACE = (
    Column("knots", "knots", "id", "IF({id}=0,0,INDEX({curve_knots},{id}))"),
    Column("x_first", "first knot", "speed", "IF({knots}=0,0,INDEX({curve_x_min},{id}))"),
    Column("x_last", "last knot", "speed", "IF({knots}=0,0,INDEX({curve_x_max},{id}))"),
    Column("x_read", "read at", "speed", "MIN(MAX({target},{x_first}),{x_last})"),
    Column(
        "segment",
        "segment",
        "id",
        "IF({knots}=0,0,MAX(1,MIN(MATCH({x_read},INDEX({curve_strip},{id},0),1),{knots}-1)))",
    ),
    Column("row_left", "row of left knot", "id", "IF({knots}=0,0,INDEX({curve_first},{id})+{segment}-1)"),
    Column("row_right", "row of right knot", "id", "{row_left}+IF({knots}>1,1,0)"),
    Column("x_left", "x of left knot", "speed", "IF({knots}=0,0,INDEX({knot_x},{row_left}))"),
    Column("x_right", "x of right knot", "speed", "IF({knots}=0,0,INDEX({knot_x},{row_right}))"),
    Column("u", "place in segment, 0 to 1", "full", f"IF({{x_right}}={{x_left}},0,({{x_read}}-{{x_left}})/{_STEP})"),
    Column("at", "on a knot: 1 left, 2 right", "id", first_true(_ON_A_KNOT, 0)),
    Column("status", "status code", "id", first_true(_STATUS, Status.INTERPOLATED)),
    Column("w_left", "weight of left value", "full", _W_LEFT),
    Column("w_left_m", "weight of left tangent", "full", f"{_W_LEFT_M}*{_STEP}"),
    Column("w_right", "weight of right value", "full", _W_RIGHT),
    Column("w_right_m", "weight of right tangent", "full", f"{_W_RIGHT_M}*{_STEP}"),
)

# A token class that any knot lacks is not published for the curve; without a valid basis nothing is.
_COUNTED = f"IF({{basis}}={Basis.OUTPUT},INDEX({{curve_output_count}},{{id}}),INDEX({{curve_input_count}},{{id}}))"
_HAS = (("{knots}=0", 0), (f"{{basis}}={Basis.TOTAL}", 1), ("{basis}=0", 0), (f"{_COUNTED}={{knots}}", 1))
HAS = Column("has", "has the token class", "flag", first_true(_HAS, 0))
THROUGHPUT = Column(
    "y",
    "throughput on the token basis",
    "tput",
    f'IF(OR({{has}}=0,{_NO_READ}),"",'
    + _clamped(
        "INDEX({curve_min_by_basis},{id},{basis})",
        "INDEX({curve_max_by_basis},{id},{basis})",
        _hermite("by_basis", ",{basis}"),
    )
    + ")",
)


def _held(row: str) -> str:
    return f"INDEX({{knot_by_basis}},{row},{{basis}})"


def _metric(metric: Metric) -> Column:
    """A metric of the side; empty where the throughput, or the price or power that it needs, is unknown."""
    known = f"COUNT({{y}},{{{metric.needs}}})=2" if metric.needs else "COUNT({y})=1"
    return Column(metric.key, metric.key, metric.style, f'IF({known},{metric.formula},"")')


# What the measurements alone say (METHOD 4): the right knot's throughput is surely there, the left knot's is not passed.
# Below the frontier the first knot is a floor without a ceiling.
_BETWEEN = f"{{status}}={Status.INTERPOLATED}"
_BOTH_ENDS = f"({_held('{row_left}')},{_held('{row_right}')})"
_LAST_ROW = "INDEX({curve_first},{id})+{knots}-1"
FIGURES = (
    HAS,
    Column(
        "total",
        "total throughput",
        "tput",
        f'IF({_NO_READ},"",'
        + _clamped("INDEX({curve_total_min},{id})", "INDEX({curve_total_max},{id})", _hermite("total"))
        + ")",
    ),
    THROUGHPUT,
    Column("y_low", "at least", "tput", f'IF({{y}}="","",IF({_BETWEEN},MIN{_BOTH_ENDS},{{y}}))'),
    Column(
        "y_high",
        "at most",
        "tput",
        f'IF(OR({{y}}="",{{status}}={Status.BELOW}),"",IF({_BETWEEN},MAX{_BOTH_ENDS},{{y}}))',
    ),
    Column("y_last", "at the last knot", "tput", f'IF({{has}}=0,"",{_held(_LAST_ROW)})'),
    Column(
        "requests",
        "requests in flight",
        "tput",
        f'IF({_NO_READ},"",IF(INDEX({{curve_concurrency_count}},{{id}})<{{knots}},"",'
        + _clamped(
            "INDEX({curve_concurrency_min},{id})", "INDEX({curve_concurrency_max},{id})", _hermite("concurrency")
        )
        + "))",
    ),
    *(_metric(metric) for metric in METRICS if metric.formula),
)


def _either(function: str, fact: str) -> str:
    return f"{function}(INDEX({{measured_{fact}}},{{m_left}}),INDEX({{measured_{fact}}},{{m_right}}))"


def _spread(fact: str, words: str, style: str) -> tuple[Column, ...]:
    """The smallest and the largest of a fact over the knots around the target; empty where none states it."""
    return tuple(
        Column(f"{fact}_{end}", f"{end}est {words}", style, text)
        for end, text in (
            ("low", f'IF({{left}}=0,"",IF({_either("COUNT", fact)}=0,"",{_either("MIN", fact)}))'),
            ("high", f'IF({{{fact}_low}}="","",{_either("MAX", fact)})'),
        )
    )


# The knots that a read rests on, and what their measurements say; a read above the range rests on none.
EVIDENCE = (
    Column("left", "left knot read", "id", f"IF({_NO_READ},0,IF({{at}}={End.RIGHT},{{row_right}},{{row_left}}))"),
    Column("right", "right knot read", "id", f"IF({_NO_READ},0,IF({{at}}={End.LEFT},{{row_left}},{{row_right}}))"),
    *(
        Column(
            f"m_{side}",
            f"measurement of {side} knot",
            "id",
            f"IF({{{side}}}=0,0,INDEX({{knot_measurement}},{{{side}}}))",
        )
        for side in ("left", "right")
    ),
    Column("date", "newest date", "id", f"IF({{left}}=0,0,{_either('MAX', 'date')})"),
    *_spread("ttft", "median first token (s)", "seconds"),
    *_spread("gpus", "number of GPUs", "whole"),
    Column("gap_x", "ratio of bracketing x", "full", "IF({left}=0,0,INDEX({knot_x},{right})/INDEX({knot_x},{left}))"),
    Column("gap_y", "ratio of bracketing y", "full", "IF({left}=0,0,IF(COUNT({y_low},{y_high})=2,{y_high}/{y_low},1))"),
)

_RATED = f"{{verdict}}<{Verdict.A_BETTER}"
_REASON = (
    ("{valid}=0", Verdict.NO_TARGET),
    ("{stated}=0", Verdict.NOT_STATED),
    ("MIN({a_knots},{b_knots})=0", Verdict.NO_DATA),
    ("MIN({a_has},{b_has})=0", Verdict.NOT_PUBLISHED),
    ('{price_ratio}=""', Verdict.NO_PRICE),
)
_A_FLOOR, _B_FLOOR = f"{{a_status}}={Status.BELOW}", f"{{b_status}}={Status.BELOW}"


def beyond(difference: str) -> str:
    """A difference on which a verdict hangs, without its last bits, of which spreadsheet programs make different things."""
    return f"ROUND({difference},{DECIMALS})"


# The smaller figure is only a floor, or both are: nobody has won (METHOD 7).
_APART = beyond("{r}-1")
_UNDECIDED = f"OR(AND({_A_FLOOR},{_B_FLOOR}),AND({_A_FLOOR},{_APART}<0),AND({_B_FLOOR},{_APART}>0))"
_VERDICT = (
    ("{reason}>0", "{reason}"),
    ("COUNT({a_y},{b_y})=0", Verdict.NEITHER),
    ("COUNT({b_y})=0", Verdict.ONLY_A),
    ("COUNT({a_y})=0", Verdict.ONLY_B),
    (_UNDECIDED, Verdict.UNDECIDED),
    (f"{beyond('{r}-{tie_ratio}')}>=0", Verdict.A_BETTER),
    (f"{beyond('{r}*{tie_ratio}-1')}<=0", Verdict.B_BETTER),
)
_LARGER_IS_A = f"{beyond('{ratio}-1')}>=0"
_FLOOR_OF_BETTER = f"OR(AND({{better}}=1,{_A_FLOOR}),AND({{better}}=2,{_B_FLOOR}))"
_AT_LEAST = Certainty.SETTLED_AT_LEAST - Certainty.SETTLED
_CERTAIN = f"IF({beyond('{larger_low}-{tie_ratio}')}>=0,{Certainty.SETTLED},{Certainty.INTERPOLATED})"

# Money is compared in tokens per dollar, so the ratio is A's throughput over B's, times B's price over A's; on one
# hardware that factor is 1 whatever the price, even an unknown one.
RATIOS = (
    Column(
        "price_ratio",
        "price of B over A",
        "full",
        'IF({one_hardware}=1,1,IF(COUNT({a_price},{b_price})=2,{b_price}/{a_price},""))',
    ),
    Column(
        "power_ratio",
        "power of B over A",
        "full",
        'IF({one_hardware}=1,1,IF(COUNT({a_power},{b_power})=2,{b_power}/{a_power},""))',
    ),
    Column("reason", "why there is no comparison", "id", first_true(_REASON, 0)),
    Column(
        "r",
        "A over B in tokens per money",
        "full",
        'IF({reason}>0,"",IF(COUNT({a_y},{b_y})=2,{a_y}/{b_y}*{price_ratio},""))',
    ),
    Column("verdict", "verdict code", "id", first_true(_VERDICT, Verdict.LEVEL)),
    Column("ratio", "ratio A over B", "times", f'IF({_RATED},"",{{r}})'),
    Column(
        "ratio_low",
        "ratio at least",
        "times",
        f'IF({_RATED},"",IF({{b_high}}="",0,{{a_low}}/{{b_high}}*{{price_ratio}}))',
    ),
    Column(
        "ratio_high",
        "ratio at most",
        "times",
        f'IF({_RATED},"",IF({{a_high}}="","",{{a_high}}/{{b_low}}*{{price_ratio}}))',
    ),
    Column(
        "ratio_power",
        "ratio per power",
        "times",
        f'IF(OR({_RATED},{{power_ratio}}=""),"",{{a_y}}/{{b_y}}*{{power_ratio}})',
    ),
    Column(
        "better",
        "better: 1 A, 2 B",
        "id",
        f"IF({{verdict}}={Verdict.A_BETTER},1,IF({{verdict}}={Verdict.B_BETTER},2,0))",
    ),
    Column("larger", "larger over smaller", "times", 'IF({ratio}="","",MAX({ratio},1/{ratio}))'),
    Column(
        "larger_low",
        "larger over smaller, at least",
        "times",
        f'IF({{ratio}}="","",IF({_LARGER_IS_A},{{ratio_low}},IF({{ratio_high}}="",0,1/{{ratio_high}})))',
    ),
    Column(
        "larger_high",
        "larger over smaller, at most",
        "times",
        f'IF({{ratio}}="","",IF({_LARGER_IS_A},{{ratio_high}},IF({{ratio_low}}=0,"",1/{{ratio_low}})))',
    ),
    Column("certainty", "certainty code", "id", f"IF({{better}}=0,0,{_CERTAIN}+IF({_FLOOR_OF_BETTER},{_AT_LEAST},0))"),
    Column("saving", "saving per token", "percent1", 'IF({better}=0,"",1-1/{larger})'),
    Column("saving_low", "saving at least", "percent1", 'IF({better}=0,"",IF({larger_low}=0,"",1-1/{larger_low}))'),
    Column("saving_high", "saving at most", "percent1", 'IF({better}=0,"",IF({larger_high}="","",1-1/{larger_high}))'),
)


def _rests_on(first: str, other: str, end: str) -> str:
    """A side's measurement, or the other side's where it has no read: so that facts are looked up over four in any case."""
    return f"IF({{{first}_left}}>0,{{{first}_m_{end}}},{{{other}_m_{end}}})"


def _raised(flags: Sequence[FlagRule], laid: Sequence[FlagRule] = FLAGS) -> str:
    """The number of flags that are raised, of some that stand side by side among those that are laid out."""
    place = laid.index(flags[0])
    if tuple(flags) != tuple(laid[place : place + len(flags)]):
        raise LayoutError(
            f"the flags from {flags[0].id} to {flags[-1].id} are counted together, so they stand together"
        )
    return f"SUM({{f_{flags[0].id}}}:{{f_{flags[-1].id}}})"


def _graded(flags: Sequence[FlagRule], grade: Grade) -> str:
    """The number of flags of a grade that are raised."""
    return _raised([flag for flag in flags if flag.grade == grade], flags)


_ENDS = (("a", "b", "left"), ("a", "b", "right"), ("b", "a", "left"), ("b", "a", "right"))
_GRADE = (("{stops}>0", Grade.STOP), ("{cautions}>0", Grade.CAUTION), ("{notes}>0", Grade.NOTE))


def caveats(flags: Sequence[FlagRule] = FLAGS) -> tuple[Column, ...]:
    """The measurements that the reads rest on, the flags that they raise, and how many there are of each grade among them."""
    counts = ((Grade.STOP, "stops"), (Grade.CAUTION, "cautions"), (Grade.NOTE, "notes"))
    grades = {flag.grade for flag in flags}
    return (
        *(
            Column(key, f"rests on measurement {key[1:]}", "id", _rests_on(*ends))
            for key, ends in zip(KNOTS, _ENDS, strict=True)
        ),
        *(Column(key, key.replace("_", " "), "id", text) for key, text in LOOKED_UP.items()),
        *(Column(f"f_{flag.id}", flag.id.replace("_", " "), "flag", flag.formula) for flag in flags),
        *(Column(key, f"{key[:-1]} flags", "id", _graded(flags, grade)) for grade, key in counts if grade in grades),
    )


CAVEATS = (
    *caveats(),
    Column("grade", "worst grade", "id", first_true(_GRADE, 0)),
    Column("unlike", "ways in which the sides are unlike", "id", _raised([f for f in FLAGS if f.unlike])),
    Column("like", "like for like: 1 yes, 2 no", "id", "IF(COUNT({a_y},{b_y})<2,0,IF({unlike}=0,1,2))"),
)


def sided(columns: Sequence[Column]) -> tuple[tuple[str, Column], ...]:
    """Columns as a stack takes them, laid out once for each side."""
    return tuple((side, column) for side in ("a_", "b_") for column in columns)


def plain(columns: Sequence[Column]) -> tuple[tuple[str, Column], ...]:
    """Columns as a stack takes them, of the row as a whole."""
    return tuple(("", column) for column in columns)


FULL_ROW = (
    *plain((*GIVEN, *START)),
    *sided((*PLACE, *FIGURES, *EVIDENCE)),
    *plain((*RATIOS, *EQUAL_COST, *CAVEATS)),
)
# A family of engines compared with itself: both sides on the chosen token basis, and whether the comparison counts.
FAMILY_TAIL = (
    Column(
        "usable",
        "both in range, enough knots",
        "flag",
        f"IF(AND(MIN({{a_status}},{{b_status}})>{Status.BELOW},"
        "MIN({a_knots},{b_knots})>={family_knots},COUNT({a_y},{b_y})=2),1,0)",
    ),
    Column(
        "enough",
        "both sides: 1 few knots, 2 enough",
        "flag",
        "IF(MIN({a_knots},{b_knots})=0,0,IF(MIN({a_knots},{b_knots})>={family_knots},2,1))",
    ),
    Column("ratio", "A over B", "full", 'IF({usable}=1,{a_y}/{b_y},"")'),
)
FAMILY_ROW = (
    *plain((*GIVEN[:3], *START)),
    *sided((*PLACE, HAS, THROUGHPUT)),
    *plain(FAMILY_TAIL),
)
