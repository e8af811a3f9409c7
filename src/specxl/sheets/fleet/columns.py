"""The rows behind the Fleet sheet: two sides read at a speed, then their fleets, bills and what one saves against the other.

Each column is one line, as in the comparison block, from which the first of them come; headers are words of
`fleet.toml`. A fleet is made of whole
deployments. Where the measurements around the speed rest on deployments of two sizes, it is a range over both sizes.
`method.fleet` computes every column a second time.
"""

from __future__ import annotations

from specxl.method.codes import Verdict
from specxl.method.curves import Status
from specxl.method.fleet import Mode
from specxl.method.metrics import METRICS
from specxl.sheets.block.column import Column
from specxl.sheets.block.columns import FULL_ROW
from specxl.sheets.block.inverse import EQUAL_COST

DEPLOYMENT_DECIMALS = 6
"""A fleet is not a deployment larger for less than a millionth of one, which is where doubles of this size end."""
SHARES = (2, 3)
"""The loads besides the one in force, by the numbers of their places."""

# Columns of the comparison block that nothing on the sheet needs.
_UNSHOWN = (
    "total", "y_last", "requests", "power_ratio", "ratio_power", "larger_high", "saving", "saving_low", "saving_high", "notes",
    "grade", *(metric.key for metric in METRICS if metric.formula), *(column.key for column in EQUAL_COST),
)  # fmt: skip

# The weighted sum of the method over the second column of the values by token basis: output tokens.
_OUTPUT = "+".join(
    f"{{{weight}}}*INDEX({{{kind}_by_basis}},{{{row}}},2)"
    for weight, kind, row in (
        ("w_left", "knot", "row_left"), ("w_left_m", "tangent", "row_left"),
        ("w_right", "knot", "row_right"), ("w_right_m", "tangent", "row_right"),
    )
)  # fmt: skip
_BOUNDS = ("INDEX({curve_min_by_basis},{id},2)", "INDEX({curve_max_by_basis},{id},2)")
_UNIT = (
    f"IF({{fl_mode}}={Mode.VOLUME},{{million}}/({{y}}*{{fl_day}}),"
    f'IF({{fl_mode}}={Mode.USERS},IF(COUNT({{out}})=1,{{target}}/{{out}},""),'
    f'IF(COUNT({{power}})=1,{{thousand}}/{{power}},"")))'
)
_NEED = 'IF({unit}<={fl_most}*{fl_over}/{fl_amount},{unit}*{fl_amount}/{fl_over},"")'


def _size(end: str) -> Column:
    held = f"{{gpus_{end}}}"
    return Column(f"size_{end}", "", "whole", f'IF({{y}}="","",IF({held}="",1,{held}))')


def _whole(need: str, end: str) -> str:
    """Formula: whole deployments of a size: as many as the power feeds, or as many as the demand takes, one at least."""
    share = f"{need}/{{size_{end}}}"
    up = f"MAX(1,-INT(-ROUND({share},{DEPLOYMENT_DECIMALS})))"
    return f"IF({{fl_mode}}={Mode.POWER},INT(ROUND({share},{DEPLOYMENT_DECIMALS})),{up})"


def _ends(key: str, style: str, formula: str, needs: str) -> tuple[Column, ...]:
    """The lower and the upper end of a figure that follows from the GPUs; @ in the formula is "min" or "max"."""
    return tuple(
        Column(f"{key}_{end}", "", style, f'IF(COUNT({needs})={_count(needs)},{formula},"")'.replace("@", end))
        for end in ("min", "max")
    )  # fmt: skip


def _count(needs: str) -> int:
    return needs.count("{")


OUT = Column(
    "out", "", "tput",
    f'IF({{status}}<{Status.BELOW},"",IF(INDEX({{curve_output_count}},{{id}})<{{knots}},"",'
    f"MAX({_BOUNDS[0]},MIN({_BOUNDS[1]},{_OUTPUT}))))",
)  # fmt: skip
FLEET = (
    Column("unit", "", "full", f'IF(OR({{y}}="",{{fl_mode}}=0),"",{_UNIT})'),
    Column("need", "", "full", f'IF(COUNT({{unit}},{{fl_amount}},{{fl_over}})=3,{_NEED},"")'),
    _size("low"),
    _size("high"),
    *(
        Column(f"n_{end}", "", "whole", f'IF({{need}}="","",{_whole("{need}", end)})')
        for end in ("low", "high")
    ),
    *(
        Column(f"fleet_{end}", "", "whole", f'IF({{need}}="","",{function}({{n_low}}*{{size_low}},{{n_high}}*{{size_high}}))')
        for end, function in (("min", "MIN"), ("max", "MAX"))
    ),
    Column("paying", "", "price", 'IF(COUNT({price})=0,"",IF({price}<={fl_most},{price},""))'),
    *_ends("bill", "money", "{fleet_@}*{paying}*{fl_hours}", "{fleet_@},{paying}"),
)  # fmt: skip

_RATED = f"{{verdict}}>={Verdict.A_BETTER}"


def _saved(ends: str, a: tuple[str, str], b: tuple[str, str]) -> str:
    """Formula: an end of what A saves: the bill of B less that of A; by power, what A's tokens cost with B less A's bill."""
    first, second = (b[0], a[1]) if ends == "MIN" else (b[1], a[0])
    return f"IF({{fl_mode}}={Mode.POWER},{ends}({a[0]}*({{r}}-1),{a[1]}*({{r}}-1)),{first}-({second}))"


_BILLS = "COUNT({a_bill_min},{a_bill_max},{b_bill_min},{b_bill_max})=4"


def _saving(key: str, ends: str, a: tuple[str, str], b: tuple[str, str], needs: str = _BILLS) -> Column:
    return Column(key, "", "money", f'IF({_RATED},IF({needs},{_saved(ends, a, b)},""),"")')


_A, _B = ("{a_bill_min}", "{a_bill_max}"), ("{b_bill_min}", "{b_bill_max}")
SAVED = (
    _saving("saved_low", "MIN", _A, _B),
    _saving("saved_high", "MAX", _A, _B),
)


def _at_share(share: int) -> tuple[Column, ...]:
    """The GPUs of a side at a share of the load in force."""
    need = f"({{need}}/{{fl_share_{share}}})"
    sizes = ",".join(f"{_whole(need, end)}*{{size_{end}}}" for end in ("low", "high"))
    small = f"{{need}}<={{fl_most}}*{{fl_share_{share}}}"
    return tuple(
        Column(
            f"fleet_{end}_{share}", "", "whole",
            f'IF(COUNT({{need}})=1,IF({small},{function}({sizes}),""),"")',
        )
        for end, function in (("min", "MIN"), ("max", "MAX"))
    )  # fmt: skip


def _saved_at_share(share: int) -> Column:
    a, b = (
        tuple(f"{{{side}_fleet_{end}_{share}}}*{{{side}_paying}}*{{fl_hours}}" for end in ("min", "max"))
        for side in "ab"
    )
    needs = f"COUNT({{a_fleet_max_{share}}},{{b_fleet_max_{share}}},{{a_paying}},{{b_paying}})=4"
    return _saving(f"saved_{share}", "MIN", (a[0], a[1]), (b[0], b[1]), needs)


_FLOOR = f"{{status}}={Status.BELOW}"
# What people see of a side besides its fleet and bill; the bounds are signs before a figure that rests on a floor.
SHOWN = (
    *_ends("mw", "power", "{fleet_@}*{power}/{thousand}", "{fleet_@},{power}"),
    *_ends("made", "tput", "{fleet_@}*{y}*{fl_load}*{fl_month}/{million}", "{fleet_@},{fl_load}"),
    *_ends("served", "whole", "{fleet_@}*{out}*{fl_load}/{target}", "{fleet_@},{out},{fl_load}"),
    Column("full", "", "cost", 'IF(COUNT({paying},{y})=2,{paying}/({y}*{seconds_per_hour}/{million}),"")'),
    Column("loaded", "", "cost", 'IF(COUNT({full},{fl_load})=2,{full}/{fl_load},"")'),
    *(
        Column(
            f"asked_{end}", "", "tput",
            f'IF(COUNT({{need}},{{fl_load}})=2,IF({{fl_mode}}={Mode.POWER},{{made_{end}}},{{need}}*{{fl_load}}*{{y}}*{{fl_month}}/{{million}}),"")',
        )
        for end in ("min", "max")
    ),
    *(
        Column(f"paid_{end}", "", "cost", f'IF(COUNT({{bill_{end}}},{{asked_{end}}})=2,IF({{asked_{end}}}>0,{{bill_{end}}}/{{asked_{end}}},""),"")')
        for end in ("min", "max")
    ),
    Column("bound", "", "text", f'IF(AND({_FLOOR},{{fl_mode}}<{Mode.POWER}),"≤ ","")'),
    Column("bound_made", "", "text", f'IF({_FLOOR},"≥ ","")'),
    Column("bound_cost", "", "text", f'IF({_FLOOR},"≤ ","")'),
)  # fmt: skip


def _both(columns: tuple[Column, ...]) -> tuple[tuple[str, Column], ...]:
    return tuple((side, column) for side in ("a_", "b_") for column in columns)


MAIN_ROW = (
    *(entry for entry in FULL_ROW if entry[1].key not in _UNSHOWN),
    *_both((OUT, *FLEET)),
    *(("", column) for column in SAVED),
    *(entry for share in SHARES for entry in (*_both(_at_share(share)), ("", _saved_at_share(share)))),
    *_both(SHOWN),
)

# A read of the comparison chosen that stands behind Results already: its cells are looked up there by their place.
_NOTHING = {"target": '""', "verdict": f"{Verdict.NO_TARGET}", "stops": "0", "y": '""', "out": '""'}


def _looked_up(key: str, side: str = "") -> Column:
    held = f"INDEX({{held_{side}{key}}},{{place}})"
    return Column(key, "", "full", _chosen(key, held))


def _chosen(key: str, held: str) -> str:
    return f"IF({{fl_comparison}}=0,{_NOTHING[key]},{held})" if key in _NOTHING else held


def _looked_up_out(side: str) -> Column:
    """Output tokens of a read behind Results, from its place on the curve."""

    def held(key: str) -> str:
        return f"INDEX({{held_{side}{key}}},{{place}})"

    keys = {key: held(key) for key in ("w_left", "w_left_m", "w_right", "w_right_m", "row_left", "row_right", "id")}
    names = {
        name: f"{{{name}}}"
        for name in ("knot_by_basis", "tangent_by_basis", "curve_min_by_basis", "curve_max_by_basis")
    }
    low, high, output = (text.format_map(keys | names) for text in (*_BOUNDS, _OUTPUT))
    known = f'IF(INDEX({{curve_output_count}},{keys["id"]})<{held("knots")},"",MAX({low},MIN({high},{output})))'
    return Column("out", "", "tput", _chosen("out", f'IF({held("status")}<{Status.BELOW},"",{known})'))


_HELD = ("y", "gpus_low", "gpus_high", "price", "power")
HELD = (
    "target", "r", "verdict", "stops",
    *(f"{side}_{key}" for side in "ab" for key in (*_HELD, "w_left", "w_left_m", "w_right", "w_right_m", "row_left", "row_right", "id", "knots", "status")),
)  # fmt: skip
"""The columns of the blocks behind Results that a row looks up."""
SPEED_ROW = (
    ("", Column("place", "", "id", "")),
    *(("", _looked_up(key)) for key in ("target", "r", "verdict", "stops")),
    *((f"{side}_", _looked_up(key, f"{side}_")) for side in "ab" for key in _HELD),
    *((f"{side}_", _looked_up_out(f"{side}_")) for side in "ab"),
    *_both(FLEET),
    *(("", column) for column in SAVED),
)
