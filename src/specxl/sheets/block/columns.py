"""The comparison block: one row of cells, two curve ids and a target in, figures, statuses and flags out.

Results is a table of such rows, each pair sheet has four in its workings, and the same-engine rows use its first part.
Every column is one line below: key, header, style, formula. In a formula {name} is the row's own cell of that key, or,
where the row has none, a range or an input of the context (`curve_ranges`, `assumption_cells`). Columns of a side are
laid out twice, as a_... and b_...; inside a side its own cells are named without the prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from specxl.method.codes import Basis, Better, Bound, End, Grade, Situation
from specxl.method.curves import Status
from specxl.model.cells import in_row
from specxl.model.formulas import cases, first_true, hermite_weights, if_positive
from specxl.sheets.block.flags import FLAGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from specxl.model.cells import Ref, Sheet
    from specxl.model.formulas import Context


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
    Column("valid", "target usable", "flag", if_positive("{target_in}", 1, 0)),
    Column("target", "target used", "speed", "IF({valid}=1,{target_in},0)"),
)

# Below this status there is no figure at all.
_NO_READ = f"{{status}}<{Status.ABOVE}"
_METRICS = ("total", "output", "input", "conc")


def _has(metric: str) -> str:
    """The cell that is 0 where a curve lacks the metric; every curve has total throughput."""
    return "knots" if metric == "total" else f"has_{metric}"


_TERMS = (
    ("w_left", "knot", "{row_left}"),
    ("w_left_m", "tangent", "{row_left}"),
    ("w_right", "knot", "{row_right}"),
    ("w_right_m", "tangent", "{row_right}"),
)


def _hermite(source: str, column: str = "") -> str:
    """The weighted sum of METHOD 3 over the knots and tangents of a source, such as "total"."""
    return "+".join(f"{{{weight}}}*INDEX({{{kind}_{source}}},{row}{column})" for weight, kind, row in _TERMS)


def _spline(metric: str) -> Column:
    text = f'IF({{{_has(metric)}}}=0,"",{_hermite(metric)})'
    return Column(f"{metric}_spline", f"{metric} before clamping", "full", text)


def _clamped(metric: str) -> Column:
    low, high = f"INDEX({{curve_{metric}_min}},{{id}})", f"INDEX({{curve_{metric}_max}},{{id}})"
    value = f"MAX({low},MIN({high},{{{metric}_spline}}))"
    return Column(metric, f"{metric}", "tput", f'IF({{{_has(metric)}}}=0,"",{value})')


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
    Column("at", "on a knot: 1 left, 2 right", "id", first_true(_ON_A_KNOT, 0)),
    Column("status", "status code", "id", first_true(_STATUS, Status.INTERPOLATED)),
    Column("w_left", "weight of left value", "full", _W_LEFT),
    Column("w_left_m", "weight of left tangent", "full", f"{_W_LEFT_M}*{_STEP}"),
    Column("w_right", "weight of right value", "full", _W_RIGHT),
    Column("w_right_m", "weight of right tangent", "full", f"{_W_RIGHT_M}*{_STEP}"),
)


# One side on the chosen token basis only: enough for a same-engine row.
_COUNTED = f"IF({{basis}}={Basis.OUTPUT},INDEX({{curve_output_count}},{{id}}),INDEX({{curve_input_count}},{{id}}))"
ENGINE_SIDE = (
    *_PLACE,
    Column(
        "has",
        "has the token class",
        "flag",
        first_true(
            (("{knots}=0", 0), (f"{{basis}}={Basis.TOTAL}", 1), ("{basis}=0", 0), (f"{_COUNTED}={{knots}}", 1)), 0
        ),
    ),
    Column("spline", "before clamping", "full", f'IF({{has}}=0,"",{_hermite("by_basis", ",{basis}")})'),
    Column(
        "y",
        "throughput on the token basis",
        "tput",
        f'IF(OR({{has}}=0,{_NO_READ}),"",'
        "MAX(INDEX({curve_min_by_basis},{id},{basis}),"
        "MIN(INDEX({curve_max_by_basis},{id},{basis}),{spline})))",
    ),
)

_BY_BASIS = ((Basis.TOTAL, "{total}"), (Basis.OUTPUT, "{output}"), (Basis.INPUT, "{input}"))
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
        f'IF({_NO_READ},"",{cases("{basis}", _BY_BASIS)})',
    ),
)

# One side's further figures and the facts of its bracketing knots.
SIDE_FACTS = (
    Column("cost", "cost", "cost", 'IF(COUNT({y},{price})=2,{price}/({y}*{seconds_per_hour}/{million}),"")'),
    Column("mw", "tok/s/MW", "whole", 'IF(COUNT({y},{power})=2,{y}*{thousand}/{power},"")'),
    Column("joules", "J/token", "power", 'IF(COUNT({y},{power})=2,{power}*{thousand}/{y},"")'),
    Column("requests", "concurrency", "tput", f'IF({_NO_READ},"",{{conc}})'),
    Column("left", "left knot read", "id", f"IF({_NO_READ},0,IF({{at}}={End.RIGHT},{{row_right}},{{row_left}}))"),
    Column("right", "right knot read", "id", f"IF({_NO_READ},0,IF({{at}}={End.LEFT},{{row_left}},{{row_right}}))"),
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


def _graded(grade: Grade) -> str:
    """The number of flags of a grade that are raised."""
    return "+".join(f"{{f_{flag.id}}}" for flag in FLAGS if flag.grade == grade)


_NO_DATA = (
    ("{valid}=0", Situation.NO_TARGET),
    ("{a_knots}+{b_knots}=0", Situation.NO_CURVES),
    ("COUNT({a_y},{b_y})=0", Situation.NOT_PUBLISHED),
    ("{a_knots}=0", Situation.NO_A),
    ("{b_knots}=0", Situation.NO_B),
    ("COUNT({a_y},{b_y})=1", Situation.NOT_PUBLISHED),
)
_OUT_OF_RANGE = (
    (f"AND({{a_status}}={Status.ABOVE},{{b_status}}={Status.ABOVE})", Situation.ABOVE_BOTH),
    (f"{{a_status}}={Status.ABOVE}", Situation.ABOVE_A),
    (f"{{b_status}}={Status.ABOVE}", Situation.ABOVE_B),
    (f"AND({{a_status}}={Status.BELOW},{{b_status}}={Status.BELOW})", Situation.BOTH_BELOW),
)
_BOUND = (
    ("{better}=0", 0),
    (f"{{out_of_range}}={Situation.BOTH_BELOW}", Bound.OPEN),
    (f"{{winner_status}}={Status.BELOW}", Bound.AT_LEAST),
    (f"{{loser_status}}={Status.BELOW}", Bound.AT_MOST),
)
_SITUATION = (
    ("{no_data}>0", "{no_data}"),
    ("{out_of_range}>0", "{out_of_range}"),
    (f"{{better}}={Better.TIE}", Situation.TIE),
    ("{bound}>0", f"{Situation.TIE}+{{bound}}"),
)
_BETTER = (
    ('{a_to_b}=""', 0),
    ("{ratio}<{tie_ratio}", Better.TIE),
    ("{a_to_b}>1", Better.A),
)
_GRADE = (("{stops}>0", Grade.STOP), ("{cautions}>0", Grade.CAUTION), ("{notes}>0", Grade.NOTE))


def _status_of(side: str, other: str) -> str:
    """The status of the better side (a, b), or of the other (b, a)."""
    return cases("{better}", ((Better.A, f"{{{side}_status}}"), (Better.B, f"{{{other}_status}}")), "0")


COMPARE = (
    Column("no_data", "missing data code", "id", first_true(_NO_DATA, 0)),
    Column("out_of_range", "range code", "id", first_true(_OUT_OF_RANGE, 0)),
    Column(
        "a_to_b",
        "A : B throughput",
        "full",
        f'IF({{no_data}}>0,"",IF(AND({{out_of_range}}>0,{{out_of_range}}<{Situation.BOTH_BELOW}),"",{{a_y}}/{{b_y}}))',
    ),
    Column("ratio", "ratio, larger to smaller", "times", 'IF({a_to_b}="","",MAX({a_to_b},1/{a_to_b}))'),
    Column("better", "better: 1 A, 2 B, 3 tie", "id", first_true(_BETTER, Better.B)),
    Column("saving", "saving per token", "percent1", 'IF({a_to_b}="","",1-1/{ratio})'),
    Column("winner_status", "status of the better side", "id", _status_of("a", "b")),
    Column("loser_status", "status of the other side", "id", _status_of("b", "a")),
    Column("bound", "bound: 1 at least, 2 at most, 3 open", "id", first_true(_BOUND, 0)),
    Column("situation", "situation code", "id", first_true(_SITUATION, Situation.SHOWN)),
    *(Column(f"f_{flag.id}", flag.id.replace("_", " "), "flag", flag.formula) for flag in FLAGS),
    Column("stops", "stop flags", "id", _graded(Grade.STOP)),
    Column("cautions", "caution flags", "id", _graded(Grade.CAUTION)),
    Column("notes", "note flags", "id", _graded(Grade.NOTE)),
    Column("flag_count", "flags", "id", "{stops}+{cautions}+{notes}"),
    Column("grade", "worst grade", "id", first_true(_GRADE, 0)),
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
        f"IF(AND(MIN({{a_status}},{{b_status}})>{Status.BELOW},"
        "MIN({a_knots},{b_knots})>={same_engine_knots},COUNT({a_y},{b_y})=2),1,0)",
    ),
    Column(
        "enough",
        "both variants: 1 few knots, 2 enough",
        "flag",
        "IF(MIN({a_knots},{b_knots})=0,0,IF(MIN({a_knots},{b_knots})>={same_engine_knots},2,1))",
    ),
    Column("a_to_b", "A : B throughput", "full", 'IF({usable}=1,{a_y}/{b_y},"")'),
)
ENGINE_ROW = (
    *(("", column) for column in (*GIVEN[:3], *START)),
    *_sided(ENGINE_SIDE),
    *(("", column) for column in ENGINE_TAIL),
)


class Stack:
    """Comparison blocks below each other on a sheet: the formulas of each column are copies of one pattern.

    `columns` is FULL_ROW or ENGINE_ROW; `context` has the ranges of the Curves sheet and the cells of Assumptions by name.
    """

    def __init__(self, sheet: Sheet, col: int, columns: Sequence[tuple[str, Column]], context: Context) -> None:
        self._sheet, self._col, self._columns = sheet, col, columns
        own = {side + column.key: in_row(at) for at, (side, column) in enumerate(columns, start=col)}
        here = {**context.on(sheet.name), **own}
        # inside a side its own cells go by their names without the prefix
        names = {side: here | {key[2:]: text for key, text in own.items() if key[:2] == side} for side in ("a_", "b_")}
        names[""] = here
        self._patterns = [column.formula.format_map(names[side]) for side, column in columns]

    def lay_headers(self, row: int, labels: tuple[str, str] = ("A", "B")) -> None:
        """Write the header row; columns of a side carry its label."""
        prefixes = {"": "", "a_": f"{labels[0]}: ", "b_": f"{labels[1]}: "}
        self._sheet.row(row, self._col, [prefixes[side] + column.header for side, column in self._columns], "head")

    def lay(self, row: int, given: Mapping[str, str | float]) -> dict[str, Ref]:
        """Lay one block out and return its cells by key.

        `given` is the formula text (or a constant number) of every column without a formula of its own.
        """
        cells: dict[str, Ref] = {}
        for col, ((side, column), pattern) in enumerate(zip(self._columns, self._patterns, strict=True), self._col):
            key = side + column.key
            if pattern:
                cells[key] = self._sheet.copy(row, col, pattern, column.style)
            elif isinstance(content := given[key], str):
                cells[key] = self._sheet.formula(row, col, content, column.style)
            else:
                cells[key] = self._sheet.put(row, col, content, column.style)
        return cells
