"""The words of the Performance sheet's table, as a build says them: what the measurements allow, the range, engine and status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.judge.compare import HAIR
from specxl.method.curves import Status
from specxl.method.metrics import METRICS, THOUSAND
from specxl.model.numbers import ROUNDINGS
from specxl.sheets.performance.reads import FIGURED, STOPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.judge.columns import Held
    from specxl.judge.world import Board
    from specxl.model.cells import Value
    from specxl.sheets.plan import Plan


def words_of(plan: Plan, board: Board, slot: Mapping[str, Held], found: Mapping[str, Value]) -> dict[str, Held]:
    """What a row of the table must say of the configuration in a slot; a tie in a last digit may go either way."""
    if not slot["line"]:
        return dict.fromkeys(("span", "range", "engine", "status"), "")
    cells = plan.house.texts["performance"]["cells"]
    first, last = (f"{float(slot[key]):,.1f}" for key in ("x_first", "x_last"))
    measured = first if slot["x_first"] == slot["x_last"] else f"{first}{cells['to']}{last}"
    spans = [_span(plan, slot, hair) for hair in (0.0, HAIR, -HAIR)]
    return {
        "span": str(found["span"]) if found["span"] in spans else spans[0],
        "range": str(found["range"]) if _same_range(str(found["range"]), slot, cells["to"]) else measured,
        "engine": _engine(plan, slot),
        "status": _status(plan, board, slot),
    }


def _same_range(found: str, slot: Mapping[str, Held], to: str) -> bool:
    """Whether a text is the measured range, with either rounding of a tie."""
    ends = (float(slot["x_first"]), float(slot["x_last"]))
    texts = [{f"{end * (1 + hair):,.1f}" for hair in (0.0, HAIR, -HAIR)} for end in ends]
    wanted = texts[0] if ends[0] == ends[1] else {f"{low}{to}{high}" for low in texts[0] for high in texts[1]}
    return found in wanted


def _span(plan: Plan, slot: Mapping[str, Held], hair: float) -> str:
    cells = plan.house.texts["performance"]["cells"]
    if slot["class"] != FIGURED or slot["status"] == Status.MEASURED:
        return ""
    low, high = (
        cells["any"] if slot[end] == "" else _short(cells, float(slot[end]) * (1 + hair)) for end in ("low", "high")
    )
    return f"{low}{cells['to']}{high}"


def _short(cells: Mapping[str, str], value: float) -> str:
    """A figure as text, in thousands where it is large."""
    if value < 100 * THOUSAND:
        return ROUNDINGS["figure"].plain(value)
    return f"{value / THOUSAND:,.0f}{cells['thousand']}"


def _engine(plan: Plan, slot: Mapping[str, Held]) -> str:
    cells, house = plan.house.texts["performance"]["cells"], plan.house
    if not slot["left"]:
        return ""
    if not slot["family_low"]:
        return str(cells["unstated"])
    numbers = sorted({int(slot["family_low"]), int(slot["family_high"])})
    return str(cells["between"]).join(house.family_label(plan.measured.families[number - 1]) for number in numbers)


def _status(plan: Plan, board: Board, slot: Mapping[str, Held]) -> str:
    texts, line = plan.house.texts["performance"], board.lines[int(slot["line"]) - 1]
    metric = board.chosen["metric"]
    if not metric:
        return str(texts["cells"]["no_metric"])
    if not slot["has"]:
        return str(texts["cells"]["not_published"])
    if not slot["known"]:
        return str(plan.house.texts["labels"]["metrics"][METRICS[metric - 1].key]["missing"])
    if slot["stop"]:
        flag = list(STOPS)[int(slot["stop"]) - 1]
        return f"{texts['cells']['stop']}{plan.house.texts['flags'][flag]['short']}"
    return str(texts["statuses"]["published" if line.published else "measured"][int(slot["status"])])
