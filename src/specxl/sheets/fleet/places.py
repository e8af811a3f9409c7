"""The places of the Fleet sheet, and what its lines show: known to the sheet and to the judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from specxl.method.fleet import Asked, Mode
from specxl.model.cells import Ref
from specxl.sheets.frame import FLEET
from specxl.sheets.pair.selection import distinct
from specxl.sheets.prices import VOLUME_RELEASED

if TYPE_CHECKING:
    from specxl.sheets.plan import Plan

LABEL, OFF, WITH, SAVED, UNIT = range(5)
TABLE_COL, LAST_COL = 6, 10
COMPARISON = Ref(FLEET, 4, 1, fixed=True)
SPEED = Ref(FLEET, 5, 1, fixed=True)
MODE = Ref(FLEET, 6, 1, fixed=True)
USERS = Ref(FLEET, 5, TABLE_COL + 1, fixed=True)
POWER = Ref(FLEET, 6, TABLE_COL + 1, fixed=True)
VOLUME_ROW, LOAD_ROW, RANGE_ROW, HEAD_ROW = 4, 7, 7, 8


class Line(NamedTuple):
    """One line of the answer: its lower and upper end, their style and sign, and what must be known for it.

    In `low` and `high` {name} is a column of the side. `missing` is the metric of `labels.toml` whose words say why there
    is no figure where `known` has one. `month` turns the saving of a month into that of the line; without it there is none.
    """

    key: str
    low: str
    high: str
    style: str
    bound: str
    known: str
    missing: str = ""
    month: str = ""


LINES = (
    Line("y", "{y}", "{y}", "tput", "bound_made", "y"),
    Line("size", "{gpus_low}", "{gpus_high}", "whole", "", "y"),
    Line("deployments", "MIN({n_low},{n_high})", "MAX({n_low},{n_high})", "whole", "bound", "need"),
    Line("gpus", "{fleet_min}", "{fleet_max}", "whole", "bound", "need"),
    Line("mw", "{mw_min}", "{mw_max}", "power", "bound", "need", "mw"),
    Line("hour", "{bill_min}/{fl_hours}", "{bill_max}/{fl_hours}", "money", "bound", "need", "cost", "/{fl_hours}"),
    Line("month", "{bill_min}", "{bill_max}", "money", "bound", "need", "cost", "*1"),
    Line("year", "{bill_min}*{fl_months}", "{bill_max}*{fl_months}", "money", "bound", "need", "cost", "*{fl_months}"),
    Line("tokens", "{made_min}", "{made_max}", "tput", "bound_made", "need"),
    Line("users", "{served_min}", "{served_max}", "whole", "bound_made", "need", "y"),
    Line("cost", "{full}", "{full}", "cost", "bound_cost", "y", "cost"),
    Line("cost_load", "{loaded}", "{loaded}", "cost", "bound_cost", "full"),
    Line("paid", "{paid_min}", "{paid_max}", "cost", "bound_cost", "need", "cost"),
)
SHOWN_KEYS = ("b", "a", "saved")
FLEET_ROWS = {
    "fleet-choice": 1, "fleet": 1, "fleet-speeds": 3, "fleet-shown": len(LINES), "fleet-loads": 3, "fleet-by-speed": 3,
    "fleet-bars": 3,
}  # fmt: skip
"""The judged blocks of the sheet, and how many rows each has."""
CHOICE_KEYS = (
    "comparison", "mode", "speed", "volume", "users", "power", "load_in", "amount", "load", "over", "day", "month",
    "share_2", "share_3", "least", "most", "hours_day", "hours", "months", "part_2", "part_3",
)  # fmt: skip
"""The cells in force, in one row of Workings."""


def comparison_labels(plan: Plan) -> list[str]:
    """What the first dropdown offers: model, hardware, precision, workload, and the method where there are several."""
    words = plan.house.texts["fleet"]["words"]["comparison"]
    return distinct([words.format(**plan.labels(c), label=c.label) for c in plan.catalogue.comparisons])


def opening_asked(plan: Plan) -> Asked:
    """What the sheet opens on: the comparison that the first pair opens on, its middle target, and a volume."""
    comparison, texts = plan.catalogue.pairs[0].canonical, plan.house.texts["fleet"]["controls"]
    return Asked(
        comparison=comparison.number,
        mode=Mode.VOLUME,
        speed=comparison.targets[1],
        volume=float(VOLUME_RELEASED),
        users=float(texts["users_released"]),
        power=float(texts["power_released"]),
        load=1.0,
    )
