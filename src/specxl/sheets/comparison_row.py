"""The comparison block: one row of cells, two curve ids and a target in, figures, statuses and flags out.

Results is a table of such rows, each pair sheet has four in its workings, and the same-engine rows use its first part.
Every column is one line below: key, header, style, formula. In a formula {name} is the row's own cell of that key, or,
where the row has none, a range or an input of the context (`curve_ranges`, `assumption_cells`). Columns of a side are
laid out twice, as a_... and b_...; inside a side its own cells are named without the prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from specxl.cells import Formula

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.cells import Ref, Sheet
    from specxl.sheets.plan import Context


class Column(NamedTuple):
    """One column of the block."""

    key: str
    header: str
    style: str
    formula: str


GIVEN = (
    Column("target_in", "target as entered", "speed", ""),
    Column("a_id", "A curve id", "id", ""),
    Column("b_id", "B curve id", "id", ""),
    Column("price", "price per GPU-hour", "price", ""),
    Column("power", "kW per GPU", "power", ""),
    Column("page_odds", "published cost at odds", "flag", ""),
)

START = (
    Column("valid", "target usable", "flag", "IF(ISNUMBER({target_in}),IF({target_in}>0,1,0),0)"),
    Column("target", "target used", "speed", "IF({valid}=1,{target_in},0)"),
)

_METRICS = ("total", "output", "input", "conc")


def _has(metric: str) -> str:
    """The cell that is 0 where a curve lacks the metric; every curve has total throughput."""
    return "knots" if metric == "total" else f"has_{metric}"


def _spline(metric: str) -> Column:
    weights = (
        ("w_left", f"knot_{metric}", "{row_left}"),
        ("w_left_m", f"tangent_{metric}", "{row_left}"),
        ("w_right", f"knot_{metric}", "{row_right}"),
        ("w_right_m", f"tangent_{metric}", "{row_right}"),
    )
    terms = "+".join(f"{{{weight}}}*INDEX({{{column}}},{row})" for weight, column, row in weights)
    return Column(f"{metric}_spline", f"{metric} before clamping", "full", f'IF({{{_has(metric)}}}=0,"",{terms})')


def _clamped(metric: str) -> Column:
    low, high = f"INDEX({{curve_{metric}_min}},{{id}})", f"INDEX({{curve_{metric}_max}},{{id}})"
    value = f"MAX({low},MIN({high},{{{metric}_spline}}))"
    return Column(metric, f"{metric}", "tput", f'IF({{{_has(metric)}}}=0,"",{value})')


# One side up to the weights of its segment.
_PLACE = (
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
    Column(
        "u",
        "place in segment, 0 to 1",
        "full",
        "IF({x_right}={x_left},0,({x_read}-{x_left})/({x_right}-{x_left}))",
    ),
    Column(
        "at",
        "on a knot: 1 left, 2 right",
        "id",
        "IF({x_read}-{x_left}<={tolerance}*{x_left},1,IF({x_right}-{x_read}<={tolerance}*{x_right},2,0))",
    ),
    Column(
        "status",
        "status code",
        "id",
        "IF({valid}=0,0,IF({knots}=0,1,IF({target}>{x_last},2,IF({target}<{x_first},3,IF({at}>0,4,5)))))",
    ),
    Column("w_left", "weight of left value", "full", "(1+2*{u})*(1-{u})*(1-{u})"),
    Column("w_left_m", "weight of left tangent", "full", "{u}*(1-{u})*(1-{u})*({x_right}-{x_left})"),
    Column("w_right", "weight of right value", "full", "{u}*{u}*(3-2*{u})"),
    Column("w_right_m", "weight of right tangent", "full", "{u}*{u}*({u}-1)*({x_right}-{x_left})"),
)


# One side on the chosen token basis only: enough for a same-engine row.
_WEIGHTED = "+".join(
    f"{{{weight}}}*INDEX({{{column}_by_basis}},{{{row}}},{{basis}})"
    for weight, column, row in (
        ("w_left", "knot", "row_left"),
        ("w_left_m", "tangent", "row_left"),
        ("w_right", "knot", "row_right"),
        ("w_right_m", "tangent", "row_right"),
    )
)
ENGINE_SIDE = (
    *_PLACE,
    Column(
        "has",
        "has the token class",
        "flag",
        "IF({knots}=0,0,IF({basis}=1,1,IF({basis}=0,0,"
        "IF(IF({basis}=2,INDEX({curve_output_count},{id}),INDEX({curve_input_count},{id}))={knots},1,0))))",
    ),
    Column("spline", "before clamping", "full", f'IF({{has}}=0,"",{_WEIGHTED})'),
    Column(
        "y",
        "throughput on the token basis",
        "tput",
        'IF(OR({has}=0,{status}<2),"",MAX(INDEX({curve_min_by_basis},{id},{basis}),'
        "MIN(INDEX({curve_max_by_basis},{id},{basis}),{spline})))",
    ),
)

# One side with every token class.
SIDE = (
    *_PLACE,
    *(
        Column(
            f"has_{metric}",
            f"has {metric}",
            "flag",
            f"IF({{knots}}=0,0,IF(INDEX({{curve_{metric}_count}},{{id}})={{knots}},1,0))",
        )
        for metric in ("output", "input", "conc")
    ),
    *(_spline(metric) for metric in _METRICS),
    *(_clamped(metric) for metric in _METRICS),
    Column(
        "y",
        "throughput on the token basis",
        "tput",
        'IF({status}<2,"",IF({basis}=1,{total},IF({basis}=2,{output},IF({basis}=3,{input},""))))',
    ),
)

# One side's further figures and the facts of its bracketing knots.
SIDE_FACTS = (
    Column("cost", "cost", "cost", 'IF(COUNT({y},{price})=2,{price}/({y}*{seconds_per_hour}/{million}),"")'),
    Column("mw", "tok/s/MW", "whole", 'IF(COUNT({y},{power})=2,{y}*{thousand}/{power},"")'),
    Column("joules", "J/token", "power", 'IF(COUNT({y},{power})=2,{power}*{thousand}/{y},"")'),
    Column("requests", "concurrency", "tput", 'IF({status}<2,"",{conc})'),
    Column("left", "left knot read", "id", "IF({status}<2,0,IF({at}=2,{row_right},{row_left}))"),
    Column("right", "right knot read", "id", "IF({status}<2,0,IF({at}=1,{row_left},{row_right}))"),
    *(
        Column(
            f"row_of_{side}",
            f"measurement of {side} knot",
            "id",
            f"IF({{{side}}}=0,0,INDEX({{knot_measurement}},{{{side}}}))",
        )
        for side in ("left", "right")
    ),
    *(
        Column(
            f"{fact}_{side}",
            f"{fact} of {side} knot",
            "id",
            f"IF({{{side}}}=0,0,INDEX({{measured_{fact}}},{{row_of_{side}}}))",
        )
        for fact in ("engine", "serving")
        for side in ("left", "right")
    ),
    *(
        Column(
            f"{fact}_low",
            f"lowest known {fact}",
            "id",
            f"IF(MIN({{{fact}_left}},{{{fact}_right}})=0,MAX({{{fact}_left}},{{{fact}_right}}),"
            f"MIN({{{fact}_left}},{{{fact}_right}}))",
        )
        for fact in ("engine", "serving")
    ),
    *(
        Column(
            fact,
            f"{header} of either knot",
            style,
            f"IF({{left}}=0,0,MAX(INDEX({{measured_{fact}}},{{row_of_left}}),INDEX({{measured_{fact}}},{{row_of_right}})))",
        )
        for fact, header, style in (
            ("date", "newest date", "id"),
            ("suspect", "suspect", "flag"),
            ("published", "published point", "flag"),
            ("synthetic", "synthetic acceptance", "flag"),
            ("warm_up", "warm-up", "flag"),
            ("gpu_count", "GPU count corrected", "flag"),
        )
    ),
    Column("gap", "ratio of bracketing x", "full", "IF({left}=0,0,INDEX({knot_x},{right})/INDEX({knot_x},{left}))"),
)


def _either(fact: str) -> str:
    return f"MAX({{a_{fact}}},{{b_{fact}}})"


def _mixed(fact: str) -> str:
    low = (
        f"IF(MIN({{a_{fact}_low}},{{b_{fact}_low}})=0,{_either(f'{fact}_low')},MIN({{a_{fact}_low}},{{b_{fact}_low}}))"
    )
    high = f"MAX({{a_{fact}_left}},{{a_{fact}_right}},{{b_{fact}_left}},{{b_{fact}_right}})"
    return f"IF({low}<{high},1,0)"


@dataclass(frozen=True, slots=True)
class FlagRule:
    """One comparability flag of METHOD 7: its id, grade (3 stop, 2 caution, 1 note) and the formula that raises it."""

    id: str
    grade: int
    formula: str


STOP, CAUTION, NOTE = 3, 2, 1
FLAGS = (
    FlagRule("price_unknown", STOP, "IF({valid}=1,IF(ISNUMBER({price}),0,1),0)"),
    FlagRule("above_range", STOP, "IF(OR({a_status}=2,{b_status}=2),1,0)"),
    FlagRule("suspect", STOP, _either("suspect")),
    FlagRule("published_at_odds", STOP, "{page_odds}"),
    FlagRule("cross_engine", CAUTION, _mixed("engine")),
    FlagRule("mixed_serving", CAUTION, _mixed("serving")),
    FlagRule("stale", CAUTION, "IF(MIN({a_date},{b_date})=0,0,IF(ABS({a_date}-{b_date})>{stale_days},1,0))"),
    FlagRule(
        "thin_curve",
        CAUTION,
        "IF(OR(AND({a_left}>0,{a_knots}<{thin_knots}),AND({b_left}>0,{b_knots}<{thin_knots})),1,0)",
    ),
    FlagRule("wide_gap", CAUTION, "IF(MAX({a_gap},{b_gap})>{gap_factor},1,0)"),
    FlagRule("below_frontier", CAUTION, "IF(OR({a_status}=3,{b_status}=3),1,0)"),
    FlagRule("published_points", NOTE, _either("published")),
    FlagRule("synthetic_acceptance", NOTE, _either("synthetic")),
    FlagRule("warm_up", NOTE, _either("warm_up")),
    FlagRule("gpu_count", NOTE, _either("gpu_count")),
)


def _graded(grade: int) -> str:
    return "+".join(f"{{f_{flag.id}}}" for flag in FLAGS if flag.grade == grade)


COMPARE = (
    Column(
        "no_data",
        "missing data code",
        "id",
        "IF({valid}=0,1,IF({a_knots}+{b_knots}=0,2,IF(COUNT({a_y},{b_y})=0,5,"
        "IF({a_knots}=0,3,IF({b_knots}=0,4,IF(COUNT({a_y},{b_y})=1,5,0))))))",
    ),
    Column(
        "out_of_range",
        "range code",
        "id",
        "IF(AND({a_status}=2,{b_status}=2),6,IF({a_status}=2,7,IF({b_status}=2,8,"
        "IF(AND({a_status}=3,{b_status}=3),9,0))))",
    ),
    Column(
        "a_to_b",
        "A : B throughput",
        "full",
        'IF({no_data}>0,"",IF(AND({out_of_range}>0,{out_of_range}<9),"",{a_y}/{b_y}))',
    ),
    Column("ratio", "ratio, larger to smaller", "times", 'IF({a_to_b}="","",MAX({a_to_b},1/{a_to_b}))'),
    Column("better", "better: 1 A, 2 B, 3 tie", "id", 'IF({a_to_b}="",0,IF({ratio}<{tie_ratio},3,IF({a_to_b}>1,1,2)))'),
    Column("saving", "saving per token", "percent1", 'IF({a_to_b}="","",1-1/{ratio})'),
    Column("winner_status", "status of the better side", "id", "IF({better}=1,{a_status},IF({better}=2,{b_status},0))"),
    Column("loser_status", "status of the other side", "id", "IF({better}=1,{b_status},IF({better}=2,{a_status},0))"),
    Column(
        "bound",
        "bound: 1 at least, 2 at most, 3 open",
        "id",
        "IF({better}=0,0,IF({out_of_range}=9,3,IF({winner_status}=3,1,IF({loser_status}=3,2,0))))",
    ),
    Column(
        "situation",
        "situation code",
        "id",
        "IF({no_data}>0,{no_data},IF({out_of_range}>0,{out_of_range},IF({better}=3,10,IF({bound}>0,10+{bound},13))))",
    ),
    *(Column(f"f_{flag.id}", flag.id.replace("_", " "), "flag", flag.formula) for flag in FLAGS),
    Column("stops", "stop flags", "id", _graded(STOP)),
    Column("cautions", "caution flags", "id", _graded(CAUTION)),
    Column("notes", "note flags", "id", _graded(NOTE)),
    Column("flag_count", "flags", "id", "{stops}+{cautions}+{notes}"),
    Column("grade", "worst grade", "id", "IF({stops}>0,3,IF({cautions}>0,2,IF({notes}>0,1,0)))"),
)


def _sided(columns: Sequence[Column]) -> tuple[tuple[str, Column], ...]:
    return tuple((side, column) for side in ("a_", "b_") for column in columns)


_PLAIN = tuple(("", column) for column in (*GIVEN, *START))
FULL_ROW = (*_PLAIN, *_sided((*SIDE, *SIDE_FACTS)), *(("", column) for column in COMPARE))
ENGINE_TAIL = (
    Column(
        "usable",
        "both in range, enough knots",
        "flag",
        "IF(AND(MIN({a_status},{b_status})>3,MIN({a_knots},{b_knots})>={same_engine_knots},COUNT({a_y},{b_y})=2),1,0)",
    ),
    Column("enough", "enough knots", "flag", "IF(MIN({a_knots},{b_knots})>={same_engine_knots},1,0)"),
    Column("a_to_b", "A : B throughput", "full", 'IF({usable}=1,{a_y}/{b_y},"")'),
)
ENGINE_ROW = (
    *(("", column) for column in (*GIVEN[:3], *START)),
    *_sided(ENGINE_SIDE),
    *(("", column) for column in ENGINE_TAIL),
)


def width(columns: Sequence[tuple[str, Column]]) -> int:
    """The number of columns of a block."""
    return len(columns)


def lay_headers(
    sheet: Sheet, row: int, col: int, columns: Sequence[tuple[str, Column]], labels: tuple[str, str] = ("A", "B")
) -> None:
    """Write the header row of a block; columns of a side carry its label."""
    for offset, (side, column) in enumerate(columns):
        prefix = {"": "", "a_": f"{labels[0]}: ", "b_": f"{labels[1]}: "}[side]
        sheet.put(row, col + offset, prefix + column.header, "head")


def lay_row(
    sheet: Sheet,
    row: int,
    col: int,
    columns: Sequence[tuple[str, Column]],
    given: Mapping[str, str | float],
    context: Context,
) -> dict[str, Ref]:
    """Lay one block out and return its cells by key.

    Args:
        sheet: the sheet it stands on; row, col: its first cell.
        columns: FULL_ROW or ENGINE_ROW.
        given: formula text (or a constant number) of every column without a formula of its own.
        context: ranges of the Curves sheet and cells of Assumptions by name.
    """
    cells = {side + column.key: sheet.ref(row, col + offset) for offset, (side, column) in enumerate(columns)}
    here = {**context.on(sheet.name), **{key: ref.address for key, ref in cells.items()}}
    # inside a side its own cells go by their names without the prefix
    names = {side: here | {key[2:]: text for key, text in here.items() if key[:2] == side} for side in ("a_", "b_")}
    names[""] = here
    for offset, (side, column) in enumerate(columns):
        if column.formula:
            sheet.put(row, col + offset, Formula(column.formula.format_map(names[side])), column.style)
        elif isinstance(content := given[side + column.key], str):
            sheet.formula(row, col + offset, content, column.style)
        else:
            sheet.put(row, col + offset, content, column.style)
    return cells
